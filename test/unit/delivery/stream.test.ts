// The machines of one direction: every interleaving of what can happen to them, up to a depth.

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
  "whatever breaks at whatever event, what was committed arrives once, in order, and is acknowledged only when stored",
  (t) => {
    const states = exploreAll([...usual, ...failures], 12);
    t.comment(`${String(states)} states`);
    t.ok(states > 10_000, String(states));
  },
);

promise("an old backup of the sender swallows no new message, and what it confuses is told", (t) => {
  const moves = [...usual, move("back up", worlds.backUpSender), move("restore", worlds.restoreSender)];
  const states = exploreAll(moves, 9);
  t.comment(`${String(states)} states`);
  t.ok(states > 5_000, String(states));
});

promise("an old backup of the receiver swallows no new message, and what it confuses is told", (t) => {
  const moves = [...usual, move("back up", worlds.backUpReceiver), move("restore", worlds.restoreReceiver)];
  const states = exploreAll(moves, 10);
  t.comment(`${String(states)} states`);
  t.ok(states > 5_000, String(states));
});

promise("a lost database on either side swallows no new message, and what it confuses is told", (t) => {
  const moves = [
    ...usual,
    move("sender's disk is lost", worlds.loseSenderDisk),
    move("receiver's disk is lost", worlds.loseReceiverDisk),
  ];
  const states = exploreAll(moves, 10);
  t.comment(`${String(states)} states`);
  t.ok(states > 5_000, String(states));
});

promise("what waits when the friend's key changes, and changes back, goes to whoever is there, renumbered", (t) => {
  const states = exploreAll([...usual, move("another key", worlds.changeKey)], 9);
  t.comment(`${String(states)} states`);
  t.ok(states > 5_000, String(states));
});

// What no honest peer does, and what the interleavings have no need of.

const nothingKnown: PositionEvent = { kind: "position", stream: noStream, received: 0, tag: noTag, granted: 100 };
const ack = (received: number, granted = 100): AckEvent => ({ kind: "ack", received, granted });
const tags = { tagAt: (ordinal: number) => `t${String(ordinal)}`, freshStream: () => "fresh" };

/** So many queued, so many of them sent, all that the receiver knew of. */
function sending(queued: number, sent: number): OutStream {
  const out = new OutStream(emptyOutgoing);
  out.queue(queued);
  out.resume(nothingKnown, keyOf("1"), tags);
  out.send(sent, sent);
  return out;
}

promise(
  "an acknowledgement of what was not sent, or one that goes back, is a fault; the same one again is none",
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

promise("credit counts from the connection's begin, and is never taken back", (t) => {
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

promise(
  "without a connection nothing is sent, and an acknowledgement that was still on its way changes nothing",
  (t) => {
    const out = sending(5, 3);
    out.lose();
    t.throws(() => out.send(1, 1));
    t.strictSame(out.acknowledge(ack(3), tags), { ok: true, value: 0 });
    t.strictSame([out.linked, out.credit, out.unacknowledged, out.record.retired], [false, 0, 0, 0]);
    t.equal(out.record.written, 3, "what went out can no longer be cancelled");
  },
);

promise("what is withdrawn is skipped without a number, but not behind anything that may be on its way", (t) => {
  const waiting = new OutStream(emptyOutgoing);
  waiting.queue(5);
  t.ok(waiting.skip(2));
  t.match(waiting.record, { base: 2, retired: 2, written: 2 });
  t.equal(waiting.resume(nothingKnown, keyOf("1"), tags), "begins");
  t.equal(waiting.seqOf(3), 1);
  const out = sending(8, 3);
  t.notOk(out.skip(2), "on its way");
  out.lose();
  t.notOk(out.skip(2), "it may have arrived");
  out.resume({ ...nothingKnown, stream: "fresh", received: 2, tag: "t2" }, keyOf("1"), tags);
  t.notOk(out.skip(2), "one of them did not");
  out.send(1, 1);
  out.acknowledge(ack(3), tags);
  t.ok(out.skip(2));
  t.match(out.record, { base: 2, retired: 5, written: 5 });
  t.strictSame([out.upNext, out.seqOf(6), out.unacknowledged], [6, 4, 0]);
  t.match(out.acknowledge(ack(3), tags), { ok: true, value: 0 }, "the same word again is none of what was skipped");
  t.equal(out.resume({ ...nothingKnown, stream: "fresh", received: 3, tag: "t3" }, keyOf("1"), tags), "goes-on");
  t.equal(out.upNext, 6);
});

promise("what is taken back after a failed commit was neither queued nor sent, and its credit is there again", (t) => {
  const out = sending(5, 3);
  const mark = out.mark();
  t.equal(out.queue(2), 6);
  out.send(4, 40);
  out.reset(mark);
  t.strictSame([out.record.next, out.record.written, out.upNext, out.credit], [6, 3, 4, 97]);
});

const stands = { stream: "known", received: 5, tag: "t5" };

promise(
  "a stream is said once on a connection, before its messages, and begins where the receiver stands or anew at 1",
  (t) => {
    const take = (into: InStream, seq: number): boolean => into.take({ seq, tag: "t", bytes: 1 }, 1).ok;
    const receiving = (stream?: string, from = 0): InStream => {
      const into = new InStream(stands);
      if (stream !== undefined && !into.announce({ kind: "stream", stream, from }).ok) throw new Error("a fault");
      return into;
    };
    t.notOk(take(receiving(), 6), "messages of no stream");
    t.notOk(new InStream(stands).announce({ kind: "stream", stream: "known", from: 5 }).ok);
    t.notOk(new InStream(stands).announce({ kind: "stream", stream: "known", from: 7 }).ok);
    t.notOk(new InStream(stands).announce({ kind: "stream", stream: "other", from: 6 }).ok);
    t.ok(take(receiving("known", 6), 6));
    t.ok(take(receiving("other", 1), 1));
    t.notOk(receiving("known", 6).announce({ kind: "stream", stream: "known", from: 6 }).ok, "twice");
    const next = receiving("known", 6);
    next.stand();
    t.notOk(take(next, 6), "a new connection has said nothing yet");
  },
);

promise("who begins a stream after another one is told apart from who begins a first one", (t) => {
  const begin = { kind: "stream", stream: "other", from: 1 } as const;
  t.strictSame(new InStream(stands).announce(begin), { ok: true, value: "anew" });
  t.strictSame(new InStream(emptyIncoming).announce(begin), { ok: true, value: "goes-on" });
});

promise("what was seen is counted as seen, a gap is a fault, and only a commit changes what may be told", (t) => {
  const into = new InStream(stands);
  into.announce({ kind: "stream", stream: "known", from: 6 });
  const take = (seq: number, count: number): unknown =>
    into.take({ seq, tag: `tag of ${String(seq)}`, bytes: 1 }, count);
  t.strictSame(take(4, 2), { ok: true, value: 2 });
  t.strictSame(take(5, 3), { ok: true, value: 1 });
  t.match(into.current, { received: 7, tag: "tag of 5" });
  t.match(take(9, 1), { ok: false });
  t.strictSame(take(3, 2), { ok: true, value: 2 });
  t.match(into.current, { received: 7, tag: "tag of 5" }, "what is repeated says nothing about the last one");
  t.strictSame(into.committed, stands);
  into.rollBack();
  t.strictSame(into.current, stands);
  t.match(take(8, 1), { ok: false });
  take(6, 1);
  into.commit();
  t.match(into.committed, { received: 6 });
});

// Queued 8, sent 6, acknowledged 3 of the stream "fresh" that began behind ordinal 0, with the first key.
const acknowledged = (): OutStream => {
  const out = sending(8, 6);
  out.acknowledge(ack(3), tags);
  return out;
};
const unacknowledged = (): OutStream => sending(8, 6);
const ours = { ...nothingKnown, stream: "fresh" };

promise("what the receiver's position means is judged by key, stream, number and tag", (t) => {
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
  t.strictSame(judge(unacknowledged, nothingKnown), ["begins", "fresh", 0, 0, 1], "nobody has it yet");
  t.strictSame(judge(unacknowledged, elsewhere), ["begins", "fresh", 0, 0, 1], "it stands where it was before us");
  t.strictSame(judge(unacknowledged, { ...ours, received: 2, tag: "t2" }), ["goes-on", "fresh", 0, 2, 3]);
  t.strictSame(judge(acknowledged, { ...ours, received: 3, tag: "t3" }), ["goes-on", "fresh", 0, 3, 4]);
  t.strictSame(judge(acknowledged, { ...ours, received: 8, tag: "t8" }), ["goes-on", "fresh", 0, 8, 9]);
  const stepsBack: readonly (readonly [string, PositionEvent])[] = [
    ["it has lost everything", nothingKnown],
    ["it has lost all of this stream", ours],
    ["it has another stream", elsewhere],
    ["it is behind what it acknowledged", { ...ours, received: 2, tag: "t2" }],
    ["it is ahead of what we numbered", { ...ours, received: 9, tag: "t9" }],
    ["its number is of another life", { ...ours, received: 5, tag: "other" }],
    ["its last number is of another life", { ...ours, received: 3, tag: "other" }],
  ];
  for (const [words, position] of stepsBack)
    t.strictSame(judge(acknowledged, position), ["anew", "next", 3, 3, 4], words);
  for (const position of [nothingKnown, elsewhere, { ...ours, received: 3, tag: "t3" }])
    t.strictSame(judge(acknowledged, position, keyOf("2")), ["readdressed", "next", 3, 3, 4]);
});
