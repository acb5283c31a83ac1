import { crossingMs, holdMs, lingerMs } from "../../../src/core/limits.js";
import { promise } from "../kit/promise.js";
import { idleMs, SessionRig } from "../kit/session-rig.js";

const tick = 40;

promise("half-closes a connection after the idle timeout and reports it once", (t) => {
  const rig = new SessionRig();
  const connection = rig.dialled();
  rig.carry();
  rig.pass(idleMs - tick);
  t.notOk(connection.ended);
  t.strictSame(rig.shown, []);
  rig.pass(2 * tick);
  t.ok(connection.ended);
  t.notOk(connection.destroyed, "the other direction stays open");
  rig.turn(
    () => connection.fin(),
    () => connection.close(),
  );
  rig.pass(10 * idleMs);
  t.strictSame(rig.shown, ["timed out"]);
  t.equal(rig.session.status.state, "not connected");
});

promise("shows a line that crosses the idle timeout, and dials again for the next message", (t) => {
  const rig = new SessionRig();
  const old = rig.dialled();
  rig.carry();
  rig.pass(idleMs + tick);
  rig.turn(() => old.say("at that very moment\n"));
  t.strictSame(rig.shown, ["timed out", "at that very moment"]);
  const fresh = rig.dialled();
  rig.carry("and this\n");
  t.equal(fresh.text, "and this\n");
  t.equal(old.text, "hello\n");
});

promise("restarts the idle timeout with traffic in either direction", (t) => {
  const rig = new SessionRig();
  const connection = rig.dialled();
  for (let round = 0; round < 5; round += 1) {
    rig.pass(idleMs - tick);
    if (round % 2 === 0) rig.turn(() => connection.say("x\n"));
    else rig.carry();
  }
  rig.pass(idleMs - tick);
  t.notOk(connection.ended);
  rig.pass(2 * tick);
  t.ok(connection.ended);
});

promise("counts bytes that the kernel takes as traffic, and sets no timer per packet", (t) => {
  const rig = new SessionRig();
  const connection = rig.dialled();
  connection.takes = false;
  rig.carry();
  rig.pass(idleMs / 2);
  rig.turn(() => connection.drain());
  const timers = rig.clock.asked;
  for (let index = 0; index < 1_000; index += 1) rig.carry().turn(() => connection.say("x\n"));
  t.equal(rig.clock.asked, timers);
  rig.pass(idleMs - tick);
  t.notOk(connection.ended);
});

promise("times out all connections with one friend together, with one notice", (t) => {
  const rig = new SessionRig();
  const connections = [rig.accepted(), rig.accepted(), rig.accepted()];
  rig.turn(() => connections[0]!.say("x\n"));
  rig.pass(idleMs + tick);
  t.ok(connections.every((connection) => connection.ended));
  for (const connection of connections) rig.turn(() => connection.fin()).turn(() => connection.close());
  t.strictSame(rig.shown, ["x", "timed out"]);
});

promise("keeps a connection open with idle=never", (t) => {
  const rig = new SessionRig({ kind: "never", afterMs: 0 });
  const connection = rig.accepted();
  rig.pass(1e9);
  t.notOk(connection.ended);
  t.equal(rig.reactor.wheel.size, 0);
});

promise("reports a FIN after about the idle timeout as that timeout, once, whichever clock fires first", (t) => {
  for (const share of [0.76, 0.9, 0.999]) {
    const rig = new SessionRig();
    const connection = rig.dialled();
    rig.carry();
    rig.pass(idleMs * share);
    rig.turn(() => connection.fin());
    t.ok(connection.ended, "our FIN answers it");
    rig.turn(() => connection.close());
    t.strictSame(rig.shown, ["timed out"], String(share));
    rig.pass(3 * idleMs);
    t.strictSame(rig.shown, ["timed out"], "our own clock does not report it again");
  }
});

promise("reports an earlier FIN as a close", (t) => {
  for (const share of [0, 0.3, 0.74]) {
    const rig = new SessionRig();
    const connection = rig.dialled();
    rig.carry();
    rig.pass(idleMs * share);
    rig.turn(
      () => connection.fin(),
      () => connection.close(),
    );
    t.strictSame(rig.shown, ["closed"], String(share));
  }
});

promise("never reports a FIN as a timeout with idle=never", (t) => {
  const rig = new SessionRig({ kind: "never", afterMs: 0 });
  const connection = rig.accepted();
  rig.turn(() => connection.say("x\n"));
  rig.pass(1e6);
  rig.turn(() => connection.fin());
  t.strictSame(rig.shown, ["x", "closed"]);
});

promise("reports a FIN that crosses our message after a long silence as a timeout", (t) => {
  const rig = new SessionRig();
  const connection = rig.dialled();
  rig.carry();
  rig.pass(idleMs * 0.95).carry("just in time?\n");
  rig.pass(200);
  rig.turn(() => connection.fin());
  t.strictSame(rig.shown, ["timed out"]);
});

promise("reports a FIN long after such a message, or after an answer to it, as a close", (t) => {
  const late = new SessionRig();
  const connection = late.dialled();
  late
    .pass(idleMs * 0.95)
    .carry()
    .pass(crossingMs + tick);
  late.turn(() => connection.fin());
  t.strictSame(late.shown, ["closed"]);
  const answered = new SessionRig();
  const other = answered.dialled();
  answered.pass(idleMs * 0.95).carry();
  answered.turn(
    () => other.say("yes\n"),
    () => other.fin(),
  );
  t.strictSame(answered.shown, ["yes", "closed"]);
});

promise("reports a timeout when the friend's next connection arrives before the FIN", (t) => {
  const rig = new SessionRig();
  const old = rig.accepted();
  rig.turn(() => old.say("x\n"));
  rig.pass(idleMs * 0.95);
  const fresh = rig.accepted();
  rig.turn(
    () => old.fin(),
    () => fresh.say("y\n"),
  );
  t.strictSame(rig.shown, ["x", "timed out", "y"]);
});

promise("reports an overtaken FIN as a timeout only within the crossing time and only after a silence", (t) => {
  const late = new SessionRig();
  const old = late.accepted();
  late.turn(() => old.say("x\n"));
  late.pass(idleMs * 0.95);
  const fresh = late.accepted();
  late.pass(crossingMs + tick);
  late.turn(() => old.fin());
  t.strictSame(late.shown, ["x"], "the friend closes its old connection");
  late.turn(
    () => fresh.say("y\n"),
    () => fresh.fin(),
  );
  t.strictSame(late.shown, ["x", "y", "closed"]);
  const busy = new SessionRig();
  const first = busy.accepted();
  busy.turn(() => first.say("x\n"));
  busy.pass(idleMs * 0.5);
  busy.accepted();
  busy.turn(() => first.fin());
  t.strictSame(busy.shown, ["x"]);
});

promise("does not report an overtaken FIN after finish", (t) => {
  const rig = new SessionRig();
  const old = rig.accepted();
  rig.turn(() => old.say("x\n"));
  rig.pass(idleMs * 0.95);
  rig.accepted();
  rig.session.finish();
  rig.turn(() => old.fin());
  t.strictSame(rig.shown, ["x"]);
});

promise("reports a timeout when a crossing dial arrives before the FIN", (t) => {
  const rig = new SessionRig({ kind: "close", afterMs: 500 });
  const ours = rig.dialled();
  rig.carry().pass(450);
  const theirs = rig.accepted();
  rig.turn(
    () => ours.fin(),
    () => theirs.say("y\n"),
  );
  t.strictSame(rig.shown, ["timed out", "y"]);
  rig.carry();
  t.equal(theirs.text, "hello\n");
});

promise("reports the reason of a reset, even near the idle timeout", (t) => {
  const rig = new SessionRig();
  const connection = rig.accepted();
  rig.turn(() => connection.say("x\n"));
  rig.pass(idleMs * 0.9);
  rig.turn(() => connection.close("ECONNRESET"));
  t.strictSame(rig.shown, ["x", "broke: connection reset by the peer"]);
});

promise("does not report the end of an unused connection", (t) => {
  const rig = new SessionRig();
  const connection = rig.accepted();
  rig.turn(
    () => connection.fin(),
    () => connection.close(),
  );
  const other = rig.accepted();
  rig.turn(() => other.close("ECONNRESET"));
  t.strictSame(rig.shown, []);
});

promise("does not time out while reading is paused, because the kernel may hold unread bytes", (t) => {
  const rig = new SessionRig();
  const connection = rig.accepted();
  rig.turn(() => connection.say("x\n"));
  rig.session.pauseReading();
  rig.pass(5 * idleMs);
  t.notOk(connection.ended);
  rig.session.resumeReading();
  rig.pass(idleMs + tick);
  t.ok(connection.ended);
});

promise("destroys a connection that does not end within the linger time after our FIN, without another notice", (t) => {
  const rig = new SessionRig();
  const connection = rig.accepted();
  rig.turn(() => connection.say("x\n"));
  rig.pass(idleMs + lingerMs + 2 * tick);
  t.ok(connection.destroyed);
  rig.turn(() => connection.close());
  t.strictSame(rig.shown, ["x", "timed out"]);
});

promise("does not apply the linger time while reading is paused", (t) => {
  const rig = new SessionRig();
  const connection = rig.accepted();
  rig.turn(() => connection.say("x\n"));
  rig.pass(idleMs + tick);
  rig.session.pauseReading();
  rig.pass(3 * lingerMs);
  t.notOk(connection.destroyed);
  rig.session.resumeReading();
  rig.pass(lingerMs + tick);
  t.ok(connection.destroyed);
});

// Reading order of an old connection and a new one.

promise("does not read a newer connection while an older one drains, so that messages stay in order", (t) => {
  const rig = new SessionRig();
  const old = rig.accepted();
  rig.turn(() => old.say("first\n"));
  rig.pass(idleMs + tick);
  const fresh = rig.accepted();
  t.ok(fresh.paused);
  rig.turn(() => old.say("second\n"));
  t.ok(fresh.paused);
  rig.turn(() => old.fin());
  t.notOk(fresh.paused);
});

promise("reads a newer connection after the hold time at the latest", (t) => {
  const rig = new SessionRig();
  rig.accepted();
  rig.pass(idleMs + tick);
  const fresh = rig.accepted();
  rig.pass(holdMs - tick);
  t.ok(fresh.paused);
  rig.pass(2 * tick);
  t.notOk(fresh.paused);
});

promise("keeps a paused connection paused when its hold ends", (t) => {
  const rig = new SessionRig();
  const old = rig.accepted();
  rig.pass(idleMs + tick);
  const fresh = rig.accepted();
  rig.session.pauseReading();
  rig.turn(() => old.close());
  t.ok(fresh.paused);
  rig.session.resumeReading();
  t.notOk(fresh.paused);
});

promise("lets a write that the kernel has not taken at the idle timeout drain before the next write", (t) => {
  const rig = new SessionRig();
  const connection = rig.dialled();
  connection.takes = false;
  rig.carry("slow\n");
  rig.pass(idleMs + tick);
  t.ok(connection.ended);
  t.notOk(rig.told.includes("untaken"));
  rig.dialled();
  t.notOk(rig.session.ready, "the old one still drains");
  rig.turn(() => connection.drain());
  t.strictSame(rig.told.slice(-2), ["taken", "ready"]);
});
