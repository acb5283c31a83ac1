// Two connections with one friend at the same time, mostly because both programs dialled at once.

import { crossingMs, dialMs, stallMs } from "../../../src/core/limits.js";
import { promise } from "../kit/promise.js";
import { SessionRig } from "../kit/session-rig.js";

promise("sends on its own dial and reads both connections when two dials cross", (t) => {
  const rig = new SessionRig();
  rig.session.want();
  const theirs = rig.accepted();
  t.notOk(rig.session.ready, "it waits for the result of our dial");
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

promise("sends on the friend's connection when its own dial fails, without a notice", (t) => {
  const rig = new SessionRig();
  rig.session.want();
  const theirs = rig.accepted();
  rig.turn(() => rig.network.last.close("ECONNREFUSED"));
  rig.carry();
  t.equal(theirs.text, "hello\n");
  t.strictSame(rig.shown, []);
});

promise("sends on the friend's connection after the crossing time when its own dial hangs", (t) => {
  const rig = new SessionRig();
  rig.session.want();
  rig.accepted();
  rig.pass(crossingMs + 40);
  t.ok(rig.network.last.destroyed);
  rig.turn(() => rig.network.last.close());
  t.ok(rig.session.ready);
});

promise("does not extend the time limit of its dial when the friend connects repeatedly", (t) => {
  const rig = new SessionRig();
  rig.session.want();
  for (let ms = 0; ms < crossingMs; ms += 100) {
    t.notOk(rig.network.last.destroyed);
    rig.accepted();
    rig.pass(100);
  }
  rig.pass(40);
  t.ok(rig.network.last.destroyed, "the crossing time counts from the first accepted connection");
  const late = new SessionRig();
  late.session.want();
  late.pass(dialMs - 100);
  late.accepted();
  late.pass(140);
  t.ok(late.network.last.destroyed, "and an earlier dial limit stays in force");
});

promise("moves to the connection of a friend who dials again, and sends again what the kernel had not taken", (t) => {
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

promise("notices a stall although the friend's dial crosses its own", (t) => {
  const rig = new SessionRig();
  rig.network.takes = false;
  rig.dialled();
  rig.carry();
  rig.pass(crossingMs / 2);
  rig.accepted();
  rig.pass(stallMs * 2);
  t.notOk(rig.session.progressing);
});

promise("sends on the other connection when one of two closes, without a notice", (t) => {
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
