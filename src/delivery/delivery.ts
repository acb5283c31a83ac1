// How messages go to one friend and come from one. What the friend's dialect can claim decides which kind it is.

import type { Contact } from "../core/notice.js";
import type { Capacity, Received } from "../core/record.js";
import type { Span } from "../core/span.js";
import type { Batch, Peer, Result } from "../core/types.js";
import type { Clock, Random, Store } from "../ports.js";
import type { DeliveryEvent } from "../wire/event.js";
import type { Carrier } from "../session/carrier.js";
import type { Progress } from "./receipts.js";

/**
 * A turn: `push` and `hear` as things come, then `settle`, then the store's commit, then `flush` with its result.
 */
export interface Delivery {
  /** Messages that the friend's disk, or where the dialect cannot tell, our kernel has not taken. */
  readonly waiting: number;
  /** How much may wait. */
  readonly capacity: Capacity;
  /** Whether the source of messages should pause: much waits, and the friend is taking it. */
  readonly congested: boolean;
  /** The most that can be claimed of a message. */
  readonly end: "sent" | "delivered";
  /** The ordinal of the next message that is pushed. */
  readonly upcoming: number;
  /** Messages before this ordinal may have been carried: they are not taken back any more. */
  readonly free: number;
  readonly progress: Progress;
  /** Before `settle`: the store has these as not to be sent any more, should it take the turn. None lies before `free`. */
  withdraw(spans: readonly Span[]): void;
  /** Takes what fits, from the start. Returns how many messages that were. */
  push(batch: Batch): number;
  stand(contact: Contact | undefined): void;
  /** No connection stands any more. */
  lose(): void;
  hear(event: DeliveryEvent): void;
  /** Bytes came; `now` in milliseconds. */
  heard(now: number): void;
  taken(): void;
  untaken(): void;
  /** Before the commit: writes to the store what must be there before it is sent or shown. */
  settle(): void;
  /** After it. */
  flush(committed: Result<null>): void;
  /** The same for the last time: what could not be stored is refused. */
  close(committed: Result<null>): void;
  /** Everything received up to this store number was shown. */
  shown(number: number): void;
}

export interface DeliveryParts {
  readonly peer: () => Peer;
  readonly carrier: Carrier;
  /** The most bytes of text in one write, which then holds one text or a piece of one; undefined where texts flow. */
  readonly portionBytes: number | undefined;
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly deliveryEvents: DeliveryEvents;
}

/** Where a delivery reports to. */
export interface DeliveryEvents {
  /** In this turn's transaction are `count` messages, the first with these numbers. */
  stored(ordinal: number, count: number, number: number): void;
  /** These need not be kept any more: acknowledged, or taken by the kernel. */
  retired(count: number): void;
  /** To be shown. */
  received(received: Received): void;
  /** Accepted a moment ago, and now it cannot be kept. */
  refused(count: number, reason: string): void;
  /** What waited for another key of this friend goes to this one. */
  readdressed(count: number): void;
  /** One of the two stores was lost or restored; `count` messages go out under new numbers. */
  steppedBack(count: number): void;
  countsAnew(): void;
  /** Wants `settle` and `flush` at the end of this turn, or of one that comes for it. */
  stir(): void;
}
