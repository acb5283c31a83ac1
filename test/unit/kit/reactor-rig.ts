// A reactor with a virtual clock, and a list of the tasks that ran.

import type { Pace } from "../../../src/reactor/pace.js";
import { Reactor, type Source } from "../../../src/reactor/reactor.js";
import { RecordingLog } from "./recording-log.js";
import { VirtualClock } from "./virtual-clock.js";

export interface Rig {
  readonly clock: VirtualClock;
  readonly log: RecordingLog;
  readonly reactor: Reactor;
  readonly done: string[];
  readonly post: (source: Source, name: string, run?: () => void) => void;
}

export function rig(pace?: Pace): Rig {
  const clock = new VirtualClock(1_000);
  const log = new RecordingLog();
  const reactor = new Reactor(clock, log, pace);
  const done: string[] = [];
  const post = (source: Source, name: string, run: () => void = () => undefined): void =>
    reactor.post(source, {
      run: () => {
        done.push(name);
        run();
      },
      fail: () => done.push(`${name} failed`),
    });
  return { clock, log, reactor, done, post };
}
