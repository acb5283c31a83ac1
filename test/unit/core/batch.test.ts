import fc from "fast-check";
import { batchOf, firstOf } from "../../../src/core/batch.js";
import { promise } from "../kit/promise.js";

promise("a batch that fits is taken whole, to the last message and character", (t) => {
  const batch = batchOf("a\nbb\n");
  t.equal(firstOf(batch, { messages: 2, chars: 5 }), batch, "and not copied");
  t.strictSame(firstOf(batch, { messages: 1, chars: 5 }), batchOf("a\n"));
  t.strictSame(firstOf(batch, { messages: 2, chars: 4 }), batchOf("a\n"));
  t.strictSame(firstOf(batch, { messages: 2, chars: 1 }), batchOf(""));
  t.strictSame(firstOf(batch, { messages: 0, chars: 5 }), batchOf(""));
});

promise("what is taken of a batch is its start, in whole texts, and no text more would fit", (t) => {
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
