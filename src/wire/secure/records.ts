// A channel after the handshake: plain bytes to records and back, under keys that are replaced in time. It never throws on
// what the other side sends, and nothing follows a fault. Both directions are one object and hold little: most are quiet.

import { concat } from "../../core/bytes.js";
import { recordBytesMax } from "../../core/limits.js";
import type { Bytes } from "../../core/types.js";
import { keepKeys, keyBytes, move, wipeKeys } from "./key-slab.js";
import { MessageReader } from "./message-reader.js";
import type { NoiseLibrary } from "./noise.js";

const headerBytes = 2;
const tagBytes = 16;
const plainBytesMax = recordBytesMax - tagBytes;

const sealingAt = 0;
const openingAt = keyBytes;
const wiped = -1;

/** A record may be empty; it then holds nothing but its tag. */
const recordSizes = { min: tagBytes, max: recordBytesMax };

export interface RecordCounts {
  /** Records under one key. */
  readonly perKey: number;
  /** Records that one connection carries each way. */
  readonly max: number;
}

export type RecordEvent =
  | { readonly kind: "plain"; readonly bytes: Bytes }
  | { readonly kind: "fault"; readonly fault: "record"; readonly reason: string };

export interface RecordParts {
  readonly noise: NoiseLibrary;
  readonly counts: RecordCounts;
  /** Both are wiped here: the records have copies of their own. */
  readonly keys: { readonly sealing: Bytes; readonly opening: Bytes };
}

export class Records {
  readonly #noise: NoiseLibrary;
  readonly #counts: RecordCounts;
  readonly #slab: Bytes;
  /** Where the keys begin; `wiped` once they are gone. */
  #at: number;
  /** Records so far each way, and so the nonce of the next one: as Noise has it, a new key does not set it back. */
  #sealed = 0;
  #opened = 0;
  /** While a record is unfinished. */
  #messages: MessageReader | undefined;
  #broken = false;

  constructor({ noise, counts, keys: { sealing, opening } }: RecordParts) {
    this.#noise = noise;
    this.#counts = counts;
    const { slab, at } = keepKeys(sealing, opening);
    this.#slab = slab;
    this.#at = at;
  }

  push(chunk: Bytes): readonly RecordEvent[] {
    const messages = this.#messages ?? new MessageReader();
    messages.push(chunk);
    return this.read(messages);
  }

  /** What lies in the chunk of a reader that has read other messages before. */
  read(messages: MessageReader): readonly RecordEvent[] {
    const events: RecordEvent[] = [];
    if (this.#broken) return events;
    const plains: Bytes[] = [];
    let next = messages.next(recordSizes);
    for (; next !== undefined; next = messages.next(recordSizes)) {
      const plain = next === "bad-size" || this.#wornOut ? undefined : this.#open(next);
      if (plain === undefined) break;
      if (plain.length > 0) plains.push(plain);
    }
    this.#broken = next !== undefined;
    this.#messages = messages.unfinished ? messages : undefined;
    if (plains.length > 0) events.push({ kind: "plain", bytes: concat(plains) });
    if (this.#broken) events.push(damaged);
    return events;
  }

  /** All the records for `plain`, in a buffer of their own. */
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

  /** The keys are gone. Nothing can be sealed or opened any more. */
  wipe(): void {
    if (this.#at !== wiped) wipeKeys({ slab: this.#slab, at: this.#at });
    this.#at = wiped;
  }

  /** Whether the other side has sent all that it may: its next record counts as none. */
  get #wornOut(): boolean {
    return this.#opened >= this.#counts.max;
  }

  /** Undefined for a record that was not sealed as the next one. */
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

  /** One of the two keys, which is replaced when it has served for as many records as it may. */
  #keyFor(nonce: number, offset: number): Bytes {
    if (this.#at === wiped) throw new Error("its keys are wiped");
    const key = this.#slab.subarray(this.#at + offset, this.#at + offset + keyBytes);
    if (nonce > 0 && nonce % this.#counts.perKey === 0) move(this.#noise.rekey(key), key);
    return key;
  }
}

const damaged: RecordEvent = {
  kind: "fault",
  fault: "record",
  reason: "a record was damaged, lost or repeated on the way",
};
