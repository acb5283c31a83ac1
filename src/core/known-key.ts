// What is known of a friend's key.

import type { KeyStanding, PublicKey } from "./types.js";

export interface KnownKey {
  readonly key: PublicKey;
  readonly standing: KeyStanding;
  /** The last key that was refused because of this one. */
  readonly refused?: PublicKey;
}

/** Thirty-two of the key's digits in groups of four: 128 bits, which nobody finds a second key for. */
export const fingerprint = (key: PublicKey): string => (key.slice(0, 32).match(/.{4}/g) ?? []).join(" ");
