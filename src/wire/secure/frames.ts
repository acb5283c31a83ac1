// The frames inside the records: kinds, codes and sizes as in PROTOCOL.md, and the decoders of frame bodies.

import { batchOf } from "../../core/batch.js";
import { toHex } from "../../core/bytes.js";
import { frameTextsBytesMax, lineBytesMax, nameBytesMax } from "../../core/limits.js";
import type { Features } from "../../core/notice.js";
import type { Bytes } from "../../core/types.js";
import { fromUtf8 } from "../../core/utf8.js";
import type { ByeReason, TextsEvent, WireEvent } from "../event.js";
import { decodeEntry, entryBytesMin } from "./entry.js";
import { featuresOfBits } from "./features.js";

export interface HelloFrame {
  readonly kind: "hello";
  /** The peer's real minor version; its preamble could have been altered on the way. */
  readonly minor: number;
  readonly name: string;
  /** Undefined if the hello has none; a hello of minor 0 has none on the wire. */
  readonly features?: Features;
}

export type RefusalReason = (typeof refusals)[number];

export interface RefusedFrame {
  readonly kind: "refused";
  /** "other" is any code of a newer version. */
  readonly reason: RefusalReason | "other";
}

/** The first frame is a hello or a refusal; the others are the dialect's events. */
export type Frame = HelloFrame | RefusedFrame | WireEvent;

/** The code of a reason is its index + 1. */
export const refusals = [
  "key-changed",
  "unknown-name",
  "key-of-another",
  "not-verified",
  "busy",
  "not-secure-row",
] as const;
export const byes: readonly ByeReason[] = ["idle", "quit", "replaced"];

export const kinds = {
  hello: 1,
  refused: 2,
  position: 3,
  stream: 4,
  texts: 5,
  ack: 6,
  bye: 7,
  "texts-at": 8,
  entry: 9,
} as const;

export const headerBytes = 5;
export const streamBytes = 16;
export const tagBytes = 8;
/** Bytes of the fields before the texts. */
export const placeBytes = 8 + tagBytes;
export const timeBytes = 8;
export const featuresBytes = 8;

interface Kind {
  /** A shorter body is a fault. */
  readonly bytesMin: number;
  /** Bytes that we read of a body; newer versions may have added more. */
  readonly bytesRead: number;
  /** The fault of a longer body, for kinds whose last field extends to the end of the body. */
  readonly tooLong?: string;
  readonly decode: (body: Bytes) => Frame;
}

const exactly = (bytes: number, decode: Kind["decode"]): Kind => ({ bytesMin: bytes, bytesRead: bytes, decode });

/** `fixed` bytes, and then a field of at least `min` bytes that extends to the end of the body. */
const toTheEnd = (fixed: number, min: number, tooLong: string, decode: Kind["decode"]): Kind => ({
  bytesMin: fixed + min,
  bytesRead: fixed + frameTextsBytesMax,
  tooLong,
  decode,
});

/** By the code of the kind. */
export const decoders: ReadonlyMap<number, Kind> = new Map([
  [kinds.hello, { bytesMin: 3, bytesRead: 2 + nameBytesMax + featuresBytes, decode: hello }],
  [kinds.refused, exactly(1, refused)],
  [kinds.position, exactly(streamBytes + 8 + tagBytes + 8, position)],
  [kinds.stream, exactly(streamBytes + 8, stream)],
  [kinds.texts, toTheEnd(placeBytes, 1, "too many texts in one frame", texts)],
  [kinds.ack, exactly(8 + 8, ack)],
  [kinds.bye, exactly(1, bye)],
  [kinds["texts-at"], toTheEnd(placeBytes + timeBytes, 1, "too many texts in one frame", textsAt)],
  [kinds.entry, toTheEnd(placeBytes, entryBytesMin, "an entry that is too long", entry)],
]);

type FaultEvent = WireEvent & { readonly kind: "fault" };

export const faulty = (reason: string): FaultEvent => ({ kind: "fault", reason });

/** `body` is cut to the longest possible name and the features. */
function hello(body: Bytes): Frame {
  const [minor = 0, length = 0] = body;
  const end = 2 + length;
  if (length === 0 || length > nameBytesMax || body.length < end) return faulty("a hello without a valid name");
  const greeting = { kind: "hello", minor, name: fromUtf8(body.subarray(2, end)).normalize("NFC") } as const;
  if (minor === 0 || body.length < end + featuresBytes) return greeting;
  return { ...greeting, features: featuresOfBits(bitsAt(body, end)) };
}

function refused([code = 0]: Bytes): Frame {
  return { kind: "refused", reason: refusals[code - 1] ?? "other" };
}

function position(body: Bytes): Frame {
  const received = numberAt(body, 16);
  const granted = numberAt(body, 32);
  if (received === undefined || granted === undefined) return tooLarge;
  return {
    kind: "position",
    stream: toHex(body.subarray(0, 16)),
    received,
    tag: toHex(body.subarray(24, 32)),
    granted,
  };
}

function stream(body: Bytes): Frame {
  const from = numberAt(body, 16);
  if (from === undefined) return tooLarge;
  return from === 0 ? numberZero : { kind: "stream", stream: toHex(body.subarray(0, 16)), from };
}

function ack(body: Bytes): Frame {
  const received = numberAt(body, 0);
  const granted = numberAt(body, 8);
  return received === undefined || granted === undefined ? tooLarge : { kind: "ack", received, granted };
}

/** An unknown reason counts as "quit". */
function bye([code = 0]: Bytes): Frame {
  return { kind: "bye", reason: byes[code - 1] ?? "quit" };
}

function texts(body: Bytes): Frame {
  return textsAfter(body, placeBytes);
}

function textsAt(body: Bytes): Frame {
  const written = numberAt(body, placeBytes);
  if (written === undefined) return tooLarge;
  const event = textsAfter(body, placeBytes + timeBytes);
  return event.kind === "texts" ? { ...event, written } : event;
}

/** `start`: where the texts begin in the body. */
function textsAfter(body: Bytes, start: number): TextsEvent | FaultEvent {
  const seq = numberAt(body, 0);
  const lines = body.subarray(start);
  if (seq === 0) return numberZero;
  if (lines[lines.length - 1] !== lineFeed) return faulty("a text without a line feed at its end");
  if (lines.length > lineBytesMax && longest(lines) > lineBytesMax) return faulty("a text that is too long");
  const batch = batchOf(fromUtf8(lines));
  if (seq === undefined || seq > Number.MAX_SAFE_INTEGER - (batch.count - 1)) return tooLarge;
  return { kind: "texts", batch, at: { seq, tag: tagOf(body), bytes: lines.length } };
}

function entry(body: Bytes): Frame {
  const seq = numberAt(body, 0);
  if (seq === undefined) return tooLarge;
  if (seq === 0) return numberZero;
  // A copy: the message is kept, and the body may be a small part of a chunk.
  const message = decodeEntry(new Uint8Array(body.subarray(placeBytes)));
  if (!message.ok) return faulty(message.message);
  return { kind: "entry", at: { seq, tag: tagOf(body), bytes: message.value.raw.length }, message: message.value };
}

const tagOf = (body: Bytes): string => toHex(body.subarray(8, placeBytes));

const lineFeed = 10;
const tooLarge = faulty("a number beyond 2^53-1");
const numberZero = faulty("a sequence number 0");

/** Bytes of the longest text, without its line feed. `lines` must end with a line feed. */
function longest(lines: Bytes): number {
  let max = 0;
  for (let start = 0; start < lines.length;) {
    const end = lines.indexOf(lineFeed, start);
    max = Math.max(max, end - start);
    start = end + 1;
  }
  return max;
}

/** u64 big-endian; undefined beyond 2^53-1. */
function numberAt(body: Bytes, at: number): number | undefined {
  let value = 0;
  for (const byte of body.subarray(at, at + 8)) value = value * 256 + byte;
  return Number.isSafeInteger(value) ? value : undefined;
}

/** u64 big-endian, all 64 bits. */
const bitsAt = (body: Bytes, at: number): bigint => new DataView(body.buffer, body.byteOffset + at, 8).getBigUint64(0);
