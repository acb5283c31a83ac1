// A sent message on the screen, with its state for each friend that it was sent to.

import type { Origin, Outcome } from "../../core/outcome.js";
import { plural } from "../../core/peer-table.js";
import { span, type Line, type TerminalCapabilities, type Span } from "./paint.js";
import { furthest, stateAfter, tick, type TickState } from "./ticks.js";

export interface OwnLineParts {
  /** The time as shown. */
  readonly time: string;
  /** The receivers as typed: `Bob`, `Bob,Martha`, `*`. */
  readonly to: string;
  readonly names: readonly string[];
  readonly text: string;
  /** The terminal that sent it. */
  readonly client: object;
  onChange(line: OwnLine, outcome: Outcome): void;
}

/** More friends than this are counted, not listed. */
const listedMax = 8;

export class OwnLine implements Origin {
  readonly time: string;
  readonly text: string;
  readonly #parts: OwnLineParts;
  readonly #states = new Map<string, TickState>();
  readonly #reasons = new Map<string, string>();
  /** Friends with a final outcome. */
  readonly #over = new Set<string>();

  constructor(parts: OwnLineParts) {
    this.#parts = parts;
    this.time = parts.time;
    this.text = parts.text;
    for (const name of parts.names) this.#states.set(name, "waiting");
  }

  get client(): object {
    return this.#parts.client;
  }

  outcome(outcome: Outcome): void {
    const before = this.#states.get(outcome.to) ?? "waiting";
    const after = furthest(before, stateAfter(outcome.kind));
    this.#states.set(outcome.to, after);
    if (outcome.final) this.#over.add(outcome.to);
    if (outcome.reason !== undefined) this.#reasons.set(outcome.to, outcome.reason);
    if (after !== before || outcome.final) this.#parts.onChange(this, outcome);
  }

  /** The final outcome for each friend. */
  get ends(): readonly { readonly name: string; readonly state: TickState; readonly reason: string | undefined }[] {
    const over = [...this.#states].filter(
      ([name, state]) => state !== "waiting" && (state !== "sent" || this.#over.has(name)),
    );
    return over.map(([name, state]) => ({ name, state, reason: this.#reasons.get(name) }));
  }

  line(capabilities: TerminalCapabilities): Line {
    const time = span(`${this.time} `, "quiet");
    const [only, ...more] = this.#states.values();
    const address = span(`${this.#parts.to}/`, "own");
    const text = [span(this.text), ...this.#whyNot];
    if (more.length === 0) return [time, tick(only ?? "waiting", capabilities), span(" "), address, ...text];
    return [
      time,
      ...(this.#states.size > listedMax ? this.#counted(capabilities) : this.#listed(capabilities)),
      address,
      ...text,
    ];
  }

  #listed(capabilities: TerminalCapabilities): readonly Span[] {
    return [...this.#states].flatMap(([name, state]) => [tick(state, capabilities), span(` ${name}  `, "quiet")]);
  }

  #counted(capabilities: TerminalCapabilities): readonly Span[] {
    const counts = new Map<TickState, number>();
    for (const state of this.#states.values()) counts.set(state, (counts.get(state) ?? 0) + 1);
    return [...counts].flatMap(([state, count]) => [tick(state, capabilities), span(` ${count}  `, "quiet")]);
  }

  get #whyNot(): readonly Span[] {
    const words = [...this.#states].flatMap(([name, state]) => {
      if (state === "waiting" || state === "sent" || state === "delivered") return [];
      const reason = this.#reasons.get(name);
      const whose = this.#states.size > 1 ? `${name}: ` : "";
      return [`${whose}${state}${reason === undefined ? "" : `: ${reason}`}`];
    });
    if (words.length > listedMax) return [span(`  (${plural(words.length, "friend")} did not get it)`, "alarm")];
    return words.length === 0 ? [] : [span(`  (${words.join("; ")})`, "alarm")];
  }
}
