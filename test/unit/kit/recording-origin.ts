// A submitter of messages that records their outcomes.

import type { Origin, Outcome } from "../../../src/core/outcome.js";

export class RecordingOrigin implements Origin {
  readonly outcomes: Outcome[] = [];
  pending = false;

  outcome(outcome: Outcome): void {
    this.outcomes.push(outcome);
  }

  /** Outcomes since the last call: `kind to count @number #id (reason)`, with `!` after the kind of a final one. */
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
