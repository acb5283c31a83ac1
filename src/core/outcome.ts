// What becomes of messages that somebody handed over, as values: steps on the way, and exactly one end for each message.

/** sent: written to a connection; it is an end only where the friend's dialect can tell no more. */
export type OutcomeKind = "queued" | "sent" | "delivered" | "failed" | "cancelled" | "expired";

/** Of `count` messages in a row that were handed over together. */
export interface Outcome {
  readonly kind: OutcomeKind;
  /** Whether nothing more will be told of them. */
  readonly final: boolean;
  /** As the group file writes it; what was typed, where no such friend is there. */
  readonly to: string;
  readonly count: number;
  /** Store number of the first; undefined where the store never had them. */
  readonly number: number | undefined;
  /** What the caller calls it: then it is one message. */
  readonly id: string | undefined;
  /** Why it failed. */
  readonly reason?: string;
}

/** Who handed messages over. */
export interface Origin {
  /** Set while not all that it was told has left the program: till then it is told again after a crash. */
  readonly pending?: boolean;
  outcome(outcome: Outcome): void;
}

/** What goes with a batch of messages that somebody wants to know the outcome of. */
export interface SendOptions {
  readonly origin: Origin;
  /** With one message only. */
  readonly id?: string;
  /** Milliseconds since 1970 UTC: what was not written to a connection by then is not sent any more. */
  readonly expires?: number;
  /** Why they failed is told to the origin alone: whoever sits at the program did not say them. */
  readonly quiet?: boolean;
}

/** Which of the messages for a friend are taken back: all, the one with that store number, or those called so. */
export type Which = "all" | { readonly seq: number } | { readonly id: string };

/** What became of a wish to take messages back: known when the disk has it. */
export interface Cancellation {
  readonly cancelled: number;
  /** Not taken back, for a connection may have carried them already. */
  readonly late: number;
  /** Why nothing was taken back. */
  readonly reason?: string;
}

/** How a peer is known whose message is shown; none: by nothing that could not be forged. own: it is ourselves. */
export type SenderKey = "first-use" | "pinned" | "verified" | "none" | "own";
