// Delivery with acknowledgements: the steps of a turn (settle, commit, flush), receiving, and credit.

import { batchOf } from "../../../src/core/batch.js";
import { ackRepeatMs, windowBytes } from "../../../src/core/limits.js";
import { noStream } from "../../../src/delivery/stream.js";
import type { DeliveryEvent } from "../../../src/wire/event.js";
import {
  ack,
  begin,
  friendsStream,
  kinds,
  nothingKnown,
  saidTexts,
  stand,
  texts,
  turn,
} from "../kit/acknowledged-rig.js";
import { acknowledgedRig } from "../kit/delivery-rig.js";
import { keyOf } from "../kit/keys.js";
import { promise } from "../kit/promise.js";

promise("sends its position first on a connection, and nothing else before it has the friend's position", (t) => {
  const rig = acknowledgedRig();
  rig.push("one\n");
  rig.turn();
  const words = stand(rig, "none");
  t.strictSame(words, [{ ...nothingKnown }]);
  t.equal(rig.carrier.expects, "answer");
  rig.delivery.hear(nothingKnown);
  const [stream, sent] = turn(rig);
  t.match(stream, { kind: "stream", from: 1 });
  t.match(sent, { kind: "texts", batch: batchOf("one\n"), at: { seq: 1, bytes: 4 } });
});

promise("sends messages after the turn's commit, with the tag that the store keeps", (t) => {
  const rig = acknowledgedRig();
  stand(rig);
  rig.push("one\n");
  rig.push("two\n");
  rig.settle();
  t.equal(rig.carrier.text, "", "nothing is sent between settle and commit");
  t.strictSame(rig.history, ["out one waiting", "out two waiting"]);
  rig.flush(rig.store.commit());
  const last = rig.carrier.writes.at(-1)?.at(-1);
  t.match(last, { kind: "texts", batch: { texts: "one\ntwo\n", count: 2 }, at: { seq: 1 } });
  if (last?.kind === "texts") t.equal(last.at?.tag, rig.store.tagAt(rig.peer.name, 2));
  t.equal(rig.delivery.waiting, 2);
  t.equal(rig.carrier.expects, "answer");
});

promise("marks a message as delivered when the friend acknowledges it, and stores that with the turn", (t) => {
  const rig = acknowledgedRig();
  stand(rig);
  rig.push("one\ntwo\nthree\n");
  turn(rig);
  rig.delivery.hear(ack(2));
  t.strictSame(rig.retiredCounts, [2]);
  t.equal(rig.delivery.waiting, 1);
  turn(rig);
  t.strictSame(rig.history, ["out one delivered", "out two delivered", "out three waiting"]);
  t.equal(rig.carrier.expects, "answer");
  rig.delivery.hear(ack(3));
  turn(rig);
  t.equal(rig.delivery.waiting, 0);
  t.equal(rig.carrier.expects, "nothing");
});

promise("without a connection, stores messages and requests a connection; requests none for an empty queue", (t) => {
  const rig = acknowledgedRig();
  rig.turn();
  t.equal(rig.carrier.wanted, 0);
  rig.push("one\n");
  rig.turn();
  t.equal(rig.carrier.wanted, 1);
  t.strictSame(rig.history, ["out one waiting"]);
});

promise("a failed commit refuses the turn's messages, sends none of them, and keeps earlier messages", (t) => {
  const rig = acknowledgedRig();
  rig.push("before\n");
  rig.turn();
  stand(rig);
  rig.store.failWith = "disk full";
  rig.push("one\ntwo\n");
  t.strictSame(turn(rig), []);
  t.strictSame(rig.notices, ["refused 2: disk full"]);
  t.strictSame(rig.history, ["out before waiting"]);
  t.equal(rig.delivery.waiting, 1);
  rig.store.failWith = undefined;
  rig.push("after\n");
  t.equal(saidTexts(turn(rig)), "after\n", "refused messages leave no gap in the numbers");
  rig.delivery.hear(ack(2));
  turn(rig);
  t.strictSame(rig.history, ["out before delivered", "out after delivered"]);
});

promise("sends after a failed commit in the next turn, after the stream's announcement", (t) => {
  const rig = acknowledgedRig();
  rig.push("one\n");
  rig.turn();
  rig.store.failWith = "disk full";
  t.equal(kinds(stand(rig)), "position", "a stream that is not stored is not announced");
  rig.store.failWith = undefined;
  t.equal(kinds(turn(rig)), "stream texts");
});

promise("stores an acknowledgement later if the commit fails at first", (t) => {
  const rig = acknowledgedRig();
  stand(rig);
  rig.push("one\n");
  turn(rig);
  rig.store.failWith = "disk full";
  rig.delivery.hear(ack(1));
  turn(rig);
  rig.store.failWith = undefined;
  turn(rig);
  t.strictSame(rig.history, ["out one delivered"]);
  t.strictSame(rig.retiredCounts, [1], "reported once");
});

promise("stores and sends messages once if a turn is settled twice", (t) => {
  const rig = acknowledgedRig();
  stand(rig);
  rig.push("one\n");
  rig.settle();
  t.equal(saidTexts(turn(rig)), "one\n");
  t.strictSame(rig.history, ["out one waiting"]);
});

// Receiving.

promise("shows and acknowledges received messages only after the commit", (t) => {
  const rig = acknowledgedRig();
  stand(rig);
  rig.delivery.hear(begin);
  rig.delivery.hear(texts("one\ntwo\n", 1));
  rig.settle();
  t.strictSame(rig.shown, []);
  t.equal(rig.carrier.writes.length, 1, "the position and the stream");
  rig.flush(rig.store.commit());
  t.strictSame(rig.shown, ["one", "two"]);
  t.strictSame(rig.carrier.writes.at(-1), [{ kind: "ack", received: 2, granted: windowBytes }]);
  t.match(rig.store.incoming(keyOf("b")), { stream: friendsStream, received: 2, tag: "tag 1" });
});

promise(
  "a failed commit shows and acknowledges nothing, and closes the connection so that the friend sends again",
  (t) => {
    const rig = acknowledgedRig();
    stand(rig);
    rig.store.failWith = "disk full";
    rig.delivery.hear(begin);
    rig.delivery.hear(texts("one\n", 1));
    t.strictSame(turn(rig), [{ kind: "ack", received: 0, granted: windowBytes + 4 }]);
    t.strictSame([rig.shown, rig.carrier.dropped], [[], ["disk full"]]);
    rig.store.failWith = undefined;
    t.match(stand(rig)[0], { kind: "position", stream: noStream, received: 0 });
    rig.delivery.hear(begin);
    rig.delivery.hear(texts("one\n", 1));
    turn(rig);
    t.strictSame(rig.shown, ["one"]);
  },
);

promise("a new stream whose first turn could not be stored is announced again on a new connection", (t) => {
  const rig = acknowledgedRig();
  stand(rig);
  rig.delivery.hear(begin);
  rig.delivery.hear(texts("a\nb\nc\n", 1));
  turn(rig);
  stand(rig);
  rig.delivery.hear({ kind: "stream", stream: "cd".repeat(16), from: 1 });
  t.strictSame(rig.notices, ["counts anew"]);
  // The commit of this turn fails for another reason.
  rig.push("mine\n");
  rig.store.failWith = "disk full";
  turn(rig);
  t.strictSame(rig.carrier.dropped, ["disk full"]);
});

promise("a failed commit does not reduce the credit that is granted later", (t) => {
  const rig = acknowledgedRig();
  for (let round = 0; round < 5; round += 1) {
    rig.store.failWith = undefined;
    t.match(stand(rig)[0], { kind: "position", granted: windowBytes });
    rig.store.failWith = "disk full";
    rig.delivery.hear(begin);
    rig.delivery.hear(texts(`${"x".repeat(60_000)}\n`.repeat(10), 1));
    turn(rig);
  }
});

promise("acknowledges repeated messages again and does not show them again, also if they overlap new ones", (t) => {
  const rig = acknowledgedRig();
  stand(rig);
  rig.delivery.hear(begin);
  rig.delivery.hear(texts("one\ntwo\n", 1));
  turn(rig);
  rig.delivery.hear(texts("two\nthree\n", 2));
  rig.delivery.hear(texts("one\n", 1));
  t.strictSame(turn(rig), [{ kind: "ack", received: 3, granted: windowBytes + 4 }]);
  t.strictSame(rig.shown, ["one", "two", "three"]);
  t.strictSame(rig.numbers, [1, 3]);
});

promise("counts and acknowledges cancelled messages, and does not show them", (t) => {
  const rig = acknowledgedRig();
  stand(rig);
  rig.delivery.hear(begin);
  rig.delivery.hear(texts("one\n\n\ntwo\n", 1));
  rig.delivery.hear(texts("\n", 5));
  t.match(turn(rig), [{ kind: "ack", received: 5 }]);
  t.strictSame(rig.shown, ["one", "two"]);
});

promise("closes the connection with a reason on a protocol violation, and shows nothing of it", (t) => {
  const stray = { kind: "texts", batch: batchOf("x\n") } as const;
  const cases: readonly (readonly [string, readonly DeliveryEvent[]])[] = [
    ["messages without numbers", [begin, stray]],
    ["messages before their stream was announced", [texts("x\n", 1)]],
    ["message 2 instead of 1", [begin, texts("x\n", 2)]],
    ["a stream that does not start at the next message", [{ ...begin, from: 2 }]],
    ["a stream that does not start at the next message", [begin, begin]],
    ["a second position", [nothingKnown]],
    ["an acknowledgement of messages that were not sent", [ack(1)]],
    ["more bytes than were granted", [begin, texts(`${"x".repeat(windowBytes)}\n`, 1)]],
  ];
  for (const [reason, events] of cases) {
    const rig = acknowledgedRig();
    stand(rig);
    for (const event of events) rig.delivery.hear(event);
    t.strictSame(rig.carrier.dropped, [reason]);
    turn(rig);
    t.strictSame(rig.shown, []);
  }
});

// Credit.

promise("sends no more than the friend grants, and the rest when more is granted", (t) => {
  const rig = acknowledgedRig();
  stand(rig, { ...nothingKnown, granted: 10 });
  for (const line of ["12345\n", "1234\n"]) {
    rig.push(line);
    turn(rig);
  }
  t.equal(rig.carrier.text, "12345\n", "eleven bytes do not fit");
  t.equal(rig.carrier.expects, "answer");
  rig.delivery.hear(ack(1, 10));
  turn(rig);
  t.equal(rig.carrier.expects, "credit");
  t.equal(rig.carrier.text, "12345\n");
  rig.delivery.hear(ack(1, 11));
  turn(rig);
  t.equal(rig.carrier.text, "12345\n1234\n");
});

promise("grants new credit once a quarter of the window was shown", (t) => {
  const rig = acknowledgedRig();
  stand(rig);
  rig.delivery.hear(begin);
  const quarter = windowBytes / 4;
  const lines = `${"x".repeat(quarter / 8 - 1)}\n`;
  for (let index = 0; index < 16; index += 1) rig.delivery.hear(texts(lines, index + 1));
  t.match(turn(rig), [{ received: 16, granted: windowBytes }]);
  rig.delivery.shown(7);
  t.strictSame(turn(rig), [], "less than a quarter of the window");
  rig.delivery.shown(8);
  t.match(turn(rig), [{ kind: "ack", received: 16, granted: windowBytes + quarter }]);
});

promise("sends no acknowledgement before the friend announced its stream, and grants shown bytes after it", (t) => {
  const rig = acknowledgedRig();
  stand(rig);
  rig.delivery.hear(begin);
  rig.delivery.hear(texts(`${"x".repeat(windowBytes / 2 - 1)}\n`, 1));
  turn(rig);
  t.match(stand(rig, "none"), [{ kind: "position", granted: windowBytes / 2 }]);
  rig.delivery.shown(1);
  t.strictSame(turn(rig), []);
  rig.delivery.hear(nothingKnown);
  t.notMatch(turn(rig), [{ kind: "ack" }], "it would count for another stream");
  rig.delivery.hear({ ...begin, from: 2 });
  t.match(turn(rig), [{ kind: "ack", received: 1, granted: windowBytes }]);
});

promise("repeats the acknowledgement while a long frame arrives", (t) => {
  const rig = acknowledgedRig();
  stand(rig);
  rig.delivery.hear(begin);
  rig.delivery.hear(texts("one\n", 1));
  turn(rig);
  const now = rig.clock.now();
  rig.delivery.heard(now + ackRepeatMs - 1);
  t.strictSame(turn(rig), []);
  rig.delivery.heard(now + ackRepeatMs);
  t.match(turn(rig), [{ kind: "ack", received: 1 }]);
});
