// Reports outcomes of messages that cannot be repainted any more: one quiet line for each friend and outcome, at the turn's end.

import type { Outcome } from "../../core/outcome.js";
import { plural } from "../../core/peer-table.js";
import type { OwnLine } from "./own-line.js";
import { span, type Line, type TerminalCapabilities } from "./paint.js";
import { stateAfter, tick, type TickState } from "./ticks.js";

interface Told {
  readonly name: string;
  readonly state: TickState;
  readonly reason: string | undefined;
  readonly lines: OwnLine[];
}

const excerptChars = 24;

export class StatusLines {
  readonly #told = new Map<string, Told>();

  /** Without an outcome: reports the current state for each friend. */
  note(own: OwnLine, outcome?: Outcome): void {
    if (outcome !== undefined) return this.#add(own, outcome.to, stateAfter(outcome.kind), outcome.reason);
    for (const { name, state, reason } of own.ends) this.#add(own, name, state, reason);
  }

  take(capabilities: TerminalCapabilities): readonly Line[] {
    const lines = [...this.#told.values()].map((told) => describe(told, capabilities));
    this.#told.clear();
    return lines;
  }

  #add(own: OwnLine, name: string, state: TickState, reason: string | undefined): void {
    const key = [name, state, reason ?? ""].join("/");
    const told = this.#told.get(key) ?? { name, state, reason, lines: [] };
    told.lines.push(own);
    this.#told.set(key, told);
  }
}

function describe({ name, state, reason, lines }: Told, capabilities: TerminalCapabilities): Line {
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
