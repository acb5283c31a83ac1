import { batchOf } from "../../../src/core/batch.js";
import { crossingMs } from "../../../src/core/limits.js";
import type { Dialect, DialectTraits } from "../../../src/wire/dialect.js";
import { lineDialect } from "../../../src/wire/dialects/line.js";
import { promise } from "../kit/promise.js";
import { bob, idleMs, SessionRig } from "../kit/session-rig.js";

const like = (traits: Partial<DialectTraits>): Dialect => ({
  ...lineDialect,
  traits: { ...lineDialect.traits, identity: "sender", ...traits },
});
const oneShot = like({ transport: "one-shot" });
const spaced = like({ transport: "dialled", spacingMs: 50 });
const texts = { kind: "texts", batch: batchOf("hello\n") } as const;

promise("one connection carries one message, ends, and the next message dials anew at once", (t) => {
  const rig = new SessionRig(undefined, oneShot);
  const first = rig.dialled();
  rig.carry("one\n");
  t.ok(first.ended, "our FIN follows the message");
  t.notOk(rig.session.ready);
  const second = rig.dialled();
  t.not(second, first);
  rig.carry("two\n");
  t.strictSame([first.text, second.text], ["one\n", "two\n"]);
  t.strictSame(rig.shown, [], "nobody is told of endings that are the rule");
  rig.turn(() => second.close("ECONNRESET"));
  t.strictSame(rig.shown, []);
  t.equal(rig.session.status.state, "not connected");
});

promise("between two messages the friend counts as one who takes them, and after a break as one who may not", (t) => {
  const rig = new SessionRig(undefined, oneShot);
  const progress: boolean[] = [];
  const onProgress = rig.onProgress.bind(rig);
  rig.onProgress = () => {
    progress.push(rig.session.progressing);
    onProgress();
  };
  rig.dialled();
  rig.session.carry([texts]);
  const next = rig.network.dials.length;
  rig.session.want();
  t.equal(rig.network.dials.length, next + 1);
  t.notOk(progress.includes(false), "the keyboard is not told to go on");
  t.ok(rig.session.progressing);
  rig.turn(() => rig.network.last.close("ECONNREFUSED"));
  t.notOk(rig.session.progressing);
});

promise("a message that the kernel takes late keeps its connection until then", (t) => {
  const rig = new SessionRig(undefined, oneShot);
  const connection = rig.dialled();
  connection.takes = false;
  rig.carry();
  t.notOk(connection.ended);
  rig.turn(() => connection.drain());
  t.ok(connection.ended);
  t.equal(rig.told.filter((each) => each === "taken").length, 1);
});

promise("a message whose connection breaks first is carried again", (t) => {
  const rig = new SessionRig(undefined, oneShot);
  const connection = rig.dialled();
  connection.takes = false;
  rig.carry();
  rig.turn(() => connection.close("ECONNRESET"));
  t.ok(rig.told.includes("untaken"));
});

promise("connections that the other side never closes do not pile up", (t) => {
  const rig = new SessionRig(undefined, oneShot);
  for (let count = 0; count < 100; count += 1) {
    rig.dialled();
    rig.carry();
  }
  const open = rig.network.dials.filter(({ connection }) => !connection.destroyed).length;
  t.ok(open <= 8, `${String(open)} are left`);
});

promise("between two writes there is a pause where the dialect asks for one", (t) => {
  const rig = new SessionRig(bob().idle, spaced);
  rig.dialled();
  rig.carry("one\n");
  t.notOk(rig.session.ready);
  rig.pass(49);
  t.notOk(rig.session.ready);
  rig.pass(25);
  t.ok(rig.session.ready);
  t.equal(rig.told.at(-1), "ready");
});

promise("who speaks on his own connections keeps ours from idling out, and is told to have timed out once", (t) => {
  const rig = new SessionRig(undefined, spaced);
  rig.dialled();
  rig.carry();
  rig.pass(idleMs / 2);
  rig.turn(() => rig.session.hear(texts));
  rig.pass(0.75 * idleMs);
  t.strictSame(rig.shown, ["hello"]);
  rig.pass(idleMs / 2);
  t.strictSame(rig.shown, ["hello", "timed out"]);
  rig.turn(() => rig.session.left());
  t.strictSame(rig.shown, ["hello", "timed out"], "the end of his own connection is the same end");
});

promise("where only the friend has a connection, its end is told: a time-out after silence, else a leaving", (t) => {
  const quiet = new SessionRig(undefined, spaced);
  quiet.turn(() => quiet.session.hear(texts));
  quiet.pass(idleMs - crossingMs);
  quiet.turn(() => quiet.session.left());
  t.strictSame(quiet.shown, ["hello", "timed out"]);
  const brisk = new SessionRig(undefined, spaced);
  brisk.turn(() => brisk.session.hear(texts));
  brisk.turn(() => brisk.session.left());
  brisk.turn(() => brisk.session.left());
  t.strictSame(brisk.shown, ["hello", "closed"]);
});
