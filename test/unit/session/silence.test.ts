import { answerMs } from "../../../src/core/limits.js";
import { Reactor } from "../../../src/reactor/reactor.js";
import { AnswerWatch } from "../../../src/session/silence.js";
import { promise } from "../kit/promise.js";
import { RecordingLog } from "../kit/recording-log.js";
import { VirtualClock } from "../kit/virtual-clock.js";

const tick = 40;

class Rig {
  readonly clock = new VirtualClock(5_000);
  readonly reactor = new Reactor(this.clock, new RecordingLog());
  silences = 0;
  readonly watch = new AnswerWatch(this.reactor, () => (this.silences += 1));

  pass(ms: number): number {
    this.clock.advance(ms);
    return this.silences;
  }
}

promise("reports a peer that owes an answer and stays silent after the answer time, once", (t) => {
  const rig = new Rig();
  t.equal(rig.pass(10 * answerMs), 0, "no answer is owed");
  rig.watch.expect(true);
  t.equal(rig.pass(answerMs - 1), 0);
  t.equal(rig.pass(1 + tick), 1);
  t.equal(rig.pass(10 * answerMs), 1);
  rig.watch.expect(true);
  t.equal(rig.pass(answerMs + tick), 2, "and again when another answer is owed");
});

promise("restarts the answer time with any traffic, without setting a timer", (t) => {
  const rig = new Rig();
  rig.watch.expect(true);
  for (let index = 0; index < 20; index += 1) {
    rig.pass(answerMs / 2);
    const before = rig.clock.asked;
    for (let chunk = 0; chunk < 100; chunk += 1) {
      rig.watch.heard();
      rig.watch.expect(true);
    }
    t.equal(rig.clock.asked, before);
  }
  t.equal(rig.silences, 0);
  t.equal(rig.pass(answerMs + tick), 1);
});

promise("starts the answer time when an answer is owed, not at the last traffic", (t) => {
  const rig = new Rig();
  rig.watch.heard();
  rig.pass(10 * answerMs);
  rig.watch.expect(true);
  t.equal(rig.pass(answerMs - 1), 0);
  rig.watch.expect(false);
  t.equal(rig.pass(10 * answerMs), 0, "it was answered");
  rig.watch.expect(true);
  rig.pass(answerMs / 2);
  rig.watch.expect(false);
  rig.watch.expect(true);
  t.equal(rig.pass(answerMs - 1), 0, "each answer has the whole time");
  t.equal(rig.pass(1 + tick), 1);
});

promise("reports nothing and keeps no timer after a cancel", (t) => {
  const rig = new Rig();
  rig.watch.expect(true);
  rig.watch.cancel();
  t.equal(rig.reactor.wheel.size, 0);
  t.equal(rig.pass(10 * answerMs), 0);
});
