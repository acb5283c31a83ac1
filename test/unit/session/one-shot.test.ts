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

promise("ends a connection after one message, and dials again at once for the next", (t) => {
  const rig = new SessionRig(undefined, oneShot);
  const first = rig.dialled();
  rig.carry("one\n");
  t.ok(first.ended, "our FIN follows the message");
  t.notOk(rig.session.ready);
  const second = rig.dialled();
  t.not(second, first);
  rig.carry("two\n");
  t.strictSame([first.text, second.text], ["one\n", "two\n"]);
  t.strictSame(rig.shown, [], "normal endings are not reported");
  rig.turn(() => second.close("ECONNRESET"));
  t.strictSame(rig.shown, []);
  t.equal(rig.session.status.state, "not connected");
});

promise("counts as progressing between two messages, and not after a failed dial", (t) => {
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
  t.notOk(progress.includes(false), "progress was never reported as lost");
  t.ok(rig.session.progressing);
  rig.turn(() => rig.network.last.close("ECONNREFUSED"));
  t.notOk(rig.session.progressing);
});

promise("keeps the connection open until the kernel has taken the message", (t) => {
  const rig = new SessionRig(undefined, oneShot);
  const connection = rig.dialled();
  connection.takes = false;
  rig.carry();
  t.notOk(connection.ended);
  rig.turn(() => connection.drain());
  t.ok(connection.ended);
  t.equal(rig.told.filter((each) => each === "taken").length, 1);
});

promise("hands back a message whose connection breaks before the kernel took it", (t) => {
  const rig = new SessionRig(undefined, oneShot);
  const connection = rig.dialled();
  connection.takes = false;
  rig.carry();
  rig.turn(() => connection.close("ECONNRESET"));
  t.ok(rig.told.includes("untaken"));
});

promise("limits the connections that the peer never closes", (t) => {
  const rig = new SessionRig(undefined, oneShot);
  for (let count = 0; count < 100; count += 1) {
    rig.dialled();
    rig.carry();
  }
  const open = rig.network.dials.filter(({ connection }) => !connection.destroyed).length;
  t.ok(open <= 8, `${String(open)} are left`);
});

promise("pauses between two writes if the dialect requires it", (t) => {
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

promise("counts messages on the friend's own connections as traffic, and reports the timeout once", (t) => {
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
  t.strictSame(rig.shown, ["hello", "timed out"], "the end of the inbound connection is the same ending");
});

promise("reports the end of the friend's only connection as a timeout after a silence, else as a close", (t) => {
  const silent = new SessionRig(undefined, spaced);
  silent.turn(() => silent.session.hear(texts));
  silent.pass(idleMs - crossingMs);
  silent.turn(() => silent.session.left());
  t.strictSame(silent.shown, ["hello", "timed out"]);
  const active = new SessionRig(undefined, spaced);
  active.turn(() => active.session.hear(texts));
  active.turn(() => active.session.left());
  active.turn(() => active.session.left());
  t.strictSame(active.shown, ["hello", "closed"]);
});
