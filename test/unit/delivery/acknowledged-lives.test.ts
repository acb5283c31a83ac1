// Waiting messages with acknowledgements: across connections, closing connections and restarts.

import fc from "fast-check";
import { readAheadChars, turnCharsMax, windowBytes, writeCharsMax } from "../../../src/core/limits.js";
import { MemoryStore } from "../kit/memory-store.js";
import type { DeliveryEvent } from "../../../src/wire/event.js";
import {
  ack,
  begin,
  contact,
  friendsStream,
  kinds,
  nothingKnown,
  saidTexts,
  stand,
  texts,
  turn,
  type Rig,
} from "../kit/acknowledged-rig.js";
import { acknowledgedRig } from "../kit/delivery-rig.js";
import { promise } from "../kit/promise.js";
import { SteadyRandom } from "../kit/steady-random.js";

// Waiting messages.

promise(
  "sends many waiting messages in order, a bounded number per turn, and reads them from the store as needed",
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

promise("sends new messages after those that wait in the store", (t) => {
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

promise("stores a turn's messages in pieces that fit one write, each with its own tag", (t) => {
  const rig = acknowledgedRig();
  stand(rig, { ...nothingKnown, granted: 1e9 });
  rig.push(`${"x".repeat(999)}\n`.repeat(100));
  const events = turn(rig);
  t.ok(events.every((event) => event.kind === "texts" && event.batch.texts.length <= writeCharsMax));
  const tags = events.map((event) => (event.kind === "texts" ? event.at?.tag : ""));
  t.equal(new Set(tags).size, events.length);
  t.equal(tags[1], rig.store.tagAt(rig.peer.name, 100));
});

// Closing connections.

promise(
  "sends nothing new on a closing connection, lets it end once all is acknowledged, and requests another for the rest",
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

promise("stores, shows and acknowledges messages that arrive on a closing connection", (t) => {
  const rig = acknowledgedRig();
  stand(rig);
  rig.carrier.parting = true;
  rig.delivery.hear(begin);
  rig.delivery.hear(texts("last\n", 1));
  t.equal(kinds(turn(rig)), "ack");
  t.strictSame(rig.shown, ["last"]);
});

// New connections, restarts and lost stores.

promise("continues on a new connection after the last message that the friend stored, even inside a batch", (t) => {
  const rig = acknowledgedRig();
  const [, stream] = stand(rig);
  if (stream?.kind !== "stream") return t.fail("no stream");
  rig.push("one\ntwo\nthree\n");
  const [sent] = turn(rig);
  if (sent?.kind !== "texts") return t.fail("nothing was sent");
  rig.delivery.disconnected();
  const known = { ...nothingKnown, stream: stream.stream, received: 2, tag: sent.at?.tag ?? "" };
  const words = stand(rig, known);
  t.match(words, [{ kind: "position" }, { kind: "stream", from: 3 }, { kind: "texts", at: { seq: 3 } }]);
  t.equal(saidTexts(words), "three\n");
  t.strictSame(rig.retiredCounts, [2], "the position acknowledges messages");
  return t.strictSame(rig.notices, []);
});

promise("sends waiting messages before newer ones after a restart, and shows nothing twice", (t) => {
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
  t.equal(again.delivery.waiting, 1, "uncommitted messages are gone");
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
  "starts a new stream, with a notice, if the friend has less than it acknowledged or more than we numbered",
  (t) => {
    for (const received of [1, 9]) {
      const rig = acknowledgedRig();
      const [, stream] = stand(rig);
      if (stream?.kind !== "stream") throw new Error("no stream");
      rig.push("one\ntwo\nthree\n");
      turn(rig);
      rig.delivery.hear(ack(2));
      turn(rig);
      rig.delivery.disconnected();
      const words = stand(rig, { ...nothingKnown, stream: stream.stream, received, tag: "any" });
      t.strictSame(rig.notices, ["stepped back 1"]);
      t.match(words[1], { kind: "stream", from: 1 });
      t.not(words[1]?.kind === "stream" && words[1].stream, stream.stream);
      t.equal(saidTexts(words), "three\n", "acknowledged messages are not sent again");
    }
  },
);

promise(
  "sends messages that waited for one key to the next key under new numbers, and keeps received streams apart by key",
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

/** Two deliveries. Their connection may break at any event, and their disks may fail. */
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
    const lines = Array.from({ length: 1 + (this.#lines % 3) }, () => String((this.#lines += 1)));
    rig.push(lines.map((line) => `${line}\n`).join(""));
    this.#typed[side]!.push(...lines);
  }

  /** Messages of a turn that fails are refused, so they are not expected to arrive. */
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
      rig.delivery.connected(contact(side === 0 ? "b" : "a"));
    }
    for (const side of [0, 1]) this.#turn(side);
  }

  #cut(): void {
    this.#wires = undefined;
    for (const rig of this.#rigs) {
      rig.carrier.ready = false;
      rig.carrier.dropped.length = 0;
      rig.delivery.disconnected();
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

promise("two deliveries end with all accepted messages on both disks, once and in order, after any failures", (t) => {
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
});
