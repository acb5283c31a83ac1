// What a session is built from, and what it reports.

import type { Batch, Peer } from "../core/types.js";
import type { Log, Network, Random } from "../ports.js";
import type { Reactor } from "../reactor/reactor.js";
import type { Dialect } from "../wire/dialect.js";

export interface SessionEvents {
  /** `carry` may be called. */
  onReady(): void;
  /** The kernel took what was carried. */
  onTaken(): void;
  /** The connection went before the kernel took what was carried: carry it again when ready. */
  onUntaken(): void;
  /** No connection stands any more; `want` gets one. */
  onUnready(): void;
  /** `progressing` changed. */
  onProgress(): void;
  onTexts(batch: Batch): void;
  onUnreachable(reason: string): void;
  onTimedOut(): void;
  onClosed(reason?: string): void;
}

/** Connections of all sessions together. */
export interface Tally {
  connections: number;
}

export interface SessionParts {
  readonly peer: Peer;
  readonly dialect: Dialect;
  /** The address to dial from; undefined leaves it to the kernel. */
  readonly localHost: string | undefined;
  readonly reactor: Reactor;
  readonly network: Network;
  readonly random: Random;
  readonly log: Log;
  readonly tally: Tally;
  readonly events: SessionEvents;
}
