// Tracks whether the store can be written. Reports each change, and remembers a failure for a while, because a nearly full
// disk accepts small writes between large ones.

import { storeTroubleMs } from "../core/limits.js";
import type { Notice } from "../core/notice.js";
import type { Result } from "../core/types.js";
import type { Clock, Log, Store } from "../ports.js";

export interface StoreHealthParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly notice: (notice: Notice) => void;
}

export class StoreHealth {
  readonly #parts: StoreHealthParts;
  #failing = false;
  #last: { readonly reason: string; readonly at: number } | undefined;

  constructor(parts: StoreHealthParts) {
    this.#parts = parts;
  }

  /** The reason of the last commit's failure, or of one in the last `storeTroubleMs`. */
  get trouble(): string | undefined {
    const { clock } = this.#parts;
    const recent = this.#last !== undefined && clock.now() - this.#last.at < storeTroubleMs;
    return this.#failing || recent ? this.#last?.reason : undefined;
  }

  /** Commits the turn. While the store fails, it adds a write: an empty commit would not test the disk. */
  commit(): Result<null> {
    const { store } = this.#parts;
    if (this.#failing) store.setShown(store.shown);
    const committed = store.commit();
    this.#report(committed);
    return committed;
  }

  #report(committed: Result<null>): void {
    const { clock, log, notice } = this.#parts;
    if (!committed.ok) this.#last = { reason: committed.message, at: clock.now() };
    if (committed.ok !== this.#failing) return;
    this.#failing = !committed.ok;
    if (committed.ok) return notice({ kind: "store-recovered" });
    log.error("store-failed", { reason: committed.message });
    notice({ kind: "store-failed", reason: committed.message });
  }
}
