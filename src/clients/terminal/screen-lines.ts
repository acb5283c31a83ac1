// The lines above the prompt. New lines go to the bottom; the last sent lines are repainted while they are the lowest.

import type { Terminal } from "../../ports.js";
import { ownLinesLiveMax } from "../../core/limits.js";
import { Screen } from "../screen.js";
import type { OwnLine } from "./own-line.js";
import { paint, type Line, type TerminalCapabilities } from "./paint.js";

type Block =
  | { readonly kind: "own"; readonly own: OwnLine }
  /** `message`: number of the last message in it; undefined for the program's own words, which are bounded. */
  | { readonly kind: "lines"; readonly lines: readonly Line[]; readonly message: number | undefined };

/** A sent line as shown. */
interface Standing {
  readonly own: OwnLine;
  readonly rows: number;
}

export interface ScreenLinesParts {
  readonly terminal: Terminal;
  readonly capabilities: TerminalCapabilities;
  /** Columns before the further rows of a message. */
  readonly indent: number;
  onFull(full: boolean): void;
  /** Called for a changed line that could not be repainted. */
  onLost(own: OwnLine): void;
}

/** Everything here was cleaned when it was painted. */
const painted = { line: (text: string) => text, texts: (texts: string) => texts };

export class ScreenLines {
  readonly #parts: ScreenLinesParts;
  readonly #screen: Screen;
  #fresh: Block[] = [];
  /** The sent lines at the bottom of the screen, oldest first. */
  #tail: Standing[] = [];
  readonly #changed = new Set<OwnLine>();

  constructor(parts: ScreenLinesParts) {
    this.#parts = parts;
    this.#screen = new Screen(parts.terminal, (full) => parts.onFull(full), painted);
  }

  get shown(): number {
    return this.#screen.shown;
  }

  get blocked(): boolean {
    return this.#screen.blocked;
  }

  get full(): boolean {
    return this.#screen.full;
  }

  onDrain(): void {
    this.#screen.onDrain();
  }

  say(lines: readonly Line[]): void {
    if (lines.length > 0) this.#fresh.push({ kind: "lines", lines, message: undefined });
  }

  /** `last` is the store number of the last message among them. */
  show(lines: readonly Line[], last: number): void {
    this.#fresh.push({ kind: "lines", lines, message: last });
  }

  own(own: OwnLine): void {
    this.#fresh.push({ kind: "own", own });
  }

  /** Notes a changed state. False: the line is too high on the screen to be repainted. */
  change(own: OwnLine): boolean {
    if (this.#fresh.some((block) => block.kind === "own" && block.own === own)) return true;
    const stands = this.#tail.some((standing) => standing.own === own);
    if (stands) this.#changed.add(own);
    return stands;
  }

  /** The terminal was resized and has moved its rows: their places are unknown now. */
  forget(): void {
    const lost = [...this.#changed];
    this.#tail = [];
    this.#changed.clear();
    for (const own of lost) this.#parts.onLost(own);
  }

  /** End of the turn, after `renew`. */
  flush(): void {
    for (const block of this.#fresh) this.#write(block);
    this.#fresh = [];
    this.#tail = this.#tail.slice(-ownLinesLiveMax);
    this.#screen.flush();
  }

  /** Repaints the last sent lines with their current ticks, and reports those that could not be repainted. */
  renew(): void {
    const from = this.#tail.findIndex(({ own }) => this.#changed.has(own));
    if (from < 0 || !this.#screen.idle) return;
    const old = this.#tail.slice(from);
    if (!this.#parts.terminal.retract(old.reduce((sum, { rows }) => sum + rows, 0))) return this.forget();
    this.#changed.clear();
    this.#tail = this.#tail.slice(0, from);
    for (const { own } of old) this.#write({ kind: "own", own });
  }

  #write(block: Block): void {
    if (block.kind === "own") {
      const rows = this.#paint(block.own.line(this.#parts.capabilities));
      this.#screen.write(ended(rows));
      this.#tail.push({ own: block.own, rows: rows.length });
      return;
    }
    this.forget();
    const indent = block.message === undefined ? saidIndent : this.#parts.indent;
    const rows = block.lines.flatMap((line) => this.#paint(line, indent));
    if (block.message === undefined) this.#screen.print(rows);
    else this.#screen.write(ended(rows), block.message);
  }

  #paint(line: Line, indent = this.#parts.indent): readonly string[] {
    const { terminal, capabilities } = this.#parts;
    return paint(line, terminal.columns, indent, capabilities);
  }
}

/** Prints the program's own words. */
export const saidIndent = 2;

const ended = (rows: readonly string[]): string => rows.map((row) => `${row}\n`).join("");
