// A screen that asks one question at a time while messages arrive. On a terminal the question and the typed part of the
// answer stay below everything else; elsewhere no message shares a line with a question.

import { cleanLine } from "../core/escape.js";
import type { Console } from "../ports.js";
import { Screen } from "../clients/screen.js";

export class Prompter {
  readonly #console: Console;
  readonly #screen: Screen;
  #question = "";
  /** Without a terminal: the question's line has not ended yet. */
  #open = false;

  /** `onFull` as for a `Screen`. */
  constructor(console: Console, onFull: (full: boolean) => void) {
    this.#console = console;
    this.#screen = new Screen(console, onFull);
  }

  get blocked(): boolean {
    return this.#screen.blocked;
  }

  get full(): boolean {
    return this.#screen.full;
  }

  ask(question: string): void {
    this.#question = question;
    if (this.#console.prompt !== undefined) return;
    this.#endQuestion();
    this.#screen.write(question);
    this.#open = true;
  }

  /** The question is answered; no question is open now. */
  answered(): void {
    this.#question = "";
    this.#endQuestion();
  }

  /** Prints this program's own lines, with the limits of `Screen.print`. */
  print(lines: readonly string[]): void {
    this.#endQuestion();
    this.#screen.print(lines);
  }

  /** Writes whole lines; `last` is the number of the last message among them, as for a `Screen`. */
  write(lines: string, last = 0): void {
    this.#endQuestion();
    this.#screen.write(lines, last);
  }

  get shown(): number {
    return this.#screen.shown;
  }

  onDrain(): void {
    this.#screen.onDrain();
  }

  /** Called at the end of the turn. */
  flush(): void {
    this.#screen.flush();
    if (!this.#screen.blocked) this.#console.prompt?.(cleanLine(this.#question));
  }

  #endQuestion(): void {
    if (this.#open) this.#screen.write("\n");
    this.#open = false;
  }
}
