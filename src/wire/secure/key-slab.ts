// Where the keys of connections lie, a pair in each place: an array for each connection would weigh five times as much as
// the keys in it, and thousands are quiet. A place is wiped when its connection ends, and never given to another one.

import type { Bytes } from "../../core/types.js";

export const keyBytes = 32;
const pairBytes = 2 * keyBytes;

/** A slab stays for as long as one of its connections: few enough that the last one keeps little besides its own. */
const pairsInSlab = 64;

/** The keys begin at `at`, one behind the other. */
export interface KeyPlace {
  readonly slab: Bytes;
  readonly at: number;
}

let slab: Bytes = new Uint8Array(0);
let used = 0;

/** Moves both keys: what was handed over is wiped. */
export function keepKeys(first: Bytes, second: Bytes): KeyPlace {
  if (used === slab.length) [slab, used] = [new Uint8Array(pairsInSlab * pairBytes), 0];
  const at = used;
  used += pairBytes;
  move(first, slab.subarray(at, at + keyBytes));
  move(second, slab.subarray(at + keyBytes, used));
  return { slab, at };
}

export function wipeKeys({ slab, at }: KeyPlace): void {
  slab.fill(0, at, at + pairBytes);
}

/** The key at `to` is replaced, and what it came from is wiped. */
export function move(key: Bytes, to: Bytes): void {
  to.set(key);
  key.fill(0);
}
