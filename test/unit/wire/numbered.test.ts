import fc from "fast-check";
import t from "tap";
import type { Bytes } from "../../../src/core/types.js";
import { fromUtf8, toUtf8 } from "../../../src/core/utf8.js";
import {
  clearNumbered,
  NumberedDecoder,
  numberedBytesMax,
  type NumberedEvent,
} from "../../../src/wire/dialects/numbered.js";

const { answer, message, portion, seen: seenFrame, exit: exitFrame } = clearNumbered;
const said = (number: number, text: string): NumberedEvent => ({ kind: "message", number, text });
const seen = (number: number): NumberedEvent => ({ kind: "seen", number });
const stray = (text: string): NumberedEvent => ({ kind: "stray", text });
const exit: NumberedEvent = { kind: "exit" };

/** Decodes writes that arrive one by one; `awaited` is our unacknowledged message. */
function hear(writes: readonly (string | Bytes)[], awaited?: number): readonly NumberedEvent[] {
  const decoder = new NumberedDecoder();
  decoder.await(awaited);
  const events = writes.flatMap((write) => decoder.push(typeof write === "string" ? toUtf8(write) : write));
  return [...events, ...decoder.flush()];
}

t.test("encodes the same bytes as the seed", (t) => {
  t.equal(fromUtf8(answer(true)) + fromUtf8(answer(false)), "yn");
  t.equal(fromUtf8(message(1, "hello")), "#1:hello");
  t.equal(fromUtf8(message(2, "")), "#2:");
  t.equal(fromUtf8(seenFrame([1])), "ACK1");
  t.same([...exitFrame()], [...Buffer.from("/exit")]);
  t.end();
});

t.test("reads the answer to our call from the first byte only", (t) => {
  for (const [bytes, accepted] of [
    ["y", true],
    ["Y#1:hello", true],
    ["n", false],
    ["#1:hello", false],
  ] as const) {
    const events = new NumberedDecoder(true).push(toUtf8(bytes));
    t.same(events[0], { kind: "answer", accepted });
    t.equal(events.length, bytes.startsWith("Y") ? 2 : events.length);
  }
  t.same(new NumberedDecoder().push(toUtf8("y")), [{ kind: "stray", text: "y" }]);
  t.end();
});

t.test("decodes each of the peer's writes", (t) => {
  t.same(hear(["#1:hello", "ACK1", "#2:", "#3:a:b#c", "/exit"], 1), [
    said(1, "hello"),
    seen(1),
    said(2, ""),
    said(3, "a:b#c"),
    exit,
  ]);
  t.end();
});

t.test("drops line ends and NULs after a write", (t) => {
  t.same(hear(["#1:hello\n", "#2:you\r\n\0", `#3:padded${"\0".repeat(90)}`, "/exit\n"]), [
    said(1, "hello"),
    said(2, "you"),
    said(3, "padded"),
    exit,
  ]);
  t.same(hear(["#1:one\0#2:two\0ACK5\0/exit\0"]), [said(1, "one"), said(2, "two"), seen(5), exit]);
  t.end();
});

t.test("separates writes that arrive together where possible", (t) => {
  t.same(hear(["#1:one#2:two#3:three"]), [said(1, "one"), said(2, "two"), said(3, "three")]);
  t.same(hear(["ACK1#4:hi", "ACK2ACK3"]), [seen(1), said(4, "hi"), seen(2), seen(3)]);
  t.same(hear(["#1:hiACK7"], 7), [said(1, "hi"), seen(7)], "the number is that of our unacknowledged message");
  t.same(hear(["#1:hiACK7"], 6), [said(1, "hiACK7")], "the number is a different one");
  t.same(hear(["ACK1/exit"]), [seen(1), exit]);
  t.same(hear(["#1:hiACK7#2:you"], 7), [said(1, "hi"), seen(7), said(2, "you")]);
  t.end();
});

t.test("inside a text, /exit and the head of an unexpected message are text", (t) => {
  t.same(hear(["#1:type /exit to leave", "#2:/exit", "#3:see #9:", "/exit now"]), [
    said(1, "type /exit to leave"),
    said(2, "/exit"),
    said(3, "see #9:"),
    stray("/exit now"),
  ]);
  t.end();
});

t.test("bytes without a number become a stray event", (t) => {
  t.same(hear(["no colon", "#x:text", "#1234567890:too many digits", "\n", "", "\0\0"]), [
    stray("no colon"),
    stray("#x:text"),
    stray("#1234567890:too many digits"),
  ]);
  t.end();
});

t.test("completes a split head when its rest arrives, and reports it as a stray otherwise", (t) => {
  for (const [whole, events] of [
    ["#12:hello", [said(12, "hello")]],
    ["ACK12", [seen(12)]],
    ["/exit", [exit]],
  ] as const) {
    const head = whole.includes(":") ? whole.indexOf(":") + 1 : whole.length;
    for (let at = 1; at < head; at += 1)
      t.same(hear([whole.slice(0, at), whole.slice(at)], 12), events, `${whole} at ${String(at)}`);
  }
  t.same(hear(["ACK1", "#1:x"], 12), [seen(1), said(1, "x")], "an old acknowledgement counts too");
  t.same(hear(["#1"]), [stray("#1")]);
  t.same(hear(["AC"]), [stray("AC")]);
  t.end();
});

t.test("buffers only a few bytes and loses no text, for any bytes in any pieces", (t) => {
  const frames = fc.constantFrom("#1:", "#2:", "ACK", "ACK1", "/exit", "\0", "9".repeat(12), "/", "#", "A");
  const pieces = fc.array(fc.oneof(frames.map(toUtf8), fc.uint8Array({ maxLength: 30 })));
  fc.assert(
    fc.property(pieces, fc.option(fc.nat(20), { nil: undefined }), (each, awaited) => {
      const decoder = new NumberedDecoder();
      decoder.await(awaited);
      for (const piece of each) decoder.push(piece);
      return decoder.flush().length <= 1;
    }),
  );
  const texts = fc.array(fc.string({ unit: fc.constantFrom("a", "#", ":", "/exit", "ACK", "é", " ") }), {
    minLength: 1,
  });
  fc.assert(
    fc.property(texts, (each) => {
      const events = hear(each.map((text, index) => message(3 * index + 1, text)));
      t.same(
        events,
        each.map((text, index) => said(3 * index + 1, text)),
      );
    }),
  );
  t.end();
});

t.test("splits a long text between characters into portions of 99 bytes including their numbers", (t) => {
  t.same(portion(1, "x".repeat(96)), ["x".repeat(96), ""]);
  t.same(portion(1, "x".repeat(97)), ["x".repeat(96), "x"]);
  t.same(portion(10, "x".repeat(96)), ["x".repeat(95), "x"]);
  t.same(portion(1, "é".repeat(49)), ["é".repeat(48), "é"]);
  t.same(portion(1, `x${"😀".repeat(24)}`), [`x${"😀".repeat(23)}`, "😀"]);
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 300 }), fc.integer({ min: 1, max: 999_999 }), (text, number) => {
      const [first, rest] = portion(number, text);
      const bytes = message(number, first).length;
      return first + rest === text && bytes <= numberedBytesMax && (rest === "" || bytes > numberedBytesMax - 4);
    }),
  );
  t.end();
});
