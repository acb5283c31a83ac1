import fc from "fast-check";
import { batchOf } from "../../../src/core/batch.js";
import { lineBytesMax } from "../../../src/core/limits.js";
import type { Bytes } from "../../../src/core/types.js";
import { fromUtf8, toUtf8 } from "../../../src/core/utf8.js";
import type { WireEvent } from "../../../src/wire/event.js";
import { lineDialect } from "../../../src/wire/dialects/line.js";
import { LineFramer, type Framed } from "../../../src/wire/line-framer.js";
import { promise } from "../kit/promise.js";
import { feed, splitsOf } from "../kit/splits.js";

interface Heard {
  /** Each text without its line feed. */
  readonly texts: readonly string[];
  readonly faults: readonly string[];
}

function hear(events: readonly WireEvent[]): Heard {
  const batches = events.flatMap((event) => (event.kind === "texts" ? [event.batch] : []));
  for (const { texts, count } of batches) {
    if (texts === "" || !texts.endsWith("\n")) throw new Error(`a batch must end a line: ${JSON.stringify(texts)}`);
    if (texts.split("\n").length - 1 !== count) throw new Error(`${String(count)} in ${JSON.stringify(texts)}`);
  }
  const all = batches.map((batch) => batch.texts).join("");
  return {
    texts: all === "" ? [] : all.slice(0, -1).split("\n"),
    faults: events.flatMap((event) => (event.kind === "fault" ? [event.reason] : [])),
  };
}

/** Decodes a connection that carries these chunks and then ends. */
function decode(...chunks: readonly (Bytes | string)[]): Heard {
  const decoder = lineDialect.decoder();
  const bytes = chunks.map((chunk) => (typeof chunk === "string" ? toUtf8(chunk) : chunk));
  return hear([...feed(decoder, bytes), ...decoder.flush()]);
}

const golden: readonly (readonly [wire: string, texts: readonly string[]])[] = [
  ["Hello to Martha from Alice\n", ["Hello to Martha from Alice"]],
  ["second msg\n", ["second msg"]],
  ["one\ntwo\n", ["one", "two"]],
  ["\n", [""]],
  ["a", ["a"]],
  ["x".repeat(99), ["x".repeat(99)]],
  ["", []],
  ["a\n\n\nb\n", ["a", "", "", "b"]],
  ["Grüße 👩‍👧 נ\nこん\n", ["Grüße 👩‍👧 נ", "こん"]],
  // Some older programs end strings with NUL.
  ["User1/m one\n\0", ["User1/m one"]],
  ["m one\n\0m two\n\0", ["m one", "m two"]],
  ["\0\0\0hello\n", ["hello"]],
  ["hello\0rest\nnext\n", ["hello", "next"]],
  ["\0a\0b\0c\n\0\0d", ["a", "d"]],
  ["hello\0\0\0", ["hello"]],
  ["\0\0\0", []],
  ["\0\n", [""]],
  ["a\n\0\n", ["a", ""]],
  ["crlf\r\nlone\rcr\n", ["crlf\r", "lone\rcr"]],
];

promise("decodes the texts of each golden frame", (t) => {
  for (const [wire, texts] of golden) t.strictSame(decode(wire), { texts, faults: [] }, JSON.stringify(wire));
});

promise("decodes the long line that seed 000 sends without a newline as one text", (t) => {
  t.strictSame(decode("x".repeat(993)).texts, ["x".repeat(993)]);
  t.strictSame(decode(`${"x".repeat(999)}\n`).texts, ["x".repeat(999)]);
});

promise("decodes a golden frame the same wherever it is split, at every point and pair of points", (t) => {
  for (const [wire, texts] of golden) {
    const wrong = splitsOf(toUtf8(wire)).find(
      (chunks) => JSON.stringify(decode(...chunks).texts) !== JSON.stringify(texts),
    );
    t.equal(wrong, undefined, JSON.stringify(wire));
  }
});

promise("a quiet time in the middle of a line completes it, and the rest is a new line", (t) => {
  const decoder = lineDialect.decoder();
  t.strictSame(hear(decoder.push(toUtf8("half"))).texts, []);
  t.ok(decoder.unfinished);
  t.strictSame(hear(decoder.flush()).texts, ["half"]);
  t.notOk(decoder.unfinished);
  t.strictSame(hear(decoder.flush()).texts, []);
  t.strictSame(hear(decoder.push(toUtf8("\nnext\n"))).texts, ["", "next"]);
});

promise("encodes UTF-8 and LF, nothing else", (t) => {
  const batch = { texts: "Hello to Martha from Alice\nGrüße\n", count: 2 };
  t.strictSame(
    Buffer.from(lineDialect.encode([{ kind: "texts", batch }])),
    Buffer.from("Hello to Martha from Alice\nGrüße\n"),
  );
});

promise("invalid UTF-8 affects only its own line", (t) => {
  const bytes = (...parts: (string | number[])[]): Bytes =>
    Buffer.concat(parts.map((part) => Buffer.from(part as string)));
  const wire = bytes("before\n", [0xe2, 0x82], "\nmid ", [0xff, 0xfe], " dle\n", [0xf0, 0x9f], "\nafter 👍\n");
  for (const chunks of splitsOf(wire)) {
    const { texts } = decode(...chunks);
    if (texts[0] !== "before" || texts[4] !== "after 👍" || texts.length !== 5) t.fail(JSON.stringify(texts));
    if (!/^\ufffd+$/.test(texts[1]!) || !/^mid \ufffd+ dle$/.test(texts[2]!)) t.fail(JSON.stringify(texts));
  }
  t.pass();
});

// The bound.

const longest = "x".repeat(lineBytesMax);
const tooLong = [`a line longer than ${String(lineBytesMax)} bytes`];

const cut = (text: string, size: number): string[] =>
  Array.from({ length: Math.ceil(text.length / size) }, (_, index) => text.slice(index * size, (index + 1) * size));

promise("accepts a line of exactly the bound, in one chunk and in pieces, with and without its line feed", (t) => {
  for (const size of [1e9, lineBytesMax, lineBytesMax - 1, 4_096, 1_000]) {
    t.ok(decode(...cut(`a\n${longest}\nb\n`, size)).texts.join() === `a,${longest},b`, `chunks of ${String(size)}`);
    t.ok(decode(...cut(longest, size)).texts.join() === longest, `without end, chunks of ${String(size)}`);
  }
});

promise("a line of one byte more is a fault, and its neighbours are decoded", (t) => {
  for (const size of [1e9, lineBytesMax + 2, lineBytesMax, lineBytesMax - 1, 4_096, 1_000]) {
    t.strictSame(decode(...cut(`a\n${longest}y\nb\n`, size)), { texts: ["a", "b"], faults: tooLong }, String(size));
    t.strictSame(decode(...cut(`${longest}y`, size)), { texts: [], faults: tooLong }, `${String(size)} without end`);
  }
});

promise("the bound counts bytes, not characters", (t) => {
  const wide = "é".repeat(lineBytesMax / 2);
  t.strictSame(decode(`${wide}\n`).faults, []);
  t.strictSame(decode(`${wide}e\n`).faults, tooLong);
});

promise("reports a fault as soon as the bound is exceeded, once per line", (t) => {
  const decoder = lineDialect.decoder();
  t.strictSame(hear(decoder.push(toUtf8(longest))).faults, []);
  t.strictSame(hear(decoder.push(toUtf8("y"))).faults, tooLong);
  t.notOk(decoder.unfinished, "nothing of it is buffered");
  for (let index = 0; index < 10; index += 1) t.strictSame(hear(decoder.push(toUtf8(longest))).faults, []);
  t.strictSame(hear(decoder.push(toUtf8("end\nnext\n"))), { texts: ["next"], faults: [] });
});

// Properties, with a small bound, so that it is reached.

const bound = 8;

/** A simple reference implementation: all bytes at once, line by line. */
function naive(bytes: Bytes): { readonly lines: string[]; readonly overlong: number } {
  const lines = Buffer.from(bytes).toString("latin1").split("\n");
  const rest = lines.pop() ?? "";
  const all = rest === "" ? lines : [...lines, rest];
  const fitting = all.filter((line) => line.length <= bound);
  return { lines: fitting, overlong: all.length - fitting.length };
}

const wireByte = fc.constantFrom(10, 10, 0, 13, 0x61, 0x62, 0xc3, 0xa9, 0xff);
const chunk = fc
  .oneof(fc.array(wireByte, { maxLength: 12 }), fc.array(wireByte, { maxLength: 40 }))
  .map((bytes) => Uint8Array.from(bytes));

promise("arbitrary bytes in arbitrary pieces give the same lines as the whole", (t) => {
  fc.assert(
    fc.property(fc.array(chunk, { maxLength: 12 }), (chunks) => {
      const framer = new LineFramer(bound);
      const framed = chunks.map((each) => framer.push(each));
      const blocks = Buffer.concat([...framed.flatMap(({ blocks }) => blocks), framer.flush()]).toString("latin1");
      const expected = naive(Buffer.concat(chunks));
      const overlong = framed.reduce((sum, each) => sum + each.overlong, 0);
      if (blocks !== expected.lines.map((line) => `${line}\n`).join(""))
        throw new Error(JSON.stringify([blocks, expected]));
      if (overlong !== expected.overlong)
        throw new Error(`${String(overlong)} overlong, not ${String(expected.overlong)}`);
    }),
    { numRuns: 3_000 },
  );
  t.pass();
});

promise("arbitrary bytes never make the decoder throw, and each text is one line without NUL", (t) => {
  fc.assert(
    fc.property(fc.array(fc.oneof(chunk, fc.uint8Array({ maxLength: 50 })), { maxLength: 10 }), (chunks) => {
      const whole = decode(Buffer.concat(chunks)).texts;
      const pieces = decode(...chunks).texts;
      return JSON.stringify(whole) === JSON.stringify(pieces) && !pieces.join("").includes("\0");
    }),
    { numRuns: 2_000 },
  );
  t.pass();
});

promise("a framer buffers at most its bound, and no references to its chunks", (t) => {
  const framer = new LineFramer(bound);
  const source = new Uint8Array([0x61, 0x62]);
  framer.push(source);
  source.fill(0x7a);
  t.equal(fromUtf8(framer.flush()), "ab\n", "the caller may reuse a chunk");
  const huge = new Uint8Array(1_000_000).fill(0x61);
  const large = new LineFramer(lineBytesMax);
  const before = process.memoryUsage().arrayBuffers;
  for (let index = 0; index < 200; index += 1) large.push(huge.subarray(0, 50_000));
  t.ok(process.memoryUsage().arrayBuffers - before < 1_000_000);
});

/** Bytes that typed arrays copied while `run` ran. */
function copiedBy(run: () => void): number {
  const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as Record<"set", unknown>;
  const original = typedArray.set as (this: Bytes, from: ArrayLike<number>, at?: number) => void;
  let copied = 0;
  typedArray.set = function (this: Bytes, from: ArrayLike<number>, at?: number): void {
    copied += from.length;
    original.call(this, from, at);
  };
  run();
  typedArray.set = original;
  return copied;
}

promise("a line that arrives byte by byte is copied only a few times", (t) => {
  const framer = new LineFramer(lineBytesMax);
  const byte = new Uint8Array([0x61]);
  const copied = copiedBy(() => {
    for (let index = 0; index < lineBytesMax; index += 1) framer.push(byte);
  });
  t.ok(copied >= lineBytesMax && copied < 4 * lineBytesMax, `${String(copied)} bytes copied`);
});

promise("a large block with one overlong line is copied only a few times", (t) => {
  const framer = new LineFramer(bound);
  const block = toUtf8(`${"short\n".repeat(20_000)}much too long\n${"short\n".repeat(20_000)}`);
  let framed: Framed = { blocks: [], overlong: 0 };
  const copied = copiedBy(() => {
    framed = framer.push(block);
  });
  t.equal(framed.overlong, 1);
  t.equal(
    framed.blocks.reduce((sum, lines) => sum + lines.length, 0),
    240_000,
  );
  t.ok(copied < 4 * block.length, `${String(copied)} bytes copied`);
});

promise("push returns blocks of whole lines without joining them", (t) => {
  const framer = new LineFramer(lineBytesMax);
  t.strictSame(framer.push(toUtf8("ha")), { blocks: [], overlong: 0 });
  const chunk = toUtf8("lf\none\ntwo\nbeg");
  const { blocks } = framer.push(chunk);
  t.strictSame(blocks.map(fromUtf8), ["half\n", "one\ntwo\n"]);
  t.equal(blocks[1]?.buffer, chunk.buffer, "the whole lines of a chunk are not copied");
  const events = lineDialect.decoder().push(toUtf8("first\nrest\nrest\n"));
  t.strictSame(events, [
    { kind: "texts", batch: { texts: "first\n", count: 1 } },
    { kind: "texts", batch: { texts: "rest\nrest\n", count: 2 } },
  ]);
});

promise("returns no empty block", (t) => {
  fc.assert(
    fc.property(fc.array(chunk, { maxLength: 12 }), (chunks) => {
      const framer = new LineFramer(bound);
      const blocks = chunks.flatMap((each) => framer.push(each).blocks);
      return blocks.every((lines) => lines.at(-1) === 10);
    }),
  );
  t.pass();
});

promise("the line dialect has the traits that sessions need: no acknowledgements, and its deadlines", (t) => {
  t.strictSame(lineDialect.traits, {
    identity: "address",
    claim: "written",
    transport: "several",
    farewell: false,
    quietMs: 2_000,
    unfinishedMs: 30_000,
    lingerMs: 10_000,
  });
});

// One buffer for all writes.

const batchFor = (texts: string): WireEvent & { readonly kind: "texts" } => ({ kind: "texts", batch: batchOf(texts) });

promise("encodes several batches of one write in order, and other events as no bytes", (t) => {
  const bytes = lineDialect.encode([batchFor("one\n"), { kind: "bye", reason: "idle" }, batchFor("zwölf\n")]);
  t.equal(fromUtf8(bytes), "one\nzwölf\n");
});

promise("kept bytes are never overwritten by later encoding", (t) => {
  const kept = lineDialect.encode([batchFor("kept\n")]);
  lineDialect.keep();
  for (const texts of ["x\n", "much longer than that\n", `${"é".repeat(300_000)}\n`]) {
    lineDialect.encode([batchFor(texts)]);
    lineDialect.keep();
    lineDialect.encode([batchFor(texts)]);
  }
  t.equal(fromUtf8(kept), "kept\n");
});
