// One direction of a channel after the handshake: plain bytes to records and back, under keys that are replaced in time.

import { recordBytesMax } from "../../core/limits.js";
import type { Bytes } from "../../core/types.js";
import type { NoiseLibrary } from "./noise.js";

const headerBytes = 2;
const tagBytes = 16;
const plainBytesMax = recordBytesMax - tagBytes;

/** A record may be empty; it then holds nothing but its tag. */
export const recordSizes = { min: tagBytes, max: recordBytesMax };

export interface RecordCounts {
  /** Records under one key. */
  readonly perKey: number;
  /** Records that one connection carries each way. */
  readonly max: number;
}

export interface RecordParts {
  readonly noise: NoiseLibrary;
  /** Wiped when it has served. */
  readonly key: Bytes;
  readonly counts: RecordCounts;
}

export class Records {
  readonly #noise: NoiseLibrary;
  readonly #counts: RecordCounts;
  #key: Bytes;
  /** Records so far, and so the nonce of the next one: as Noise has it, a new key does not set it back. */
  #count = 0;

  constructor({ noise, key, counts }: RecordParts) {
    this.#noise = noise;
    this.#counts = counts;
    this.#key = key;
  }

  /** Whether the connection has carried all that it may: the next record counts as none. */
  get wornOut(): boolean {
    return this.#count >= this.#counts.max;
  }

  /** All the records for `plain`, in a buffer of their own. */
  seal(plain: Bytes): Bytes {
    const records = new Uint8Array(plain.length + Math.ceil(plain.length / plainBytesMax) * (headerBytes + tagBytes));
    let end = 0;
    for (let at = 0; at < plain.length; at += plainBytesMax) {
      const nonce = this.#next();
      const record = this.#noise.cipher.encrypt(this.#key, nonce, plain.subarray(at, at + plainBytesMax));
      records[end] = record.length >> 8;
      records[end + 1] = record.length & 0xff;
      records.set(record, end + headerBytes);
      end += headerBytes + record.length;
    }
    return records;
  }

  /** Undefined for a record that was not sealed as the next one. */
  open(record: Bytes): Bytes | undefined {
    const nonce = this.#next();
    try {
      return this.#noise.cipher.decrypt(this.#key, nonce, record);
    } catch {
      return undefined;
    }
  }

  /** The nonce of the next record, whose key is in place. */
  #next(): number {
    if (this.#count > 0 && this.#count % this.#counts.perKey === 0) this.#rekey();
    this.#count += 1;
    return this.#count - 1;
  }

  #rekey(): void {
    const old = this.#key;
    this.#key = this.#noise.rekey(old);
    old.fill(0);
  }
}
