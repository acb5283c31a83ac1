// Outcomes of sent messages, as values: intermediate steps, and exactly one final outcome for each message.

import type { TypedMessage } from "./typed-message.js";

/** sent: written to a connection; final only if the friend's dialect has no acknowledgements. */
export type OutcomeKind = "queued" | "sent" | "delivered" | "failed" | "cancelled" | "expired";

/** The outcome of `count` consecutive messages that were submitted together. */
export interface Outcome {
  readonly kind: OutcomeKind;
  /** Whether this is the last outcome of these messages. */
  readonly final: boolean;
  /** The friend's name as in the group file, or the typed name if there is no such friend. */
  readonly to: string;
  readonly count: number;
  /** Store number of the first message; undefined if they were never stored. */
  readonly number: number | undefined;
  /** The caller's own name for the message; `count` is then 1. */
  readonly id: string | undefined;
  /** Why the messages failed. */
  readonly reason?: string;
  /** The mark that the client put on the request; it is not stored. */
  readonly tag?: string;
}

/** The submitter of messages, which receives their outcomes. */
export interface Origin {
  /** True while some of its outcomes were not yet written out; after a crash they are reported again. */
  readonly pending?: boolean;
  /** The client that sent them; undefined: the origin itself. */
  readonly client?: object;
  outcome(outcome: Outcome): void;
}

/** Options of a batch of messages whose outcome is reported to `origin`. */
export interface SendOptions {
  readonly origin: Origin;
  /** Only for a single message. */
  readonly id?: string;
  /** Milliseconds since 1970 UTC. Messages that were not written to a connection by then are not sent any more. */
  readonly expires?: number;
  /** The message, if it has a kind; the batch is then its `visibleText`. */
  readonly typed?: TypedMessage;
  /** Report failures to the origin only: the person at this program did not type the messages. */
  readonly quiet?: boolean;
}

/** Selects messages to cancel: all, the one with a store number, or those with the caller's id. */
export type CancelTarget = "all" | { readonly seq: number } | { readonly id: string };

/** The result of a request to cancel messages, reported after it was committed. */
export interface Cancellation {
  readonly cancelled: number;
  /** Messages not cancelled because they may have been written to a connection already. */
  readonly late: number;
  /** Why nothing was cancelled. */
  readonly reason?: string;
}

/** The trust in the key that proves a message's sender. none: the sender was not proven. own: this member itself. */
export type SenderKey = "first-use" | "pinned" | "verified" | "none" | "own";
