// What a face writes to stdout: one write per turn, cleaned on its way. It promises that nothing is printed that did not
// pass the sanitiser, and that a reader who stops reading costs bounded memory.

import { cleanLine, cleanTexts } from "../core/escape.js";
import { screenCharsMax, screenHighWater, writeCharsMax } from "../core/limits.js";
import { plural } from "../core/peer-table.js";
import { Utf8Writer } from "../core/utf8.js";
import type { Console } from "../ports.js";

/** Whole lines, or a prompt, and the store number of the last message among them; 0 where there is none. */
interface Printed {
  readonly text: string;
  readonly last: number;
}

/** How foreign text becomes harmless. */
export interface Sanitiser {
  line(text: string): string;
  texts(texts: string): string;
}

const sanitiser: Sanitiser = { line: cleanLine, texts: cleanTexts };

export class Screen {
  readonly #clean: Sanitiser;
  readonly #console: Console;
  readonly #onFull: (full: boolean) => void;
  /** Nothing is written while the console has not taken the last write: one buffer serves them all. */
  readonly #writer = new Utf8Writer();
  #waiting: Printed[] = [];
  #chars = 0;
  /** The reader of stdout has not taken what was written. */
  #blocked = false;
  /** So much waits for it that nothing more should come in. */
  #full = false;
  #untold = 0;
  /** Store number of the last message in the write that the console has not taken, and in those that it took. */
  #writing = 0;
  #shown = 0;

  /**
   * `onFull` is told when so much waits that nothing more should come in, and when there is room again. Who gives another
   * sanitiser has cleaned every piece of text himself, and put colours around it.
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

  /** Everything that was written here has been taken. */
  get idle(): boolean {
    return !this.#blocked && this.#waiting.length === 0;
  }

  /** Whether more may be written before the reader has taken some. */
  get roomy(): boolean {
    return this.#chars < screenHighWater;
  }

  /** Store number up to which the console has taken every message. */
  get shown(): number {
    return this.#shown;
  }

  /** Own words. They wait for the reader up to a bound; beyond it they are counted. */
  print(lines: readonly string[]): void {
    if (this.#chars > screenCharsMax) this.#untold += lines.length;
    else this.write(lines.map((line) => `${this.#clean.line(line)}\n`).join(""));
  }

  /**
   * Whole lines: what is written at once is cut only between calls, and no CR is parted from its LF. `last` is the store
   * number of the last message among them.
   */
  write(lines: string, last = 0): void {
    this.#waiting.push({ text: lines, last });
    this.#chars += lines.length;
  }

  onDrain(): void {
    this.#blocked = false;
    this.#shown = Math.max(this.#shown, this.#writing);
  }

  /** End of the turn: what was printed goes out in as few writes as are not too long. This is the one gate to the screen. */
  flush(): void {
    while (this.#waiting.length > 0 && !this.#blocked) {
      this.#blocked = !this.#console.write(this.#writer.encode(this.#clean.texts(this.#takeOneWrite())));
      if (!this.#blocked) this.#shown = Math.max(this.#shown, this.#writing);
      if (this.#waiting.length === 0) this.#tellUntold();
    }
    this.#limitIntake();
  }

  /** Long strings live in a part of the heap that is slow to get and to give back. */
  #takeOneWrite(): string {
    let chars = 0;
    const last = this.#waiting.findIndex(({ text }) => (chars += text.length) >= writeCharsMax);
    const taken = this.#waiting.splice(0, last < 0 ? this.#waiting.length : last + 1);
    const whole = taken.map(({ text }) => text).join("");
    this.#writing = taken.reduce((number, printed) => Math.max(number, printed.last), this.#writing);
    this.#chars -= whole.length;
    return whole;
  }

  /** The next write grows while the reader is at the last one, up to a bound; below it again, things come in again. */
  #limitIntake(): void {
    const full = this.#blocked && this.#chars >= screenHighWater;
    if (full === this.#full) return;
    this.#full = full;
    this.#onFull(full);
  }

  /** When there is room again: the count itself must not be what finds none. */
  #tellUntold(): void {
    if (this.#untold === 0) return;
    const lines = plural(this.#untold, "line");
    this.#untold = 0;
    this.print([`${lines} more could not be shown: too much was waiting for the screen.`]);
  }
}
