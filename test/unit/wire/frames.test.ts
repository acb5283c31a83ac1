import fc from "fast-check";
import { batchOf, textsBytes } from "../../../src/core/batch.js";
import { concat, toHex } from "../../../src/core/bytes.js";
import type { Bytes } from "../../../src/core/types.js";
import { toUtf8 } from "../../../src/core/utf8.js";
import { secureDialect } from "../../../src/wire/dialects/secure.js";
import { ourFeatures } from "../../../src/wire/secure/features.js";
import { FrameReader } from "../../../src/wire/secure/frame-reader.js";
import { FrameWriter } from "../../../src/wire/secure/frame-writer.js";
import { refusals, type Frame } from "../../../src/wire/secure/frames.js";
import { entryOf } from "../kit/entries.js";
import { promise } from "../kit/promise.js";
import { hex } from "../kit/two-channels.js";

const tag = "1011121314151617";
const stream = "000102030405060708090a0b0c0d0e0f";
const hello: Frame = { kind: "hello", minor: 3, name: "Zoë", features: { timed: true, entries: false } };
const textsFrame = (texts: string, seq = 1): Frame & { kind: "texts" } => ({
  kind: "texts",
  batch: batchOf(texts),
  at: { seq, tag, bytes: Buffer.byteLength(texts) },
});
const timedFrame = (texts: string, written: number, seq = 1): Frame => ({ ...textsFrame(texts, seq), written });
const entryFrame = (message = entryOf(), seq = 1): Frame => ({
  kind: "entry",
  at: { seq, tag, bytes: message.raw.length },
  message,
});
const conversation: readonly Frame[] = [
  hello,
  { kind: "position", stream, received: 0, tag, granted: Number.MAX_SAFE_INTEGER },
  { kind: "stream", stream, from: Number.MAX_SAFE_INTEGER },
  textsFrame("one\n\nGrüße 👩‍👧\n"),
  textsFrame("\n", Number.MAX_SAFE_INTEGER),
  timedFrame("then\n\nGrüße\n", 1_700_000_000_123, 5),
  timedFrame("\n", 0),
  entryFrame(),
  entryFrame(entryOf({ signature: hex("aabb"), refersTo: undefined }), Number.MAX_SAFE_INTEGER),
  { kind: "ack", received: 4_294_967_296, granted: 1 },
  ...(["idle", "quit", "replaced"] as const).map((reason): Frame => ({ kind: "bye", reason })),
  ...refusals.map((reason): Frame => ({ kind: "refused", reason })),
];

const encode = (...frames: readonly Frame[]): Bytes => new Uint8Array(new FrameWriter().encode(frames));
const read = (...chunks: readonly Bytes[]): Frame[] => {
  const reader = new FrameReader();
  return chunks.flatMap((chunk) => reader.push(chunk));
};
const afterHello = (bytes: Bytes): Frame[] => read(encode(hello), bytes).slice(1);
const frame = (kind: number, body: Bytes | string): Bytes => {
  const bytes = typeof body === "string" ? hex(body) : body;
  const whole = new Uint8Array(5 + bytes.length);
  new DataView(whole.buffer).setUint32(1, bytes.length);
  whole[0] = kind;
  whole.set(bytes, 5);
  return whole;
};
const fault = (reason: RegExp): object => ({ kind: "fault", reason });

promise("reads the written frames, wherever the bytes are split", (t) => {
  const bytes = encode(...conversation);
  t.strictSame(read(bytes), conversation);
  for (let cut = 0; cut <= bytes.length; cut += 1)
    t.strictSame(read(bytes.slice(0, cut), bytes.slice(cut)), conversation);
  t.strictSame(read(...Array.from(bytes, (byte) => Uint8Array.of(byte))), conversation);
});

promise("an incomplete frame gives no event and counts as unfinished", (t) => {
  const bytes = encode(hello, textsFrame("one\n"));
  for (let length = encode(hello).length + 1; length < bytes.length; length += 1) {
    const reader = new FrameReader();
    t.strictSame(reader.push(bytes.subarray(0, length)), [hello]);
    t.ok(reader.unfinished);
    reader.push(bytes.subarray(length));
    t.notOk(reader.unfinished);
  }
});

promise("skips unknown kinds, also before the hello and without a body", (t) => {
  const unknown = concat([frame(0, ""), frame(200, "0102"), frame(10, new Uint8Array(200_000))]);
  t.strictSame(read(unknown, encode(hello), unknown, encode({ kind: "bye", reason: "quit" })), [
    hello,
    { kind: "bye", reason: "quit" },
  ]);
});

promise("a frame without a body is complete after its header", (t) => {
  const reader = new FrameReader();
  reader.push(frame(200, ""));
  t.notOk(reader.unfinished);
});

promise("skips additions of newer versions at the end of known frames", (t) => {
  for (const known of conversation.filter(({ kind }) => kind !== "texts" && kind !== "entry")) {
    const bytes = encode(known);
    const longer = frame(bytes[0]!, concat([bytes.subarray(5), new Uint8Array(500).fill(7)]));
    const next: Frame = { kind: "bye", reason: "idle" };
    const heard = known.kind === "hello" ? read(longer, encode(next)) : afterHello(concat([longer, encode(next)]));
    t.strictSame(heard, [known, next], known.kind);
  }
});

promise("maps unknown codes of newer versions to general ones", (t) => {
  t.strictSame(afterHello(frame(2, "63")), [{ kind: "refused", reason: "other" }]);
  t.strictSame(afterHello(frame(7, "63")), [{ kind: "bye", reason: "quit" }]);
});

promise("a body too short for its kind is a fault before it arrives", (t) => {
  for (const [kind, least] of [
    [1, 3],
    [2, 1],
    [3, 40],
    [4, 24],
    [5, 17],
    [6, 16],
    [7, 1],
    [8, 25],
    [9, 111],
  ] as const)
    t.match(
      read(kind === 1 ? new Uint8Array(0) : encode(hello), frame(kind, new Uint8Array(least - 1)).subarray(0, 5)).at(
        -1,
      ),
      fault(/too short/),
      String(kind),
    );
});

promise("a length beyond the bound is a fault for known and unknown kinds", (t) => {
  t.match(afterHello(hex("c8 00041001")), [fault(/too long/)]);
  t.strictSame(afterHello(hex("c8 00041000")), []);
  for (const [most, reason] of [
    ["05 00040010", /too many/],
    ["08 00040018", /too many/],
    ["09 00040010", /too long/],
  ] as const) {
    t.strictSame(afterHello(hex(most)), []);
    const header = hex(most);
    header[4]! += 1;
    t.match(afterHello(header), [fault(reason)]);
  }
});

promise("the first frame is a hello or a refusal, and there is one hello", (t) => {
  t.match(read(encode(textsFrame("too early\n"))), [fault(/before its hello/)]);
  t.match(read(encode(hello, hello)), [hello, fault(/second hello/)]);
  const refused: Frame = { kind: "refused", reason: "busy" };
  t.match(read(encode(refused, textsFrame("not greeted\n"))), [refused, fault(/before its hello/)]);
});

promise("nothing follows a fault", (t) => {
  const reader = new FrameReader();
  t.match(reader.push(concat([frame(6, ""), encode(hello)])), [fault(/too short/)]);
  t.strictSame(reader.push(encode(hello)), []);
  t.match(afterHello(concat([frame(6, "f".repeat(32)), encode({ kind: "bye", reason: "idle" })])), [fault(/2\^53/)]);
  t.equal(afterHello(concat([frame(6, "f".repeat(32)), encode({ kind: "bye", reason: "idle" })])).length, 1);
});

promise("numbers beyond 2^53-1 and the sequence number 0 are faults", (t) => {
  const most = "001fffffffffffff";
  const beyond = "0020000000000000";
  t.match(afterHello(frame(6, most + most)), [{ kind: "ack", received: Number.MAX_SAFE_INTEGER }]);
  for (const numbers of [most + beyond, beyond + most, "f".repeat(32)])
    t.match(afterHello(frame(6, numbers)), [fault(/2\^53/)]);
  t.match(afterHello(frame(4, stream + "00".repeat(8))), [fault(/number 0/)]);
  t.match(afterHello(frame(5, `${"00".repeat(8)}${tag}0a`)), [fault(/number 0/)]);
  t.match(afterHello(frame(5, `${beyond}${tag}0a`)), [fault(/2\^53/)]);
  t.match(afterHello(frame(5, `${most}${tag}0a0a`)), [fault(/2\^53/)], "the second text's number would be too large");
  const one = "0000000000000001";
  t.match(afterHello(frame(8, one + tag + most + "0a")), [{ written: Number.MAX_SAFE_INTEGER }]);
  t.match(afterHello(frame(8, one + tag + beyond + "0a")), [fault(/2\^53/)]);
  t.match(afterHello(frame(8, "00".repeat(8) + tag + one + "0a")), [fault(/number 0/)]);
  const { raw } = entryOf();
  t.match(afterHello(frame(9, concat([hex(most + tag), raw]))), [{ kind: "entry" }]);
  t.match(afterHello(frame(9, concat([hex(beyond + tag), raw]))), [fault(/2\^53/)]);
  t.match(afterHello(frame(9, concat([hex("00".repeat(8) + tag), raw]))), [fault(/number 0/)]);
});

promise("texts must end with a line feed, and each has a bound", (t) => {
  for (const [kind, place] of [
    [5, "0000000000000001" + tag],
    [8, "0000000000000001" + tag + "0000000000000001"],
  ] as const) {
    t.match(afterHello(frame(kind, `${place}61`)), [fault(/without a line feed/)]);
    const long = (bytes: number): Bytes => concat([hex(place), toUtf8(`a\n${"x".repeat(bytes)}\nb\n`)]);
    t.match(afterHello(frame(kind, long(65_536))), [{ kind: "texts", batch: { count: 3 } }]);
    t.match(afterHello(frame(kind, long(65_537))), [fault(/too long/)]);
  }
});

promise("an entry uses credit for its bytes, and is kept apart from the chunk that it came in", (t) => {
  const bytes = encode(entryFrame());
  const [heard] = afterHello(bytes);
  t.match(heard, { kind: "entry", at: { bytes: bytes.length - 5 - 16 } });
  t.ok(heard?.kind === "entry" && heard.message.raw.buffer.byteLength === heard.message.raw.length);
});

promise("a wrong entry is a fault, and nothing follows it", (t) => {
  const place = hex("0000000000000001" + tag);
  const { raw } = entryOf();
  const cut = frame(9, concat([place, raw.subarray(0, -1)]));
  t.match(afterHello(concat([cut, encode({ kind: "bye", reason: "idle" })])), [fault(/too short/)]);
  t.equal(afterHello(concat([cut, encode({ kind: "bye", reason: "idle" })])).length, 1);
});

promise("invalid UTF-8 does not affect other texts", (t) => {
  const bytes = concat([hex("0000000000000001" + tag), toUtf8("one\n"), hex("c328ff0a"), toUtf8("three\n")]);
  t.match(afterHello(frame(5, bytes)), [
    { batch: { texts: "one\n\u{fffd}(\u{fffd}\nthree\n", count: 3 }, at: { bytes: 14 } },
  ]);
});

promise("a hello needs a name within its bounds and normalises it", (t) => {
  t.match(read(frame(1, "000061")), [fault(/valid name/)]);
  t.match(read(frame(1, "000561")), [fault(/valid name/)]);
  t.match(read(frame(1, concat([hex("0081"), new Uint8Array(129).fill(97)]))), [fault(/valid name/)]);
  t.strictSame(read(frame(1, concat([hex("000361"), hex("cc88")]))), [{ kind: "hello", minor: 0, name: "ä" }]);
  t.match(read(frame(1, concat([hex("0080"), new Uint8Array(128).fill(97)]))), [{ name: "a".repeat(128) }]);
  const longest = concat([hex("0180"), new Uint8Array(128).fill(97), hex("0000000000000003 ff")]);
  t.match(read(frame(1, longest)), [{ name: "a".repeat(128), features: { timed: true, entries: true } }]);
});

promise("a hello of minor 0 has no features, whatever follows its name", (t) => {
  t.strictSame(read(frame(1, "000161 ffffffffffffffff")), [{ kind: "hello", minor: 0, name: "a" }]);
  t.equal(toHex(encode({ kind: "hello", minor: 0, name: "a", features: ourFeatures })), "0100000003000161");
  t.strictSame(read(frame(1, "010161 ffffffffffffff")), [{ kind: "hello", minor: 1, name: "a" }]);
});

promise("any texts in any chunks are decoded unchanged", (t) => {
  const texts = fc.array(
    fc.string({ unit: "grapheme" }).map((text) => `${text.replaceAll("\n", "")}\n`),
    { minLength: 1 },
  );
  fc.assert(
    fc.property(fc.array(texts), fc.array(fc.nat(600)), (batches, cuts) => {
      const sent = batches.map((lines) => textsFrame(lines.join("")));
      const bytes = encode(hello, ...sent);
      const at = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length];
      t.strictSame(read(...at.slice(1).map((end, index) => bytes.slice(at[index], end))), [hello, ...sent]);
    }),
  );
});

promise("garbage never throws, and ends with its first fault", (t) => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 80 })), fc.boolean(), (chunks, greeted) => {
      const heard = read(...(greeted ? [encode(hello)] : []), ...chunks);
      t.ok(heard.slice(0, -1).every(({ kind }) => kind !== "fault"));
    }),
  );
});

promise("throws instead of writing frames for which a peer would drop us", (t) => {
  t.throws(() => encode(textsFrame(`${"x".repeat(262_144)}\n`)), /in one frame/);
  t.throws(() => encode({ kind: "texts", batch: batchOf("a\n") }), /sequence number/);
  t.throws(() => encode({ kind: "hello", minor: 0, name: "" }), /a name of/);
  t.throws(() => encode({ kind: "ack", received: -1, granted: 0 }));
  t.throws(() => encode({ kind: "ack", received: 0, granted: 0.5 }));
  t.throws(() => encode(timedFrame("a\n", -1)));
  t.throws(() => encode(entryFrame({ ...entryOf(), raw: new Uint8Array(94) })), /entry of 94 bytes/);
  t.throws(() => encode(entryFrame({ ...entryOf(), raw: new Uint8Array(262_145) })), /entry of 262145 bytes/);
  t.equal(encode({ kind: "fault", reason: "ours" }).length, 0);
  const full = textsFrame(`${"x".repeat(65_535)}\n`.repeat(4));
  t.strictSame(afterHello(encode(full)), [full]);
});

promise("encodes several large frames in one write, and never overwrites kept bytes", (t) => {
  const writer = new FrameWriter();
  const large = Array.from({ length: 5 }, (_, index) => textsFrame(`${String(index).repeat(60_000)}\n`, index + 1));
  const kept = writer.encode([hello, ...large]);
  writer.keep();
  writer.encode([textsFrame("other\n".repeat(40))]);
  t.strictSame(read(kept), [hello, ...large]);
});

promise("counts a batch's UTF-8 bytes as its cost", (t) => {
  for (const texts of ["", "a\n", "Grüße\n", "👩‍👧\n".repeat(30_000), `${"é".repeat(65_535)}😀\n`, "\u{d800}\n"])
    t.equal(textsBytes(batchOf(texts)), Buffer.byteLength(texts));
});

promise("the session's decoder reports events after the hello, and a refusal as a fault", (t) => {
  const decoder = secureDialect.decoder();
  const said = conversation.slice(1, 13);
  const bytes = secureDialect.encode(said as never);
  t.strictSame(decoder.push(concat([encode(hello), bytes])), said);
  t.strictSame(decoder.flush(), []);
  t.match(decoder.push(encode({ kind: "refused", reason: "busy" })), [fault(/busy/)]);
});

promise("another decoder can take over between two frames, and treats a second hello as a fault", (t) => {
  for (const [index, frame] of conversation.slice(1, 13).entries())
    t.strictSame(secureDialect.decoder(true).push(encode(frame)), [frame], String(index));
  t.match(secureDialect.decoder(true).push(encode(hello)), [fault(/second hello/)]);
  t.match(secureDialect.decoder().push(encode(conversation[1] as Frame)), [fault(/before its hello/)]);
});

promise("the secure dialect has the traits that sessions need", (t) => {
  t.strictSame(secureDialect.traits, {
    identity: "key",
    claim: "acknowledged",
    transport: "one",
    farewell: true,
    lingerMs: 10_000,
  });
});
