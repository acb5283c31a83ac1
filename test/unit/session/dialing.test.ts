import { backoffMs } from "../../../src/core/backoff.js";
import { dialBurst, dialsPerSecond, hastenedRetryMs } from "../../../src/core/limits.js";
import { Reactor } from "../../../src/reactor/reactor.js";
import { Retry } from "../../../src/session/dialing.js";
import { promise } from "../kit/promise.js";
import { RecordingLog } from "../kit/recording-log.js";
import { SteadyRandom } from "../kit/steady-random.js";
import { VirtualClock } from "../kit/virtual-clock.js";

const tick = 40;

class Rig {
  readonly clock = new VirtualClock(5_000);
  readonly reactor = new Reactor(this.clock, new RecordingLog());
  due = 0;
  readonly retry = new Retry(this.reactor, new SteadyRandom(), () => (this.due += 1));

  /** That many failed dials, with the next one scheduled. */
  failed(dials: number): this {
    for (let index = 0; index < dials; index += 1) this.retry.dialled();
    this.retry.schedule();
    return this;
  }

  pass(ms: number): number {
    this.clock.advance(ms);
    return this.due;
  }
}

promise("waits longer after each failed dial, and starts over once the peer has sent something", (t) => {
  for (const dials of [1, 2, 5]) {
    const rig = new Rig().failed(dials);
    t.ok(rig.retry.mustWait);
    t.equal(rig.pass(backoffMs(dials, 0.5) - 1), 0, String(dials));
    t.equal(rig.pass(1 + tick), 1, String(dials));
    t.equal(rig.pass(1e6), 1, "once");
  }
  const rig = new Rig().failed(5);
  rig.retry.forgive();
  t.notOk(rig.retry.mustWait);
  rig.retry.schedule();
  t.equal(rig.pass(backoffMs(1, 0.5) + tick), 1);
});

promise(
  "limits the dial rate to a burst and then a number per second, even if the peer sends something each time",
  (t) => {
    const { retry, ...rig } = new Rig();
    let dials = 0;
    for (; !retry.mustWait; dials += 1) {
      retry.dialled();
      retry.forgive();
    }
    t.equal(dials, dialBurst + 1);
    rig.clock.advance(1_000 / dialsPerSecond);
    retry.dialled();
    retry.forgive();
    t.notOk(retry.mustWait);
  },
);

promise("brings a distant dial forward, leaves a near one, and postpones none however often it is hastened", (t) => {
  const distant = new Rig().failed(6);
  t.ok(backoffMs(6, 0.5) > 2 * hastenedRetryMs);
  for (let ms = 0; ms < hastenedRetryMs; ms += 100) {
    distant.retry.hasten();
    t.equal(distant.pass(100), ms + 100 >= hastenedRetryMs ? distant.due : 0);
  }
  t.equal(distant.pass(tick), 1);
  t.equal(distant.pass(1e6), 1, "the distant one was replaced");
  const near = new Rig().failed(1);
  near.retry.hasten();
  t.equal(near.pass(backoffMs(1, 0.5) + tick), 1);
});

promise("starts no dial and keeps no timer after a cancel", (t) => {
  const rig = new Rig().failed(3);
  rig.retry.cancel();
  t.equal(rig.reactor.wheel.size, 0);
  t.equal(rig.pass(1e6), 0);
});

promise("dials soon when hastened during a long pause, and restarts the back-off from there", (t) => {
  const rig = new Rig().failed(6);
  rig.retry.hasten();
  t.equal(rig.pass(hastenedRetryMs + tick), 1);
  rig.retry.dialled();
  rig.retry.schedule();
  t.equal(rig.pass(backoffMs(2, 0.5) + tick), 2, "as after the second dial, not after the seventh");
});
