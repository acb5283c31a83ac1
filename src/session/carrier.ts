// What a session is to delivery, and what it reports there: the one file of this room that delivery may read.

import type { Contact, PeerStatus } from "../core/notice.js";
import type { Account } from "../core/why.js";
import type { DeliveryEvent } from "../wire/event.js";

/** answer: what was sent, or the connection itself, is still without one. credit: the friend takes no more for now. */
export type Expectation = "answer" | "credit" | "nothing";

export interface Carrier {
  /** `carry` may be called. */
  readonly ready: boolean;
  /** The connection is being ended by both sides: nothing new may be begun on it. */
  readonly parting: boolean;
  /** Whether the friend takes messages, or may be about to. */
  readonly progressing: boolean;
  readonly status: Pick<PeerStatus, "state" | "idleMs"> & Pick<Account, "attempts" | "retryAt">;
  /** Something waits: connect when no connection stands. */
  want(how?: "soon" | "now"): void;
  /** One write. Answered by `onTaken` or `onUntaken`, the former possibly before this returns. */
  carry(events: readonly DeliveryEvent[]): void;
  /** What the friend owes us now. A connection that owes an answer and says nothing is dropped. */
  expect(expectation: Expectation): void;
  /** Nothing of ours is unacknowledged: a parting connection may end. */
  settled(): void;
  /** Ends the connection at once. */
  drop(reason: string): void;
  pauseReading(): void;
  resumeReading(): void;
}

export interface CarrierEvents {
  /** Another connection carries from now on. */
  onStand(contact: Contact | undefined): void;
  /** `carry` may be called. */
  onReady(): void;
  /** The kernel took what was carried. */
  onTaken(): void;
  /** The connection went before the kernel took what was carried: carry it again when ready. */
  onUntaken(): void;
  /** No connection stands any more; `want` gets one. */
  onUnready(): void;
  /** `progressing` may have changed. */
  onProgress(): void;
  /** Bytes came, whether or not they end a message. */
  onHeard(): void;
  onEvent(event: DeliveryEvent): void;
  onUnreachable(reason: string): void;
  onTimedOut(): void;
  onClosed(reason?: string): void;
}
