// The interface of a delivery: it sends messages to one friend and receives messages from that friend. There are two
// implementations: with acknowledgements (acknowledged.ts) and without (written.ts). The friend's dialect selects one.

import type { Contact } from "../core/notice.js";
import type { Capacity, Received } from "../core/record.js";
import type { Span } from "../core/span.js";
import type { TypedMessage } from "../core/typed-message.js";
import type { Batch, Peer, Result } from "../core/types.js";
import type { Clock, Random, Store } from "../ports.js";
import type { DeliveryEvent } from "../wire/event.js";
import type { Carrier } from "../session/carrier.js";
import type { Progress } from "./receipts.js";

/**
 * One turn: `push` and `hear` as input arrives, then `settle`, then the store's commit, then `flush` with its result.
 */
export interface Delivery {
  /**
   * Number of messages not yet acknowledged or, if the dialect has no acknowledgements, not yet taken by our kernel.
   */
  readonly waiting: number;
  /** The most that may wait. */
  readonly capacity: Capacity;
  /** Whether the source of messages should pause: the queue is long, and the friend is reading from it. */
  readonly congested: boolean;
  /** The last outcome that this delivery can report for a message. */
  readonly finalOutcome: "sent" | "delivered";
  /** The ordinal that the next pushed message gets. */
  readonly nextOrdinal: number;
  /** The first ordinal that can still be cancelled: earlier messages may have been written to a connection. */
  readonly firstCancellable: number;
  readonly progress: Progress;
  /** Before `settle`: these were marked as withdrawn in this turn's transaction. None is before `firstCancellable`. */
  withdraw(spans: readonly Span[]): void;
  /**
   * Accepts as many messages from the start of the batch as fit. Returns their number. `typed`: the one message of the
   * batch, if it has a kind.
   */
  push(batch: Batch, typed?: TypedMessage): number;
  /** A connection is open. */
  connected(contact: Contact | undefined): void;
  /** No connection is open any more. */
  disconnected(): void;
  hear(event: DeliveryEvent): void;
  /** Bytes arrived; `now` is `Clock.now()` in milliseconds. */
  heard(now: number): void;
  /** The kernel took the last write. */
  writeTaken(): void;
  /** The connection ended before the kernel took the last write. */
  writeFailed(): void;
  /** Before the commit: writes to the store everything that must be stored before it is sent or shown. */
  settle(): void;
  /** After the commit: sends, acknowledges and shows. */
  flush(committed: Result<null>): void;
  /** The last `flush`: refuses the messages that could not be stored. */
  close(committed: Result<null>): void;
  /** All received messages up to this store number were shown. */
  shown(number: number): void;
}

export interface DeliveryParts {
  readonly peer: () => Peer;
  readonly carrier: Carrier;
  /**
   * If defined, each write holds one text or a piece of one, with at most this many bytes; else writes have no such
   * limit.
   */
  readonly portionBytes: number | undefined;
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly deliveryEvents: DeliveryEvents;
}

/** What a delivery reports. */
export interface DeliveryEvents {
  /**
   * This turn's transaction holds `count` more messages; `ordinal` and `number` (store number) are those of the first.
   */
  stored(ordinal: number, count: number, number: number): void;
  /**
   * The friend's program is too old for these messages: mark them as failed in this turn's transaction. They go out as
   * empty texts, if at all.
   */
  unsendable(span: Span): void;
  /** `count` messages are done: acknowledged, or taken by the kernel. */
  retired(count: number): void;
  /** Show these messages. */
  received(received: Received): void;
  /** `count` messages that `push` accepted could not be stored. */
  refused(count: number, reason: string): void;
  /** `count` messages that waited for another key of this friend now go to the present key. */
  readdressed(count: number): void;
  /** Our store or the friend's was lost or restored; `count` messages go out under new numbers. */
  steppedBack(count: number): void;
  /** The friend started a new stream in place of a known one: its store or ours was lost or restored. */
  countsAnew(): void;
  /** Requests `settle` and `flush` at the end of this turn, or of a new one. */
  requestTurn(): void;
}
