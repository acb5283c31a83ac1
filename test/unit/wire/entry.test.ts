// The bytes of typed messages: what is written is read, and whatever a peer sends gives a message or a fault.

import fc from "fast-check";
import { concat } from "../../../src/core/bytes.js";
import type { TypedMessage } from "../../../src/core/typed-message.js";
import type { Bytes, PublicKey } from "../../../src/core/types.js";
import { toUtf8 } from "../../../src/core/utf8.js";
import { decodeEntry, encodeEntry, entryBytesMin } from "../../../src/wire/secure/entry.js";
import { entryOf } from "../kit/entries.js";
import { promise } from "../kit/promise.js";
import { hex } from "../kit/two-channels.js";

const nothing = new Uint8Array(0);
const messageOf = (raw: Bytes): TypedMessage => {
  const decoded = decodeEntry(raw);
  if (!decoded.ok) throw new Error(decoded.message);
  return decoded.value;
};
const faultOf = (raw: Bytes): string => {
  const decoded = decodeEntry(raw);
  return decoded.ok ? "no fault" : decoded.message;
};

/** An entry by its fields, in hexadecimal digits, so that each can be wrong. */
function rawOf({
  flags = "00",
  conversation = "00",
  number = "0000000000000001",
  written = "0000000000000000",
  refersTo = "00",
  fallback = "00000000",
  body = "00000000",
  signature = "0000",
} = {}): Bytes {
  const place = "a".repeat(64) + "1".repeat(32) + number;
  return hex(`${"e".repeat(32)}0001${flags}${conversation}${place}${written}${refersTo}${fallback}${body}${signature}`);
}

const digits = (bytes: number): fc.Arbitrary<string> =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((each) => Buffer.from(each).toString("hex"));
const whole = fc.maxSafeNat();
const plain = { noNullPrototype: true };
const reference = fc.record(
  {
    author: digits(32).map((key) => key as PublicKey),
    chain: digits(16),
    number: whole.map((number) => Math.max(number, 1)),
  },
  plain,
);
const line = fc.string({ unit: "grapheme" }).map((text) => text.replaceAll("\n", ""));
const fields = fc.record(
  {
    id: digits(16),
    kind: fc.nat(65_535),
    silent: fc.boolean(),
    conversation: fc.string({ unit: "grapheme", maxLength: 10 }).map((name) => name.normalize("NFC")),
    place: reference,
    written: whole,
    refersTo: fc.option(reference, { nil: undefined }),
    fallback: line,
    body: fc.uint8Array({ maxLength: 300 }),
    signature: fc.uint8Array({ maxLength: 256 }),
  },
  plain,
);
const messages = fields.filter(({ conversation }) => Buffer.byteLength(conversation) <= 128);

promise("reads every message as it was written", (t) => {
  fc.assert(
    fc.property(messages, (message) => {
      const raw = encodeEntry(message);
      t.strictSame(messageOf(raw), { ...message, raw });
    }),
  );
});

promise("an entry that is cut anywhere is a fault", (t) => {
  fc.assert(
    fc.property(messages, (message) => {
      const raw = encodeEntry(message);
      for (let length = 0; length < raw.length; length += 1)
        if (faultOf(raw.subarray(0, length)) !== "an entry that is too short") t.fail(`${String(length)} bytes`);
    }),
  );
});

promise("keeps what a newer version added at the end, and ignores it", (t) => {
  const message = entryOf();
  const raw = concat([message.raw, hex("0102030a00ff")]);
  t.strictSame(messageOf(raw), { ...message, raw });
});

promise("any bytes give a message or a fault, and the message is written again as it came", (t) => {
  const like = fc
    .tuple(messages, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }))
    .map(([message, bytes]) => {
      const raw = encodeEntry(message);
      for (const [at, byte] of bytes) raw[at % raw.length] = byte;
      return raw;
    });
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 400 }), like), (raw) => {
      const decoded = decodeEntry(raw);
      if (!decoded.ok) return;
      t.equal(decoded.value.raw, raw);
      const { conversation, fallback } = decoded.value;
      // Bytes that are not UTF-8, names that are not NFC and unknown flags are not written again.
      if (/\u{fffd}/u.test(conversation + fallback) || ((raw[18] ?? 0) & 0xfc) > 0) return;
      const again = encodeEntry(decoded.value);
      t.strictSame(messageOf(again), { ...decoded.value, raw: again });
    }),
    { numRuns: 1_000 },
  );
});

promise("the shortest entry has all fields empty", (t) => {
  const raw = rawOf();
  t.equal(raw.length, entryBytesMin);
  t.match(messageOf(raw), { kind: 1, silent: false, conversation: "", refersTo: undefined, fallback: "" });
  t.match(faultOf(nothing), /too short/);
});

promise("numbers beyond 2^53-1 and the message number 0 are faults", (t) => {
  const [most, beyond, zero] = ["001fffffffffffff", "0020000000000000", "0000000000000000"];
  const other = "01" + "b".repeat(64) + "2".repeat(32);
  t.match(messageOf(rawOf({ number: most, written: most, refersTo: other + most })), {
    place: { number: Number.MAX_SAFE_INTEGER },
    written: Number.MAX_SAFE_INTEGER,
    refersTo: { number: Number.MAX_SAFE_INTEGER },
  });
  for (const wrong of [
    { number: beyond },
    { written: beyond },
    { written: "f".repeat(16) },
    { refersTo: other + beyond },
  ])
    t.match(faultOf(rawOf(wrong)), /beyond 2\^53-1/, JSON.stringify(wrong));
  for (const wrong of [{ number: zero }, { refersTo: other + zero }])
    t.match(faultOf(rawOf(wrong)), /message number 0/);
});

promise("a length beyond its bound or beyond the entry's end is a fault", (t) => {
  const filled = (bytes: number): string => "61".repeat(bytes);
  const length = (bytes: number, value: number): string => value.toString(16).padStart(2 * bytes, "0");
  const cases = [
    ["conversation", 1, 128, "00"],
    ["fallback", 4, 65_536, "00"],
    ["body", 4, 131_072, "00"],
    ["signature", 2, 256, "02"],
  ] as const;
  for (const [field, lengthBytes, max, flags] of cases) {
    const value = (bytes: number): string => length(lengthBytes, bytes) + filled(bytes);
    t.ok(decodeEntry(rawOf({ flags, [field]: value(max) })).ok, field);
    t.match(faultOf(rawOf({ flags, [field]: value(max + 1) })), /a field of an entry that is too long/, field);
    t.match(faultOf(rawOf({ flags, [field]: "ff".repeat(lengthBytes) })), /too long/, field);
    const short = rawOf({ flags, [field]: length(lengthBytes, max) });
    t.match(faultOf(short), /too short/, field);
  }
  const most = rawOf({ body: value(131_072), fallback: value(65_536) });
  t.ok(decodeEntry(concat([most, new Uint8Array(262_144 - most.length)])).ok);
  t.match(faultOf(concat([most, new Uint8Array(262_145 - most.length)])), /an entry that is too long/);
  function value(bytes: number): string {
    return length(4, bytes) + filled(bytes);
  }
});

promise("a line feed in a fallback is a fault, and another control character is not", (t) => {
  for (const text of ["0a", "610a", "0a61"])
    t.match(faultOf(rawOf({ fallback: `0000000${String(text.length / 2)}${text}` })), /line feed in its fallback/);
  t.equal(messageOf(rawOf({ fallback: "00000004000d611b" })).fallback, "\0\ra\x1b");
  t.strictSame(messageOf(rawOf({ body: "000000020a00" })).body, Uint8Array.of(10, 0));
});

promise("bytes that are not UTF-8 become U+FFFD, and names are normalised", (t) => {
  t.equal(messageOf(rawOf({ fallback: "00000003c328ff" })).fallback, "\u{fffd}(\u{fffd}");
  t.equal(messageOf(rawOf({ conversation: "02ff61" })).conversation, "\u{fffd}a");
  t.equal(messageOf(rawOf({ conversation: "0361cc88" })).conversation, "\u00e4");
  t.equal(messageOf(entryOf({ conversation: "a\u0308" }).raw).conversation, "\u00e4");
});

promise("knows the flags silent and signed, and ignores others", (t) => {
  t.ok(messageOf(rawOf({ flags: "01" })).silent);
  t.notOk(messageOf(rawOf({ flags: "fc" })).silent);
  t.strictSame(messageOf(rawOf({ flags: "ff", signature: "0002abcd" })).signature, Uint8Array.of(0xab, 0xcd));
  for (const wrong of [{ flags: "02" }, { flags: "00", signature: "0001ab" }])
    t.match(faultOf(rawOf(wrong)), /flags and signature differ/);
});

promise("an entry has no reference or one", (t) => {
  t.equal(messageOf(rawOf()).refersTo, undefined);
  t.match(faultOf(rawOf({ refersTo: "02" + "b".repeat(64) + "2".repeat(48) })), /several references/);
});

promise("throws instead of writing an entry that a peer would refuse", (t) => {
  const { place } = entryOf();
  for (const wrong of [
    { id: "00" },
    { kind: 65_536 },
    { kind: -1 },
    { conversation: "x".repeat(129) },
    { place: { ...place, number: 0 } },
    { place: { ...place, chain: "" } },
    { written: 0.5 },
    { written: 2 ** 53 },
    { refersTo: { ...place, number: 2 ** 53 } },
    { fallback: "two\nlines" },
    { fallback: "x".repeat(65_537) },
    { body: new Uint8Array(131_073) },
    { signature: new Uint8Array(257) },
  ])
    t.throws(() => entryOf(wrong), JSON.stringify(wrong).slice(0, 60));
  const largest = entryOf({
    conversation: "x".repeat(128),
    fallback: "\u{fffd}".repeat(21_845),
    body: new Uint8Array(131_072),
    signature: toUtf8("x".repeat(256)),
  });
  t.strictSame(messageOf(largest.raw), largest);
});
