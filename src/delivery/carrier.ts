// What delivery needs of a session, and what it hears from one. Session satisfies it; delivery does not import it.

import type { PeerStatus } from "../core/notice.js";
import type { Batch } from "../core/types.js";

export interface Carrier {
  /** `carry` may be called. */
  readonly ready: boolean;
  /** Whether the friend takes messages, or may be about to. */
  readonly progressing: boolean;
  readonly status: Pick<PeerStatus, "state" | "idleMs">;
  /** Something waits: connect when no connection stands. */
  want(): void;
  /** Answered by `onTaken` or `onUntaken`, the former possibly before this returns. */
  carry(batch: Batch): void;
  pauseReading(): void;
  resumeReading(): void;
}

export interface CarrierEvents {
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
  onTexts(batch: Batch): void;
  onUnreachable(reason: string): void;
  onTimedOut(): void;
  onClosed(reason?: string): void;
}
