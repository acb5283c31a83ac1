// Memory for the connections' key pairs. An array per connection would take five times the memory of the keys in it,
// and there are thousands of idle connections. A place is wiped when its connection ends, and is never reused.

import type { Bytes } from "../../core/types.js";

export const keyBytes = 32;
const pairBytes = 2 * keyBytes;

/** A slab stays in memory while one of its connections exists, so it is small. */
const pairsInSlab = 64;

/** Two keys, one after the other, from index `at` on. */
export interface KeyPlace {
  readonly slab: Bytes;
  readonly at: number;
}

let slab: Bytes = new Uint8Array(0);
let used = 0;

/** Stores both keys and wipes the arguments. */
export function storeKeys(first: Bytes, second: Bytes): KeyPlace {
  if (used === slab.length) [slab, used] = [new Uint8Array(pairsInSlab * pairBytes), 0];
  const at = used;
  used += pairBytes;
  moveKey(first, slab.subarray(at, at + keyBytes));
  moveKey(second, slab.subarray(at + keyBytes, used));
  return { slab, at };
}

export function wipeKeys({ slab, at }: KeyPlace): void {
  slab.fill(0, at, at + pairBytes);
}

/** Copies `key` to `to` and wipes `key`. */
export function moveKey(key: Bytes, to: Bytes): void {
  to.set(key);
  key.fill(0);
}
