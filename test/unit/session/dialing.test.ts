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

  /** So many dials that led to nothing, and the next one planned. */
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

promise("each dial that led to nothing makes the next one wait longer; a word makes it forgotten", (t) => {
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

promise("however much is heard, a friend is not dialled without end: a burst, and then so many a second", (t) => {
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
});

promise("hastening brings a far dial near, leaves a near one, and puts none off however often it is asked for", (t) => {
  const far = new Rig().failed(6);
  t.ok(backoffMs(6, 0.5) > 2 * hastenedRetryMs);
  for (let ms = 0; ms < hastenedRetryMs; ms += 100) {
    far.retry.hasten();
    t.equal(far.pass(100), ms + 100 >= hastenedRetryMs ? far.due : 0);
  }
  t.equal(far.pass(tick), 1);
  t.equal(far.pass(1e6), 1, "the far one is gone");
  const near = new Rig().failed(1);
  near.retry.hasten();
  t.equal(near.pass(backoffMs(1, 0.5) + tick), 1);
});

promise("a cancelled dial does not come, and leaves no timer", (t) => {
  const rig = new Rig().failed(3);
  rig.retry.cancel();
  t.equal(rig.reactor.wheel.size, 0);
  t.equal(rig.pass(1e6), 0);
});

promise("who asks for a try in a long pause gets one soon, and the next ones soon after it", (t) => {
  const rig = new Rig().failed(6);
  rig.retry.hasten();
  t.equal(rig.pass(hastenedRetryMs + tick), 1);
  rig.retry.dialled();
  rig.retry.schedule();
  t.equal(rig.pass(backoffMs(2, 0.5) + tick), 2, "as after the second dial, not after the seventh");
});
