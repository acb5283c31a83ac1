// The interface through which the contract tests control a store and its disk, and their test data.

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
  /** The process is killed, and another one opens the store. */
  crash(): void;
  /** From now on there is no space for `big`. */
  fillDisk(): void;
  makeRoom(): void;
  /** All committed messages. */
  history(): readonly Remembered[];
  close(): void;
}

export const bob = "Bob" as PeerName;
export const carl = "Carl" as PeerName;
export const key = "ab".repeat(32) as PublicKey;
/** A text too large for a full disk. */
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
