// The facts that `/why` reports about messages that did not arrive.

import type { PeerStatus } from "./notice.js";

/** One attempt to reach a friend. */
export interface Attempt {
  readonly host: string;
  readonly port: number;
  /** On the clock of `Clock.now`. */
  readonly at: number;
  /** Undefined while the attempt is in progress. */
  readonly result: "reached" | { readonly reason: string } | undefined;
}

/** The kernel's view of a connection. */
export interface KernelRow {
  /** In the words of `ss`: ESTAB, SYN-SENT and so on. */
  readonly state: string;
  readonly local: string;
  readonly remote: string;
  /** Bytes that the peer's kernel has not acknowledged. */
  readonly unsent: number;
  /** Received bytes that this program has not read. */
  readonly unread: number;
  /** Retransmissions in a row without an answer. */
  readonly retries: number;
}

export interface DeliveryReport {
  readonly status: PeerStatus;
  readonly attempts: readonly Attempt[];
  /** On the clock of `Clock.now`, as is `now`. */
  readonly now: number;
  /** When the next attempt is due; undefined if none is planned. */
  readonly retryAt: number | undefined;
  /** When a connection was last open; for a friend with a key, after its handshake. */
  readonly connectedAt: number | undefined;
  /** When the oldest queued message was submitted, in milliseconds since 1970 UTC. */
  readonly oldest: number | undefined;
  /** The friend's key and the trust in it, in words. */
  readonly key: readonly string[];
  /** Why this member's own store cannot write. */
  readonly storeFault: string | undefined;
  /** Undefined if it cannot be read. */
  readonly kernel: readonly KernelRow[] | undefined;
}
