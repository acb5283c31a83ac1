// Somebody who hands messages over, and writes down what becomes of them.

import type { Origin, Outcome } from "../../../src/core/outcome.js";

export class RecordingOrigin implements Origin {
  readonly outcomes: Outcome[] = [];
  pending = false;

  outcome(outcome: Outcome): void {
    this.outcomes.push(outcome);
  }

  /** What came since the last look: `kind to count @number #id reason`, and an exclamation mark where nothing follows. */
  take(): string[] {
    return this.outcomes
      .splice(0)
      .map(({ kind, final, to, count, number, id, reason }) =>
        [
          `${kind}${final ? "!" : ""} ${to} ${String(count)}`,
          ...(number === undefined ? [] : [`@${String(number)}`]),
          ...(id === undefined ? [] : [`#${id}`]),
          ...(reason === undefined ? [] : [`(${reason})`]),
        ].join(" "),
      );
  }
}
