// The router: recipients, notices, congestion, pausing, and messages to oneself.

import { batchOf } from "../../../src/core/batch.js";
import { queueCharsMax, queueHighWater, queueMessagesMax, writeCharsMax } from "../../../src/core/limits.js";
import type { PeerName } from "../../../src/core/types.js";
import { MemoryStore } from "../kit/memory-store.js";
import type { Carrier } from "../../../src/session/carrier.js";
import type { FakeCarrier } from "../kit/fake-carrier.js";
import { promise } from "../kit/promise.js";
import { member, RouterRig } from "../kit/router-rig.js";

promise("sends messages to the named friend, in one write per turn", (t) => {
  const rig = new RouterRig();
  rig.send("one\n").send("two\n").send("other\n", "José".normalize("NFD"));
  rig.turn();
  t.equal(rig.bob.wanted, 1);
  t.equal(rig.carriers.get("José")?.wanted, 1);
  rig.becomeReady();
  t.strictSame(rig.bob.carried, [{ texts: "one\ntwo\n", count: 2 }]);
});

promise("delivers a message to oneself, and reports an unknown name", (t) => {
  const rig = new RouterRig();
  rig.router.send("Alice", batchOf("note\n"));
  t.strictSame(rig.messages, [], "not before the commit");
  rig.turn();
  t.strictSame(rig.messages, ["Alice: note\n"]);
  rig.send("x\n", "nope").send("x\n", "constructor");
  t.strictSame(rig.notices, [
    { kind: "unknown-peer", name: "nope" },
    { kind: "unknown-peer", name: "constructor" },
  ]);
});

promise("passes received messages on with the friend's name", (t) => {
  const rig = new RouterRig();
  rig.tell.onEvent({ kind: "texts", batch: batchOf("hi\n") });
  t.strictSame(rig.messages, ["Bob: hi\n"]);
  t.strictSame(rig.numbers, [1], "and its number in the store");
});

promise("announces an outage once and again when more messages wait, and its end with the number sent", (t) => {
  const rig = new RouterRig();
  rig.send();
  for (let index = 0; index < 5; index += 1) rig.tell.onUnreachable("connection refused");
  rig.send("two\nthree\n");
  rig.tell.onUnreachable("no answer");
  rig.tell.onUnreachable("no answer");
  const unreachable = { kind: "unreachable", peer: "Bob" };
  t.strictSame(rig.notices, [
    { ...unreachable, reason: "connection refused", waiting: 1 },
    { ...unreachable, reason: "no answer", waiting: 3 },
  ]);
  rig.takeAll();
  t.strictSame(rig.notices.slice(2), [{ kind: "caught-up", peer: "Bob", count: 3 }]);
  rig.send().takeAll();
  t.equal(rig.notices.length, 3, "the end is reported once");
  rig.send();
  rig.tell.onUnreachable("connection refused");
  t.equal(rig.notices.length, 4, "the next outage is a new one");
});

promise("reports the end of an outage when nothing waits, with the number of messages sent meanwhile", (t) => {
  const rig = new RouterRig();
  const wide = { texts: `${"x".repeat(writeCharsMax - 1)}\n`, count: 1 };
  rig.router.send("Bob", wide);
  rig.router.send("Bob", wide);
  rig.tell.onUnreachable("connection refused");
  const before = rig.notices.length;
  const takeOne = (): void => {
    rig.bob.ready = true;
    rig.router.requestTurn(rig.friends[1]!);
    rig.turn();
    rig.tell.onTaken();
  };
  takeOne();
  rig.send("late\nlater\n");
  takeOne();
  t.equal(rig.notices.length, before, "two still wait");
  takeOne();
  t.strictSame(rig.notices.slice(before), [{ kind: "caught-up", peer: "Bob", count: 4 }]);
});

promise("counts messages once that the kernel takes at the second attempt", (t) => {
  const rig = new RouterRig();
  rig.send("one\ntwo\n");
  rig.tell.onUnreachable("connection refused");
  rig.becomeReady();
  rig.tell.onUntaken();
  rig.takeAll();
  t.strictSame(rig.notices.slice(1), [{ kind: "caught-up", peer: "Bob", count: 2 }]);
});

promise("reports each refusal, and still sends the waiting messages", (t) => {
  const rig = new RouterRig();
  rig.router.send("Bob", { texts: "x\n", count: queueMessagesMax });
  rig.send().send("a\nb\n");
  t.strictSame(
    rig.notices.map((notice) => notice.kind === "refused" && notice.count),
    [1, 2],
  );
  rig.takeAll();
  rig.send("room again\n");
  t.equal(rig.notices.length, 2);
  t.equal(rig.friends[1]!.waiting, 1);
});

promise("reports no failed dial while nothing waits", (t) => {
  const rig = new RouterRig();
  rig.tell.onUnreachable("connection refused");
  t.strictSame(rig.notices, []);
});

promise("reports each connection's end, and at exit the unsent messages and whether they are kept", (t) => {
  const rig = new RouterRig();
  rig.tell.onTimedOut();
  rig.tell.onClosed();
  rig.tell.onClosed("connection aborted");
  rig.tell.reportUnsent(false);
  rig.send("a\nb\n");
  rig.tell.reportUnsent(false);
  rig.tell.reportUnsent(true);
  t.strictSame(rig.notices, [
    { kind: "timed-out", peer: "Bob" },
    { kind: "closed", peer: "Bob" },
    { kind: "closed", peer: "Bob", reason: "connection aborted" },
    { kind: "unsent", peer: "Bob", count: 2 },
    { kind: "left-waiting", peer: "Bob", count: 2 },
  ]);
});

promise("does not report messages as sent that were reported as unsent at exit", (t) => {
  const rig = new RouterRig();
  rig.send("a\nb\n");
  rig.tell.onUnreachable("connection refused");
  rig.becomeReady();
  rig.tell.reportUnsent(false);
  rig.tell.onTaken();
  t.strictSame(rig.notices.slice(1), [{ kind: "unsent", peer: "Bob", count: 2 }]);
});

promise("refuses messages above the limit with their number and the reason", (t) => {
  const rig = new RouterRig();
  rig.router.send("Bob", { texts: "x\n", count: queueMessagesMax });
  rig.send("a\nb\n");
  t.strictSame(rig.notices, [
    {
      kind: "refused",
      peer: "Bob",
      count: 2,
      reason: "the queue is full (100000 waiting, limit 100000 messages)",
    },
  ]);
  t.equal(rig.friends[1]!.waiting, queueMessagesMax);
});

promise("a refusal names the limit that was reached", (t) => {
  for (const dialect of ["line", "secure"] as const) {
    const rig = new RouterRig(dialect, new MemoryStore({ keepHistory: false }));
    rig.router.send("Bob", { texts: `${"x".repeat(queueCharsMax - 1)}\n`, count: 1 });
    rig.send("a\nb\n");
    const reason = "the queue is full (1 waiting, limit 16 million characters)";
    t.strictSame(rig.notices, [{ kind: "refused", peer: "Bob", count: 2, reason }]);
  }
  class Disk extends MemoryStore {
    override readonly capacity = { messages: 1, chars: Infinity };
  }
  const rig = new RouterRig("secure", new Disk({ keepHistory: true })).send("a\nb\n");
  t.match(rig.notices, [{ count: 1, reason: "the queue is full (1 waiting, limit 1 messages)" }]);
});

promise("sends waiting messages when a connection opens, and requests another when it closes", (t) => {
  const rig = new RouterRig();
  rig.send();
  rig.turn();
  rig.becomeReady();
  rig.tell.onUntaken();
  rig.tell.onUnready();
  rig.turn();
  t.equal(rig.bob.wanted, 2);
  rig.takeAll();
  t.equal(rig.bob.text, "hello\nhello\n");
  t.equal(rig.friends[1]!.waiting, 0);
});

promise("reports congestion when the first friend is congested and when the last one no longer is", (t) => {
  const rig = new RouterRig();
  const much = { texts: `${"x".repeat(queueHighWater)}\n`, count: 1 };
  const jose = rig.carriers.get("José")!;
  rig.bob.progressing = true;
  jose.progressing = true;
  rig.router.send("Bob", much);
  rig.router.send("Bob", much);
  rig.router.send("José", much);
  t.strictSame(rig.congested, [true]);
  rig.bob.progressing = false;
  rig.tell.onProgress();
  t.strictSame(rig.congested, [true], "the other still is");
  jose.progressing = false;
  rig.friends[2]!.onProgress();
  rig.friends[2]!.onProgress();
  t.strictSame(rig.congested, [true, false]);
  rig.bob.progressing = true;
  rig.tell.onProgress();
  rig.takeAll();
  t.strictSame(rig.congested, [true, false, true, false]);
});

promise("pausing and resuming reach every friend", (t) => {
  const rig = new RouterRig();
  rig.router.pauseReading();
  t.ok([...rig.carriers.values()].every((carrier) => !carrier.reading));
  rig.router.resumeReading();
  t.ok([...rig.carriers.values()].every((carrier) => carrier.reading));
});

promise("pauses a friend who joins while reading is paused, and resumes it with the others", (t) => {
  const rig = new RouterRig();
  const joins = (name: string): FakeCarrier => {
    const friend = rig.friend(member(name, "10.1.1.9"));
    rig.router.setFriends("Alice" as PeerName, [...rig.friends, friend]);
    return friend.carrier;
  };
  rig.router.pauseReading();
  const carol = joins("Carol");
  t.notOk(carol.reading);
  rig.router.resumeReading();
  t.ok(carol.reading);
  t.ok(joins("Dave").reading);
});

promise("the status lists all members in table order and marks this member", (t) => {
  const rig = new RouterRig();
  rig.send("a\nb\n");
  t.strictSame(
    rig.router.status.map(({ peer, self, state, waiting }) => [peer.name, self, state, waiting]),
    [
      ["Alice", true, "not connected", 0],
      ["Bob", false, "not connected", 2],
      ["José", false, "not connected", 0],
    ],
  );
  t.strictSame(rig.router.names, ["Alice", "Bob", "José"]);
});

promise("a friend is sending only while messages wait and it is connected or connecting", (t) => {
  const rig = new RouterRig();
  const [, friend] = rig.friends;
  const sendingIn = (state: Carrier["status"]["state"]): boolean => {
    rig.bob.status = { state, idleMs: undefined, attempts: [], retryAt: undefined };
    return friend!.sending;
  };
  t.notOk(sendingIn("connected"));
  rig.send();
  t.ok(sendingIn("connected") && sendingIn("connecting"));
  t.notOk(sendingIn("unreachable") || sendingIn("not connected"));
});

promise("refuses a message to oneself if the disk is full, and shows the next one", (t) => {
  const rig = new RouterRig();
  rig.store.failWith = "disk full";
  rig.send("one\ntwo\n", "Alice").turn();
  t.strictSame(rig.messages, []);
  t.strictSame(rig.notices, [{ kind: "refused", peer: "Alice", count: 2, reason: "disk full" }]);
  rig.store.failWith = undefined;
  rig.send("three\n", "Alice").turn();
  t.strictSame(rig.messages, ["Alice: three\n"]);
  t.equal(rig.notices.length, 1);
});

promise("stores a message to oneself like a received one", (t) => {
  const rig = new RouterRig();
  rig.send("one\ntwo\n", "Alice").turn();
  t.strictSame(
    rig.store.history().map(({ direction, peer, text, number }) => [direction, peer, text, number]),
    [
      ["in", "Alice", "one", 1],
      ["in", "Alice", "two", 2],
    ],
  );
});

promise("stores the last shown number on request, once and never a smaller one", (t) => {
  const rig = new RouterRig();
  rig.send("one\ntwo\n", "Alice").turn();
  rig.router.shown(2);
  rig.turn();
  t.equal(rig.store.shown, 0, "showing alone causes no commit");
  rig.router.storeShown();
  rig.turn();
  t.equal(rig.store.shown, 2);
  rig.router.shown(1);
  rig.router.storeShown();
  t.equal(rig.store.shown, 2);
  t.strictSame(rig.store.received(rig.store.shown, 1_000), []);
});

promise("requests another turn after a failed commit", (t) => {
  const rig = new RouterRig();
  rig.send();
  t.ok(rig.router.turnRequested);
  rig.store.failWith = "disk full";
  rig.turn();
  t.ok(rig.router.turnRequested, "a turn is still requested");
  rig.store.failWith = undefined;
  rig.turn();
  t.notOk(rig.router.turnRequested);
  t.equal(rig.store.history().length, 1);
});
