// Edits one line in raw mode. Pure: keys in; lines, signals and drawing out. Keys act as at any terminal; the cursor moves only in
// lines in which it can be shown.

import { lineBytesMax } from "../core/limits.js";

export type SignalKey = "SIGINT" | "SIGQUIT" | "SIGTSTP";

export interface Typed {
  /** Whole lines, without line feeds. */
  readonly lines: readonly string[];
  readonly signals: readonly SignalKey[];
  /** The input has ended. */
  readonly ended: boolean;
}

const signalKeys: Readonly<Record<string, SignalKey>> = {
  "\u0003": "SIGINT",
  "\u001a": "SIGTSTP",
  "\u001c": "SIGQUIT",
};

// Sequences for keys that are not characters: cursor keys, function keys, and the marks around a paste.
const anyKey = /\u001b(?:\[[\u0020-\u003f]*[\u0040-\u007e]?|O.?|.)?|./gsu; // eslint-disable-line no-control-regex -- these keys are control characters

type Move = "left" | "right" | "home" | "end" | "up" | "delete";

const moves: ReadonlyMap<string, Move> = new Map([
  ...(["\u001b[D", "\u001bOD", "\u0002"].map((key) => [key, "left"]) as [string, Move][]),
  ...(["\u001b[C", "\u001bOC", "\u0006"].map((key) => [key, "right"]) as [string, Move][]),
  ...(["\u001b[H", "\u001bOH", "\u001b[1~", "\u0001"].map((key) => [key, "home"]) as [string, Move][]),
  ...(["\u001b[F", "\u001bOF", "\u001b[4~", "\u0005"].map((key) => [key, "end"]) as [string, Move][]),
  ...(["\u001b[A", "\u001bOA", "\u0010"].map((key) => [key, "up"]) as [string, Move][]),
  ["\u001b[3~", "delete"],
]);

const lastLetter = /.$/su;
const firstLetter = /^./su;

export class LineEditor {
  readonly #showsCursorIn: (line: string) => boolean;
  #before = "";
  #after = "";
  #last = "";
  #ended = false;

  /** `showsCursorIn`: whether the cursor can be shown inside that line; otherwise it stays at the end. */
  constructor(showsCursorIn: (line: string) => boolean = () => true) {
    this.#showsCursorIn = showsCursorIn;
  }

  /** The line so far. */
  get line(): string {
    return this.#before + this.#after;
  }

  /** The part left of the cursor. */
  get before(): string {
    return this.#before;
  }

  clear(): void {
    this.#set("");
  }

  type(keys: string): Typed {
    const lines: string[] = [];
    const signals: SignalKey[] = [];
    for (const [key] of keys.matchAll(anyKey)) {
      const move = moves.get(key);
      const signal = signalKeys[key];
      if (key === "\r" || key === "\n") lines.push(this.#take());
      else if (signal !== undefined) signals.push(signal);
      else if (move !== undefined) this.#move(move);
      else this.#edit(key);
    }
    if (this.#after !== "" && !this.#showsCursorIn(this.line)) this.#set(this.line);
    return { lines, signals, ended: this.#ended };
  }

  #take(): string {
    const { line } = this;
    if (line !== "") this.#last = line;
    this.#set("");
    return line;
  }

  /** Replaces the line; the cursor goes to its end. */
  #set(line: string): void {
    this.#before = line;
    this.#after = "";
  }

  #move(move: Move): void {
    const { line } = this;
    if (move === "up") return this.#last === "" ? undefined : this.#set(this.#last);
    if (move === "delete") this.#after = this.#after.replace(firstLetter, "");
    else this.#goTo(move, line);
  }

  #goTo(move: Exclude<Move, "up" | "delete">, line: string): void {
    const left = lastLetter.exec(this.#before)?.[0].length ?? 0;
    const right = firstLetter.exec(this.#after)?.[0].length ?? 0;
    const at = this.#before.length;
    const to = { left: at - left, right: at + right, home: 0, end: line.length }[move];
    this.#before = line.slice(0, to);
    this.#after = line.slice(to);
  }

  #edit(key: string): void {
    if (key === "\u007f" || key === "\b") this.#before = this.#before.replace(lastLetter, "");
    else if (key === "\u0015") this.#before = "";
    else if (key === "\u0017") this.#before = this.#before.replace(/\S*\s*$/, "");
    else if (key === "\u0004") this.#ended ||= this.line === "";
    // A line over the bound is refused as a whole: keep one character more, so that its length shows.
    else if (isLetter(key) && this.#before.length + this.#after.length <= lineBytesMax) this.#before += key;
  }
}

/** Whether the key is a printable character. */
const isLetter = (key: string): boolean => key === "\t" || key >= " ";
