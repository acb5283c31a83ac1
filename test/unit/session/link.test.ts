import { lineBytesMax, unendedQuietMs, unfinishedLineMs } from "../../../src/core/limits.js";
import type { Decoder } from "../../../src/wire/dialect.js";
import { lineDialect } from "../../../src/wire/dialects/line.js";
import { promise } from "../kit/promise.js";
import { SessionRig } from "../kit/session-rig.js";

promise("cuts off a friend who breaks the protocol, shows the text before the fault, and logs it", (t) => {
  const rig = new SessionRig();
  const connection = rig.accepted();
  rig.turn(() => connection.say(`fine\n${"x".repeat(lineBytesMax + 1)}`));
  t.ok(connection.destroyed);
  t.notOk(rig.session.ready, "nothing more is written to it");
  rig.turn(
    () => connection.say("too late\n"),
    () => connection.close(),
  );
  const reason = "a line longer than 65536 bytes";
  t.strictSame(rig.shown, ["fine", `broke: ${reason}`]);
  t.strictSame(rig.log.loud, [{ level: "warn", event: "peer-cut-off", peer: "Bob", reason }]);
});

promise("shows an unfinished line after a quiet time, and at the end of the connection", (t) => {
  const rig = new SessionRig();
  const connection = rig.accepted();
  rig.turn(() => connection.say("no newline"));
  rig.pass(unendedQuietMs * 0.6);
  rig.turn(() => connection.say(" yet"));
  rig.pass(unendedQuietMs * 0.9);
  t.strictSame(rig.shown, []);
  rig.pass(unendedQuietMs * 0.2);
  t.strictSame(rig.shown, ["no newline yet"]);
  rig.turn(
    () => connection.say("last words"),
    () => connection.fin(),
  );
  t.strictSame(rig.shown, ["no newline yet", "last words", "closed"]);
});

promise("cuts off a line that takes too long to end, and shows the part that arrived", (t) => {
  const rig = new SessionRig();
  const connection = rig.accepted();
  for (let ms = 0; ms < unfinishedLineMs - 500; ms += 500) {
    rig.turn(() => connection.say("x"));
    rig.pass(500);
  }
  t.notOk(connection.destroyed);
  for (let ms = 0; ms < 2_000 && !connection.destroyed; ms += 500) {
    rig.turn(() => connection.say("x"));
    rig.pass(500);
  }
  t.ok(connection.destroyed);
  rig.turn(() => connection.close());
  t.match(rig.shown[0], /^x{59,62}$/);
  t.strictSame(rig.shown.slice(1), ["broke: a line that took more than 30 s to end"]);
});

promise("does not cut off a series of lines that each start in the chunk that ends the previous one", (t) => {
  const rig = new SessionRig();
  const connection = rig.accepted();
  for (let ms = 0; ms < 2 * unfinishedLineMs; ms += 500) {
    rig.turn(() => connection.say("end\nbegin "));
    rig.pass(500);
  }
  t.notOk(connection.destroyed);
});

promise("does not end an unfinished line while reading is paused", (t) => {
  const rig = new SessionRig();
  const connection = rig.accepted();
  rig.turn(() => connection.say("ha"));
  rig.session.pauseReading();
  rig.pass(unfinishedLineMs * 2);
  rig.session.resumeReading();
  rig.turn(() => connection.say("lf\n"));
  t.strictSame(rig.shown, ["half"]);
});

promise("does not count paused time against a slow line", (t) => {
  const rig = new SessionRig();
  const connection = rig.accepted();
  rig.turn(() => connection.say("slow "));
  rig.session.pauseReading();
  rig.pass(unfinishedLineMs * 2);
  rig.session.resumeReading();
  for (const words of ["but ", "stea"]) {
    rig.turn(() => connection.say(words));
    rig.pass(unendedQuietMs * 0.9);
  }
  rig.turn(() => connection.say("dy\n"));
  t.notOk(connection.destroyed);
  t.strictSame(rig.shown, ["slow but steady"]);
});

promise("holds no decoder between messages, and tells each later decoder that the connection has begun", (t) => {
  const begun: (boolean | undefined)[] = [];
  const decoder = (hasBegun?: boolean): Decoder => {
    begun.push(hasBegun);
    return lineDialect.decoder(hasBegun);
  };
  const rig = new SessionRig(undefined, { ...lineDialect, decoder });
  const connection = rig.accepted();
  for (const words of ["one\n", "two\n", "th", "ree\n"]) rig.turn(() => connection.say(words));
  t.strictSame(begun, [false, true, true]);
  rig.turn(() => connection.say("four\n"));
  t.equal(begun.length, 3, "the decoder stays while its timer is pending");
  rig.pass(2 * unendedQuietMs);
  rig.turn(() => connection.say("five"));
  t.equal(begun.length, 4);
  rig.pass(2 * unendedQuietMs);
  rig.turn(() => connection.say("six\n"));
  t.equal(begun.length, 5, "the quiet time has ended the previous one");
  t.strictSame(rig.shown, ["one", "two", "three", "four", "five", "six"]);
});
