// A channel after the handshake: plain bytes to records and back, under keys that are replaced in time. Both directions are
// one object and hold little: most connections are quiet.

import { recordBytesMax } from "../../core/limits.js";
import type { Bytes } from "../../core/types.js";
import { keepKeys, keyBytes, move, wipeKeys } from "./key-slab.js";
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
  readonly counts: RecordCounts;
  /** Both are wiped here: the records have copies of their own. */
  readonly keys: { readonly sealing: Bytes; readonly opening: Bytes };
}

export class Records {
  readonly #noise: NoiseLibrary;
  readonly #counts: RecordCounts;
  readonly #slab: Bytes;
  readonly #at: number;
  /** Records so far each way, and so the nonce of the next one: as Noise has it, a new key does not set it back. */
  #sealed = 0;
  #opened = 0;

  constructor({ noise, counts, keys: { sealing, opening } }: RecordParts) {
    this.#noise = noise;
    this.#counts = counts;
    const { slab, at } = keepKeys(sealing, opening);
    this.#slab = slab;
    this.#at = at;
  }

  /** Whether the other side has sent all that it may: its next record counts as none. */
  get wornOut(): boolean {
    return this.#opened >= this.#counts.max;
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

  /** Undefined for a record that was not sealed as the next one. */
  open(record: Bytes): Bytes | undefined {
    const nonce = this.#opened;
    const key = this.#keyFor(nonce, this.#at + keyBytes);
    this.#opened += 1;
    try {
      return this.#noise.cipher.decrypt(key, nonce, record);
    } catch {
      return undefined;
    }
  }

  /** The keys are gone. Nothing can be sealed or opened any more. */
  wipe(): void {
    wipeKeys({ slab: this.#slab, at: this.#at });
  }

  #sealOne(plain: Bytes): Bytes {
    const nonce = this.#sealed;
    const key = this.#keyFor(nonce, this.#at);
    this.#sealed += 1;
    return this.#noise.cipher.encrypt(key, nonce, plain);
  }

  /** The key that lies at `at`, which is replaced when it has served for as many records as it may. */
  #keyFor(nonce: number, at: number): Bytes {
    const key = this.#slab.subarray(at, at + keyBytes);
    if (nonce > 0 && nonce % this.#counts.perKey === 0) move(this.#noise.rekey(key), key);
    return key;
  }
}
