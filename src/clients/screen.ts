// Output of a client to stdout: one write per turn, sanitised. Guarantees that all output passes the sanitiser, and that a
// reader that stops reading costs bounded memory.

import { cleanLine, cleanTexts } from "../core/escape.js";
import { screenCharsMax, screenHighWater, writeCharsMax } from "../core/limits.js";
import { plural } from "../core/peer-table.js";
import { Utf8Writer } from "../core/utf8.js";
import type { Console } from "../ports.js";

/** Whole lines or a prompt, and the store number of the last message in them; 0 without one. */
interface Printed {
  readonly text: string;
  readonly last: number;
}

/** Makes text from outside harmless to a terminal. */
export interface Sanitiser {
  line(text: string): string;
  texts(texts: string): string;
}

const sanitiser: Sanitiser = { line: cleanLine, texts: cleanTexts };

export class Screen {
  readonly #clean: Sanitiser;
  readonly #console: Console;
  readonly #onFull: (full: boolean) => void;
  /** One buffer for all writes: nothing is written before the console has taken the last write. */
  readonly #writer = new Utf8Writer();
  #waiting: Printed[] = [];
  #chars = 0;
  /** The reader of stdout has not read the last write. */
  #blocked = false;
  /** So much output waits that reading should stop. */
  #full = false;
  /** Lines that were dropped and not reported yet. */
  #dropped = 0;
  /** Store number of the last message in the current write, and in the writes that the console has taken. */
  #writing = 0;
  #shown = 0;

  /**
   * `onFull` gets true when so much output waits that reading should stop, and false when there is room again. A caller
   * that gives another sanitiser has cleaned each piece of text itself before adding colours.
   */
  constructor(console: Console, onFull: (full: boolean) => void, clean = sanitiser) {
    this.#clean = clean;
    this.#console = console;
    this.#onFull = onFull;
  }

  get blocked(): boolean {
    return this.#blocked;
  }

  get full(): boolean {
    return this.#full;
  }

  /** The console has taken all output. */
  get idle(): boolean {
    return !this.#blocked && this.#waiting.length === 0;
  }

  /** Whether there is room for more output before the reader reads. */
  get hasRoom(): boolean {
    return this.#chars < screenHighWater;
  }

  /** Store number up to which the console has taken every message. */
  get shown(): number {
    return this.#shown;
  }

  /** Lines of this program. They wait for the reader up to a bound; beyond it they are dropped and counted. */
  print(lines: readonly string[]): void {
    if (this.#chars > screenCharsMax) this.#dropped += lines.length;
    else this.write(lines.map((line) => `${this.#clean.line(line)}\n`).join(""));
  }

  /**
   * Queues whole lines. Output is split into writes only between calls, so that a CR and its LF stay together. `last` is the
   * store number of the last message among them.
   */
  write(lines: string, last = 0): void {
    this.#waiting.push({ text: lines, last });
    this.#chars += lines.length;
  }

  onDrain(): void {
    this.#blocked = false;
    this.#shown = Math.max(this.#shown, this.#writing);
  }

  /** End of the turn: writes the queued output, in as few writes as their maximum length allows. Only this method writes. */
  flush(): void {
    while (this.#waiting.length > 0 && !this.#blocked) {
      this.#blocked = !this.#console.write(this.#writer.encode(this.#clean.texts(this.#takeOneWrite())));
      if (!this.#blocked) this.#shown = Math.max(this.#shown, this.#writing);
      if (this.#waiting.length === 0) this.#reportDropped();
    }
    this.#limitIntake();
  }

  /** Limited in length: V8 allocates and frees long strings slowly. */
  #takeOneWrite(): string {
    let chars = 0;
    const last = this.#waiting.findIndex(({ text }) => (chars += text.length) >= writeCharsMax);
    const taken = this.#waiting.splice(0, last < 0 ? this.#waiting.length : last + 1);
    const whole = taken.map(({ text }) => text).join("");
    this.#writing = taken.reduce((number, printed) => Math.max(number, printed.last), this.#writing);
    this.#chars -= whole.length;
    return whole;
  }

  /** Stops reading while the reader is slow and too much output waits; resumes below the bound. */
  #limitIntake(): void {
    const full = this.#blocked && this.#chars >= screenHighWater;
    if (full === this.#full) return;
    this.#full = full;
    this.#onFull(full);
  }

  /** Called only when nothing waits, so that this line is not dropped too. */
  #reportDropped(): void {
    if (this.#dropped === 0) return;
    const lines = plural(this.#dropped, "more line");
    this.#dropped = 0;
    this.print([`${lines} could not be shown: too much output was waiting for the screen.`]);
  }
}
