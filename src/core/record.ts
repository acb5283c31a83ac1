// Stored messages and stream positions, as values.

import type { SenderKey } from "./outcome.js";
import type { Span } from "./span.js";
import type { TypedMessage } from "./typed-message.js";
import type { Batch, PeerName, PublicKey } from "./types.js";

/**
 * State of the messages to one friend. Ordinals count them from 1 on for the lifetime of the store. On the wire,
 * sequence number 1 of the stream is ordinal `base` + 1.
 */
export interface Outgoing {
  /** Random, 32 hexadecimal digits; empty before the first stream began. */
  readonly stream: string;
  /** The friend's key when the stream began. */
  readonly key: PublicKey | undefined;
  readonly base: number;
  /**
   * Ordinal up to which messages are done: acknowledged by the peer or, in a dialect without acknowledgements, taken by
   * the kernel.
   */
  readonly retired: number;
  /** Tag of the batch that contains `retired`; empty if nothing was retired. */
  readonly retiredTag: string;
  /** Ordinal up to which messages may have been written to a connection: they cannot be cancelled any more. */
  readonly written: number;
  /** The ordinal of the next message. */
  readonly next: number;
  /**
   * Whether the friend's dialect has acknowledgements: the history then shows retired messages as `delivered`, else as
   * `sent`.
   */
  readonly acknowledges: boolean;
}

/** Our position in the stream of the peer with one key. */
export interface Incoming {
  readonly stream: string;
  /** Sequence number of the last committed message; 0 for none. */
  readonly received: number;
  /** Tag of the batch that contained it. */
  readonly tag: string;
}

/** A turn's messages to or from one friend: consecutive texts, or one message with a kind. */
export type Entry = EntryOut | EntryIn;

export interface EntryOut {
  readonly direction: "out";
  readonly peer: PeerName;
  /** When they were written, in milliseconds since 1970 UTC. */
  readonly time: number;
  readonly batch: Batch;
  readonly ordinal: number;
  /**
   * Random, 16 hexadecimal digits: distinguishes this batch from one with the same ordinals in a lost or restored
   * store.
   */
  readonly tag: string;
  /** `batch` is then its `visibleText`. */
  readonly typed?: TypedMessage;
}

export interface EntryIn {
  readonly direction: "in";
  readonly peer: PeerName;
  /** When they arrived, in milliseconds since 1970 UTC. */
  readonly time: number;
  /** When the friend wrote them, as the friend's program says; see `claimedTime`. */
  readonly written?: number;
  readonly batch: Batch;
  readonly key: SenderKey;
  /** `batch` is then its `visibleText`. */
  readonly typed?: TypedMessage;
}

export interface Waiting {
  readonly ordinal: number;
  readonly tag: string;
  /** When they were written, in milliseconds since 1970 UTC. */
  readonly time: number;
  readonly batch: Batch;
  /** Undefined for texts, and for a withdrawn message. */
  readonly typed?: TypedMessage;
}

/** How much may be queued for one friend. */
export interface Capacity {
  readonly messages: number;
  /** Infinity for a store on disk, where the free space is the bound. */
  readonly chars: number;
}

export interface Received {
  /** Store number of the first message. */
  readonly number: number;
  readonly peer: PeerName;
  readonly batch: Batch;
  /** When they arrived, in milliseconds since 1970 UTC. */
  readonly time: number;
  /** When the friend wrote them, as the friend's program says. */
  readonly written?: number;
  readonly key: SenderKey;
  /** `batch` is then its `visibleText`. */
  readonly typed?: TypedMessage;
}

/** Messages that a client of this member sent, for the other clients. */
export interface Sent {
  /** Store number of the first message. */
  readonly number: number;
  readonly peer: PeerName;
  readonly batch: Batch;
  /** Milliseconds since 1970 UTC. */
  readonly time: number;
}

/** The name under which the store keeps what a terminal of this member has shown; programs cannot follow under it. */
export const terminalPlace = "p2p:terminal";

/** Why a message is not sent any more. failed: the friend's program is too old for its kind. */
export type Withdrawal = "cancelled" | "expired" | "failed";

/** Messages that will not be sent any more. */
export interface Withdrawn extends Span {
  readonly state: Withdrawal;
}

/** The caller's own name (id) for a message. */
export interface Note {
  readonly ordinal: number;
  readonly id: string;
}

export type MessageState = "waiting" | "sent" | "delivered" | "failed" | "cancelled" | "expired" | "received";

/** Filters for the history; a message must match all that are given. */
export interface HistoryQuery {
  readonly peer?: PeerName;
  /** Words that the text must all contain, in any order and case. */
  readonly search?: string;
  /** Milliseconds since 1970 UTC. */
  readonly since?: number;
  /** At most this many messages, the newest. */
  readonly limit?: number;
  /** Examines at most this many messages, from the newest back, whether they match or not. */
  readonly depth?: number;
}

export interface HistoryMessage {
  /** When it was written here, or arrived. RFC 3339, UTC. */
  readonly time: string;
  /** When the friend wrote it, as the friend's program says, in the same form. */
  readonly written?: string;
  readonly direction: "in" | "out";
  readonly peer: PeerName;
  /** The store number, in decimal. */
  readonly seq: string;
  readonly state: MessageState;
  readonly text: string;
}
