import { lineBytesMax, unendedQuietMs, unfinishedLineMs } from "../../../src/core/limits.js";
import type { Decoder } from "../../../src/wire/dialect.js";
import { lineDialect } from "../../../src/wire/dialects/line.js";
import { promise } from "../kit/promise.js";
import { SessionRig } from "../kit/session-rig.js";

promise("a friend who breaks the protocol is cut off with a log line, and is heard up to there", (t) => {
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

promise("a line without its end is shown after some quiet, and at the end of the connection", (t) => {
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

promise("a line that drips for ever is shown as far as it came and its connection is cut off", (t) => {
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

promise("many lines, each begun in the chunk that ends the last, are no line without an end", (t) => {
  const rig = new SessionRig();
  const connection = rig.accepted();
  for (let ms = 0; ms < 2 * unfinishedLineMs; ms += 500) {
    rig.turn(() => connection.say("end\nbegin "));
    rig.pass(500);
  }
  t.notOk(connection.destroyed);
});

promise("an unfinished line is not made whole while nobody reads", (t) => {
  const rig = new SessionRig();
  const connection = rig.accepted();
  rig.turn(() => connection.say("ha"));
  rig.session.pauseReading();
  rig.pass(unfinishedLineMs * 2);
  rig.session.resumeReading();
  rig.turn(() => connection.say("lf\n"));
  t.strictSame(rig.shown, ["half"]);
});

promise("the time that we did not read is not counted against a line that is slow to end", (t) => {
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

promise(
  "between two messages no decoder is held, and every one after the first knows that the connection has begun",
  (t) => {
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
    t.equal(begun.length, 3, "it stays as long as its timer");
    rig.pass(2 * unendedQuietMs);
    rig.turn(() => connection.say("five"));
    t.equal(begun.length, 4);
    rig.pass(2 * unendedQuietMs);
    rig.turn(() => connection.say("six\n"));
    t.equal(begun.length, 5, "quiet has ended the last one");
    t.strictSame(rig.shown, ["one", "two", "three", "four", "five", "six"]);
  },
);
