import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { batchOf } from "../../../src/core/batch.js";
import { queueCharsMax, queueHighWater, queueMessagesMax, writeCharsMax } from "../../../src/core/limits.js";
import type { Batch } from "../../../src/core/types.js";
import { fromUtf8 } from "../../../src/core/utf8.js";
import { Outbox } from "../../../src/delivery/outbox.js";
import { FakeCarrier } from "../kit/fake-carrier.js";
import { promise } from "../kit/promise.js";

promise("what waits asks for a connection, and leaves only when the kernel took it", (t) => {
  const carrier = new FakeCarrier();
  const outbox = new Outbox(carrier);
  outbox.flush();
  t.equal(carrier.wanted, 0, "an empty outbox wants nothing");
  outbox.push(batchOf("one\n"));
  outbox.push(batchOf("two\nthree\n"));
  outbox.flush();
  t.equal(carrier.wanted, 1);
  carrier.ready = true;
  outbox.flush();
  t.equal(carrier.text, "one\ntwo\nthree\n", "one write for all of it");
  t.equal(outbox.waiting, 3, "not gone yet");
  outbox.push(batchOf("four\n"));
  outbox.flush();
  t.equal(carrier.carried.length, 1, "one write at a time");
  t.equal(carrier.wanted, 1, "and no other connection for it");
  t.equal(outbox.taken(), 3);
  t.equal(outbox.waiting, 1);
});

promise("what was not taken is carried again, before what came later", (t) => {
  const carrier = new FakeCarrier();
  const outbox = new Outbox(carrier);
  outbox.push(batchOf("one\n"));
  carrier.ready = true;
  outbox.flush();
  outbox.push(batchOf("two\n"));
  outbox.untaken();
  t.equal(outbox.waiting, 2);
  carrier.ready = true;
  outbox.flush();
  t.equal(carrier.carried[1]?.texts, "one\ntwo\n");
});

promise("one write holds a bounded number of characters, but always at least one batch", (t) => {
  const carrier = new FakeCarrier();
  const outbox = new Outbox(carrier);
  const half = batchOf(`${"x".repeat(writeCharsMax / 2 - 1)}\n`);
  const huge = batchOf(`${"y".repeat(2 * writeCharsMax)}\n`);
  for (const batch of [half, half, half, huge, half]) outbox.push(batch);
  const sizes: number[] = [];
  while (outbox.waiting > 0) {
    carrier.ready = true;
    outbox.flush();
    sizes.push(outbox.taken());
  }
  t.strictSame(sizes, [2, 1, 1, 1]);
});

promise("the queue is bounded in messages and in characters, and takes of a batch what fits", (t) => {
  const outbox = new Outbox(new FakeCarrier());
  t.equal(outbox.push({ texts: "x\n", count: queueMessagesMax - 2 }), queueMessagesMax - 2);
  t.equal(outbox.push(batchOf("x\ny\nz\n")), 2, "as many as may wait");
  t.equal(outbox.push(batchOf("x\n")), 0);
  t.equal(outbox.waiting, queueMessagesMax);
  const wide = new Outbox(new FakeCarrier());
  t.equal(wide.push({ texts: "x".repeat(queueCharsMax - 5), count: 1 }), 1);
  t.equal(wide.push(batchOf("a\nbb\nc\n")), 2, "as many characters as may wait");
  t.equal(wide.push(batchOf("c\n")), 0);
  t.equal(wide.waiting, 3);
});

/** An outbox that has refused once, with this much still waiting. */
function afterRefusal(waiting: Batch): Outbox {
  const carrier = new FakeCarrier();
  const outbox = new Outbox(carrier);
  const rest = { texts: "x".repeat(queueCharsMax - waiting.texts.length), count: queueMessagesMax - waiting.count };
  if (!outbox.push(rest) || !outbox.push(waiting) || outbox.push(batchOf("x\n"))) throw new Error("not at the bound");
  carrier.ready = true;
  outbox.flush();
  if (outbox.taken() !== rest.count || outbox.waiting !== waiting.count) throw new Error("not what was meant to wait");
  return outbox;
}

promise("of whatever is offered, what was taken goes out in order and the rest was refused", (t) => {
  const room = queueMessagesMax - 20;
  fc.assert(
    fc.property(fc.array(fc.nat(12), { maxLength: 8 }), (sizes) => {
      const carrier = new FakeCarrier();
      const outbox = new Outbox(carrier);
      outbox.push({ texts: "", count: room });
      let expected = "";
      let taken = 0;
      for (const [index, size] of sizes.entries()) {
        const texts = Array.from({ length: size }, (_, line) => `${String(index)}.${String(line)}\n`);
        const count = outbox.push(batchOf(texts.join("")));
        if (count !== Math.min(size, 20 - taken)) throw new Error(`${String(count)} of ${String(size)}`);
        taken += count;
        expected += texts.slice(0, count).join("");
      }
      if (outbox.waiting !== room + taken) throw new Error("waiting");
      carrier.ready = true;
      outbox.flush();
      return carrier.text === expected;
    }),
    { numRuns: 300 },
  );
  t.pass();
});

promise("what was taken makes room", (t) => {
  const carrier = new FakeCarrier();
  const outbox = new Outbox(carrier);
  outbox.push({ texts: "x".repeat(queueCharsMax), count: queueMessagesMax });
  carrier.ready = true;
  outbox.flush();
  outbox.taken();
  t.ok(outbox.push({ texts: "x".repeat(queueCharsMax), count: queueMessagesMax }));
});

promise("much that waits is congestion only for a friend who is taking it", (t) => {
  const carrier = new FakeCarrier();
  const outbox = new Outbox(carrier);
  carrier.progressing = true;
  outbox.push({ texts: "x".repeat(queueHighWater), count: 1 });
  t.notOk(outbox.congested);
  outbox.push(batchOf("\n"));
  t.ok(outbox.congested);
  carrier.progressing = false;
  t.notOk(outbox.congested);
});

type Move = "push" | "flush" | "ready" | "taken" | "untaken";

/** An outbox beside what it should hold: all that was pushed, less all that was taken. */
class Watched {
  readonly #carrier = new FakeCarrier();
  readonly #outbox = new Outbox(this.#carrier);
  #pushed = "";
  #taken = "";
  #carrying: string | undefined;

  do(move: Move, index: number): void {
    if (move === "push") this.#push(`${String(index)}\n`);
    if (move === "ready" && this.#carrying === undefined) this.#carrier.ready = true;
    if (move === "flush") this.#flush();
    if (move === "taken" || move === "untaken") this.#answer(move);
    if (!this.#pushed.startsWith(this.#taken)) throw new Error(`${this.#taken} of ${this.#pushed}`);
    if (this.#outbox.waiting !== batchOf(this.#pushed.slice(this.#taken.length)).count) throw new Error("waiting");
  }

  #push(texts: string): void {
    this.#outbox.push(batchOf(texts));
    this.#pushed += texts;
  }

  #flush(): void {
    const before = this.#carrier.carried.length;
    this.#outbox.flush();
    if (this.#carrier.carried.length > before) this.#carrying = this.#carrier.carried.at(-1)?.texts;
  }

  #answer(move: "taken" | "untaken"): void {
    if (this.#carrying === undefined) return;
    this.#outbox[move]();
    if (move === "taken") this.#taken += this.#carrying;
    this.#carrying = undefined;
  }
}

promise("whatever happens, everything is taken once and in order", (t) => {
  const move = fc.constantFrom<Move>("push", "push", "flush", "ready", "taken", "untaken");
  fc.assert(
    fc.property(fc.array(move, { maxLength: 60 }), (moves) => {
      const watched = new Watched();
      for (const [index, each] of moves.entries()) watched.do(each, index);
    }),
    { numRuns: 500 },
  );
  t.pass();
});

promise("what is cleared waits no more and is not carried again", (t) => {
  const carrier = new FakeCarrier();
  const outbox = new Outbox(carrier);
  outbox.push(batchOf("one\n"));
  carrier.ready = true;
  outbox.flush();
  outbox.clear();
  t.equal(outbox.taken(), 0, "the kernel's answer comes too late to count");
  t.equal(outbox.waiting, 0);
  outbox.push(batchOf("two\n"));
  carrier.ready = true;
  outbox.flush();
  t.equal(carrier.carried[1]?.texts, "two\n");
});

promise("what is cleared makes room, also after a refusal", (t) => {
  const outbox = afterRefusal({ texts: "x\n", count: queueMessagesMax / 2 + 1 });
  outbox.clear();
  t.ok(outbox.push({ texts: "x".repeat(queueCharsMax), count: queueMessagesMax }));
});

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

function usedBytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

promise("a short text that waits does not keep the block of stdin that it was cut from", (t) => {
  const carrier = new FakeCarrier();
  const outbox = new Outbox(carrier);
  const before = usedBytes();
  for (let index = 0; index < 1_000; index += 1) {
    // Dialling first, and later with a write under way: whoever waits behind it waits as well.
    carrier.ready = index >= 500;
    const block = fromUtf8(new Uint8Array(writeCharsMax).fill(0x61 + (index % 26)));
    outbox.push({ texts: `${block.slice(100, 130)}\n`, count: 1 });
  }
  const grown = usedBytes() - before;
  t.ok(grown < 8_388_608, `grew by ${String(grown)} bytes`);
  outbox.flush();
  t.equal(carrier.text.length, 31_000);
});

promise("what a friend takes at once, and what fills its block, is passed on as it is", (t) => {
  const carrier = new FakeCarrier();
  const outbox = new Outbox(carrier);
  const [short, long] = [batchOf("short\n"), batchOf(`${"x".repeat(writeCharsMax / 4)}\n`)];
  outbox.push(long);
  carrier.ready = true;
  outbox.flush();
  t.equal(carrier.carried[0], long, "no copy");
  outbox.taken();
  carrier.ready = true;
  outbox.push(short);
  outbox.flush();
  t.equal(carrier.carried[1], short, "no copy");
});
