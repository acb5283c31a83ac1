// A channel after the handshake: encrypts plain bytes into records and decrypts them, and replaces keys regularly. It
// never throws on the peer's bytes, and no event follows a fault. One small object serves both directions: most are
// idle.

import { concat } from "../../core/bytes.js";
import { recordBytesMax } from "../../core/limits.js";
import type { Bytes } from "../../core/types.js";
import { keyBytes, moveKey, storeKeys, wipeKeys } from "./key-slab.js";
import { MessageReader } from "./message-reader.js";
import type { NoiseLibrary } from "./noise.js";

const headerBytes = 2;
const tagBytes = 16;
const plainBytesMax = recordBytesMax - tagBytes;

const sealingAt = 0;
const openingAt = keyBytes;
const wiped = -1;

/** A record may be empty; it then consists of its tag. */
const recordSizes = { min: tagBytes, max: recordBytesMax };

export interface RecordCounts {
  /** Records under one key. */
  readonly perKey: number;
  /** Records in each direction of one connection. */
  readonly max: number;
}

export type RecordEvent =
  | { readonly kind: "plain"; readonly bytes: Bytes }
  | { readonly kind: "fault"; readonly fault: "record"; readonly reason: string };

export interface RecordParts {
  readonly noise: NoiseLibrary;
  readonly counts: RecordCounts;
  /** Both are wiped: the keys are copied into the slab. */
  readonly keys: { readonly sealing: Bytes; readonly opening: Bytes };
}

export class Records {
  readonly #noise: NoiseLibrary;
  readonly #counts: RecordCounts;
  readonly #slab: Bytes;
  /** Index of the keys in the slab; `wiped` after they were wiped. */
  #at: number;
  /** Records so far in each direction, and thus the next nonce. By Noise, a new key does not reset it. */
  #sealed = 0;
  #opened = 0;
  /** Defined while a record is unfinished. */
  #messages: MessageReader | undefined;
  #broken = false;

  constructor({ noise, counts, keys: { sealing, opening } }: RecordParts) {
    this.#noise = noise;
    this.#counts = counts;
    const { slab, at } = storeKeys(sealing, opening);
    this.#slab = slab;
    this.#at = at;
  }

  push(chunk: Bytes): readonly RecordEvent[] {
    const messages = this.#messages ?? new MessageReader();
    messages.push(chunk);
    return this.read(messages);
  }

  /** Reads the records in the current chunk of `messages`, which has read the handshake before. */
  read(messages: MessageReader): readonly RecordEvent[] {
    const events: RecordEvent[] = [];
    if (this.#broken) return events;
    const plains: Bytes[] = [];
    let next = messages.next(recordSizes);
    for (; next !== undefined; next = messages.next(recordSizes)) {
      const plain = next === "bad-size" || this.#exhausted ? undefined : this.#open(next);
      if (plain === undefined) break;
      if (plain.length > 0) plains.push(plain);
    }
    this.#broken = next !== undefined;
    this.#messages = messages.unfinished ? messages : undefined;
    if (plains.length > 0) events.push({ kind: "plain", bytes: concat(plains) });
    if (this.#broken) events.push(damaged);
    return events;
  }

  /** Encrypts `plain` into records in a new buffer. */
  seal(plain: Bytes): Bytes {
    const records = new Uint8Array(plain.length + Math.ceil(plain.length / plainBytesMax) * (headerBytes + tagBytes));
    let end = 0;
    for (let at = 0; at < plain.length; at += plainBytesMax) {
      const record = this.#sealOne(plain.subarray(at, at + plainBytesMax));
      records[end] = record.length >> 8;
      records[end + 1] = record.length & 0xff;
      records.set(record, end + headerBytes);
      end += headerBytes + record.length;
    }
    return records;
  }

  /** Wipes the keys. After this, sealing and opening fail. */
  wipe(): void {
    if (this.#at !== wiped) wipeKeys({ slab: this.#slab, at: this.#at });
    this.#at = wiped;
  }

  /** Whether the peer has sent the maximum number of records; a further one is a fault. */
  get #exhausted(): boolean {
    return this.#opened >= this.#counts.max;
  }

  /** Decrypts the next record; undefined if it is damaged, lost, repeated or out of order. */
  #open(record: Bytes): Bytes | undefined {
    const nonce = this.#opened;
    this.#opened += 1;
    try {
      return this.#noise.cipher.decrypt(this.#keyFor(nonce, openingAt), nonce, record);
    } catch {
      return undefined;
    }
  }

  #sealOne(plain: Bytes): Bytes {
    const nonce = this.#sealed;
    this.#sealed += 1;
    return this.#noise.cipher.encrypt(this.#keyFor(nonce, sealingAt), nonce, plain);
  }

  /** The sealing or opening key for `nonce`; replaces it first if it has been used for `perKey` records. */
  #keyFor(nonce: number, offset: number): Bytes {
    if (this.#at === wiped) throw new Error("the keys were wiped");
    const key = this.#slab.subarray(this.#at + offset, this.#at + offset + keyBytes);
    if (nonce > 0 && nonce % this.#counts.perKey === 0) moveKey(this.#noise.rekey(key), key);
    return key;
  }
}

const damaged: RecordEvent = {
  kind: "fault",
  fault: "record",
  reason: "a record was damaged, lost or repeated on the way",
};
