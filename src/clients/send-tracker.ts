// What became of everything that was handed over here: how much has not ended, for whom, and what the exit code says of it.

import { exitCode } from "../core/errors.js";
import type { Origin, Outcome } from "../core/outcome.js";

export interface Circumstances {
  readonly distrusted: (name: string) => boolean;
  readonly kept: boolean;
}

export class SendTracker implements Origin {
  readonly #open = new Map<string, number>();
  #failed = false;

  /** `count` messages went to each of them. */
  handedOver(names: readonly string[], count: number): void {
    for (const name of names) this.#add(name, count);
  }

  /** A line was refused, or could not be understood. */
  refused(): void {
    this.#failed = true;
  }

  outcome({ to, count, kind, final }: Outcome): void {
    if (!final) return;
    this.#add(to, -count);
    if (kind !== "sent" && kind !== "delivered") this.#failed = true;
  }

  /** Friends for whom something has not ended. */
  get open(): readonly string[] {
    return [...this.#open.keys()];
  }

  /** Now that nobody waits any longer. `kept`: what waits outlives the program. */
  exitCode({ distrusted, kept }: Circumstances, open = this.open): number {
    if (open.some((name) => distrusted(name))) return exitCode.notTrusted;
    if (this.#failed || (!kept && open.length > 0)) return exitCode.unsent;
    return open.length > 0 ? exitCode.queued : exitCode.stopped;
  }

  #add(name: string, count: number): void {
    const open = (this.#open.get(name) ?? 0) + count;
    if (open === 0) this.#open.delete(name);
    else this.#open.set(name, open);
  }
}
