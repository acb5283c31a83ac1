// The cost of a message for the timers: our stamp in Idleness compared with Node's own timer.refresh().
// Both loop over many friends, so that the compiler cannot merge the stores, and both results are read.

import { performance } from "node:perf_hooks";
import { NodeClock } from "../../src/platform/node-clock.js";
import type { Log } from "../../src/ports.js";
import { Reactor } from "../../src/reactor/reactor.js";
import { Idleness } from "../../src/session/silence.js";
import { compared, median, rounds, type Row } from "./report.js";

const friends = 1_024;
const stamps = 5_000_000;
const idleMs = 120_000;

const silent = (): void => undefined;
const log: Log = { debug: silent, info: silent, warn: silent, error: silent };

export async function wheel(): Promise<readonly Row[]> {
  const reactor = new Reactor(new NodeClock(), log);
  const sessions = Array.from({ length: friends }, () => newIdleness(reactor));
  const timers = Array.from({ length: friends }, () => setTimeout(silent, idleMs));
  const [mine = [], nodes = []] = await rounds(7, [() => stampNs(reactor, sessions), () => refreshNs(timers)]);
  reactor.close();
  for (const timer of timers) clearTimeout(timer);
  const figures = { ours: median(mine), than: "timer.refresh()", other: median(nodes) };
  return [compared({ what: "stamp per message", unit: "ns", ...figures, target: { most: 0.05 } })];
}

function newIdleness(reactor: Reactor): Idleness {
  const idleness = new Idleness(reactor, { kind: "close", afterMs: idleMs }, silent);
  idleness.stamp();
  idleness.watch();
  return idleness;
}

/** Inside a turn, like real traffic: the clock is read once per turn. */
function stampNs(reactor: Reactor, sessions: readonly Idleness[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const run = (): void => resolve(nanoseconds(() => stampAll(sessions)));
    reactor.post("connection", { run, fail: () => reject(new Error("the stamp threw")) });
  });
}

const refreshNs = (timers: readonly NodeJS.Timeout[]): number => nanoseconds(() => refreshAll(timers));

// Two loops instead of one with a callback: the call would cost as much as the stamp.
function stampAll(sessions: readonly Idleness[]): boolean {
  for (let count = 0; count < stamps; count += 1) sessions[count & (friends - 1)]!.heard();
  return sessions.every((session) => session.quietMs === 0);
}

function refreshAll(timers: readonly NodeJS.Timeout[]): boolean {
  for (let count = 0; count < stamps; count += 1) timers[count & (friends - 1)]!.refresh();
  return timers.every((timer) => timer.hasRef());
}

function nanoseconds(touchAll: () => boolean): number {
  const began = performance.now();
  const touched = touchAll();
  const took = performance.now() - began;
  if (!touched) throw new Error("nothing was stamped");
  return (took * 1e6) / stamps;
}
