// The features in a hello: what a program of minor 1 or newer understands besides minor 0.

import type { Features } from "../../core/notice.js";

/** By their bit in the hello's u64. Other bits belong to newer versions and are ignored. */
const featureBits: Readonly<Record<keyof Features, bigint>> = {
  /** `texts-at`: reads texts with their time of writing. */
  timed: 1n << 0n,
  /** `entry`: reads messages with a kind. */
  entries: 1n << 1n,
};

/** The features of a peer of minor 0. */
export const noFeatures: Features = { timed: false, entries: false };

/** The features of this program. */
export const ourFeatures: Features = { timed: true, entries: true };

export function bitsOfFeatures({ timed, entries }: Features): bigint {
  return (timed ? featureBits.timed : 0n) | (entries ? featureBits.entries : 0n);
}

/** `bits` may use all 64 bits. */
export function featuresOfBits(bits: bigint): Features {
  return { timed: (bits & featureBits.timed) !== 0n, entries: (bits & featureBits.entries) !== 0n };
}
