import { backoffMaxMs, crossingMs, dialMs, hastenedRetryMs, lingerMs, stallMs } from "../../../src/core/limits.js";
import { lineDialect } from "../../../src/wire/dialects/line.js";
import { promise } from "../kit/promise.js";
import { bob, SessionRig } from "../kit/session-rig.js";

promise("the first wish dials the friend, and a second wish does not dial again", (t) => {
  const rig = new SessionRig();
  t.equal(rig.session.status.state, "not connected");
  rig.session.want();
  rig.session.want();
  t.equal(rig.network.dials.length, 1);
  t.match(rig.network.dials[0], { host: "10.1.2.0", port: 6969 });
  t.equal(rig.session.status.state, "connecting");
  t.notOk(rig.session.ready);
});

promise("a dialled connection that opens carries, and the kernel's taking is told", (t) => {
  const rig = new SessionRig();
  const connection = rig.dialled();
  t.strictSame(rig.told, ["ready"]);
  rig.carry("one\ntwo\n");
  t.equal(connection.text, "one\ntwo\n");
  t.strictSame(rig.told, ["ready", "taken", "ready"]);
  t.equal(rig.session.status.state, "connected");
});

promise("while the kernel has not taken what was carried nothing more is carried", (t) => {
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

promise("what comes in goes out in order, whoever dialled", (t) => {
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

promise("a friend who cannot be reached is announced with the reason and dialled again with growing pauses", (t) => {
  const rig = new SessionRig();
  rig.session.want();
  rig.turn(() => rig.network.last.close("ECONNREFUSED"));
  t.strictSame(rig.told, ["unreachable: connection refused"]);
  t.equal(rig.session.status.state, "unreachable");
  const cancelledSet: number[] = [];
  for (let index = 0; index < 12; index += 1) {
    const before = rig.clock.now();
    while (rig.network.dials.length === index + 1) rig.pass(20);
    cancelledSet.push(rig.clock.now() - before);
    rig.turn(() => rig.network.last.close("ECONNREFUSED"));
  }
  t.ok(cancelledSet[0]! >= 375 && cancelledSet[0]! <= 415, String(cancelledSet[0]));
  t.ok(cancelledSet[1]! >= 750 && cancelledSet[1]! <= 790, String(cancelledSet[1]));
  t.ok(
    cancelledSet.every((gap) => gap <= backoffMaxMs + 40),
    cancelledSet.join(),
  );
});

promise("another line for an unreachable friend brings the next dial near, but not nearer each time", (t) => {
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

promise("words on a connection that breaks after a newer one took over are not dropped in silence", (t) => {
  const rig = new SessionRig();
  const old = rig.dialled();
  rig.carry();
  rig.pass(crossingMs);
  rig.accepted();
  rig.turn(() => old.close("ECONNRESET"));
  t.strictSame(rig.shown, ["broke: connection reset by the peer"]);
  t.ok(rig.session.ready);
});

promise("a break is news only on a connection that carries our words, or is the last that was used", (t) => {
  const rig = new SessionRig();
  const mute = rig.accepted();
  rig.turn(() => mute.say("hi\n"));
  const other = rig.accepted();
  rig.carry();
  rig.turn(() => mute.close("ECONNRESET"));
  t.strictSame(rig.shown, ["hi"], "we had said nothing there");
  const left = rig.accepted();
  rig.turn(
    () => other.fin(),
    () => other.close("ECONNRESET"),
  );
  t.strictSame(rig.shown, ["hi"], "the friend had ended it, and has read what he wanted");
  rig.turn(() => left.close("ECONNRESET"));
  t.strictSame(rig.shown, ["hi"], "nothing was ever said there");
});

promise("what was carried on two connections and breaks on both is announced for each", (t) => {
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

promise("what one kernel has not taken is not overwritten by what is sent to another friend", (t) => {
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

promise("a dial that nobody answers is given up", (t) => {
  const rig = new SessionRig();
  rig.session.want();
  rig.pass(dialMs - 20);
  t.notOk(rig.network.last.destroyed);
  rig.pass(40);
  t.ok(rig.network.last.destroyed);
  rig.turn(() => rig.network.last.close());
  t.strictSame(rig.shown, ["unreachable: no answer"]);
});

promise("a friend who connects while we wait to dial again is spoken to at once, and not dialled", (t) => {
  const rig = new SessionRig();
  rig.session.want();
  rig.turn(() => rig.network.last.close("ECONNREFUSED"));
  rig.accepted();
  t.ok(rig.session.ready);
  rig.pass(5_000);
  t.equal(rig.network.dials.length, 1);
});

promise("a connection that breaks before a word was heard postpones the next dial; a word makes it at once", (t) => {
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
});

promise("a friend who answers and hangs up before a word is dialled again only after a pause", (t) => {
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

promise("what was not taken when a connection broke is handed back, and carried on the next", (t) => {
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
});

promise(
  "a friend who takes nothing for a second no longer counts as making progress, until something is taken",
  (t) => {
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
  },
);

promise("a dial that hangs for a second counts as no progress, and so does a broken connection", (t) => {
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

// Pausing, changing, ending.

promise("pausing pauses every connection, later ones as well, until resumed", (t) => {
  const rig = new SessionRig();
  const early = rig.accepted();
  rig.session.pauseReading();
  rig.session.pauseReading();
  const late = rig.accepted();
  t.ok(early.paused && late.paused);
  rig.session.resumeReading();
  t.notOk(early.paused || late.paused);
});

promise("a row that keeps its address keeps its connection; a new address means a new one", (t) => {
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
  t.strictSame(rig.shown, [], "the user has changed it and needs no telling");
});

promise("a dial on its way to an address that changed does not stand, even if it was answered in that turn", (t) => {
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

promise("a dial to an address that changed is given up in silence, and the new address dialled at once", (t) => {
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
  t.strictSame(rig.shown, ["unreachable: connection refused"], "the new one's failure is told");
  t.equal(rig.network.dials.length, 2, "and waited out");
});

promise("an idle timeout that the row gains begins to count, and one that it loses stops", (t) => {
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

promise("finishing sends our FIN everywhere, dials no more, says nothing, and leaves no timer", (t) => {
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

promise("finishing while we dial, or wait to dial again, leaves no timer either", (t) => {
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

promise("destroying ends every connection at once and leaves no timer", (t) => {
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

promise("a friend who never ends after our FIN is dropped after the linger time", (t) => {
  const rig = new SessionRig();
  const connection = rig.dialled();
  rig.session.finish();
  rig.pass(lingerMs - 40);
  t.notOk(connection.destroyed);
  rig.pass(80);
  t.ok(connection.destroyed);
});
