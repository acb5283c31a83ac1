// The end of a connection that both sides agree on, and which of two survives, where a friend is known by a key.

import type { Contact } from "../../../src/core/notice.js";
import { answerMs, crossingMs, lingerMs, linksMax, stallMs } from "../../../src/core/limits.js";
import { secureDialect } from "../../../src/wire/dialects/secure.js";
import { FrameReader } from "../../../src/wire/secure/frame-reader.js";
import { FrameWriter } from "../../../src/wire/secure/frame-writer.js";
import type { Frame } from "../../../src/wire/secure/frames.js";
import type { ByeReason } from "../../../src/wire/event.js";
import { FakeConnection } from "../kit/fake-network.js";
import { keyOf } from "../kit/keys.js";
import { promise } from "../kit/promise.js";
import { idleMs, SessionRig } from "../kit/session-rig.js";

const tick = 40;
const hello: Frame = { kind: "hello", minor: 0, name: "Bob" };
const writer = new FrameWriter();

const contact = (preferred: boolean): Contact => ({ key: keyOf("b"), standing: "pinned", preferred });

class SecureRig extends SessionRig {
  constructor(kind: "close" | "never" = "close") {
    super({ kind, afterMs: idleMs }, secureDialect);
  }

  /** Bob dialled; his hello is what the introduction hands over first. */
  met(preferred = false): FakeConnection {
    const connection = new FakeConnection();
    connection.contact = contact(preferred);
    this.accepted(connection);
    this.says(connection, hello);
    return connection;
  }

  meets(preferred = true): FakeConnection {
    this.session.want();
    return this.answers(preferred);
  }

  /** The dial that is out stands. */
  answers(preferred = true): FakeConnection {
    const connection = this.network.last;
    connection.contact = contact(preferred);
    this.turn(() => connection.open());
    this.says(connection, hello);
    return connection;
  }

  says(connection: FakeConnection, ...frames: readonly Frame[]): this {
    return this.turn(() => connection.sayBytes(new Uint8Array(writer.encode(frames))));
  }

  bye(connection: FakeConnection, reason: ByeReason = "idle"): this {
    return this.says(connection, { kind: "bye", reason });
  }

  say(texts = "hello\n", seq = 1): this {
    this.session.carry([
      { kind: "texts", batch: { texts, count: 1 }, at: { seq, tag: "0".repeat(16), bytes: texts.length } },
    ]);
    return this.check();
  }
}

const ack: Frame = { kind: "ack", received: 1, granted: 100 };

/** What we said, as words. */
function said(connection: FakeConnection): string {
  const reader = new FrameReader();
  reader.push(new Uint8Array(writer.encode([hello])));
  const frames = connection.chunks.flatMap((chunk) => reader.push(chunk));
  return frames.map((frame) => (frame.kind === "bye" ? `bye ${frame.reason}` : frame.kind)).join(", ");
}

promise("silence ends a connection with a bye that waits for the other side's, and the notice stands on ours", (t) => {
  const rig = new SecureRig();
  const connection = rig.meets();
  rig.say();
  rig.says(connection, ack);
  rig.pass(idleMs + tick);
  t.equal(said(connection), "texts, bye idle");
  t.notOk(connection.ended, "what is under way goes on");
  t.ok(rig.session.parting);
  rig.session.settled();
  t.equal(said(connection), "texts, bye idle", "once, whoever asks for it");
  t.equal(rig.session.status.state, "not connected");
  rig.bye(connection);
  t.ok(connection.ended);
  rig.turn(
    () => connection.fin(),
    () => connection.close(),
  );
  t.strictSame(rig.shown, [`stands: ${keyOf("b")}`, "ack", "timed out"]);
  t.equal(rig.reactor.wheel.size, 0);
});

promise(
  "a friend's idle bye is the same notice here; ours follows when everything is acknowledged, and then the FIN",
  (t) => {
    const rig = new SecureRig();
    const connection = rig.meets();
    rig.say();
    rig.bye(connection);
    t.ok(rig.session.parting);
    t.ok(rig.session.ready, "acknowledgements still go out");
    t.equal(said(connection), "texts");
    rig.says(connection, ack);
    rig.session.settled();
    rig.check();
    t.equal(said(connection), "texts, bye idle");
    t.ok(connection.ended);
    rig.turn(() => connection.close());
    t.strictSame(rig.shown, [`stands: ${keyOf("b")}`, "timed out", "ack"]);
    rig.pass(10 * idleMs);
    t.equal(rig.shown.length, 3, "once");
  },
);

promise("byes that cross end the connection with one notice on each side", (t) => {
  const rig = new SecureRig();
  const connection = rig.meets();
  rig.pass(idleMs + tick);
  rig.bye(connection);
  t.equal(said(connection), "bye idle");
  t.ok(connection.ended);
  rig.turn(() => connection.fin()).turn(() => connection.close());
  t.strictSame(rig.shown, [`stands: ${keyOf("b")}`, "timed out"]);
});

promise("what comes while a connection parts is heard, and a line typed meanwhile goes out on a new one", (t) => {
  const rig = new SecureRig();
  const old = rig.meets();
  rig.pass(idleMs + tick);
  rig.says(old, ack);
  t.equal(rig.told.at(-1), "ack");
  rig.session.want();
  t.equal(rig.network.dials.length, 2);
  const fresh = rig.answers();
  t.notOk(rig.session.parting);
  rig.say("typed while parting\n");
  t.equal(said(fresh), "texts");
  t.ok(old.ended, "the old one is not waited for");
  t.strictSame(
    rig.shown.filter((each) => each.startsWith("closed") || each.startsWith("broke")),
    [],
  );
});

promise("a parting that the other side does not end is ended", (t) => {
  const rig = new SecureRig();
  const connection = rig.meets();
  rig.pass(idleMs + tick);
  rig.pass(lingerMs - 2 * tick);
  t.notOk(connection.destroyed);
  rig.pass(4 * tick);
  t.ok(connection.destroyed);
  rig.turn(() => connection.close());
  t.strictSame(rig.shown, [`stands: ${keyOf("b")}`, "timed out"]);
});

promise("a friend who quits is told as closed, and one who replaces a connection is not told at all", (t) => {
  for (const [reason, notices] of [
    ["quit", ["closed"]],
    ["replaced", []],
  ] as const) {
    const rig = new SecureRig();
    const connection = rig.meets();
    rig.bye(connection, reason);
    rig.session.settled();
    rig.turn(() => connection.fin()).turn(() => connection.close());
    t.strictSame(rig.shown.slice(1), notices, reason);
  }
});

promise(
  "a friend who greets and leaves, however politely, is dialled again after a pause; who acknowledged something, at once",
  (t) => {
    for (const acknowledged of [false, true])
      for (const leaving of ["FIN", "idle", "quit", "replaced"] as const) {
        const rig = new SecureRig();
        const connection = rig.meets();
        rig.say();
        if (acknowledged) rig.says(connection, ack);
        if (leaving !== "FIN") rig.bye(connection, leaving);
        rig.session.settled();
        rig.turn(() => connection.fin()).turn(() => connection.close());
        rig.session.want();
        t.equal(rig.network.dials.length, acknowledged ? 2 : 1, leaving);
        rig.pass(500);
        t.equal(rig.network.dials.length, 2, leaving);
      }
  },
);

promise("quitting says bye, hears what is still said, and dials no more", (t) => {
  const rig = new SecureRig();
  const connection = rig.meets();
  rig.session.finish();
  rig.check();
  t.equal(said(connection), "bye quit");
  t.notOk(connection.ended);
  rig.session.want();
  t.equal(rig.network.dials.length, 1);
  rig.bye(connection, "quit");
  t.ok(connection.ended);
  rig.turn(() => connection.close());
  t.strictSame(rig.shown.slice(1), []);
  t.equal(rig.connectionCount.connections, 0);
});

promise("a FIN without a bye is a break of the friend's and no idle timeout, however long it was silent", (t) => {
  const rig = new SecureRig();
  const connection = rig.meets();
  rig.say();
  rig.pass(idleMs * 0.9);
  rig.turn(() => connection.fin());
  t.strictSame(rig.shown.slice(1), ["broke: it ended without a word"]);
});

// Two connections.

promise("of two dials that cross the preferred one survives, and the other ends with a bye", (t) => {
  for (const oursIsPreferred of [true, false]) {
    const rig = new SecureRig();
    rig.session.want();
    const theirs = rig.met(!oursIsPreferred);
    t.ok(rig.session.ready, "nothing waits for the dial");
    if (oursIsPreferred) {
      const ours = rig.answers(true);
      t.match(said(theirs), "bye replaced");
      t.ok(theirs.ended);
      rig.say();
      t.equal(said(ours), "texts");
    } else {
      t.ok(rig.network.last.destroyed, "our dial is given up");
      rig.say();
      t.equal(said(theirs), "texts");
      rig.turn(() => rig.network.last.close());
      t.ok(rig.session.ready);
    }
    t.strictSame(
      rig.shown.filter((each) => !each.startsWith("stands")),
      [],
      "nobody is told",
    );
  }
});

promise(
  "a friend who dials again long after is believed: the newer connection carries, and the older one ends with a bye",
  (t) => {
    const rig = new SecureRig();
    const old = rig.meets(true);
    rig.pass(crossingMs);
    const fresh = rig.met(false);
    t.equal(said(old), "bye replaced");
    rig.say();
    t.equal(said(fresh), "texts");
    rig.says(old, ack);
    t.not(rig.told.at(-1), "ack", "what the old one still says comes again on the new one");
    rig.says(fresh, ack);
    t.equal(rig.told.at(-1), "ack");
  },
);

// A friend who owes something.

promise("a connection that owes an answer and says nothing is dropped, and that is told", (t) => {
  const rig = new SecureRig("never");
  const connection = rig.meets();
  rig.say();
  rig.session.expect("answer");
  rig.pass(answerMs - tick);
  t.notOk(connection.destroyed);
  rig.pass(3 * tick);
  t.ok(connection.destroyed);
  rig.turn(() => connection.close());
  t.strictSame(rig.shown.slice(1), ["broke: no answer"]);
  t.notOk(rig.session.ready);
});

promise("a friend whose answer is still on a slow line counts as heard with every piece of it", (t) => {
  const rig = new SecureRig("never");
  const connection = rig.meets();
  rig.say();
  rig.session.expect("answer");
  const before = rig.heard;
  for (let piece = 0; piece < 5; piece += 1) {
    rig.pass(answerMs - tick);
    rig.turn(() => connection.sayBytes(new Uint8Array(0)));
  }
  t.equal(rig.heard - before, 5);
  t.notOk(connection.destroyed);
  rig.pass(answerMs + tick);
  t.ok(connection.destroyed, "silence after that is silence");
});

promise("who replaces his connection again and again does not get to keep the old ones open", (t) => {
  const rig = new SecureRig("never");
  const old = Array.from({ length: linksMax }, () => rig.met());
  t.notOk(
    old.some((connection) => connection.destroyed),
    "a few may drain",
  );
  t.ok(old.slice(0, -1).every((connection) => connection.ended));
  const newest = rig.met();
  for (const connection of old.filter(({ destroyed }) => destroyed)) rig.turn(() => connection.close());
  t.ok(rig.session.connectionCount <= linksMax, String(rig.session.connectionCount));
  t.notOk(newest.destroyed || newest.ended);
  rig.say();
  t.equal(said(newest), "texts");
});

promise("a friend who grants nothing more counts as stalled after a while, and as taking again when he grants", (t) => {
  const rig = new SecureRig("never");
  const connection = rig.meets();
  rig.session.expect("credit");
  rig.pass(stallMs - tick);
  t.ok(rig.session.progressing);
  rig.pass(3 * tick);
  t.notOk(rig.session.progressing);
  rig.pass(10 * answerMs);
  t.notOk(connection.destroyed, "he owes no answer");
  rig.session.expect("nothing");
  t.ok(rig.session.progressing);
});

promise("a full screen pauses nobody whose window is bounded", (t) => {
  const rig = new SecureRig();
  const connection = rig.meets();
  rig.session.pauseReading();
  t.notOk(connection.paused);
  rig.session.resumeReading();
  rig.says(connection, ack);
  t.equal(rig.told.at(-1), "ack");
});

promise("a friend who breaks the protocol is cut off and told, and nothing of it is passed on", (t) => {
  const rig = new SecureRig();
  const connection = rig.meets();
  rig.says(connection, hello, ack);
  t.ok(connection.destroyed);
  rig.turn(() => connection.close());
  t.strictSame(rig.shown.slice(1), ["broke: a second hello"]);
});
