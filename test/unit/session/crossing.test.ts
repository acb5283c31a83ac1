// Two connections with one friend at once.

import { crossingMs, dialMs, stallMs } from "../../../src/core/limits.js";
import { promise } from "../kit/promise.js";
import { SessionRig } from "../kit/session-rig.js";

promise("when dials cross, ours carries our messages and both are heard", (t) => {
  const rig = new SessionRig();
  rig.session.want();
  const theirs = rig.accepted();
  t.notOk(rig.session.ready, "ours decides");
  rig.turn(() => rig.network.last.open());
  rig.carry();
  t.equal(rig.network.last.text, "hello\n");
  rig.turn(
    () => theirs.say("from theirs\n"),
    () => rig.network.last.say("from ours\n"),
  );
  t.strictSame(rig.shown, ["from theirs", "from ours"]);
  t.equal(rig.session.connectionCount, 2);
});

promise("when our dial fails the friend's carries, and nobody is told", (t) => {
  const rig = new SessionRig();
  rig.session.want();
  const theirs = rig.accepted();
  rig.turn(() => rig.network.last.close("ECONNREFUSED"));
  rig.carry();
  t.equal(theirs.text, "hello\n");
  t.strictSame(rig.shown, []);
});

promise("when our dial hangs the friend's carries after the crossing time", (t) => {
  const rig = new SessionRig();
  rig.session.want();
  rig.accepted();
  rig.pass(crossingMs + 40);
  t.ok(rig.network.last.destroyed);
  rig.turn(() => rig.network.last.close());
  t.ok(rig.session.ready);
});

promise("a friend who connects again and again does not prolong the limit of our dial", (t) => {
  const rig = new SessionRig();
  rig.session.want();
  for (let ms = 0; ms < crossingMs; ms += 100) {
    t.notOk(rig.network.last.destroyed);
    rig.accepted();
    rig.pass(100);
  }
  rig.pass(40);
  t.ok(rig.network.last.destroyed, "the crossing time counts from the first");
  const late = new SessionRig();
  late.session.want();
  late.pass(dialMs - 100);
  late.accepted();
  late.pass(140);
  t.ok(late.network.last.destroyed, "and is no more than what was left");
});

promise("a friend who dials anew is answered there, and what the old kernel had not taken goes again", (t) => {
  const rig = new SessionRig();
  const old = rig.dialled();
  old.takes = false;
  rig.carry();
  rig.pass(crossingMs);
  const fresh = rig.accepted();
  t.strictSame(
    rig.told.filter((each) => each === "untaken"),
    ["untaken"],
  );
  t.equal(rig.told.at(-1), "ready");
  rig.carry();
  t.equal(fresh.text, "hello\n");
  t.notOk(old.ended || old.destroyed, "the old one is still read");
});

promise("a stall is noticed although the friend's dial crosses ours", (t) => {
  const rig = new SessionRig();
  rig.network.takes = false;
  rig.dialled();
  rig.carry();
  rig.pass(crossingMs / 2);
  rig.accepted();
  rig.pass(stallMs * 2);
  t.notOk(rig.session.progressing);
});

promise("when one of two connections closes the other carries on, and nobody is told", (t) => {
  const rig = new SessionRig();
  const first = rig.accepted();
  rig.turn(() => first.say("hi\n"));
  rig.pass(100);
  const second = rig.accepted();
  rig.turn(() => second.fin());
  rig.carry();
  t.equal(first.text, "hello\n");
  t.strictSame(rig.shown, ["hi"]);
});
