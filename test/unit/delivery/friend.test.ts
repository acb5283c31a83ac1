// A friend whose dialect acknowledges: what the user is told of outages, and what a changed row does to what waits.

import type { Contact } from "../../../src/core/notice.js";
import { queueHighWater, turnCharsMax } from "../../../src/core/limits.js";
import { noStream, noTag } from "../../../src/delivery/stream.js";
import { keyOf } from "../kit/keys.js";
import { promise } from "../kit/promise.js";
import { member, RouterRig } from "../kit/router-rig.js";

const contact: Contact = { key: keyOf("b"), standing: "pinned", preferred: true };
const granted = 1_000_000;

/** Bob's connection stands, and he knows nothing of us. */
function stands(rig: RouterRig): void {
  rig.bob.ready = true;
  rig.tell.onStand(contact);
  rig.tell.onReady();
  rig.tell.onEvent({ kind: "position", stream: noStream, received: 0, tag: noTag, granted });
  rig.turn();
}

promise("an outage ends when everything was acknowledged, and not when it was sent", (t) => {
  const rig = new RouterRig("secure");
  rig.send("one\ntwo\n").turn();
  rig.tell.onUnreachable("connection refused");
  rig.tell.onUnreachable("connection refused");
  stands(rig);
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

promise("what the kernel takes at once brings no turn of its own, unless there is more to say", (t) => {
  const rig = new RouterRig("secure");
  stands(rig);
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
  t.notOk(rig.router.stirred);
  const line = `${"x".repeat(turnCharsMax / 16 - 1)}\n`;
  for (let sent = 0; sent < 24; sent += 1) rig.send(line);
  rig.turn();
  t.ok(rig.router.stirred, "more than one turn carries");
  rig.turn();
  t.equal(rig.bob.text, `one\n${line.repeat(24)}`);
  t.notOk(rig.router.stirred);
  rig.tell.onReady();
  t.ok(rig.router.stirred, "who can be told again only now, is");
});

promise("a turn that the store refuses is told with its count, and the next one is taken", (t) => {
  const rig = new RouterRig("secure");
  rig.store.failWith = "disk full";
  rig.send("one\ntwo\n").send("three\n").turn();
  t.strictSame(rig.notices, [{ kind: "refused", peer: "Bob", count: 3, reason: "disk full" }]);
  t.equal(rig.tell.waiting, 0);
  rig.store.failWith = undefined;
  rig.send("four\n").turn();
  t.equal(rig.tell.waiting, 1);
});

promise("what waits in the store asks for a connection as soon as the program has started", (t) => {
  const rig = new RouterRig("secure");
  rig.send("one\n").turn();
  const again = new RouterRig("secure", rig.store);
  t.ok(again.router.stirred);
  again.turn();
  t.equal(again.bob.wanted, 1);
  t.equal(again.carriers.get("José")?.wanted, 0);
});

promise("how far the key is known is told of the last connection", (t) => {
  const rig = new RouterRig("secure");
  t.equal(rig.tell.standing, undefined);
  stands(rig);
  t.equal(rig.tell.standing, "pinned");
  t.match(rig.router.status[1], { standing: "pinned" });
  rig.tell.onStand({ ...contact, standing: "verified" });
  t.equal(rig.tell.standing, "verified");
});

promise("a row that changes its dialect keeps what waits, in order, also what was typed in that very turn", (t) => {
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
    if (after === "secure") stands(rig);
    else rig.takeAll();
    t.equal(rig.bob.text, "one\ntwo\nthree\n");
  }
});

promise(
  "what came in the very turn in which the dialect changes is shown when the disk has it, and not before",
  (t) => {
    for (const [before, after] of [
      ["line", "secure"],
      ["secure", "line"],
    ] as const) {
      const rig = new RouterRig(before);
      if (before === "secure") {
        stands(rig);
        rig.tell.onEvent({ kind: "stream", stream: "1".repeat(32), from: 1 });
      }
      rig.tell.onEvent({ kind: "texts", batch: { texts: "hi\n", count: 1 }, at: { seq: 1, tag: noTag, bytes: 3 } });
      rig.tell.peer = member("Bob", "10.1.1.1", after);
      if (before === "secure") t.strictSame(rig.messages, []);
      rig.turn();
      t.strictSame(rig.messages, ["Bob: hi\n"], `${before} to ${after}`);
    }
  },
);

promise(
  "what was typed in the turn of such a change is refused once where the disk is full, and leaves no gap",
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
      if (after === "secure") stands(rig);
      else rig.takeAll();
      t.equal(rig.bob.text, "three\n");
    }
  },
);

promise("a row that changes anything else leaves what is on its way alone", (t) => {
  const rig = new RouterRig("secure");
  stands(rig);
  rig.bob.ready = true;
  rig.send("one\n").turn();
  rig.tell.peer = member("Bob", "10.9.9.9", "secure");
  rig.tell.onEvent({ kind: "ack", received: 1, granted });
  t.equal(rig.tell.waiting, 0);
  t.equal(rig.tell.peer.host, "10.9.9.9");
});

promise("what went out sent stays sent, what is acknowledged after a change of dialect is delivered", (t) => {
  const rig = new RouterRig("line");
  rig.send("one\n").takeAll().turn();
  rig.tell.peer = member("Bob", "10.1.1.1", "secure");
  rig.send("two\n").turn();
  stands(rig);
  rig.tell.onEvent({ kind: "ack", received: 1, granted });
  rig.turn();
  t.strictSame(
    rig.store.history().map(({ text, state }) => `${text} ${state}`),
    ["one sent", "two delivered"],
  );
});

promise(
  "what went out in clear between two secure connections is no sign of a lost store, and does not come again",
  (t) => {
    for (const inFlight of [false, true]) {
      const rig = new RouterRig("secure");
      stands(rig);
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
      t.equal(rig.notices.length, inFlight ? 1 : 0, "only where the friend may have seen it twice is it told");
    }
    return undefined;
  },
);

promise(
  "one of the two stores that stepped back is told on either side, and so is a new key that others waited for",
  (t) => {
    const rig = new RouterRig("secure");
    stands(rig);
    rig.bob.ready = true;
    rig.send("one\ntwo\n").turn();
    rig.tell.onEvent({ kind: "ack", received: 1, granted });
    stands(rig);
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
  },
);

promise("a friend who takes much of what is typed holds up the keyboard, until he stalls or has taken it", (t) => {
  const rig = new RouterRig("secure");
  rig.bob.progressing = true;
  rig.router.send("Bob", { texts: `${"x".repeat(queueHighWater)}\n`, count: 1 });
  t.strictSame(rig.congested, [true]);
  rig.turn();
  t.strictSame(rig.congested, [true, false], "it is in the store now, and what is read of it is bounded");
});

promise("what a bye, a reset or a timeout ended is told, and a friend with nothing waiting leaves in silence", (t) => {
  const rig = new RouterRig("secure");
  stands(rig);
  rig.tell.onTimedOut();
  rig.tell.onClosed();
  rig.tell.onClosed("no answer");
  rig.tell.leave(true);
  rig.send("one\n").turn();
  rig.tell.leave(true);
  t.strictSame(
    rig.notices.map((notice) => notice.kind),
    ["timed-out", "closed", "closed", "left-waiting"],
  );
});
