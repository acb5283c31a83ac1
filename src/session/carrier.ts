// The interface between a session and delivery. It is the only file of this module that delivery may import.

import type { Contact, PeerStatus } from "../core/notice.js";
import type { DeliveryReport } from "../core/why.js";
import type { DeliveryEvent } from "../wire/event.js";

/**
 * What the peer owes us. answer: it has not yet answered a message or the connection. credit: it takes no more messages
 * until it grants more credit.
 */
export type Expectation = "answer" | "credit" | "nothing";

export interface Carrier {
  /** `carry` may be called. */
  readonly ready: boolean;
  /** A bye was sent or received: do not start anything new on this connection. */
  readonly parting: boolean;
  /** Whether the peer takes messages, or may soon. */
  readonly progressing: boolean;
  readonly status: Pick<PeerStatus, "state" | "idleMs"> & Pick<DeliveryReport, "attempts" | "retryAt">;
  /** Messages wait: connect if no connection is open. `now` skips the back-off. */
  want(how?: "soon" | "now"): void;
  /** Starts one write. `onTaken` (possibly before this returns) or `onUntaken` follows. */
  carry(events: readonly DeliveryEvent[]): void;
  /** Sets what the peer owes us. A connection that owes an answer and stays silent is dropped. */
  expect(expectation: Expectation): void;
  /** All our messages are acknowledged: a closing connection may end. */
  settled(): void;
  /** Destroys the connection. */
  drop(reason: string): void;
  pauseReading(): void;
  resumeReading(): void;
}

export interface CarrierEvents {
  /** Messages go over another connection from now on. */
  onStand(contact: Contact | undefined): void;
  /** `carry` may be called. */
  onReady(): void;
  /** The kernel took the write. */
  onTaken(): void;
  /** The connection ended before the kernel took the write: carry it again when ready. */
  onUntaken(): void;
  /** No connection is open any more; call `want` to get one. */
  onUnready(): void;
  /** `progressing` may have changed. */
  onProgress(): void;
  /** Bytes arrived, possibly in the middle of a message. */
  onHeard(): void;
  onEvent(event: DeliveryEvent): void;
  onUnreachable(reason: string): void;
  onTimedOut(): void;
  onClosed(reason?: string): void;
}
