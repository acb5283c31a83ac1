import { backoffMaxMs, crossingMs, dialMs, hastenedRetryMs, lingerMs, stallMs } from "../../../src/core/limits.js";
import { lineDialect } from "../../../src/wire/dialects/line.js";
import { promise } from "../kit/promise.js";
import { bob, SessionRig } from "../kit/session-rig.js";

promise("dials at the first want, and not again at the second", (t) => {
  const rig = new SessionRig();
  t.equal(rig.session.status.state, "not connected");
  rig.session.want();
  rig.session.want();
  t.equal(rig.network.dials.length, 1);
  t.match(rig.network.dials[0], { host: "10.1.2.0", port: 6969 });
  t.equal(rig.session.status.state, "connecting");
  t.notOk(rig.session.ready);
});

promise("sends on a dialled connection once it is open, and reports when the kernel has taken a write", (t) => {
  const rig = new SessionRig();
  const connection = rig.dialled();
  t.strictSame(rig.told, ["ready"]);
  rig.carry("one\ntwo\n");
  t.equal(connection.text, "one\ntwo\n");
  t.strictSame(rig.told, ["ready", "taken", "ready"]);
  t.equal(rig.session.status.state, "connected");
});

promise("allows no second write before the kernel has taken the first", (t) => {
  const rig = new SessionRig();
  const connection = rig.dialled();
  connection.takes = false;
  rig.carry();
  t.notOk(rig.session.ready);
  t.throws(() => rig.carry("more\n"));
  rig.turn(() => connection.drain());
  t.strictSame(rig.told, ["ready", "taken", "ready"]);
  t.equal(connection.text, "hello\n");
});

promise("passes messages on in order, also on an accepted connection", (t) => {
  const rig = new SessionRig();
  const connection = rig.accepted();
  rig.turn(
    () => connection.say("one\ntw"),
    () => connection.say("o\nthree\n"),
  );
  t.strictSame(rig.shown, ["one", "two", "three"]);
  rig.carry();
  t.equal(connection.text, "hello\n", "the answer goes back on the same connection");
});

promise("reports an unreachable friend with the reason, and dials again with growing pauses", (t) => {
  const rig = new SessionRig();
  rig.session.want();
  rig.turn(() => rig.network.last.close("ECONNREFUSED"));
  t.strictSame(rig.told, ["unreachable: connection refused"]);
  t.equal(rig.session.status.state, "unreachable");
  const gaps: number[] = [];
  for (let index = 0; index < 12; index += 1) {
    const before = rig.clock.now();
    while (rig.network.dials.length === index + 1) rig.pass(20);
    gaps.push(rig.clock.now() - before);
    rig.turn(() => rig.network.last.close("ECONNREFUSED"));
  }
  t.ok(gaps[0]! >= 375 && gaps[0]! <= 415, String(gaps[0]));
  t.ok(gaps[1]! >= 750 && gaps[1]! <= 790, String(gaps[1]));
  t.ok(
    gaps.every((gap) => gap <= backoffMaxMs + 40),
    gaps.join(),
  );
});

promise("brings the next dial forward for another line to an unreachable friend, but not again for each line", (t) => {
  const rig = new SessionRig();
  rig.session.want();
  for (let index = 0; index < 8; index += 1) {
    rig.turn(() => rig.network.last.close("ECONNREFUSED"));
    const dials = rig.network.dials.length;
    while (rig.network.dials.length === dials) rig.pass(20);
  }
  rig.turn(() => rig.network.last.close("ECONNREFUSED"));
  const dials = rig.network.dials.length;
  rig.session.want();
  rig.pass(hastenedRetryMs / 2);
  rig.session.want();
  t.equal(rig.network.dials.length, dials);
  rig.pass(hastenedRetryMs / 2 + 40);
  t.equal(rig.network.dials.length, dials + 1);
});

promise("reports a break of an older connection that carried messages", (t) => {
  const rig = new SessionRig();
  const old = rig.dialled();
  rig.carry();
  rig.pass(crossingMs);
  rig.accepted();
  rig.turn(() => old.close("ECONNRESET"));
  t.strictSame(rig.shown, ["broke: connection reset by the peer"]);
  t.ok(rig.session.ready);
});

promise("reports a break only of a connection that carried our messages, or of the last one if it was used", (t) => {
  const rig = new SessionRig();
  const unwritten = rig.accepted();
  rig.turn(() => unwritten.say("hi\n"));
  const other = rig.accepted();
  rig.carry();
  rig.turn(() => unwritten.close("ECONNRESET"));
  t.strictSame(rig.shown, ["hi"], "we had sent nothing there");
  const left = rig.accepted();
  rig.turn(
    () => other.fin(),
    () => other.close("ECONNRESET"),
  );
  t.strictSame(rig.shown, ["hi"], "the friend had ended it");
  rig.turn(() => left.close("ECONNRESET"));
  t.strictSame(rig.shown, ["hi"], "it was never used");
});

promise("reports a break of each of two connections that carried messages", (t) => {
  const rig = new SessionRig();
  const old = rig.accepted();
  rig.carry();
  const fresh = rig.accepted();
  rig.carry();
  rig.turn(() => old.close("ECONNRESET"));
  t.equal(rig.session.status.state, "connected");
  rig.turn(() => fresh.close("ETIMEDOUT"));
  t.strictSame(rig.shown, ["broke: connection reset by the peer", "broke: no answer"]);
  t.equal(rig.session.status.state, "not connected");
});

promise("does not overwrite a write that waits for one friend with writes to another", (t) => {
  const [slow, quick] = [new SessionRig(), new SessionRig()];
  const stalled = slow.dialled();
  stalled.takes = false;
  slow.carry("for the slow one\n");
  const other = quick.dialled();
  for (const takes of [true, false]) {
    other.takes = takes;
    quick.carry(`${"for the quick one ".repeat(10)}\n`);
  }
  slow.check();
  slow.turn(() => stalled.drain());
  quick.turn(() => other.drain());
  slow.carry("next\n");
  t.equal(stalled.text, "for the slow one\nnext\n");
});

promise("fails a dial that is not answered within the time limit", (t) => {
  const rig = new SessionRig();
  rig.session.want();
  rig.pass(dialMs - 20);
  t.notOk(rig.network.last.destroyed);
  rig.pass(40);
  t.ok(rig.network.last.destroyed);
  rig.turn(() => rig.network.last.close());
  t.strictSame(rig.shown, ["unreachable: no answer"]);
});

promise("sends at once to a friend who connects during the back-off, and does not dial", (t) => {
  const rig = new SessionRig();
  rig.session.want();
  rig.turn(() => rig.network.last.close("ECONNREFUSED"));
  rig.accepted();
  t.ok(rig.session.ready);
  rig.pass(5_000);
  t.equal(rig.network.dials.length, 1);
});

promise(
  "delays the next dial if the connection broke before the friend sent anything, and dials at once otherwise",
  (t) => {
    const rig = new SessionRig();
    let connection = rig.dialled();
    rig.carry();
    rig.turn(() => connection.close("ECONNRESET"));
    t.strictSame(rig.shown, ["broke: connection reset by the peer"]);
    rig.session.want();
    t.equal(rig.network.dials.length, 1);
    t.equal(rig.session.status.state, "unreachable");
    rig.pass(500);
    t.equal(rig.network.dials.length, 2);
    connection = rig.network.last;
    rig.turn(
      () => connection.open(),
      () => connection.say("hi\n"),
      () => connection.close("ECONNRESET"),
    );
    rig.session.want();
    t.equal(rig.network.dials.length, 3);
  },
);

promise("delays the next dial to a friend who accepts and hangs up without sending anything", (t) => {
  const rig = new SessionRig();
  rig.session.want();
  rig.turn(
    () => rig.network.last.open(),
    () => rig.network.last.fin(),
  );
  rig.turn(() => rig.network.last.close());
  rig.session.want();
  t.equal(rig.network.dials.length, 1);
  rig.pass(500);
  t.equal(rig.network.dials.length, 2);
});

promise(
  "hands back a write that the kernel had not taken when the connection broke, and carries it on the next",
  (t) => {
    const rig = new SessionRig();
    const connection = rig.dialled();
    rig.turn(() => connection.say("hi\n"));
    connection.takes = false;
    rig.carry();
    rig.turn(() => connection.close("ETIMEDOUT"));
    t.strictSame(rig.told, ["ready", "hi", "untaken", "unready", "broke: no answer"]);
    const next = rig.dialled();
    rig.carry();
    t.equal(next.text, "hello\n");
  },
);

promise("stops progressing when a write is not taken for a second, until it is taken", (t) => {
  const rig = new SessionRig();
  const connection = rig.dialled();
  connection.takes = false;
  rig.carry();
  rig.pass(stallMs - 20);
  t.ok(rig.session.progressing);
  rig.pass(60);
  t.notOk(rig.session.progressing);
  rig.turn(() => connection.drain());
  t.ok(rig.session.progressing);
});

promise("is not progressing after a dial hangs for a second, or after a break", (t) => {
  const rig = new SessionRig();
  t.notOk(rig.session.progressing);
  rig.session.want();
  t.ok(rig.session.progressing);
  rig.pass(stallMs + 40);
  t.notOk(rig.session.progressing);
  rig.turn(() => rig.network.last.open());
  t.ok(rig.session.progressing);
  rig.network.last.takes = false;
  rig.carry();
  rig.turn(() => rig.network.last.close("ECONNRESET"));
  t.notOk(rig.session.progressing);
});

// Pausing, reconfiguring, ending.

promise("pauses every connection, later ones too, until it is resumed", (t) => {
  const rig = new SessionRig();
  const early = rig.accepted();
  rig.session.pauseReading();
  rig.session.pauseReading();
  const late = rig.accepted();
  t.ok(early.paused && late.paused);
  rig.session.resumeReading();
  t.notOk(early.paused || late.paused);
});

promise("keeps the connection if the row keeps its address, and replaces it for a new address", (t) => {
  const rig = new SessionRig();
  const connection = rig.dialled();
  rig.carry();
  rig.session.reconfigure(bob({ kind: "close", afterMs: 500 }), lineDialect);
  t.ok(rig.session.ready);
  rig.session.reconfigure({ ...bob(), port: 7001 }, lineDialect);
  t.ok(connection.ended);
  t.notOk(rig.session.ready);
  rig.session.want();
  t.equal(rig.network.dials.at(-1)?.port, 7001);
  t.strictSame(rig.shown, [], "the user made the change");
});

promise("destroys a dial to an old address even if it was answered in the same turn", (t) => {
  const rig = new SessionRig();
  rig.session.want();
  const connection = rig.network.last;
  connection.open();
  rig.session.reconfigure({ ...bob(), port: 7001 }, lineDialect);
  rig.turn();
  t.ok(connection.destroyed);
  t.notOk(rig.session.ready);
  t.equal(rig.session.status.state, "connecting");
});

promise("drops a dial to an old address without a notice, and dials the new address at once", (t) => {
  const rig = new SessionRig();
  rig.session.want();
  const connection = rig.network.last;
  rig.session.reconfigure({ ...bob(), port: 7001 }, lineDialect);
  rig.turn(() => connection.close());
  t.strictSame(rig.shown, []);
  t.strictSame(
    rig.network.dials.map(({ port }) => port),
    [6969, 7001],
  );
  rig.turn(() => rig.network.last.close("ECONNREFUSED"));
  t.strictSame(rig.shown, ["unreachable: connection refused"], "the failure of the new one is reported");
  t.equal(rig.network.dials.length, 2, "the back-off applies");
});

promise("starts an idle timeout that the row gains, and stops one that it loses", (t) => {
  const rig = new SessionRig({ kind: "never", afterMs: 0 });
  rig.accepted();
  rig.session.reconfigure(bob({ kind: "close", afterMs: 3_000 }), lineDialect);
  rig.pass(3_040);
  t.strictSame(rig.shown, ["timed out"]);
  const other = new SessionRig();
  other.accepted();
  other.session.reconfigure(bob({ kind: "never", afterMs: 0 }), lineDialect);
  other.pass(1e6);
  t.strictSame(other.shown, []);
});

promise("sends our FIN on every connection at finish, dials no more, reports no ending, and keeps no timer", (t) => {
  const rig = new SessionRig();
  const connection = rig.dialled();
  rig.carry();
  rig.session.finish();
  t.ok(connection.ended);
  t.notOk(rig.session.ready);
  const refused = rig.accepted();
  t.ok(refused.destroyed);
  rig.session.want();
  rig.turn(
    () => connection.say("last\n"),
    () => connection.fin(),
    () => connection.close(),
  );
  t.strictSame(rig.shown, ["last"]);
  t.equal(rig.reactor.wheel.size, 0);
  t.equal(rig.network.dials.length, 1);
  t.equal(rig.connectionCount.connections, 0);
});

promise("keeps no timer when it finishes during a dial or a back-off", (t) => {
  const dialling = new SessionRig();
  dialling.session.want();
  dialling.session.finish();
  t.ok(dialling.network.last.destroyed);
  dialling.closeAll();
  t.equal(dialling.reactor.wheel.size, 0);
  const waiting = new SessionRig();
  waiting.session.want();
  waiting.turn(() => waiting.network.last.close("ECONNREFUSED"));
  waiting.session.finish();
  t.equal(waiting.reactor.wheel.size, 0);
  t.strictSame(dialling.shown, []);
});

promise("destroys every connection at once and keeps no timer", (t) => {
  const rig = new SessionRig();
  const dialled = rig.dialled();
  const accepted = rig.accepted();
  dialled.takes = false;
  rig.carry();
  rig.turn(() => accepted.say("half"));
  rig.session.destroy();
  t.ok(dialled.destroyed && accepted.destroyed);
  rig.closeAll();
  t.equal(rig.reactor.wheel.size, 0);
  t.strictSame(rig.shown.slice(0, 1), ["half"]);
});

promise("destroys a connection that the friend does not end within the linger time", (t) => {
  const rig = new SessionRig();
  const connection = rig.dialled();
  rig.session.finish();
  rig.pass(lingerMs - 40);
  t.notOk(connection.destroyed);
  rig.pass(80);
  t.ok(connection.destroyed);
});
