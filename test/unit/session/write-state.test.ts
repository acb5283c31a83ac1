import { stallMs } from "../../../src/core/limits.js";
import { Reactor } from "../../../src/reactor/reactor.js";
import { WriteState } from "../../../src/session/write-state.js";
import { promise } from "../kit/promise.js";
import { RecordingLog } from "../kit/recording-log.js";
import { VirtualClock } from "../kit/virtual-clock.js";

const tick = 40;

class Rig {
  readonly clock = new VirtualClock(5_000);
  readonly reactor = new Reactor(this.clock, new RecordingLog());
  /** `stalled` at each call of `onProgress`. */
  readonly progress: boolean[] = [];
  rested = 0;
  readonly writeState: WriteState = new WriteState(this.reactor.wheel, {
    onProgress: () => this.progress.push(this.writeState.stalled),
    onPauseEnded: () => (this.rested += 1),
  });
}

promise("reports a stall when a write waits for the stall period, and its end when the write is taken", (t) => {
  const rig = new Rig();
  t.notOk(rig.writeState.stalled);
  rig.writeState.startWaiting();
  rig.clock.advance(stallMs - 1);
  t.strictSame(rig.progress, []);
  rig.clock.advance(1 + tick);
  t.strictSame(rig.progress, [true]);
  rig.writeState.end();
  t.strictSame(rig.progress, [true, false]);
  t.equal(rig.reactor.wheel.size, 0);
});

promise("reports no stall for a write that is taken in time, and gives each write the whole period", (t) => {
  const rig = new Rig();
  for (let index = 0; index < 5; index += 1) {
    rig.writeState.startWaiting();
    rig.clock.advance(stallMs * 0.9);
    if (index % 2 === 0) rig.writeState.end();
  }
  t.notOk(rig.progress.includes(true));
  rig.writeState.startWaiting();
  rig.writeState.cancel();
  rig.clock.advance(10 * stallMs);
  t.notOk(rig.writeState.stalled, "nor after a cancel");
});

promise("counts a peer without credit as stalled once the stall period has passed", (t) => {
  const rig = new Rig();
  rig.writeState.awaitCredit(true);
  rig.clock.advance(stallMs / 2);
  rig.writeState.awaitCredit(true);
  rig.clock.advance(stallMs / 2 + tick);
  t.ok(rig.writeState.stalled);
  rig.writeState.awaitCredit(false);
  t.notOk(rig.writeState.stalled);
});

promise("is not free during the pause after a write", (t) => {
  const rig = new Rig();
  rig.writeState.end(1_000);
  t.notOk(rig.writeState.free);
  rig.clock.advance(1_000 + tick);
  t.ok(rig.writeState.free);
  t.equal(rig.rested, 1);
});
