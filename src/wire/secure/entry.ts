// Encodes and decodes the bytes of a typed message, which follow the place in an entry frame. PROTOCOL.md describes them.

import { concat, fromHex, toHex } from "../../core/bytes.js";
import {
  entryBodyBytesMax,
  frameTextsBytesMax,
  lineBytesMax,
  nameBytesMax,
  signatureBytesMax,
} from "../../core/limits.js";
import type { MessageReference, TypedMessage } from "../../core/typed-message.js";
import { fault, ok, type Bytes, type PublicKey, type Result } from "../../core/types.js";
import { fromUtf8, toUtf8 } from "../../core/utf8.js";

const idBytes = 16;
const keyBytes = 32;
const chainBytes = 16;
const referenceBytes = keyBytes + chainBytes + 8;

/** Bits of the flags. Other bits belong to newer versions and are ignored. */
const flagBits = { silent: 1, signed: 2 } as const;

/** Bytes of an entry whose fields of variable length are empty. */
export const entryBytesMin = idBytes + 2 + 1 + 1 + referenceBytes + 8 + 1 + 4 + 4 + 2;

const lineFeed = 10;

/** Throws for a message that the peer would refuse: it is a bug of this program. */
export function encodeEntry(message: Omit<TypedMessage, "raw">): Bytes {
  const writer = new EntryWriter();
  const { signature, refersTo } = message;
  writer.hex(message.id, idBytes);
  writer.whole(message.kind, 2);
  writer.whole((message.silent ? flagBits.silent : 0) | (signature.length > 0 ? flagBits.signed : 0), 1);
  writer.sized(toUtf8(message.conversation.normalize("NFC")), 1, nameBytesMax);
  writer.reference(message.place);
  writer.whole(message.written, 8);
  writer.whole(refersTo === undefined ? 0 : 1, 1);
  if (refersTo !== undefined) writer.reference(refersTo);
  const fallback = toUtf8(message.fallback);
  if (fallback.includes(lineFeed)) throw new Error("a fallback with a line feed");
  writer.sized(fallback, 4, lineBytesMax);
  writer.sized(message.body, 4, entryBodyBytesMax);
  writer.sized(signature, 2, signatureBytesMax);
  return writer.bytes;
}

/** Never throws. `raw` becomes a part of the message, and its body and signature are views of it. */
export function decodeEntry(raw: Bytes): Result<TypedMessage> {
  if (raw.length > frameTextsBytesMax) return fault("an entry that is too long");
  const reader = new EntryReader(raw);
  const id = reader.hex(idBytes);
  const kind = reader.whole(2);
  const flags = reader.whole(1);
  const conversation = fromUtf8(reader.sized(1, nameBytesMax)).normalize("NFC");
  const place = reader.reference();
  const written = reader.whole(8);
  const references = reader.whole(1);
  if (references > 1) reader.fail("an entry with several references");
  const refersTo = references === 1 ? reader.reference() : undefined;
  const line = reader.sized(4, lineBytesMax);
  if (line.includes(lineFeed)) reader.fail("an entry with a line feed in its fallback");
  const body = reader.sized(4, entryBodyBytesMax);
  const signature = reader.sized(2, signatureBytesMax);
  if (signature.length > 0 !== (flags & flagBits.signed) > 0) reader.fail("an entry whose flags and signature differ");
  if (reader.fault !== undefined) return fault(reader.fault);
  const silent = (flags & flagBits.silent) > 0;
  const fallback = fromUtf8(line);
  return ok({ id, kind, silent, conversation, place, written, refersTo, fallback, body, signature, raw });
}

class EntryWriter {
  readonly #parts: Bytes[] = [];

  get bytes(): Bytes {
    return concat(this.#parts);
  }

  /** A whole number, big-endian. */
  whole(value: number, bytes: number): void {
    if (!Number.isSafeInteger(value) || value < 0 || value >= 256 ** bytes)
      throw new Error(`${value} in ${bytes} bytes of an entry`);
    this.hex(value.toString(16).padStart(2 * bytes, "0"), bytes);
  }

  hex(digits: string, bytes: number): void {
    if (digits.length !== 2 * bytes) throw new Error(`${digits.length} digits for ${bytes} bytes of an entry`);
    this.#parts.push(fromHex(digits));
  }

  reference({ author, chain, number }: MessageReference): void {
    if (number === 0) throw new Error("a message number 0");
    this.hex(author, keyBytes);
    this.hex(chain, chainBytes);
    this.whole(number, 8);
  }

  /** Bytes after their length, which takes `lengthBytes`. */
  sized(part: Bytes, lengthBytes: number, max: number): void {
    if (part.length > max) throw new Error(`${part.length} bytes in a field of an entry`);
    this.whole(part.length, lengthBytes);
    this.#parts.push(part);
  }
}

/** Reads fields one after another. After a fault, fields are empty or 0. */
class EntryReader {
  readonly #raw: Bytes;
  #at = 0;
  #fault: string | undefined;

  constructor(raw: Bytes) {
    this.#raw = raw;
  }

  /** The first fault. */
  get fault(): string | undefined {
    return this.#fault;
  }

  fail(reason: string): void {
    this.#fault ??= reason;
    this.#at = this.#raw.length;
  }

  /** A whole number, big-endian; more than 2^53-1 is a fault. */
  whole(bytes: number): number {
    let value = 0;
    for (const byte of this.#take(bytes)) value = value * 256 + byte;
    if (Number.isSafeInteger(value)) return value;
    this.fail("a number beyond 2^53-1");
    return 0;
  }

  hex(bytes: number): string {
    return toHex(this.#take(bytes));
  }

  reference(): MessageReference {
    const author = this.hex(keyBytes) as PublicKey;
    const chain = this.hex(chainBytes);
    const number = this.whole(8);
    if (number === 0) this.fail("a message number 0");
    return { author, chain, number };
  }

  /** Bytes after their length, which takes `lengthBytes`. */
  sized(lengthBytes: number, max: number): Bytes {
    const length = this.whole(lengthBytes);
    if (length > max) this.fail("a field of an entry that is too long");
    return this.#take(Math.min(length, max));
  }

  #take(bytes: number): Bytes {
    const start = this.#at;
    if (start + bytes > this.#raw.length) this.fail("an entry that is too short");
    else this.#at = start + bytes;
    return this.#fault === undefined ? this.#raw.subarray(start, start + bytes) : nothing;
  }
}

const nothing: Bytes = new Uint8Array(0);
