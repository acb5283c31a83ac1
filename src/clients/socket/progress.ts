// How far the messages have come that one program handed over: what of them has not reached a stage, for whom, and what the exit
// code says of it.

import type { Outcome } from "../../core/outcome.js";
import { SendTracker, type Circumstances } from "../send-tracker.js";

export const stages = ["queued", "sent", "delivered"] as const;
export type Stage = (typeof stages)[number];

/** Messages on the way to one stage. What is told of it twice counts once: to one friend the numbers grow. */
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
    // What was taken back overtakes nothing.
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
  readonly #laps = { queued: new StageCounter(), sent: new StageCounter() };

  override handedOver(names: readonly string[], count: number): void {
    super.handedOver(names, count);
    for (const name of names) for (const lap of Object.values(this.#laps)) lap.begin(name, count);
  }

  override outcome(outcome: Outcome): void {
    super.outcome(outcome);
    const { kind, final } = outcome;
    this.#laps.queued.reach(outcome);
    if (final || kind === "sent") this.#laps.sent.reach(outcome);
  }

  /** Friends for whom something has not come that far. */
  before(stage: Stage): readonly string[] {
    return stage === "delivered" ? this.open : this.#laps[stage].names;
  }

  /** Now that nobody waits any longer. Whose key stands in the way can be written down all the same. */
  codeFor(stage: Stage, { distrusted, kept }: Circumstances): number {
    const inTheWay = stage === "queued" ? (): boolean => false : distrusted;
    return this.exitCode({ distrusted: inTheWay, kept }, this.before(stage));
  }
}
