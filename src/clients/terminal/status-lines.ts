// Reports outcomes of messages whose lines are too high on the screen to be repainted: one line for each friend and outcome, at
// the turn's end.

import type { Outcome } from "../../core/outcome.js";
import { plural } from "../../core/peer-table.js";
import type { OwnLine } from "./own-line.js";
import { span, type Line, type TerminalCapabilities } from "./paint.js";
import { stateAfter, tick, type TickState } from "./ticks.js";

/** One line to report, with the messages that it covers. */
interface PendingReport {
  readonly name: string;
  readonly state: TickState;
  readonly reason: string | undefined;
  readonly lines: OwnLine[];
}

const excerptChars = 24;

export class StatusLines {
  readonly #pending = new Map<string, PendingReport>();

  /** Without an outcome: notes the state that the message has reached, for each friend. */
  note(own: OwnLine, outcome?: Outcome): void {
    if (outcome !== undefined) return this.#add(own, outcome.to, stateAfter(outcome.kind), outcome.reason);
    for (const { name, state, reason } of own.ends) this.#add(own, name, state, reason);
  }

  take(capabilities: TerminalCapabilities): readonly Line[] {
    const lines = [...this.#pending.values()].map((report) => describe(report, capabilities));
    this.#pending.clear();
    return lines;
  }

  #add(own: OwnLine, name: string, state: TickState, reason: string | undefined): void {
    const key = [name, state, reason ?? ""].join("/");
    const report = this.#pending.get(key) ?? { name, state, reason, lines: [] };
    report.lines.push(own);
    this.#pending.set(key, report);
  }
}

function describe({ name, state, reason, lines }: PendingReport, capabilities: TerminalCapabilities): Line {
  const [first, ...more] = lines as [OwnLine, ...OwnLine[]];
  const what =
    more.length === 0
      ? `"${cut(first.text)}" of ${first.time}`
      : `${plural(lines.length, "message")} since ${first.time}`;
  const why = reason === undefined ? "" : ` (${reason})`;
  return [
    span("      "),
    tick(state, capabilities),
    span(` ${name}: ${what} ${state}${why}`, state === "failed" ? "alarm" : "quiet"),
  ];
}

function cut(text: string): string {
  const points = Array.from(text.slice(0, 2 * excerptChars));
  return points.length <= excerptChars ? text : `${points.slice(0, excerptChars).join("")}...`;
}
