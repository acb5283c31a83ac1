// Splits bytes into chunks as TCP may do.

import type { Bytes } from "../../../src/core/types.js";
import type { Decoder } from "../../../src/wire/dialect.js";
import type { WireEvent } from "../../../src/wire/event.js";

/** Byte by byte, and cut at every point and every pair of points. */
export function splitsOf(bytes: Bytes): Bytes[][] {
  const splits: Bytes[][] = [[...bytes].map((byte) => new Uint8Array([byte]))];
  for (let a = 0; a <= bytes.length; a += 1)
    for (let b = a; b <= bytes.length; b += 1)
      splits.push([bytes.subarray(0, a), bytes.subarray(a, b), bytes.subarray(b)]);
  return splits;
}

export const feed = (decoder: Decoder, chunks: readonly Bytes[]): WireEvent[] =>
  chunks.flatMap((chunk) => decoder.push(chunk));
