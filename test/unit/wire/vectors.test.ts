// Checks that the program writes the bytes that PROTOCOL.md lists for one conversation, and the shared part of its group file.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { parsePeerTable } from "../../../src/core/peer-table.js";
import { sharedText } from "../../../src/core/shared-group.js";
import type { TypedMessage } from "../../../src/core/typed-message.js";
import type { Bytes, PublicKey } from "../../../src/core/types.js";
import { toUtf8 } from "../../../src/core/utf8.js";
import { noiseLibrary } from "../../../src/platform/noise-library.js";
import { encodeEntry } from "../../../src/wire/secure/entry.js";
import { ourFeatures } from "../../../src/wire/secure/features.js";
import { FrameReader } from "../../../src/wire/secure/frame-reader.js";
import { FrameWriter } from "../../../src/wire/secure/frame-writer.js";
import type { Frame } from "../../../src/wire/secure/frames.js";
import { ourVersion, preambleOf, prologueOf } from "../../../src/wire/secure/preamble.js";
import { promise } from "../kit/promise.js";
import { channelOf, hex, keysOf, plainOf, shakeHands, type Secrets } from "../kit/two-channels.js";

const protocol = readFileSync("src/wire/PROTOCOL.md", "utf8");
/** The document's blocks of this kind, joined. */
const blocksOf = (kind: string): string =>
  [...protocol.matchAll(new RegExp(`^\`\`\`${kind}\\n([^\`]*)\`\`\``, "gm"))].map(([, block = ""]) => block).join("");
const vectors = readVectors();

function readVectors(): ReadonlyMap<string, string> {
  const block = blocksOf("vectors");
  return new Map(
    [...block.matchAll(/^(\S.*):\n((?: {2}[0-9a-f]+\n)+)/gm)].map(([, name = "", digits = ""]) => [
      name,
      digits.replace(/\s/g, ""),
    ]),
  );
}

function vector(name: string): Bytes {
  const digits = vectors.get(name);
  if (digits === undefined) throw new Error(`PROTOCOL.md has no vector "${name}"`);
  return hex(digits);
}

const digitsOf = (bytes: Bytes): string => Buffer.from(bytes).toString("hex");
const secretsOf = (end: string): Secrets => ({
  static: vector(`${end} static secret`),
  ephemeral: vector(`${end} ephemeral secret`),
});

const stream = "000102030405060708090a0b0c0d0e0f";
const tag = "1011121314151617";
const hello = (name: string): Frame => ({ kind: "hello", minor: 1, name, features: ourFeatures });
const texts: Frame = {
  ...{ kind: "texts", batch: { texts: "Hello\n\nGrüße\n", count: 3 } },
  at: { seq: 8, tag, bytes: 15 },
};
const message: Omit<TypedMessage, "raw"> = {
  ...{ id: "202122232425262728292a2b2c2d2e2f", kind: 700, silent: false, conversation: "été" },
  place: { author: vectors.get("initiator static public") as PublicKey, chain: stream, number: 11 },
  written: 1_700_000_000_123,
  refersTo: { author: vectors.get("responder static public") as PublicKey, chain: "f".repeat(32), number: 2 },
  ...{ fallback: "Grüße", body: hex("0102030a"), signature: hex("fdfeff") },
};
const direct: Omit<TypedMessage, "raw"> = {
  ...{ ...message, kind: 1, silent: true, conversation: "" },
  ...{ place: { ...message.place, number: 12 }, refersTo: undefined },
  ...{ fallback: "", body: hex(""), signature: hex("") },
};
const entry = (seq: number, fields: Omit<TypedMessage, "raw">): Frame => {
  const raw = encodeEntry(fields);
  return { kind: "entry", at: { seq, tag, bytes: raw.length }, message: { ...fields, raw } };
};
const frames: readonly (readonly [name: string, frame: Frame])[] = [
  ["hello", hello("Alice")],
  ["hello of minor 0", { kind: "hello", minor: 0, name: "Alice" }],
  ["refused", { kind: "refused", reason: "key-changed" }],
  ["position", { kind: "position", stream, received: 7, tag, granted: 262_144 }],
  ["stream", { kind: "stream", stream, from: 8 }],
  ["texts", texts],
  ["ack", { kind: "ack", received: 10, granted: 262_159 }],
  ["bye", { kind: "bye", reason: "idle" }],
  ["texts-at", { ...texts, written: 1_700_000_000_123 }],
  ["entry", entry(11, message)],
  ["entry of a direct message", entry(12, direct)],
];

promise("the document's key pairs match, and its prologue is the program's", (t) => {
  for (const end of ["initiator", "responder"])
    t.equal(digitsOf(keysOf(secretsOf(end)).publicKey), vectors.get(`${end} static public`));
  t.equal(digitsOf(prologueOf(preambleOf(ourVersion))), vectors.get("prologue"));
});

promise("the document contains each byte of the handshake and of the first records", (t) => {
  const alice = channelOf({ initiator: true, secrets: secretsOf("initiator") });
  const bob = channelOf({ initiator: false, secrets: secretsOf("responder") });
  const { dialled, answered, confirmed } = shakeHands(alice, bob);
  t.equal(digitsOf(dialled), vectors.get("initiator writes first"));
  t.equal(digitsOf(answered), vectors.get("responder answers"));
  t.equal(digitsOf(confirmed), vectors.get("initiator confirms"));
  const writer = new FrameWriter();
  const first = plainOf(bob.push(vector("record of the initiator, its hello")));
  t.equal(digitsOf(first), digitsOf(writer.encode([hello("Alice")])));
  const second = plainOf(bob.push(vector("record 2 of the initiator, its first text")));
  const text: Frame = { kind: "texts", batch: { texts: "Hello\n", count: 1 }, at: { seq: 1, tag, bytes: 6 } };
  t.equal(digitsOf(second), digitsOf(writer.encode([text])));
  t.equal(digitsOf(bob.seal(writer.encode([hello("Bob")]))), vectors.get("record of the responder, its hello"));
});

promise("encodes and decodes each kind of frame as in the document", (t) => {
  for (const [name, frame] of frames) {
    t.equal(digitsOf(new FrameWriter().encode([frame])), vectors.get(`frame ${name}`), name);
    const reader = new FrameReader(frame.kind !== "hello");
    t.strictSame(reader.push(vector(`frame ${name}`)), [frame], name);
  }
});

promise("the document contains the first record under the second key", (t) => {
  const alice = channelOf({ initiator: true, secrets: secretsOf("initiator") });
  const bob = channelOf({ initiator: false, secrets: secretsOf("responder") });
  shakeHands(alice, bob);
  for (let count = 0; count < 16_384; count += 1) alice.seal(Uint8Array.of(0));
  const ack = new FrameWriter().encode([{ kind: "ack", received: 10, granted: 262_159 }]);
  t.equal(digitsOf(alice.seal(ack)), vectors.get("record 16385 of the initiator, an ack"));
});

promise("derives a new key from the old one as in the document", (t) => {
  t.equal(digitsOf(noiseLibrary.rekey(vector("key before REKEY"))), vectors.get("key after REKEY"));
});

function sharedPartOf(file: string): string {
  const table = parsePeerTable("group", toUtf8(file), { port: 6969, dialect: "secure", idleMs: 120_000 });
  if (!table.ok) throw new Error(table.message);
  return sharedText(table.value);
}

const hashOf = (text: string): string => createHash("sha256").update(text).digest("hex");

promise("the shared part of the document's group file is as in the document, and so is its hash", (t) => {
  const shared = sharedPartOf(blocksOf("group-file"));
  t.equal(shared, blocksOf("shared-part"));
  t.equal(hashOf(shared), vectors.get("hash of the shared part"));
  const [name, rows] = [
    "Alice 10.1.1.0, Bob 10.1.2.0, Martha 10.1.3.0",
    "3 Alice 10.1.1.0 Bob 10.1.2.0 Martha 10.1.3.0",
  ];
  t.equal(hashOf(sharedPartOf(rows)), vectors.get(`hash for ${name}, without conversations`));
});
