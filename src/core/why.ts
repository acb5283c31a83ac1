// What there is to know when somebody asks why a message did not arrive.

import type { PeerStatus } from "./notice.js";

/** One try to reach a friend. */
export interface Attempt {
  readonly host: string;
  readonly port: number;
  /** On the clock of `Clock.now`. */
  readonly at: number;
  /** Undefined while it is under way. */
  readonly result: "reached" | { readonly reason: string } | undefined;
}

/** A connection as the kernel sees it. */
export interface KernelRow {
  /** As `ss` names it: ESTAB, SYN-SENT and so on. */
  readonly state: string;
  readonly local: string;
  readonly remote: string;
  /** Bytes that the other side's kernel has not acknowledged. */
  readonly unsent: number;
  /** Bytes that we have not read. */
  readonly unread: number;
  /** How often in a row the kernel repeated something and got no answer. */
  readonly retries: number;
}

export interface Account {
  readonly status: PeerStatus;
  readonly attempts: readonly Attempt[];
  /** On the clock of `Clock.now`, as is `now`. */
  readonly now: number;
  /** When the next try is due; undefined where none is. */
  readonly retryAt: number | undefined;
  /** When a connection last stood; for a friend with a key, that is when the handshake was done. */
  readonly stoodAt: number | undefined;
  /** When the oldest message that waits was handed over, in milliseconds since 1970 UTC. */
  readonly oldest: number | undefined;
  /** What is known of the friend's key, in words. */
  readonly key: readonly string[];
  /** Why our own disk takes nothing. */
  readonly storeFault: string | undefined;
  /** Undefined where it cannot be read. */
  readonly kernel: readonly KernelRow[] | undefined;
}
