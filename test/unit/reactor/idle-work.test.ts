import { IdleWork } from "../../../src/reactor/idle-work.js";
import { Reactor } from "../../../src/reactor/reactor.js";
import { promise } from "../kit/promise.js";
import { VirtualClock } from "../kit/virtual-clock.js";

promise("runs work after a quiet time, in slices until none is left, and then arms no timer", (t) => {
  const clock = new VirtualClock();
  const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
  const reactor = new Reactor(clock, log);
  const done: number[] = [];
  let left = 3;
  const idle = new IdleWork(reactor, {
    quietMs: 3_000,
    pauseMs: 100,
    work: () => (done.push(clock.now()), --left > 0),
  });
  for (let at = 0; at < 20; at += 1) {
    idle.stamp();
    clock.advance(1_000);
  }
  t.strictSame(done, [], "not while there is activity");
  clock.advance(10_000);
  t.equal(done.length, 3);
  t.ok(done[0]! >= 22_000 && done[0]! < 22_100, String(done[0]));
  t.equal(reactor.wheel.size, 0);
  left = 1;
  idle.stamp();
  clock.advance(4_000);
  t.equal(done.length, 4, "begins again after the next stamp");
});
