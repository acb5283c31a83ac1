import fc from "fast-check";
import { writeCharsMax } from "../../../src/core/limits.js";
import { Utf8Writer } from "../../../src/core/utf8.js";
import { promise } from "../kit/promise.js";

const length = fc.constantFrom(0, 1, 10, 2 * writeCharsMax - 1, 2 * writeCharsMax, 2 * writeCharsMax + 1);
const write = fc.record({
  text: fc
    .tuple(fc.constantFrom("x", "é", "€", "😀", "\ud800", "\udc00x"), length)
    .map(([character, chars]) => character.repeat(Math.ceil(chars / character.length))),
  keep: fc.boolean(),
});

promise("a writer's bytes equal an encoder's until its next call, and for good after keep", (t) => {
  fc.assert(
    fc.property(fc.array(write, { maxLength: 8 }), (writes) => {
      const writer = new Utf8Writer();
      const kept = writes.flatMap(({ text, keep }) => {
        const bytes = writer.encode(text);
        if (!Buffer.from(text).equals(bytes)) throw new Error(`${String(text.length)} characters`);
        if (keep) writer.keep();
        return keep ? [{ bytes, text }] : [];
      });
      return kept.every(({ bytes, text }) => Buffer.from(text).equals(bytes));
    }),
  );
  t.pass();
});

promise("a writer reuses one buffer if keep is not called", (t) => {
  const writer = new Utf8Writer();
  const first = writer.encode("one\n").buffer;
  t.equal(writer.encode("two\n").buffer, first);
  writer.keep();
  t.not(writer.encode("three\n").buffer, first);
});
