// What is kept of messages, as values.

import type { SenderKey } from "./outcome.js";
import type { Span } from "./span.js";
import type { Batch, PeerName, PublicKey } from "./types.js";

/**
 * Messages to one friend, counted by ordinals from 1 on for as long as the store lives. On the wire, sequence number 1 of
 * the stream is ordinal `base` + 1.
 */
export interface Outgoing {
  /** Random, 32 hexadecimal digits; empty while no stream was begun. */
  readonly stream: string;
  /** Whom the stream was begun with. */
  readonly key: PublicKey | undefined;
  readonly base: number;
  /** Up to here the other side has acknowledged, or the kernel has taken, by what the friend's dialect can tell. */
  readonly retired: number;
  /** Tag of the batch that holds `retired`; empty where nothing was. */
  readonly retiredTag: string;
  /** Up to here messages may have been written to a connection: they cannot be cancelled any more. */
  readonly written: number;
  /** The next message gets this ordinal. */
  readonly next: number;
  /** Whether the friend's dialect acknowledges: what this record retires is `delivered` to the history, else `sent`. */
  readonly acknowledges: boolean;
}

/** Where we stand in the stream of one key's holder. */
export interface Incoming {
  readonly stream: string;
  /** Sequence number of the last message that was committed; 0 for none. */
  readonly received: number;
  /** Tag of the batch that it came in. */
  readonly tag: string;
}

/** A turn's messages to or from one friend. */
export type Entry = EntryOut | EntryIn;

export interface EntryOut {
  readonly direction: "out";
  readonly peer: PeerName;
  /** Milliseconds since 1970 UTC. */
  readonly time: number;
  readonly batch: Batch;
  readonly ordinal: number;
  /** Random, 16 hexadecimal digits: tells this batch from one of another life that got the same ordinals. */
  readonly tag: string;
}

export interface EntryIn {
  readonly direction: "in";
  readonly peer: PeerName;
  readonly time: number;
  readonly batch: Batch;
  readonly key: SenderKey;
}

export interface Waiting {
  readonly ordinal: number;
  readonly tag: string;
  readonly batch: Batch;
}

/** How much may wait for one friend. */
export interface Capacity {
  readonly messages: number;
  /** Infinity where they wait on a disk, which is their bound. */
  readonly chars: number;
}

export interface Received {
  /** Store number of the first message. */
  readonly number: number;
  readonly peer: PeerName;
  readonly batch: Batch;
  /** Milliseconds since 1970 UTC. */
  readonly time: number;
  readonly key: SenderKey;
}

/** How a message ends that is not sent any more. */
export type Withdrawal = "cancelled" | "expired";

/** These will not be sent any more. */
export interface Withdrawn extends Span {
  readonly state: Withdrawal;
}

/** What somebody calls a message that he handed over. */
export interface Note {
  readonly ordinal: number;
  readonly id: string;
}

export type MessageState = "waiting" | "sent" | "delivered" | "failed" | "cancelled" | "expired" | "received";

/** What of the history is asked for; everything that is given must hold. */
export interface HistoryQuery {
  readonly peer?: PeerName;
  /** Words that must all stand in the text, in any order and case. */
  readonly search?: string;
  /** Milliseconds since 1970 UTC. */
  readonly since?: number;
  /** Only the newest so many. */
  readonly limit?: number;
  /** Looks through no more than so many, from the newest back, whether they are asked for or not. */
  readonly depth?: number;
}

export interface HistoryMessage {
  /** RFC 3339, UTC. */
  readonly time: string;
  readonly direction: "in" | "out";
  readonly peer: PeerName;
  /** The store number, in decimal. */
  readonly seq: string;
  readonly state: MessageState;
  readonly text: string;
}
