// A store with its disk, as the contract's tests handle it, and what they put there.

import type { Outgoing } from "../../src/core/record.js";
import type { PeerName, PublicKey } from "../../src/core/types.js";
import type { Store } from "../../src/ports.js";

export interface Remembered {
  readonly direction: "in" | "out";
  readonly peer: string;
  readonly number: number;
  readonly text: string;
  readonly state: string;
}

/** A store and its disk. */
export interface StoreSetting {
  readonly store: Store;
  /** The process dies without a word, and another one opens the store. */
  crash(): void;
  /** From now on there is no room for `big`. */
  fillDisk(): void;
  makeRoom(): void;
  /** What was committed. */
  history(): readonly Remembered[];
  close(): void;
}

export const bob = "Bob" as PeerName;
export const carl = "Carl" as PeerName;
export const key = "ab".repeat(32) as PublicKey;
/** More than a full disk has left. */
export const big = `${"x".repeat(100_000)}\n`;

export const fresh: Outgoing = {
  stream: "0f".repeat(16),
  key,
  base: 0,
  retired: 0,
  retiredTag: "",
  written: 0,
  next: 1,
  acknowledges: true,
};
