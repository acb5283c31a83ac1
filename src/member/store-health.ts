// Whether the disk takes what we write: told when that changes, and remembered for a while, for a disk that is nearly full takes
// small things between large ones.

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

  /** Why the store takes nothing, or did not a moment ago. */
  get trouble(): string | undefined {
    const { clock } = this.#parts;
    const lately = this.#last !== undefined && clock.now() - this.#last.at < storeTroubleMs;
    return this.#failing || lately ? this.#last?.reason : undefined;
  }

  /** The turn's commit. While the store fails there is always something to write: a commit of nothing would prove nothing. */
  commit(): Result<null> {
    const { store } = this.#parts;
    if (this.#failing) store.setShown(store.shown);
    const committed = store.commit();
    this.#tell(committed);
    return committed;
  }

  #tell(committed: Result<null>): void {
    const { clock, log, notice } = this.#parts;
    if (!committed.ok) this.#last = { reason: committed.message, at: clock.now() };
    if (committed.ok !== this.#failing) return;
    this.#failing = !committed.ok;
    if (committed.ok) return notice({ kind: "store-recovered" });
    log.error("store-failed", { reason: committed.message });
    notice({ kind: "store-failed", reason: committed.message });
  }
}
