import fc from "fast-check";
import {
  batchOf,
  countLines,
  firstOf,
  joinBatches,
  piecesOf,
  restOf,
  textsBytes,
  withoutEmpty,
} from "../../../src/core/batch.js";
import { promise } from "../kit/promise.js";

promise("firstOf returns a batch that fits exactly unchanged", (t) => {
  const batch = batchOf("a\nbb\n");
  t.equal(firstOf(batch, { messages: 2, chars: 5 }), batch, "not copied");
  t.strictSame(firstOf(batch, { messages: 1, chars: 5 }), batchOf("a\n"));
  t.strictSame(firstOf(batch, { messages: 2, chars: 4 }), batchOf("a\n"));
  t.strictSame(firstOf(batch, { messages: 2, chars: 1 }), batchOf(""));
  t.strictSame(firstOf(batch, { messages: 0, chars: 5 }), batchOf(""));
});

promise("firstOf returns the beginning of a batch in whole texts, as many as fit", (t) => {
  const texts = fc.array(fc.string({ maxLength: 4 }).map((text) => `${text.replaceAll("\n", "")}\n`));
  fc.assert(
    fc.property(texts, fc.nat(12), fc.nat(30), (all, messages, chars) => {
      const first = firstOf(batchOf(all.join("")), { messages, chars });
      const more = all.slice(0, first.count + 1).join("");
      return (
        first.texts === all.slice(0, first.count).join("") &&
        first.count <= messages &&
        first.texts.length <= chars &&
        (first.count === all.length || first.count === messages || more.length > chars)
      );
    }),
    { numRuns: 500 },
  );
  t.pass();
});

const lines = fc.array(fc.string({ unit: "binary", maxLength: 4 }).map((text) => `${text.replaceAll("\n", "")}\n`));

promise("piecesOf returns pieces of whole texts that fit, or of one longer text, and they join to the batch", (t) => {
  t.strictSame(piecesOf(batchOf(""), 3), []);
  t.strictSame(piecesOf(batchOf("a\nb\n"), 4), [batchOf("a\nb\n")]);
  t.strictSame(piecesOf(batchOf("a\nb\n"), 3), [batchOf("a\n"), batchOf("b\n")]);
  t.strictSame(piecesOf(batchOf("\nlonger\n\n"), 3), [batchOf("\n"), batchOf("longer\n"), batchOf("\n")]);
  fc.assert(
    fc.property(lines, fc.integer({ min: 1, max: 20 }), (all, chars) => {
      const batch = batchOf(all.join(""));
      const pieces = piecesOf(batch, chars);
      const joined = joinBatches(pieces);
      const fits = pieces.every(
        ({ texts, count }) => count === countLines(texts) && (texts.length <= chars || count === 1),
      );
      const full = pieces.every(({ texts }, at) => {
        const next = pieces[at + 1]?.texts ?? "";
        return next === "" || texts.length + next.indexOf("\n") + 1 > chars;
      });
      return fits && full && joined.texts === batch.texts && joined.count === batch.count;
    }),
    { numRuns: 500 },
  );
  t.pass();
});

promise("withoutEmpty keeps the other texts in order", (t) => {
  const plain = batchOf("a\nb\n");
  t.equal(withoutEmpty(plain), plain, "not copied if there are no empty texts");
  t.strictSame(withoutEmpty(batchOf("\n\n")), batchOf(""));
  fc.assert(
    fc.property(lines, (all) => {
      const left = withoutEmpty(batchOf(all.join("")));
      const expected = all.filter((line) => line !== "\n");
      return left.texts === expected.join("") && left.count === expected.length;
    }),
    { numRuns: 500 },
  );
  t.pass();
});

promise("firstOf and restOf join to the batch at every cut", (t) => {
  const batch = batchOf("a\nb\n");
  t.equal(restOf(batch, 0), batch);
  t.strictSame(restOf(batch, 3), batchOf(""));
  fc.assert(
    fc.property(lines, fc.nat(12), (all, messages) => {
      const whole = batchOf(all.join(""));
      const [first, rest] = [firstOf(whole, { messages, chars: Infinity }), restOf(whole, messages)];
      return (
        first.texts + rest.texts === whole.texts &&
        first.count + rest.count === whole.count &&
        countLines(rest.texts) === rest.count
      );
    }),
    { numRuns: 500 },
  );
  t.pass();
});

promise("textsBytes counts the UTF-8 bytes of any texts of any length", (t) => {
  fc.assert(
    fc.property(lines, (all) => textsBytes(batchOf(all.join(""))) === Buffer.byteLength(all.join(""))),
    { numRuns: 300 },
  );
  for (const text of ["\u{1f600}", "\u20ac", "\ud800", "x"])
    for (const length of [65_535, 65_536, 196_608, 200_001]) {
      const texts = `x${text.repeat(length)}\n`;
      t.equal(textsBytes(batchOf(texts)), Buffer.byteLength(texts), `${String(length)} times ${text}`);
    }
});
