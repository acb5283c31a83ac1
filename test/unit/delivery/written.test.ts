import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { batchOf } from "../../../src/core/batch.js";
import { queueCharsMax, queueHighWater, queueMessagesMax, writeCharsMax } from "../../../src/core/limits.js";
import { fromUtf8 } from "../../../src/core/utf8.js";
import { MemoryStore } from "../../../src/store/memory-store.js";
import type { WrittenDelivery } from "../../../src/delivery/written.js";
import { writtenRig, type DeliveryRig } from "../kit/delivery-rig.js";
import { promise } from "../kit/promise.js";

/** The kernel takes what was carried. Returns how many messages that were. */
function take(rig: DeliveryRig<WrittenDelivery>): number {
  const before = rig.delivery.waiting;
  rig.delivery.taken();
  return before - rig.delivery.waiting;
}

promise("what waits asks for a connection, and leaves only when the kernel took it", (t) => {
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

promise("a friend who only connects leaves nothing in the store", (t) => {
  const rig = writtenRig();
  rig.carrier.ready = true;
  rig.turn();
  t.equal(rig.store.outgoing(rig.peer.name), undefined);
  rig.push("one\n");
  rig.turn();
  t.equal(rig.store.outgoing(rig.peer.name)?.next, 2, "his first message does");
});

promise("what was not taken is carried again, before what came later", (t) => {
  const rig = writtenRig();
  rig.push("one\n");
  rig.carrier.ready = true;
  rig.turn();
  rig.push("two\n");
  rig.delivery.untaken();
  t.equal(rig.delivery.waiting, 2);
  rig.carrier.ready = true;
  rig.turn();
  t.equal(rig.carrier.carried[1]?.texts, "one\ntwo\n");
});

promise("one write holds a bounded number of characters, but always at least one batch", (t) => {
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

promise("the queue is bounded in messages and in characters, and takes of a batch what fits", (t) => {
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

promise("of whatever is offered, what was taken goes out in order and the rest was refused", (t) => {
  const room = queueMessagesMax - 20;
  fc.assert(
    fc.property(fc.array(fc.nat(12), { maxLength: 8 }), (sizes) => {
      const rig = writtenRig();
      rig.delivery.push({ texts: "", count: room });
      let expected = "";
      let taken = 0;
      for (const [index, size] of sizes.entries()) {
        const texts = Array.from({ length: size }, (_, line) => `${String(index)}.${String(line)}\n`);
        const count = rig.push(texts.join(""));
        if (count !== Math.min(size, 20 - taken)) throw new Error(`${String(count)} of ${String(size)}`);
        taken += count;
        expected += texts.slice(0, count).join("");
      }
      if (rig.delivery.waiting !== room + taken) throw new Error("waiting");
      rig.carrier.ready = true;
      rig.settle();
      return rig.carrier.text === expected;
    }),
    { numRuns: 300 },
  );
  t.pass();
});

promise("what was taken makes room, also after a refusal", (t) => {
  const rig = writtenRig();
  rig.delivery.push({ texts: "x".repeat(queueCharsMax), count: queueMessagesMax });
  t.equal(rig.push("x\n"), 0);
  rig.carrier.ready = true;
  rig.settle();
  rig.delivery.taken();
  t.equal(rig.delivery.push({ texts: "x".repeat(queueCharsMax), count: queueMessagesMax }), queueMessagesMax);
});

promise("much that waits is congestion only for a friend who is taking it", (t) => {
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

promise("on an open connection a message leaves before the disk has it, and its row joins the turn's commit", (t) => {
  const rig = writtenRig();
  rig.carrier.ready = true;
  rig.push("one\n");
  rig.settle();
  t.equal(rig.carrier.text, "one\n", "nothing is committed yet");
  rig.delivery.taken();
  rig.flush(rig.store.commit());
  rig.turn();
  t.strictSame(rig.history, ["out one sent"]);
  t.equal(rig.store.outgoing(rig.peer.name)?.retired, 1);
});

promise(
  "what waits is in the store when its turn has ended, and goes out after a restart, in order and before what is newer",
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

promise("what the kernel took is not carried again after a restart", (t) => {
  const rig = writtenRig();
  rig.push("one\ntwo\n");
  rig.turn();
  rig.push("three\n");
  rig.carrier.ready = true;
  rig.turn();
  rig.delivery.taken();
  rig.push("four\n");
  rig.turn();
  const again = writtenRig(rig.store);
  again.carrier.ready = true;
  again.turn();
  t.equal(again.carrier.text, "four\n");
});

promise("a store of many pages is loaded whole", (t) => {
  const rig = writtenRig();
  const line = `${"x".repeat(999)}\n`;
  for (let index = 0; index < 500; index += 1) rig.push(line);
  rig.turn();
  const again = writtenRig(rig.store);
  t.equal(again.delivery.waiting, 500);
  while (again.delivery.waiting > 0) {
    again.carrier.ready = true;
    again.turn();
    again.delivery.taken();
  }
  t.equal(again.carrier.text.length, 500_000);
});

promise("a store that takes nothing holds up no message, and gets what still waits when it takes again, once", (t) => {
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

promise(
  "what is typed between the writing and the commit of a turn is kept for the next, whatever becomes of the commit",
  (t) => {
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
  },
);

promise("what is heard is in the history and shown with its number", (t) => {
  const rig = writtenRig();
  rig.delivery.hear({ kind: "texts", batch: batchOf("one\ntwo\n") });
  rig.delivery.hear({ kind: "texts", batch: batchOf("three\n") });
  rig.turn();
  t.strictSame(rig.shown, ["one", "two", "three"]);
  t.strictSame(rig.numbers, [1, 3]);
  t.strictSame(rig.history, ["in one received", "in two received", "in three received"]);
});

promise("acknowledgements and positions mean nothing here", (t) => {
  const rig = writtenRig();
  rig.push("one\n");
  rig.delivery.hear({ kind: "ack", received: 1, granted: 0 });
  rig.delivery.hear({ kind: "stream", stream: "0".repeat(32), from: 1 });
  rig.turn();
  t.equal(rig.delivery.waiting, 1);
});

type Move = "push" | "turn" | "failing turn" | "ready" | "taken" | "untaken" | "restart";

/** A delivery beside what it should hold: all that was pushed, less all that was taken. */
class Watched {
  readonly #store = new MemoryStore({ keepHistory: true });
  #rig = writtenRig(this.#store);
  #pushed: string[] = [];
  #taken = 0;
  #carrying = 0;
  /** What a restart leaves: pushed and committed, and of those taken and committed. */
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
    this.#rig.delivery[move]();
    if (move === "taken") this.#taken += this.#carrying;
    this.#carrying = 0;
  }

  /** What a crash takes with it is what was not committed: typed in this turn, or taken by a kernel and not noted. */
  #restart(): void {
    this.#store.rollback();
    this.#rig = writtenRig(this.#store);
    this.#carrying = 0;
    this.#pushed = this.#pushed.slice(0, this.#committed.pushed);
    this.#taken = this.#committed.taken;
  }

  /** Every message that is committed has one row, in order; those that the kernel took while the disk failed may have none. */
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

promise("whatever happens, what was committed is taken in order, and what waits is in the store once", (t) => {
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

promise("a short text that waits does not keep the block of stdin that it was cut from", (t) => {
  const rig = writtenRig();
  const before = usedBytes();
  for (let index = 0; index < 1_000; index += 1) {
    // Dialling first, and later with a write under way: whoever waits behind it waits as well.
    rig.carrier.ready = index >= 500;
    const block = fromUtf8(new Uint8Array(writeCharsMax).fill(0x61 + (index % 26)));
    rig.delivery.push({ texts: `${block.slice(100, 130)}\n`, count: 1 });
  }
  const grown = usedBytes() - before;
  t.ok(grown < 8_388_608, `grew by ${String(grown)} bytes`);
  rig.turn();
  t.equal(rig.carrier.text.length, 31_000);
});

promise("what a friend takes at once, and what fills its block, is passed on as it is", (t) => {
  const rig = writtenRig();
  const { carrier, delivery } = rig;
  const [short, long] = [batchOf("short\n"), batchOf(`${"x".repeat(writeCharsMax / 4)}\n`)];
  delivery.push(long);
  carrier.ready = true;
  rig.turn();
  t.equal(carrier.carried[0], long, "no copy");
  delivery.taken();
  carrier.ready = true;
  delivery.push(short);
  rig.turn();
  t.equal(carrier.carried[1], short, "no copy");
});
