// Authenticated connections: the bye that both programs exchange at the end, and which of two connections they keep.

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

const contact = (preferred: boolean): Contact => ({
  key: keyOf("b"),
  standing: "pinned",
  preferred,
  timed: false,
  entries: false,
});

class SecureRig extends SessionRig {
  constructor(kind: "close" | "never" = "close") {
    super({ kind, afterMs: idleMs }, secureDialect);
  }

  /** Bob dials; the authenticated connection delivers his hello first. */
  secureAccepted(preferred = false): FakeConnection {
    const connection = new FakeConnection();
    connection.contact = contact(preferred);
    this.accepted(connection);
    this.says(connection, hello);
    return connection;
  }

  secureDialled(preferred = true): FakeConnection {
    this.session.want();
    return this.answers(preferred);
  }

  /** The dial under way opens. */
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

/** The kinds of the frames that we sent, separated by commas. */
function said(connection: FakeConnection): string {
  const reader = new FrameReader();
  reader.push(new Uint8Array(writer.encode([hello])));
  const frames = connection.chunks.flatMap((chunk) => reader.push(chunk));
  return frames.map((frame) => (frame.kind === "bye" ? `bye ${frame.reason}` : frame.kind)).join(", ");
}

promise("ends an idle connection with a bye, waits for the peer's bye, and reports the timeout once", (t) => {
  const rig = new SecureRig();
  const connection = rig.secureDialled();
  rig.say();
  rig.says(connection, ack);
  rig.pass(idleMs + tick);
  t.equal(said(connection), "texts, bye idle");
  t.notOk(connection.ended, "started exchanges finish");
  t.ok(rig.session.parting);
  rig.session.settled();
  t.equal(said(connection), "texts, bye idle", "the bye is sent once");
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
  "reports a friend's idle bye as the timeout, and sends its own bye and FIN when all messages are acknowledged",
  (t) => {
    const rig = new SecureRig();
    const connection = rig.secureDialled();
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

promise("ends the connection with one notice when two byes cross", (t) => {
  const rig = new SecureRig();
  const connection = rig.secureDialled();
  rig.pass(idleMs + tick);
  rig.bye(connection);
  t.equal(said(connection), "bye idle");
  t.ok(connection.ended);
  rig.turn(() => connection.fin()).turn(() => connection.close());
  t.strictSame(rig.shown, [`stands: ${keyOf("b")}`, "timed out"]);
});

promise("reads a closing connection, and sends a line typed meanwhile on a new one", (t) => {
  const rig = new SecureRig();
  const old = rig.secureDialled();
  rig.pass(idleMs + tick);
  rig.says(old, ack);
  t.equal(rig.told.at(-1), "ack");
  rig.session.want();
  t.equal(rig.network.dials.length, 2);
  const fresh = rig.answers();
  t.notOk(rig.session.parting);
  rig.say("typed while parting\n");
  t.equal(said(fresh), "texts");
  t.ok(old.ended, "it does not wait for the old one");
  t.strictSame(
    rig.shown.filter((each) => each.startsWith("closed") || each.startsWith("broke")),
    [],
  );
});

promise("destroys a closing connection that the peer does not end within the linger time", (t) => {
  const rig = new SecureRig();
  const connection = rig.secureDialled();
  rig.pass(idleMs + tick);
  rig.pass(lingerMs - 2 * tick);
  t.notOk(connection.destroyed);
  rig.pass(4 * tick);
  t.ok(connection.destroyed);
  rig.turn(() => connection.close());
  t.strictSame(rig.shown, [`stands: ${keyOf("b")}`, "timed out"]);
});

promise("reports a quit as a close, and does not report a replaced connection", (t) => {
  for (const [reason, notices] of [
    ["quit", ["closed"]],
    ["replaced", []],
  ] as const) {
    const rig = new SecureRig();
    const connection = rig.secureDialled();
    rig.bye(connection, reason);
    rig.session.settled();
    rig.turn(() => connection.fin()).turn(() => connection.close());
    t.strictSame(rig.shown.slice(1), notices, reason);
  }
});

promise("dials a friend who left without an acknowledgement after a pause, and one who acknowledged at once", (t) => {
  for (const acknowledged of [false, true])
    for (const leaving of ["FIN", "idle", "quit", "replaced"] as const) {
      const rig = new SecureRig();
      const connection = rig.secureDialled();
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
});

promise("says bye at finish, reads until the friend's bye, and dials no more", (t) => {
  const rig = new SecureRig();
  const connection = rig.secureDialled();
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

promise("reports a FIN without a bye as a break, even after a long silence", (t) => {
  const rig = new SecureRig();
  const connection = rig.secureDialled();
  rig.say();
  rig.pass(idleMs * 0.9);
  rig.turn(() => connection.fin());
  t.strictSame(rig.shown.slice(1), ["broke: it ended without a word"]);
});

// Two connections with one friend.

promise("keeps the preferred one of two dials that cross, and ends the other with a bye", (t) => {
  for (const oursIsPreferred of [true, false]) {
    const rig = new SecureRig();
    rig.session.want();
    const theirs = rig.secureAccepted(!oursIsPreferred);
    t.ok(rig.session.ready, "it does not wait for the dial");
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
      "nothing is reported",
    );
  }
});

promise(
  "sends on the newer connection of a friend who dials again much later, and ends the older one with a bye",
  (t) => {
    const rig = new SecureRig();
    const old = rig.secureDialled(true);
    rig.pass(crossingMs);
    const fresh = rig.secureAccepted(false);
    t.equal(said(old), "bye replaced");
    rig.say();
    t.equal(said(fresh), "texts");
    rig.says(old, ack);
    t.not(rig.told.at(-1), "ack", "the friend sends again on the new one what it sent on the old one");
    rig.says(fresh, ack);
    t.equal(rig.told.at(-1), "ack");
  },
);

// Answers and credit that the friend owes.

promise("drops and reports a connection that owes an answer and stays silent", (t) => {
  const rig = new SecureRig("never");
  const connection = rig.secureDialled();
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

promise("counts each part of an answer on a slow line as a sign of life", (t) => {
  const rig = new SecureRig("never");
  const connection = rig.secureDialled();
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
  t.ok(connection.destroyed, "the answer time starts with the last part");
});

promise("limits the old connections of a friend who replaces its connection repeatedly", (t) => {
  const rig = new SecureRig("never");
  const old = Array.from({ length: linksMax }, () => rig.secureAccepted());
  t.notOk(
    old.some((connection) => connection.destroyed),
    "a few may still drain",
  );
  t.ok(old.slice(0, -1).every((connection) => connection.ended));
  const newest = rig.secureAccepted();
  for (const connection of old.filter(({ destroyed }) => destroyed)) rig.turn(() => connection.close());
  t.ok(rig.session.connectionCount <= linksMax, String(rig.session.connectionCount));
  t.notOk(newest.destroyed || newest.ended);
  rig.say();
  t.equal(said(newest), "texts");
});

promise(
  "counts a friend without credit as stalled after the stall time, and as progressing when it grants more",
  (t) => {
    const rig = new SecureRig("never");
    const connection = rig.secureDialled();
    rig.session.expect("credit");
    rig.pass(stallMs - tick);
    t.ok(rig.session.progressing);
    rig.pass(3 * tick);
    t.notOk(rig.session.progressing);
    rig.pass(10 * answerMs);
    t.notOk(connection.destroyed, "it owes no answer");
    rig.session.expect("nothing");
    t.ok(rig.session.progressing);
  },
);

promise("does not pause a connection that is limited by credit", (t) => {
  const rig = new SecureRig();
  const connection = rig.secureDialled();
  rig.session.pauseReading();
  t.notOk(connection.paused);
  rig.session.resumeReading();
  rig.says(connection, ack);
  t.equal(rig.told.at(-1), "ack");
});

promise("cuts off and reports a friend who breaks the protocol, and passes nothing on", (t) => {
  const rig = new SecureRig();
  const connection = rig.secureDialled();
  rig.says(connection, hello, ack);
  t.ok(connection.destroyed);
  rig.turn(() => connection.close());
  t.strictSame(rig.shown.slice(1), ["broke: a second hello"]);
});
