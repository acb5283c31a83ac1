// A friend with an acknowledging dialect: notices about outages, and waiting messages after the group file changes its
// row.

import type { Contact } from "../../../src/core/notice.js";
import { queueHighWater, turnCharsMax } from "../../../src/core/limits.js";
import { noStream, noTag } from "../../../src/delivery/stream.js";
import { keyOf } from "../kit/keys.js";
import { promise } from "../kit/promise.js";
import { member, RouterRig } from "../kit/router-rig.js";

const contact: Contact = { key: keyOf("b"), standing: "pinned", preferred: true, timed: false, entries: false };
const granted = 1_000_000;

/** Bob's connection opens, and he has received nothing from us. */
function connects(rig: RouterRig): void {
  rig.bob.ready = true;
  rig.tell.onStand(contact);
  rig.tell.onReady();
  rig.tell.onEvent({ kind: "position", stream: noStream, received: 0, tag: noTag, granted });
  rig.turn();
}

promise("an outage ends when all messages are acknowledged, not when they are sent", (t) => {
  const rig = new RouterRig("secure");
  rig.send("one\ntwo\n").turn();
  rig.tell.onUnreachable("connection refused");
  rig.tell.onUnreachable("connection refused");
  connects(rig);
  t.equal(rig.bob.text, "one\ntwo\n");
  t.strictSame(rig.notices, [{ kind: "unreachable", peer: "Bob", reason: "connection refused", waiting: 2 }]);
  rig.tell.onEvent({ kind: "ack", received: 1, granted });
  t.equal(rig.notices.length, 1);
  rig.tell.onEvent({ kind: "ack", received: 2, granted });
  t.strictSame(rig.notices.slice(1), [{ kind: "caught-up", peer: "Bob", count: 2 }]);
  rig.bob.ready = true;
  rig.send("three\n").turn();
  rig.tell.onEvent({ kind: "ack", received: 3, granted });
  t.equal(rig.notices.length, 2, "without an outage it is no news");
});

promise("a write that the kernel takes at once requests no turn unless there is more to send", (t) => {
  const rig = new RouterRig("secure");
  connects(rig);
  rig.becomeReady();
  const carry = rig.bob.carry.bind(rig.bob);
  rig.bob.carry = (events) => {
    carry(events);
    rig.tell.onTaken();
    rig.bob.ready = true;
    rig.tell.onReady();
  };
  rig.send("one\n").turn();
  t.equal(rig.bob.text, "one\n");
  t.notOk(rig.router.turnRequested);
  const line = `${"x".repeat(turnCharsMax / 16 - 1)}\n`;
  for (let sent = 0; sent < 24; sent += 1) rig.send(line);
  rig.turn();
  t.ok(rig.router.turnRequested, "more than one turn carries");
  rig.turn();
  t.equal(rig.bob.text, `one\n${line.repeat(24)}`);
  t.notOk(rig.router.turnRequested);
  rig.tell.onReady();
  t.ok(rig.router.turnRequested, "becoming ready outside a flush requests a turn");
});

promise("reports the number of messages refused by a failed commit, and accepts the next ones", (t) => {
  const rig = new RouterRig("secure");
  rig.store.failWith = "disk full";
  rig.send("one\ntwo\n").send("three\n").turn();
  t.strictSame(rig.notices, [{ kind: "refused", peer: "Bob", count: 3, reason: "disk full" }]);
  t.equal(rig.tell.waiting, 0);
  rig.store.failWith = undefined;
  rig.send("four\n").turn();
  t.equal(rig.tell.waiting, 1);
});

promise("requests a connection at the start for messages that wait in the store", (t) => {
  const rig = new RouterRig("secure");
  rig.send("one\n").turn();
  const again = new RouterRig("secure", rig.store);
  t.ok(again.router.turnRequested);
  again.turn();
  t.equal(again.bob.wanted, 1);
  t.equal(again.carriers.get("José")?.wanted, 0);
});

promise("reports the key standing of the last connection", (t) => {
  const rig = new RouterRig("secure");
  t.equal(rig.tell.standing, undefined);
  connects(rig);
  t.equal(rig.tell.standing, "pinned");
  t.match(rig.router.status[1], { standing: "pinned" });
  rig.tell.onStand({ ...contact, standing: "verified" });
  t.equal(rig.tell.standing, "verified");
});

promise("keeps waiting messages in order when a row changes its dialect, including those of the same turn", (t) => {
  for (const [before, after] of [
    ["line", "secure"],
    ["secure", "line"],
  ] as const) {
    const rig = new RouterRig(before);
    rig.send("one\n").turn();
    rig.send("two\n");
    rig.tell.peer = member("Bob", "10.1.1.1", after);
    t.equal(rig.tell.waiting, 2, `${before} to ${after}`);
    rig.turn();
    t.ok(rig.bob.wanted > 0);
    rig.send("three\n").turn();
    if (after === "secure") connects(rig);
    else rig.takeAll();
    t.equal(rig.bob.text, "one\ntwo\nthree\n");
  }
});

promise("shows messages received in the turn of a dialect change after the commit, not before", (t) => {
  for (const [before, after] of [
    ["line", "secure"],
    ["secure", "line"],
  ] as const) {
    const rig = new RouterRig(before);
    if (before === "secure") {
      connects(rig);
      rig.tell.onEvent({ kind: "stream", stream: "1".repeat(32), from: 1 });
    }
    rig.tell.onEvent({ kind: "texts", batch: { texts: "hi\n", count: 1 }, at: { seq: 1, tag: noTag, bytes: 3 } });
    rig.tell.peer = member("Bob", "10.1.1.1", after);
    if (before === "secure") t.strictSame(rig.messages, []);
    rig.turn();
    t.strictSame(rig.messages, ["Bob: hi\n"], `${before} to ${after}`);
  }
});

promise(
  "refuses the messages of the turn of a dialect change once if the disk is full, and leaves no gap in the numbers",
  (t) => {
    for (const [before, after] of [
      ["line", "secure"],
      ["secure", "line"],
    ] as const) {
      const rig = new RouterRig(before);
      rig.store.failWith = "disk full";
      rig.send("one\ntwo\n");
      rig.tell.peer = member("Bob", "10.1.1.1", after);
      rig.send("late\n").turn();
      const refused = (count: number) => ({ kind: "refused", peer: "Bob", count, reason: "disk full" });
      t.strictSame(rig.notices, [refused(2), refused(1)], `${before} to ${after}`);
      t.equal(rig.tell.waiting, 0);
      rig.store.failWith = undefined;
      rig.send("three\n").turn();
      if (after === "secure") connects(rig);
      else rig.takeAll();
      t.equal(rig.bob.text, "three\n");
    }
  },
);

promise("other changes of a row don't affect sent messages", (t) => {
  const rig = new RouterRig("secure");
  connects(rig);
  rig.bob.ready = true;
  rig.send("one\n").turn();
  rig.tell.peer = member("Bob", "10.9.9.9", "secure");
  rig.tell.onEvent({ kind: "ack", received: 1, granted });
  t.equal(rig.tell.waiting, 0);
  t.equal(rig.tell.peer.host, "10.9.9.9");
});

promise("messages sent before a dialect change stay sent, and later ones are delivered when acknowledged", (t) => {
  const rig = new RouterRig("line");
  rig.send("one\n").takeAll().turn();
  rig.tell.peer = member("Bob", "10.1.1.1", "secure");
  rig.send("two\n").turn();
  connects(rig);
  rig.tell.onEvent({ kind: "ack", received: 1, granted });
  rig.turn();
  t.strictSame(
    rig.store.history().map(({ text, state }) => `${text} ${state}`),
    ["one sent", "two delivered"],
  );
});

promise(
  "messages sent in clear between two secure connections are not sent again and don't look like a lost store",
  (t) => {
    for (const inFlight of [false, true]) {
      const rig = new RouterRig("secure");
      connects(rig);
      rig.bob.ready = true;
      rig.send("one\n").turn();
      const [stream, first] = rig.bob.writes.flat().slice(-2);
      if (stream?.kind !== "stream" || first?.kind !== "texts") return t.fail("nothing was sent");
      if (!inFlight) rig.tell.onEvent({ kind: "ack", received: 1, granted });
      rig.turn();
      rig.tell.onUnready();
      rig.tell.peer = member("Bob", "10.1.1.1", "line");
      rig.send("two\n").takeAll().turn();
      rig.tell.peer = member("Bob", "10.1.1.1", "secure");
      rig.send("three\n").turn();
      const said = rig.bob.writes.length;
      rig.tell.onStand(contact);
      rig.bob.ready = true;
      rig.tell.onEvent({ kind: "position", stream: stream.stream, received: 1, tag: first.at?.tag ?? "", granted });
      rig.turn();
      const words = rig.bob.writes.slice(said).flat().slice(1);
      t.match(words, [
        { kind: "stream", from: inFlight ? 1 : 2 },
        { kind: "texts", batch: { texts: "three\n" } },
      ]);
      t.equal(rig.notices.length, inFlight ? 1 : 0, "a notice only if the friend may get messages twice");
    }
    return undefined;
  },
);

promise("reports a lost store on either side, and messages that go to a new key", (t) => {
  const rig = new RouterRig("secure");
  connects(rig);
  rig.bob.ready = true;
  rig.send("one\ntwo\n").turn();
  rig.tell.onEvent({ kind: "ack", received: 1, granted });
  connects(rig);
  t.strictSame(rig.notices, [{ kind: "stepped-back", peer: "Bob", count: 1 }]);
  rig.tell.onStand({ ...contact, key: keyOf("c") });
  rig.tell.onEvent({ kind: "position", stream: noStream, received: 0, tag: noTag, granted });
  t.strictSame(rig.notices.slice(1), [{ kind: "readdressed", peer: "Bob", count: 1 }]);
  const stream = (digit: string): void => rig.tell.onEvent({ kind: "stream", stream: digit.repeat(32), from: 1 });
  stream("1");
  rig.tell.onEvent({
    kind: "texts",
    batch: { texts: "hi\n", count: 1 },
    at: { seq: 1, tag: noTag, bytes: 3 },
  });
  rig.turn();
  rig.tell.onStand({ ...contact, key: keyOf("c") });
  stream("2");
  t.strictSame(rig.notices.slice(2), [{ kind: "counts-anew", peer: "Bob" }]);
  t.strictSame(rig.messages, ["Bob: hi\n"]);
});

promise("reports congestion while this turn's messages are long, until they are in the store", (t) => {
  const rig = new RouterRig("secure");
  rig.bob.progressing = true;
  rig.router.send("Bob", { texts: `${"x".repeat(queueHighWater)}\n`, count: 1 });
  t.strictSame(rig.congested, [true]);
  rig.turn();
  t.strictSame(rig.congested, [true, false], "they are in the store now, and a bounded part is in memory");
});

promise("reports connections that ended, and no waiting messages if there are none", (t) => {
  const rig = new RouterRig("secure");
  connects(rig);
  rig.tell.onTimedOut();
  rig.tell.onClosed();
  rig.tell.onClosed("no answer");
  rig.tell.reportUnsent(true);
  rig.send("one\n").turn();
  rig.tell.reportUnsent(true);
  t.strictSame(
    rig.notices.map((notice) => notice.kind),
    ["timed-out", "closed", "closed", "left-waiting"],
  );
});
