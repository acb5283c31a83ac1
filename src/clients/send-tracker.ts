// Tracks the messages that one client sent: how many have no final outcome yet, per friend, and the exit code that follows.

import { exitCode } from "../core/errors.js";
import type { Origin, Outcome } from "../core/outcome.js";

/** `distrusted`: we refuse the friend's key, or the friend refuses ours. `kept`: waiting messages outlive the program. */
export interface ExitConditions {
  readonly distrusted: (name: string) => boolean;
  readonly kept: boolean;
}

export class SendTracker implements Origin {
  readonly #open = new Map<string, number>();
  #failed = false;

  /** `count` messages were sent to each of the friends. */
  handedOver(names: readonly string[], count: number): void {
    for (const name of names) this.#add(name, count);
  }

  /** An input line was refused or malformed. */
  refused(): void {
    this.#failed = true;
  }

  outcome({ to, count, kind, final }: Outcome): void {
    if (!final) return;
    this.#add(to, -count);
    if (kind !== "sent" && kind !== "delivered") this.#failed = true;
  }

  /** Whether a line or a message was refused. */
  get failed(): boolean {
    return this.#failed;
  }

  /** Friends with messages that have no final outcome. */
  get open(): readonly string[] {
    return [...this.#open.keys()];
  }

  /** The exit code if the program ended now. */
  exitCode({ distrusted, kept }: ExitConditions, open = this.open): number {
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
