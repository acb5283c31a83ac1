// Delivery without acknowledgements: the queue, its limits, the store, and restarts.

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { batchOf } from "../../../src/core/batch.js";
import { queueCharsMax, queueHighWater, queueMessagesMax, writeCharsMax } from "../../../src/core/limits.js";
import { fromUtf8 } from "../../../src/core/utf8.js";
import { MemoryStore } from "../kit/memory-store.js";
import type { WrittenDelivery } from "../../../src/delivery/written.js";
import { writtenRig, type DeliveryRig } from "../kit/delivery-rig.js";
import { promise } from "../kit/promise.js";

/** The kernel takes the last write. Returns the number of its messages. */
function take(rig: DeliveryRig<WrittenDelivery>): number {
  const before = rig.delivery.waiting;
  rig.delivery.writeTaken();
  return before - rig.delivery.waiting;
}

promise("requests a connection for waiting messages, and retires them only when the kernel takes them", (t) => {
  const rig = writtenRig();
  const { carrier, delivery } = rig;
  rig.turn();
  t.equal(carrier.wanted, 0, "an empty queue wants nothing");
  rig.push("one\n");
  rig.push("two\nthree\n");
  rig.turn();
  t.equal(carrier.wanted, 1);
  carrier.ready = true;
  rig.turn();
  t.strictSame(carrier.carried, [batchOf("one\ntwo\nthree\n")], "one write for all of it");
  t.equal(delivery.waiting, 3, "not gone yet");
  rig.push("four\n");
  rig.turn();
  t.equal(carrier.carried.length, 1, "one write at a time");
  t.equal(carrier.wanted, 1, "and no other connection for it");
  t.equal(take(rig), 3);
  t.strictSame(rig.retiredCounts, [3]);
  t.equal(delivery.waiting, 1);
});

promise("stores nothing for a friend who only connects", (t) => {
  const rig = writtenRig();
  rig.carrier.ready = true;
  rig.turn();
  t.equal(rig.store.outgoing(rig.peer.name), undefined);
  rig.push("one\n");
  rig.turn();
  t.equal(rig.store.outgoing(rig.peer.name)?.next, 2, "his first message does");
});

promise("sends messages that were not taken again, before later ones", (t) => {
  const rig = writtenRig();
  rig.push("one\n");
  rig.carrier.ready = true;
  rig.turn();
  rig.push("two\n");
  rig.delivery.writeFailed();
  t.equal(rig.delivery.waiting, 2);
  rig.carrier.ready = true;
  rig.turn();
  t.equal(rig.carrier.carried[1]?.texts, "one\ntwo\n");
});

promise("limits the characters of one write, but sends at least one batch", (t) => {
  const rig = writtenRig();
  const half = `${"x".repeat(writeCharsMax / 2 - 1)}\n`;
  const huge = `${"y".repeat(2 * writeCharsMax)}\n`;
  for (const texts of [half, half, half, huge, half]) rig.push(texts);
  const sizes: number[] = [];
  while (rig.delivery.waiting > 0) {
    rig.carrier.ready = true;
    rig.turn();
    sizes.push(take(rig));
  }
  t.strictSame(sizes, [2, 1, 1, 1]);
});

promise("limits the queue by messages and by characters, and takes the part of a batch that fits", (t) => {
  const { delivery } = writtenRig();
  t.equal(delivery.push({ texts: "x\n", count: queueMessagesMax - 2 }), queueMessagesMax - 2);
  t.equal(delivery.push(batchOf("x\ny\nz\n")), 2, "as many as may wait");
  t.equal(delivery.push(batchOf("x\n")), 0);
  t.equal(delivery.waiting, queueMessagesMax);
  const wide = writtenRig().delivery;
  t.equal(wide.push({ texts: "x".repeat(queueCharsMax - 5), count: 1 }), 1);
  t.equal(wide.push(batchOf("a\nbb\nc\n")), 2, "as many characters as may wait");
  t.equal(wide.push(batchOf("c\n")), 0);
  t.equal(wide.waiting, 3);
});

promise("sends accepted messages in order and refuses the rest, for any sizes", (t) => {
  const room = queueMessagesMax - 20;
  const filler = "\n".repeat(room);
  fc.assert(
    fc.property(fc.array(fc.nat(12), { maxLength: 8 }), (sizes) => {
      const rig = writtenRig();
      rig.push(filler);
      let expected = filler;
      let taken = 0;
      for (const [index, size] of sizes.entries()) {
        const texts = Array.from({ length: size }, (_, line) => `${String(index)}.${String(line)}\n`);
        const count = rig.push(texts.join(""));
        if (count !== Math.min(size, 20 - taken)) throw new Error(`${String(count)} of ${String(size)}`);
        taken += count;
        expected += texts.slice(0, count).join("");
      }
      if (rig.delivery.waiting !== room + taken) throw new Error("waiting");
      do {
        rig.carrier.ready = true;
        rig.settle();
      } while (take(rig) > 0);
      return rig.carrier.text === expected;
    }),
    { numRuns: 100 },
  );
  t.pass();
});

promise("accepts messages again after the kernel took some", (t) => {
  const rig = writtenRig();
  const all = "\n".repeat(queueMessagesMax);
  t.equal(rig.push(all), queueMessagesMax);
  t.equal(rig.push("x\n"), 0);
  rig.carrier.ready = true;
  rig.settle();
  rig.delivery.writeTaken();
  t.equal(rig.push(all), queueMessagesMax);
});

promise("reports congestion only while the friend is reading", (t) => {
  const { carrier, delivery } = writtenRig();
  carrier.progressing = true;
  delivery.push({ texts: "x".repeat(queueHighWater), count: 1 });
  t.notOk(delivery.congested);
  delivery.push(batchOf("\n"));
  t.ok(delivery.congested);
  carrier.progressing = false;
  t.notOk(delivery.congested);
});

// The store.

promise("sends on an open connection before the commit, and stores the message with the turn", (t) => {
  const rig = writtenRig();
  rig.carrier.ready = true;
  rig.push("one\n");
  rig.settle();
  t.equal(rig.carrier.text, "one\n", "nothing is committed yet");
  rig.delivery.writeTaken();
  rig.flush(rig.store.commit());
  rig.turn();
  t.strictSame(rig.history, ["out one sent"]);
  t.equal(rig.store.outgoing(rig.peer.name)?.retired, 1);
});

promise(
  "stores waiting messages at the end of the turn, and sends them after a restart, in order, before newer ones",
  (t) => {
    const rig = writtenRig();
    rig.push("one\n");
    rig.turn();
    rig.push("two\nthree\n");
    rig.turn();
    rig.push("typed as the power failed\n");
    rig.settle();
    rig.store.rollback();
    t.strictSame(rig.history, ["out one waiting", "out two waiting", "out three waiting"]);
    const again = writtenRig(rig.store);
    t.equal(again.delivery.waiting, 3);
    again.push("four\n");
    again.carrier.ready = true;
    again.turn();
    t.equal(again.carrier.text, "one\ntwo\nthree\nfour\n");
    t.equal(take(again), 4);
    again.turn();
    t.equal(writtenRig(rig.store).delivery.waiting, 0);
  },
);

promise("does not send messages again after a restart that the kernel took", (t) => {
  const rig = writtenRig();
  rig.push("one\ntwo\n");
  rig.turn();
  rig.push("three\n");
  rig.carrier.ready = true;
  rig.turn();
  rig.delivery.writeTaken();
  rig.push("four\n");
  rig.turn();
  const again = writtenRig(rig.store);
  again.carrier.ready = true;
  again.turn();
  t.equal(again.carrier.text, "four\n");
});

promise("loads all waiting messages from a store of many pages", (t) => {
  const rig = writtenRig();
  const line = `${"x".repeat(999)}\n`;
  for (let index = 0; index < 500; index += 1) rig.push(line);
  rig.turn();
  const again = writtenRig(rig.store);
  t.equal(again.delivery.waiting, 500);
  while (again.delivery.waiting > 0) {
    again.carrier.ready = true;
    again.turn();
    again.delivery.writeTaken();
  }
  t.equal(again.carrier.text.length, 500_000);
});

promise("keeps sending while the store fails, and stores waiting messages once when it works again", (t) => {
  const rig = writtenRig();
  rig.store.failWith = "disk full";
  rig.push("one\n");
  rig.turn();
  rig.push("two\n");
  rig.turn();
  t.equal(rig.delivery.waiting, 2, "nothing is refused: it may go out without the disk");
  t.strictSame(rig.history, []);
  rig.store.failWith = undefined;
  rig.turn();
  rig.turn();
  t.strictSame(rig.history, ["out one waiting", "out two waiting"]);
  rig.carrier.ready = true;
  rig.turn();
  t.equal(rig.carrier.text, "one\ntwo\n");
  t.strictSame(rig.notices, []);
});

promise("stores messages pushed between settle and commit with the next turn, whether the commit fails or not", (t) => {
  for (const failWith of [undefined, "disk full"]) {
    const rig = writtenRig();
    rig.push("one\n");
    rig.store.failWith = failWith;
    rig.settle();
    rig.push("two\n");
    rig.flush(rig.store.commit());
    rig.store.failWith = undefined;
    rig.turn();
    t.strictSame(rig.history, ["out one waiting", "out two waiting"], String(failWith));
  }
});

promise("stores received messages and shows them with their numbers", (t) => {
  const rig = writtenRig();
  rig.delivery.hear({ kind: "texts", batch: batchOf("one\ntwo\n") });
  rig.delivery.hear({ kind: "texts", batch: batchOf("three\n") });
  rig.turn();
  t.strictSame(rig.shown, ["one", "two", "three"]);
  t.strictSame(rig.numbers, [1, 3]);
  t.strictSame(rig.history, ["in one received", "in two received", "in three received"]);
});

promise("ignores acknowledgements and positions", (t) => {
  const rig = writtenRig();
  rig.push("one\n");
  rig.delivery.hear({ kind: "ack", received: 1, granted: 0 });
  rig.delivery.hear({ kind: "stream", stream: "0".repeat(32), from: 1 });
  rig.turn();
  t.equal(rig.delivery.waiting, 1);
});

type Move = "push" | "turn" | "failing turn" | "ready" | "taken" | "untaken" | "restart";

/** A delivery, and a model of its content: all pushed messages less all taken ones. */
class Watched {
  readonly #store = new MemoryStore({ keepHistory: true });
  #rig = writtenRig(this.#store);
  #pushed: string[] = [];
  #taken = 0;
  #carrying = 0;
  /** The numbers of pushed and of taken messages at the last commit: a restart returns to them. */
  #committed = { pushed: 0, taken: 0 };

  do(move: Move, index: number): void {
    if (move === "push") this.#push(String(index));
    if (move === "ready" && this.#carrying === 0) this.#rig.carrier.ready = true;
    if (move === "turn" || move === "failing turn") this.#turn(move === "turn" ? undefined : "disk full");
    if (move === "taken" || move === "untaken") this.#answer(move);
    if (move === "restart") this.#restart();
    if (this.#rig.delivery.waiting !== this.#pushed.length - this.#taken) throw new Error("waiting");
  }

  #push(text: string): void {
    this.#rig.push(`${text}\n`);
    this.#pushed.push(text);
  }

  #turn(failWith: string | undefined): void {
    const before = this.#rig.carrier.writes.length;
    this.#store.failWith = failWith;
    this.#rig.turn();
    if (failWith === undefined) this.#committed = { pushed: this.#pushed.length, taken: this.#taken };
    const carried = this.#rig.carrier.carried[before];
    if (carried === undefined) return;
    this.#carrying = carried.count;
    const expected = this.#pushed.slice(this.#taken, this.#taken + carried.count);
    if (carried.texts !== expected.map((text) => `${text}\n`).join("")) throw new Error(`carried ${carried.texts}`);
  }

  #answer(move: "taken" | "untaken"): void {
    if (this.#carrying === 0) return;
    if (move === "taken") this.#rig.delivery.writeTaken();
    else this.#rig.delivery.writeFailed();
    if (move === "taken") this.#taken += this.#carrying;
    this.#carrying = 0;
  }

  /** A crash loses everything that was not committed: pushed messages, and the record that the kernel took some. */
  #restart(): void {
    this.#store.rollback();
    this.#rig = writtenRig(this.#store);
    this.#carrying = 0;
    this.#pushed = this.#pushed.slice(0, this.#committed.pushed);
    this.#taken = this.#committed.taken;
  }

  /**
   * Every committed message has one row, in order. Messages that the kernel took while the disk failed may have none.
   */
  finish(): void {
    this.#turn(undefined);
    const rows = this.#store.history().map(({ text }) => text);
    const waiting = this.#store.history().filter(({ state }) => state === "waiting");
    if (new Set(rows).size !== rows.length) throw new Error(`a row twice: ${rows.join()}`);
    if (rows.join() !== this.#pushed.filter((text) => rows.includes(text)).join()) throw new Error("rows out of order");
    if (waiting.map(({ text }) => text).join() !== this.#pushed.slice(this.#taken).join())
      throw new Error("rows that wait");
  }
}

promise("sends committed messages in order and stores waiting ones once, after any events", (t) => {
  const move = fc.constantFrom<Move>(
    "push",
    "push",
    "turn",
    "turn",
    "failing turn",
    "ready",
    "taken",
    "untaken",
    "restart",
  );
  fc.assert(
    fc.property(fc.array(move, { maxLength: 60 }), (moves) => {
      const watched = new Watched();
      for (const [index, each] of moves.entries()) watched.do(each, index);
      watched.finish();
    }),
    { numRuns: 1_000 },
  );
  t.pass();
});

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

function usedBytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

promise("a waiting short text does not keep the block of stdin that it was cut from in memory", (t) => {
  const rig = writtenRig();
  const before = usedBytes();
  for (let index = 0; index < 1_000; index += 1) {
    // First without a connection, later behind a write in progress.
    rig.carrier.ready = index >= 500;
    const block = fromUtf8(new Uint8Array(writeCharsMax).fill(0x61 + (index % 26)));
    rig.delivery.push({ texts: `${block.slice(100, 130)}\n`, count: 1 });
  }
  const grown = usedBytes() - before;
  t.ok(grown < 8_388_608, `grew by ${String(grown)} bytes`);
  rig.turn();
  t.equal(rig.carrier.text.length, 31_000);
});

promise("passes texts that are sent at once on without a copy", (t) => {
  const rig = writtenRig();
  const { carrier, delivery } = rig;
  const [short, long] = [batchOf("short\n"), batchOf(`${"x".repeat(writeCharsMax / 4)}\n`)];
  delivery.push(long);
  carrier.ready = true;
  rig.turn();
  t.equal(carrier.carried[0], long, "no copy");
  delivery.writeTaken();
  carrier.ready = true;
  delivery.push(short);
  rig.turn();
  t.equal(carrier.carried[1], short, "no copy");
});
