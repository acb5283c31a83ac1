// Tracks how far the messages of one local program have come: for each stage, the friends with messages that have not reached
// it, and the exit code that follows.

import type { Outcome } from "../../core/outcome.js";
import { SendTracker, type ExitConditions } from "../send-tracker.js";

export const stages = ["queued", "sent", "delivered"] as const;
export type Stage = (typeof stages)[number];

/** Counts messages that have not reached one stage. Numbers to one friend grow, so an outcome told twice counts once. */
class StageCounter {
  readonly #open = new Map<string, number>();
  readonly #reached = new Map<string, number>();

  begin(to: string, count: number): void {
    this.#open.set(to, (this.#open.get(to) ?? 0) + count);
  }

  reach({ to, number, count, kind }: Outcome): void {
    if (number === undefined) return this.#done(to, count);
    const reached = this.#reached.get(to) ?? 0;
    const last = number + count - 1;
    this.#done(to, Math.max(0, last - Math.max(reached, number - 1)));
    // Cancelled messages say nothing about the messages before them.
    if (kind !== "cancelled" && kind !== "expired" && kind !== "failed") this.#reached.set(to, Math.max(reached, last));
  }

  get names(): readonly string[] {
    return [...this.#open.keys()];
  }

  #done(to: string, count: number): void {
    const open = (this.#open.get(to) ?? 0) - count;
    if (open > 0) this.#open.set(to, open);
    else this.#open.delete(to);
  }
}

export class Progress extends SendTracker {
  readonly #counters = { queued: new StageCounter(), sent: new StageCounter() };

  override handedOver(names: readonly string[], count: number): void {
    super.handedOver(names, count);
    for (const name of names) for (const counter of Object.values(this.#counters)) counter.begin(name, count);
  }

  override outcome(outcome: Outcome): void {
    super.outcome(outcome);
    const { kind, final } = outcome;
    this.#counters.queued.reach(outcome);
    if (final || kind === "sent") this.#counters.sent.reach(outcome);
  }

  /** Friends with messages that have not reached the stage. */
  before(stage: Stage): readonly string[] {
    return stage === "delivered" ? this.open : this.#counters[stage].names;
  }

  /** The exit code if waiting ended now. Key trouble does not matter for `queued`: those messages are stored anyway. */
  codeFor(stage: Stage, { distrusted, kept }: ExitConditions): number {
    const blocked = stage === "queued" ? (): boolean => false : distrusted;
    return this.exitCode({ distrusted: blocked, kept }, this.before(stage));
  }
}
