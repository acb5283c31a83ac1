import { stallMs } from "../../../src/core/limits.js";
import { Reactor } from "../../../src/reactor/reactor.js";
import { StallWatch } from "../../../src/session/stall-watch.js";
import { promise } from "../kit/promise.js";
import { RecordingLog } from "../kit/recording-log.js";
import { VirtualClock } from "../kit/virtual-clock.js";

const tick = 40;

class Rig {
  readonly clock = new VirtualClock(5_000);
  readonly reactor = new Reactor(this.clock, new RecordingLog());
  /** What was to be seen when a change was told. */
  readonly told: boolean[] = [];
  readonly watch: StallWatch = new StallWatch(this.reactor.wheel, () => this.told.push(this.watch.stalled));
}

promise("what is on its way for the stall period is a stall, and it ends when it was taken", (t) => {
  const rig = new Rig();
  t.notOk(rig.watch.stalled);
  rig.watch.start();
  rig.clock.advance(stallMs - 1);
  t.strictSame(rig.told, []);
  rig.clock.advance(1 + tick);
  t.strictSame(rig.told, [true]);
  rig.watch.stop();
  t.strictSame(rig.told, [true, false]);
  t.equal(rig.reactor.wheel.size, 0);
});

promise("what is taken in time is no stall, and each write has the whole period", (t) => {
  const rig = new Rig();
  for (let index = 0; index < 5; index += 1) {
    rig.watch.start();
    rig.clock.advance(stallMs * 0.9);
    if (index % 2 === 0) rig.watch.stop();
  }
  t.notOk(rig.told.includes(true));
  rig.watch.start();
  rig.watch.cancel();
  rig.clock.advance(10 * stallMs);
  t.notOk(rig.watch.stalled, "nor is what was called off");
});
