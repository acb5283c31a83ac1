// The stream state machines: all interleavings of events up to a depth, and single cases.

import { emptyIncoming, emptyOutgoing, InStream, noStream, noTag, OutStream } from "../../../src/delivery/stream.js";
import type { AckEvent, PositionEvent } from "../../../src/wire/event.js";
import { explore, type Move } from "../kit/explorer.js";
import { keyOf } from "../kit/keys.js";
import { promise } from "../kit/promise.js";
import * as worlds from "../kit/stream-world.js";
import type { World } from "../kit/stream-world.js";

const move = (name: string, make: (world: World) => World | undefined): Move<World> => ({ name, make });
const limited = (world: World, typed: number): boolean => world.names + typed <= 16;

const usual: readonly Move<World>[] = [
  move("connect", worlds.connect),
  move("cut", worlds.cut),
  move("type 1", (world) => (limited(world, 1) ? worlds.senderTurn(world, 1, 0, "ok") : undefined)),
  move("type 2", (world) => (limited(world, 2) ? worlds.senderTurn(world, 2, 0, "ok") : undefined)),
  move("type 2 and send", (world) => worlds.senderTurn(world, 2, 3, "ok")),
  move("send 1", (world) => worlds.senderTurn(world, 0, 1, "ok")),
  move("sender hears", worlds.hear),
  move("sender commits", (world) => worlds.senderTurn(world, 0, 0, "ok")),
  move("receiver reads 1", (world) => worlds.receiverTurn(world, 1, "ok")),
  move("receiver reads 2", (world) => worlds.receiverTurn(world, 2, "ok")),
];

const failures: readonly Move<World>[] = [
  move("sender's commit fails", (world) => worlds.senderTurn(world, 1, 3, "fails")),
  move("sender crashes after its commit", (world) => worlds.senderTurn(world, 0, 3, "crashes after it")),
  move("sender crashes", worlds.crashSender),
  move("receiver's commit fails", (world) => worlds.receiverTurn(world, 1, "fails")),
  move("receiver crashes after its commit", (world) => worlds.receiverTurn(world, 1, "crashes after it")),
  move("receiver crashes", worlds.crashReceiver),
  move("screen shows", worlds.show),
];

function exploreAll(moves: readonly Move<World>[], depth: number, start: World = worlds.newWorld): number {
  return explore({ start, moves, depth, keyOf: worlds.keyOf, check: worlds.check });
}

promise(
  "after any failure at any event, committed messages arrive once, in order, and are acknowledged only when stored",
  (t) => {
    const states = exploreAll([...usual, ...failures], 12);
    t.comment(`${String(states)} states`);
    t.ok(states > 10_000, String(states));
  },
);

promise("an old backup of the sender's store loses no new message, and doubts are reported", (t) => {
  const moves = [...usual, move("back up", worlds.backUpSender), move("restore", worlds.restoreSender)];
  const states = exploreAll(moves, 9);
  t.comment(`${String(states)} states`);
  t.ok(states > 5_000, String(states));
});

promise("an old backup of the receiver's store loses no new message, and doubts are reported", (t) => {
  const moves = [...usual, move("back up", worlds.backUpReceiver), move("restore", worlds.restoreReceiver)];
  const states = exploreAll(moves, 10);
  t.comment(`${String(states)} states`);
  t.ok(states > 5_000, String(states));
});

promise("a lost store on either side loses no new message, and doubts are reported", (t) => {
  const moves = [
    ...usual,
    move("sender's disk is lost", worlds.loseSenderDisk),
    move("receiver's disk is lost", worlds.loseReceiverDisk),
  ];
  const states = exploreAll(moves, 10);
  t.comment(`${String(states)} states`);
  t.ok(states > 5_000, String(states));
});

promise(
  "sends waiting messages to the present key, with new numbers, when the friend's key changes and changes back",
  (t) => {
    const states = exploreAll([...usual, move("another key", worlds.changeKey)], 9);
    t.comment(`${String(states)} states`);
    t.ok(states > 5_000, String(states));
  },
);

// Events that no honest peer sends, and cases that the interleavings don't need.

const nothingKnown: PositionEvent = { kind: "position", stream: noStream, received: 0, tag: noTag, granted: 100 };
const ack = (received: number, granted = 100): AckEvent => ({ kind: "ack", received, granted });
const tags = { tagAt: (ordinal: number) => `t${String(ordinal)}`, freshStream: () => "fresh" };

/** A stream with `queued` messages, `sent` of them sent to a receiver that had nothing. */
function sending(queued: number, sent: number): OutStream {
  const out = new OutStream(emptyOutgoing);
  out.queue(queued);
  out.resume(nothingKnown, keyOf("1"), tags);
  out.send(sent, sent);
  return out;
}

promise(
  "rejects an acknowledgement of unsent messages or a smaller one than before, and accepts a repeated one",
  (t) => {
    const out = sending(5, 3);
    t.notOk(out.acknowledge(ack(4), tags).ok);
    t.strictSame(out.acknowledge(ack(2), tags), { ok: true, value: 2 });
    t.strictSame(out.acknowledge(ack(2), tags), { ok: true, value: 0 });
    t.notOk(out.acknowledge(ack(1), tags).ok);
    t.match(out.record, { retired: 2, retiredTag: "t2", written: 3 });
    t.strictSame([out.waiting, out.unacknowledged, out.upNext], [3, 1, 4]);
  },
);

promise("counts credit from the start of the connection, and never takes it back", (t) => {
  const out = sending(5, 3);
  t.equal(out.credit, 97);
  out.acknowledge(ack(0, 50), tags);
  t.equal(out.credit, 97);
  out.acknowledge(ack(3, 150), tags);
  t.equal(out.credit, 147);
  out.resume({ ...nothingKnown, stream: "fresh", received: 3, tag: "t3", granted: 7 }, keyOf("1"), tags);
  t.equal(out.credit, 7);
  t.throws(() => out.send(1, 8));
  out.send(1, 7);
  t.equal(out.credit, 0);
});

promise("sends nothing without a connection, and ignores a late acknowledgement", (t) => {
  const out = sending(5, 3);
  out.disconnected();
  t.throws(() => out.send(1, 1));
  t.strictSame(out.acknowledge(ack(3), tags), { ok: true, value: 0 });
  t.strictSame([out.linked, out.credit, out.unacknowledged, out.record.retired], [false, 0, 0, 0]);
  t.equal(out.record.written, 3, "sent messages can no longer be cancelled");
});

promise("skips withdrawn messages without a number, unless earlier messages may have been sent", (t) => {
  const waiting = new OutStream(emptyOutgoing);
  waiting.queue(5);
  t.ok(waiting.skip(2));
  t.match(waiting.record, { base: 2, retired: 2, written: 2 });
  t.equal(waiting.resume(nothingKnown, keyOf("1"), tags), "begins");
  t.equal(waiting.seqOf(3), 1);
  const out = sending(8, 3);
  t.notOk(out.skip(2), "earlier messages are sent");
  out.disconnected();
  t.notOk(out.skip(2), "they may have arrived");
  out.resume({ ...nothingKnown, stream: "fresh", received: 2, tag: "t2" }, keyOf("1"), tags);
  t.notOk(out.skip(2), "one of them did not");
  out.send(1, 1);
  out.acknowledge(ack(3), tags);
  t.ok(out.skip(2));
  t.match(out.record, { base: 2, retired: 5, written: 5 });
  t.strictSame([out.upNext, out.seqOf(6), out.unacknowledged], [6, 4, 0]);
  t.match(
    out.acknowledge(ack(3), tags),
    { ok: true, value: 0 },
    "a repeated acknowledgement does not cover skipped messages",
  );
  t.equal(out.resume({ ...nothingKnown, stream: "fresh", received: 3, tag: "t3" }, keyOf("1"), tags), "goes-on");
  t.equal(out.upNext, 6);
});

promise("a reset after a failed commit restores the queue, the sent messages and the credit", (t) => {
  const out = sending(5, 3);
  const mark = out.mark();
  t.equal(out.queue(2), 6);
  out.send(4, 40);
  out.reset(mark);
  t.strictSame([out.record.next, out.record.written, out.upNext, out.credit], [6, 3, 4, 97]);
});

const known = { stream: "known", received: 5, tag: "t5" };

promise(
  "accepts one announcement per connection, before messages, that continues the known stream or starts one at 1",
  (t) => {
    const take = (into: InStream, seq: number): boolean => into.take({ seq, tag: "t", bytes: 1 }, 1).ok;
    const receiving = (stream?: string, from = 0): InStream => {
      const into = new InStream(known);
      if (stream !== undefined && !into.announce({ kind: "stream", stream, from }).ok) throw new Error("a fault");
      return into;
    };
    t.notOk(take(receiving(), 6), "messages of no stream");
    t.notOk(new InStream(known).announce({ kind: "stream", stream: "known", from: 5 }).ok);
    t.notOk(new InStream(known).announce({ kind: "stream", stream: "known", from: 7 }).ok);
    t.notOk(new InStream(known).announce({ kind: "stream", stream: "other", from: 6 }).ok);
    t.ok(take(receiving("known", 6), 6));
    t.ok(take(receiving("other", 1), 1));
    t.notOk(receiving("known", 6).announce({ kind: "stream", stream: "known", from: 6 }).ok, "twice");
    const next = receiving("known", 6);
    next.connected();
    t.notOk(take(next, 6), "a new connection has no announced stream");
  },
);

promise("distinguishes a stream that replaces another from a first stream", (t) => {
  const begin = { kind: "stream", stream: "other", from: 1 } as const;
  t.strictSame(new InStream(known).announce(begin), { ok: true, value: "anew" });
  t.strictSame(new InStream(emptyIncoming).announce(begin), { ok: true, value: "goes-on" });
});

promise("counts repeated messages, rejects a gap, and changes the committed position only at a commit", (t) => {
  const into = new InStream(known);
  into.announce({ kind: "stream", stream: "known", from: 6 });
  const take = (seq: number, count: number): unknown =>
    into.take({ seq, tag: `tag of ${String(seq)}`, bytes: 1 }, count);
  t.strictSame(take(4, 2), { ok: true, value: 2 });
  t.strictSame(take(5, 3), { ok: true, value: 1 });
  t.match(into.current, { received: 7, tag: "tag of 5" });
  t.match(take(9, 1), { ok: false });
  t.strictSame(take(3, 2), { ok: true, value: 2 });
  t.match(into.current, { received: 7, tag: "tag of 5" }, "repeated messages don't change the last tag");
  t.strictSame(into.committed, known);
  into.rollBack();
  t.strictSame(into.current, known);
  t.match(take(8, 1), { ok: false });
  take(6, 1);
  into.commit();
  t.match(into.committed, { received: 6 });
});

// Queued 8, sent 6, acknowledged 3 in the stream "fresh", which began at base 0 with the first key.
const acknowledged = (): OutStream => {
  const out = sending(8, 6);
  out.acknowledge(ack(3), tags);
  return out;
};
const unacknowledged = (): OutStream => sending(8, 6);
const ours = { ...nothingKnown, stream: "fresh" };

promise("decides how to resume by the receiver's key, stream, number and tag", (t) => {
  const judge = (make: () => OutStream, position: PositionEvent, key = keyOf("1")): unknown => {
    const out = make();
    const resumption = out.resume(position, key, { ...tags, freshStream: () => "next" });
    return [resumption, out.record.stream, out.record.base, out.record.retired, out.upNext];
  };
  const elsewhere = { ...ours, stream: "elsewhere", received: 3, tag: "t3" };
  t.strictSame(
    judge(() => new OutStream({ ...emptyOutgoing, next: 3 }), elsewhere),
    ["begins", "next", 0, 0, 1],
  );
  t.strictSame(judge(unacknowledged, nothingKnown), ["begins", "fresh", 0, 0, 1], "the receiver has nothing");
  t.strictSame(
    judge(unacknowledged, elsewhere),
    ["begins", "fresh", 0, 0, 1],
    "the receiver still has its previous stream",
  );
  t.strictSame(judge(unacknowledged, { ...ours, received: 2, tag: "t2" }), ["goes-on", "fresh", 0, 2, 3]);
  t.strictSame(judge(acknowledged, { ...ours, received: 3, tag: "t3" }), ["goes-on", "fresh", 0, 3, 4]);
  t.strictSame(judge(acknowledged, { ...ours, received: 8, tag: "t8" }), ["goes-on", "fresh", 0, 8, 9]);
  const stepsBack: readonly (readonly [string, PositionEvent])[] = [
    ["it has lost everything", nothingKnown],
    ["it has lost all of this stream", ours],
    ["it has another stream", elsewhere],
    ["it is behind what it acknowledged", { ...ours, received: 2, tag: "t2" }],
    ["it is ahead of our last number", { ...ours, received: 9, tag: "t9" }],
    ["the tag of its number differs", { ...ours, received: 5, tag: "other" }],
    ["the tag of its last number differs", { ...ours, received: 3, tag: "other" }],
  ];
  for (const [words, position] of stepsBack)
    t.strictSame(judge(acknowledged, position), ["anew", "next", 3, 3, 4], words);
  for (const position of [nothingKnown, elsewhere, { ...ours, received: 3, tag: "t3" }])
    t.strictSame(judge(acknowledged, position, keyOf("2")), ["readdressed", "next", 3, 3, 4]);
});
