// The turn of a delivery that can claim "delivered": settle, commit, flush.

import fc from "fast-check";
import { batchOf } from "../../../src/core/batch.js";
import {
  ackRepeatMs,
  queueHighWater,
  readAheadChars,
  storedMessagesMax,
  turnCharsMax,
  windowBytes,
  writeCharsMax,
} from "../../../src/core/limits.js";
import type { Contact } from "../../../src/core/notice.js";
import { textsBytes } from "../../../src/core/batch.js";
import type { AcknowledgedDelivery } from "../../../src/delivery/acknowledged.js";
import { MemoryStore } from "../../../src/delivery/memory-store.js";
import { noStream, noTag } from "../../../src/delivery/stream.js";
import type { AckEvent, DeliveryEvent, PositionEvent, TextsEvent } from "../../../src/wire/event.js";
import { acknowledgedRig, type DeliveryRig } from "../kit/delivery-rig.js";
import { keyOf } from "../kit/keys.js";
import { promise } from "../kit/promise.js";
import { SteadyRandom } from "../kit/steady-random.js";

type Rig = DeliveryRig<AcknowledgedDelivery>;

const contact = (digit = "b"): Contact => ({ key: keyOf(digit), standing: "first-use", preferred: true });
const nothingKnown: PositionEvent = {
  kind: "position",
  stream: noStream,
  received: 0,
  tag: noTag,
  granted: windowBytes,
};

/** A connection stands and takes what it is given; this is what the first turn says. */
function stand(rig: Rig, position: PositionEvent | "none" = nothingKnown, digit?: string): readonly DeliveryEvent[] {
  rig.carrier.ready = true;
  rig.delivery.stand(contact(digit));
  if (position !== "none") rig.delivery.hear(position);
  return turn(rig);
}

/** What a turn says; the kernel takes it. */
function turn(rig: Rig): readonly DeliveryEvent[] {
  const before = rig.carrier.writes.length;
  rig.turn();
  if (rig.carrier.writes.length > before) rig.carrier.ready = true;
  return rig.carrier.writes.slice(before).flat();
}

const kinds = (events: readonly DeliveryEvent[]): string => events.map(({ kind }) => kind).join(" ");
const saidTexts = (events: readonly DeliveryEvent[]): string =>
  events.map((event) => (event.kind === "texts" ? event.batch.texts : "")).join("");
const ack = (received: number, granted = windowBytes): AckEvent => ({ kind: "ack", received, granted });
const texts = (lines: string, seq: number, tag = `tag ${String(seq)}`): TextsEvent => {
  const batch = batchOf(lines);
  return { kind: "texts", batch, at: { seq, tag, bytes: textsBytes(batch) } };
};
const friendsStream = "ab".repeat(16);
const begin = { kind: "stream", stream: friendsStream, from: 1 } as const;

promise(
  "who stands says where he stands as a receiver, before anything else, and sends nothing before he knows where the other does",
  (t) => {
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
  },
);

promise("what is typed goes out when the turn is committed, not before, with the tag that the disk keeps", (t) => {
  const rig = acknowledgedRig();
  stand(rig);
  rig.push("one\n");
  rig.push("two\n");
  rig.settle();
  t.equal(rig.carrier.text, "", "settled is not committed");
  t.strictSame(rig.history, ["out one waiting", "out two waiting"]);
  rig.flush(rig.store.commit());
  const last = rig.carrier.writes.at(-1)?.at(-1);
  t.match(last, { kind: "texts", batch: { texts: "one\ntwo\n", count: 2 }, at: { seq: 1 } });
  if (last?.kind === "texts") t.equal(last.at?.tag, rig.store.tagAt(rig.peer.name, 2));
  t.equal(rig.delivery.waiting, 2);
  t.equal(rig.carrier.expects, "answer");
});

promise("a message is delivered when the friend acknowledges it, and the disk knows with the turn", (t) => {
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

promise("without a connection what is typed is stored and asks for one; nothing asks when nothing waits", (t) => {
  const rig = acknowledgedRig();
  rig.turn();
  t.equal(rig.carrier.wanted, 0);
  rig.push("one\n");
  rig.turn();
  t.equal(rig.carrier.wanted, 1);
  t.strictSame(rig.history, ["out one waiting"]);
});

promise("a failed commit refuses what was typed in its turn, sends none of it, and loses nothing of before", (t) => {
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
  t.equal(saidTexts(turn(rig)), "after\n", "numbered as if nothing had been between");
  rig.delivery.hear(ack(2));
  turn(rig);
  t.strictSame(rig.history, ["out before delivered", "out after delivered"]);
});

promise(
  "what was to go out in a turn that could not be stored goes out in the next, after the name of its stream",
  (t) => {
    const rig = acknowledgedRig();
    rig.push("one\n");
    rig.turn();
    rig.store.failWith = "disk full";
    t.equal(kinds(stand(rig)), "position", "no stream is said that the disk does not know");
    rig.store.failWith = undefined;
    t.equal(kinds(turn(rig)), "stream texts");
  },
);

promise("an acknowledgement is not lost on a disk that takes nothing: it is noted when it does", (t) => {
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
  t.strictSame(rig.retiredCounts, [1], "told once");
});

promise("a turn that is settled twice stores and sends what was typed once", (t) => {
  const rig = acknowledgedRig();
  stand(rig);
  rig.push("one\n");
  rig.settle();
  t.equal(saidTexts(turn(rig)), "one\n");
  t.strictSame(rig.history, ["out one waiting"]);
});

// Receiving.

promise("what is received is shown and acknowledged when the disk has it, and not before", (t) => {
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
  "a turn that could not be stored shows and acknowledges nothing, and its connection ends, so that all of it comes again",
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

promise("a new stream whose first turn could not be stored does not let its messages pass for old ones", (t) => {
  const rig = acknowledgedRig();
  stand(rig);
  rig.delivery.hear(begin);
  rig.delivery.hear(texts("a\nb\nc\n", 1));
  turn(rig);
  stand(rig);
  rig.delivery.hear({ kind: "stream", stream: "cd".repeat(16), from: 1 });
  t.strictSame(rig.notices, ["counts anew"]);
  // Something else of this turn could not be stored.
  rig.push("mine\n");
  rig.store.failWith = "disk full";
  turn(rig);
  t.strictSame(rig.carrier.dropped, ["disk full"]);
});

promise("a friend whose messages could not be stored is granted as much as before when there is room again", (t) => {
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

promise("what was seen is acknowledged again and not shown again, however it overlaps", (t) => {
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

promise("a cancelled message is counted and acknowledged, and not shown", (t) => {
  const rig = acknowledgedRig();
  stand(rig);
  rig.delivery.hear(begin);
  rig.delivery.hear(texts("one\n\n\ntwo\n", 1));
  rig.delivery.hear(texts("\n", 5));
  t.match(turn(rig), [{ kind: "ack", received: 5 }]);
  t.strictSame(rig.shown, ["one", "two"]);
});

promise("a friend who breaks the rules is dropped with the reason, and nothing of it is shown", (t) => {
  const stray = { kind: "texts", batch: batchOf("x\n") } as const;
  const cases: readonly (readonly [string, readonly DeliveryEvent[]])[] = [
    ["messages without numbers", [begin, stray]],
    ["messages before the name of their stream", [texts("x\n", 1)]],
    ["message 2 where 1 was next", [begin, texts("x\n", 2)]],
    ["a stream that does not begin where we stand", [{ ...begin, from: 2 }]],
    ["a stream that does not begin where we stand", [begin, begin]],
    ["a second position", [nothingKnown]],
    ["an acknowledgement of what was not sent", [ack(1)]],
    ["more than was granted", [begin, texts(`${"x".repeat(windowBytes)}\n`, 1)]],
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

promise("no more goes out than the friend grants, and the rest when more is granted", (t) => {
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

promise("what the screen shows is granted when it is worth a word", (t) => {
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

promise("what the screen shows before the friend's position has come is granted after it", (t) => {
  const rig = acknowledgedRig();
  stand(rig);
  rig.delivery.hear(begin);
  rig.delivery.hear(texts(`${"x".repeat(windowBytes / 2 - 1)}\n`, 1));
  turn(rig);
  t.match(stand(rig, "none"), [{ kind: "position", granted: windowBytes / 2 }]);
  rig.delivery.shown(1);
  t.strictSame(turn(rig), []);
  rig.delivery.hear(nothingKnown);
  t.match(turn(rig)[0], { kind: "ack", received: 1, granted: windowBytes });
});

promise("a friend who is at a long frame hears from time to time that we are still here", (t) => {
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

// What waits.

promise(
  "many messages that wait go out in order, a bounded part of them per turn, read from the store as needed",
  (t) => {
    const rig = acknowledgedRig();
    const lines = Array.from({ length: 3_000 }, (_, index) => `${String(index)} ${"x".repeat(1_000)}\n`);
    for (let at = 0; at < lines.length; at += 30) {
      rig.push(lines.slice(at, at + 30).join(""));
      rig.turn();
    }
    stand(rig, { ...nothingKnown, granted: 1e9 });
    let said = rig.carrier.text.length;
    t.ok(said >= turnCharsMax && said <= turnCharsMax + writeCharsMax, String(said));
    while (said < lines.join("").length) {
      turn(rig);
      const more = rig.carrier.text.length - said;
      if (more === 0 || more > turnCharsMax + writeCharsMax) return t.fail(`${String(more)} characters in a turn`);
      said += more;
    }
    return t.equal(rig.carrier.text, lines.join(""));
  },
);

promise("what is typed while much waits in the store goes out behind it", (t) => {
  const rig = acknowledgedRig();
  const old = `${"x".repeat(999)}\n`.repeat(60);
  for (let index = 0; index < 2 * Math.ceil(readAheadChars / old.length); index += 1) {
    rig.push(old);
    rig.turn();
  }
  stand(rig, { ...nothingKnown, granted: 1e9 });
  const before = rig.carrier.text.length;
  rig.push("new\n");
  for (let index = 0; index < 20; index += 1) turn(rig);
  t.ok(rig.carrier.text.length > before);
  t.ok(rig.carrier.text.endsWith("x\nnew\n"));
  t.equal(rig.carrier.text.match(/new/g)?.length, 1);
});

promise("a turn's messages are stored in pieces that fit a write, and one tag is one piece's", (t) => {
  const rig = acknowledgedRig();
  stand(rig, { ...nothingKnown, granted: 1e9 });
  rig.push(`${"x".repeat(999)}\n`.repeat(100));
  const events = turn(rig);
  t.ok(events.every((event) => event.kind === "texts" && event.batch.texts.length <= writeCharsMax));
  const tags = events.map((event) => (event.kind === "texts" ? event.at?.tag : ""));
  t.equal(new Set(tags).size, events.length);
  t.equal(tags[1], rig.store.tagAt(rig.peer.name, 100));
});

promise("a bounded number of messages may wait, and what exceeds it is not taken", (t) => {
  const rig = acknowledgedRig();
  t.equal(rig.delivery.push({ texts: "x\n", count: storedMessagesMax - 1 }), storedMessagesMax - 1);
  t.equal(rig.push("a\nb\n"), 0);
  t.equal(rig.push("a\n"), 1);
});

promise("much that is at hand is congestion only for a friend who is taking it", (t) => {
  const rig = acknowledgedRig();
  rig.carrier.progressing = true;
  rig.delivery.push({ texts: "x".repeat(queueHighWater), count: 1 });
  t.notOk(rig.delivery.congested);
  rig.push("\n");
  t.ok(rig.delivery.congested);
  rig.carrier.progressing = false;
  t.notOk(rig.delivery.congested);
});

// Parting.

promise(
  "on a connection that parts nothing new is sent, and it may end when all is acknowledged; what waits asks for another",
  (t) => {
    const rig = acknowledgedRig();
    stand(rig);
    rig.push("one\n");
    turn(rig);
    rig.carrier.parting = true;
    rig.push("two\n");
    t.equal(saidTexts(turn(rig)), "");
    t.equal(rig.carrier.settledTimes, 0, "something is not acknowledged");
    t.ok(rig.carrier.wanted > 0);
    rig.delivery.hear(ack(1));
    turn(rig);
    t.equal(rig.carrier.settledTimes, 1);
    t.equal(rig.delivery.waiting, 1);
  },
);

promise("what a parting friend still sends is stored, shown and acknowledged", (t) => {
  const rig = acknowledgedRig();
  stand(rig);
  rig.carrier.parting = true;
  rig.delivery.hear(begin);
  rig.delivery.hear(texts("last\n", 1));
  t.equal(kinds(turn(rig)), "ack");
  t.strictSame(rig.shown, ["last"]);
});

// Other connections, other lives.

promise("a new connection goes on where the friend's disk stands, in the middle of a batch too", (t) => {
  const rig = acknowledgedRig();
  const [, stream] = stand(rig);
  if (stream?.kind !== "stream") return t.fail("no stream");
  rig.push("one\ntwo\nthree\n");
  const [sent] = turn(rig);
  if (sent?.kind !== "texts") return t.fail("nothing was sent");
  rig.delivery.lose();
  const known = { ...nothingKnown, stream: stream.stream, received: 2, tag: sent.at?.tag ?? "" };
  const words = stand(rig, known);
  t.match(words, [{ kind: "position" }, { kind: "stream", from: 3 }, { kind: "texts", at: { seq: 3 } }]);
  t.equal(saidTexts(words), "three\n");
  t.strictSame(rig.retiredCounts, [2], "what the position says is acknowledged");
  return t.strictSame(rig.notices, []);
});

promise("a restart sends what waits, in order, before what is newer, and shows nothing twice", (t) => {
  const random = new SteadyRandom();
  const rig = acknowledgedRig(undefined, random);
  stand(rig);
  rig.push("one\n");
  turn(rig);
  rig.delivery.hear(begin);
  rig.delivery.hear(texts("seen\n", 1));
  turn(rig);
  rig.push("two\n");
  rig.settle();
  rig.store.rollback();
  const again = acknowledgedRig(rig.store, random);
  t.equal(again.delivery.waiting, 1, "what was not committed is gone");
  again.push("three\n");
  const words = stand(again);
  t.match(words[0], { kind: "position", stream: friendsStream, received: 1, tag: "tag 1" });
  t.equal(saidTexts(words), "one\nthree\n");
  again.delivery.hear({ ...begin, from: 2 });
  again.delivery.hear(texts("seen\nnew\n", 1));
  turn(again);
  t.strictSame(again.shown, ["new"]);
});

promise(
  "a friend who knows less than he acknowledged, or more than was numbered, gets a new stream, and it is told",
  (t) => {
    for (const received of [1, 9]) {
      const rig = acknowledgedRig();
      const [, stream] = stand(rig);
      if (stream?.kind !== "stream") throw new Error("no stream");
      rig.push("one\ntwo\nthree\n");
      turn(rig);
      rig.delivery.hear(ack(2));
      turn(rig);
      rig.delivery.lose();
      const words = stand(rig, { ...nothingKnown, stream: stream.stream, received, tag: "any" });
      t.strictSame(rig.notices, ["stepped back 1"]);
      t.match(words[1], { kind: "stream", from: 1 });
      t.not(words[1]?.kind === "stream" && words[1].stream, stream.stream);
      t.equal(saidTexts(words), "three\n", "what was acknowledged does not come again");
    }
  },
);

promise(
  "what waits for one key goes to the next under new numbers, and is counted; what each key sent is told apart",
  (t) => {
    const rig = acknowledgedRig();
    stand(rig);
    rig.push("one\ntwo\n");
    turn(rig);
    rig.delivery.hear(begin);
    rig.delivery.hear(texts("hi\n", 1));
    rig.delivery.hear(ack(1));
    turn(rig);
    const words = stand(rig, nothingKnown, "c");
    t.match(words, [
      { ...nothingKnown, granted: windowBytes - 3 },
      { kind: "stream", from: 1 },
      { kind: "texts", at: { seq: 1 } },
    ]);
    t.equal(saidTexts(words), "two\n");
    t.strictSame(rig.notices, ["readdressed 1"]);
    t.match(
      stand(rig, "none"),
      [{ kind: "position", stream: friendsStream, received: 1 }],
      "the first key is remembered",
    );
  },
);

/** Two deliveries whose connection may break anywhere, and whose disks may fail. */
class Pair {
  readonly #stores = [new MemoryStore({ keepHistory: true }), new MemoryStore({ keepHistory: true })];
  readonly #random = new SteadyRandom();
  readonly #typed: string[][] = [[], []];
  #rigs = this.#stores.map((store) => acknowledgedRig(store, this.#random));
  #wires: DeliveryEvent[][] | undefined;
  #lines = 0;

  do(move: string, side: number): void {
    const rig = this.#rigs[side]!;
    if (move === "type") this.#type(rig, side);
    if (move === "connect") this.#connect();
    if (move === "cut" || rig.carrier.dropped.length > 0) this.#cut();
    if (move === "read") this.#read(rig, side);
    if (move === "show") rig.delivery.shown(rig.store.history().length + 100_000);
    if (move === "fail") this.#failing(rig, side);
    if (move === "crash") this.#crash(side);
    this.#turn(side);
  }

  #type(rig: Rig, side: number): void {
    const lines = Array.from({ length: 1 + (this.#lines % 3) }, () => `${String((this.#lines += 1))}`);
    rig.push(lines.map((line) => `${line}\n`).join(""));
    this.#typed[side]!.push(...lines);
  }

  /** What was typed into a turn that fails is refused, and may be forgotten. */
  #failing(rig: Rig, side: number): void {
    const typed = this.#typed[side]!.length;
    this.#type(rig, side);
    rig.store.failWith = "disk full";
    this.#read(rig, side);
    this.#turn(side);
    rig.store.failWith = undefined;
    this.#typed[side]!.length = typed;
    if (rig.carrier.dropped.length > 0) this.#cut();
  }

  #connect(): void {
    this.#cut();
    this.#wires = [[], []];
    for (const [side, rig] of this.#rigs.entries()) {
      rig.carrier.ready = true;
      rig.delivery.stand(contact(side === 0 ? "b" : "a"));
    }
    for (const side of [0, 1]) this.#turn(side);
  }

  #cut(): void {
    this.#wires = undefined;
    for (const rig of this.#rigs) {
      rig.carrier.ready = false;
      rig.carrier.dropped.length = 0;
      rig.delivery.lose();
    }
  }

  #crash(side: number): void {
    this.#stores[side]!.rollback();
    this.#rigs[side] = acknowledgedRig(this.#stores[side], this.#random);
    this.#cut();
  }

  #read(rig: Rig, side: number): void {
    const [event, ...rest] = this.#wires?.[side] ?? [];
    if (event === undefined) return;
    this.#wires![side] = rest;
    rig.delivery.hear(event);
  }

  #turn(side: number): void {
    const rig = this.#rigs[side]!;
    const said = turn(rig);
    this.#wires?.[1 - side]!.push(...said);
  }

  #received(side: number): readonly string[] {
    return this.#stores[side]!.history().flatMap(({ direction, text }) => (direction === "in" ? [text] : []));
  }

  check(): void {
    for (const side of [0, 1]) {
      const [typed, received] = [this.#typed[1 - side]!, this.#received(side)];
      if (received.join() !== typed.slice(0, received.length).join())
        throw new Error(`${received.join()} of ${typed.join()}`);
      const { retired } = this.#stores[1 - side]!.outgoing(this.#rigs[0]!.peer.name) ?? { retired: 0 };
      if (retired > received.length) throw new Error("acknowledged and not stored");
      if (this.#rigs[side]!.notices.some((notice) => !notice.startsWith("refused"))) throw new Error("a false alarm");
    }
  }

  heal(): void {
    this.#connect();
    for (let round = 0; round < 300; round += 1) this.do(round % 3 === 0 ? "show" : "read", round & 1);
    for (const side of [0, 1]) {
      if (this.#rigs[side]!.delivery.waiting > 0) throw new Error("something waits for ever");
      if (this.#received(side).length !== this.#typed[1 - side]!.length) throw new Error("lost");
    }
  }
}

promise(
  "whatever breaks between two deliveries, both disks end with everything that was taken, once and in order",
  (t) => {
    const kind = fc.constantFrom("type", "type", "connect", "cut", "read", "read", "read", "show", "fail", "crash");
    fc.assert(
      fc.property(fc.array(fc.tuple(kind, fc.constantFrom(0, 1)), { maxLength: 60 }), (moves) => {
        const pair = new Pair();
        for (const [move, side] of moves) {
          pair.do(move, side);
          pair.check();
        }
        pair.heal();
        pair.check();
      }),
      { numRuns: 400 },
    );
    t.pass();
  },
);
