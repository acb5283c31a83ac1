import { crossingMs, holdMs, lingerMs } from "../../../src/core/limits.js";
import { promise } from "../kit/promise.js";
import { idleMs, SessionRig } from "../kit/session-rig.js";

const tick = 40;

promise("a connection on which nothing goes for the idle timeout is half-closed and announced once", (t) => {
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

promise("a line that the friend typed at that very moment still arrives, and another from us dials anew", (t) => {
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

promise("anything in either direction begins the time anew", (t) => {
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

promise("the kernel's taking counts as traffic, and traffic touches no timer", (t) => {
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

promise("several connections with one friend idle out together with one notice", (t) => {
  const rig = new SessionRig();
  const connections = [rig.accepted(), rig.accepted(), rig.accepted()];
  rig.turn(() => connections[0]!.say("x\n"));
  rig.pass(idleMs + tick);
  t.ok(connections.every((connection) => connection.ended));
  for (const connection of connections) rig.turn(() => connection.fin()).turn(() => connection.close());
  t.strictSame(rig.shown, ["x", "timed out"]);
});

promise("idle=never lets a connection stand", (t) => {
  const rig = new SessionRig({ kind: "never", afterMs: 0 });
  const connection = rig.accepted();
  rig.pass(1e9);
  t.notOk(connection.ended);
  t.equal(rig.reactor.wheel.size, 0);
});

promise("a friend's FIN after about the idle timeout is the same timeout, whichever clock fired first", (t) => {
  for (const share of [0.76, 0.9, 0.999]) {
    const rig = new SessionRig();
    const connection = rig.dialled();
    rig.carry();
    rig.pass(idleMs * share);
    rig.turn(() => connection.fin());
    t.ok(connection.ended, "it is answered with ours");
    rig.turn(() => connection.close());
    t.strictSame(rig.shown, ["timed out"], String(share));
    rig.pass(3 * idleMs);
    t.strictSame(rig.shown, ["timed out"], "and is not announced again by our own clock");
  }
});

promise("a friend's FIN that comes sooner means that he closed", (t) => {
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

promise("with idle=never a FIN is never a timeout", (t) => {
  const rig = new SessionRig({ kind: "never", afterMs: 0 });
  const connection = rig.accepted();
  rig.turn(() => connection.say("x\n"));
  rig.pass(1e6);
  rig.turn(() => connection.fin());
  t.strictSame(rig.shown, ["x", "closed"]);
});

promise("a FIN that crosses the words with which we broke the silence is still the timeout", (t) => {
  const rig = new SessionRig();
  const connection = rig.dialled();
  rig.carry();
  rig.pass(idleMs * 0.95).carry("just in time?\n");
  rig.pass(200);
  rig.turn(() => connection.fin());
  t.strictSame(rig.shown, ["timed out"]);
});

promise("a FIN long after those words, or after an answer to them, is the friend's leaving", (t) => {
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

promise("a FIN that the friend's next connection overtakes is still the timeout", (t) => {
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

promise("a FIN that is overtaken counts as the timeout for the crossing time only, and only after a silence", (t) => {
  const late = new SessionRig();
  const old = late.accepted();
  late.turn(() => old.say("x\n"));
  late.pass(idleMs * 0.95);
  const fresh = late.accepted();
  late.pass(crossingMs + tick);
  late.turn(() => old.fin());
  t.strictSame(late.shown, ["x"], "the friend tidies up");
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

promise("a FIN that is overtaken while we finish is no news", (t) => {
  const rig = new SessionRig();
  const old = rig.accepted();
  rig.turn(() => old.say("x\n"));
  rig.pass(idleMs * 0.95);
  rig.accepted();
  rig.session.finish();
  rig.turn(() => old.fin());
  t.strictSame(rig.shown, ["x"]);
});

promise("a FIN that is overtaken by a dial that crosses ours is the timeout as well", (t) => {
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

promise("a reset says what broke, even when the timeout was near", (t) => {
  const rig = new SessionRig();
  const connection = rig.accepted();
  rig.turn(() => connection.say("x\n"));
  rig.pass(idleMs * 0.9);
  rig.turn(() => connection.close("ECONNRESET"));
  t.strictSame(rig.shown, ["x", "broke: connection reset by the peer"]);
});

promise("a connection that closes before a word was said is no news", (t) => {
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

promise("while nobody reads our screen no connection idles out, for what waits in the kernel is unheard", (t) => {
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

promise("after our FIN a friend who goes on for longer than the linger time is dropped without another notice", (t) => {
  const rig = new SessionRig();
  const connection = rig.accepted();
  rig.turn(() => connection.say("x\n"));
  rig.pass(idleMs + lingerMs + 2 * tick);
  t.ok(connection.destroyed);
  rig.turn(() => connection.close());
  t.strictSame(rig.shown, ["x", "timed out"]);
});

promise("nobody is dropped for lingering while we are not reading", (t) => {
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

// Order between an old connection and a new one.

promise("a newer connection is not read while an older one drains: what was said first is shown first", (t) => {
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

promise("but for no longer than the hold time", (t) => {
  const rig = new SessionRig();
  rig.accepted();
  rig.pass(idleMs + tick);
  const fresh = rig.accepted();
  rig.pass(holdMs - tick);
  t.ok(fresh.paused);
  rig.pass(2 * tick);
  t.notOk(fresh.paused);
});

promise("a hold and a pause do not undo each other", (t) => {
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

promise("what a kernel has not taken when the silence ends goes on draining there, and before what follows", (t) => {
  const rig = new SessionRig();
  const connection = rig.dialled();
  connection.takes = false;
  rig.carry("slow\n");
  rig.pass(idleMs + tick);
  t.ok(connection.ended);
  t.notOk(rig.told.includes("untaken"));
  rig.dialled();
  t.notOk(rig.session.ready, "the old one is still taking");
  rig.turn(() => connection.drain());
  t.strictSame(rig.told.slice(-2), ["taken", "ready"]);
});
