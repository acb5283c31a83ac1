// A simulated keyboard and screen. The reader of the screen may be slow or stop.

import type { Bytes } from "../../../src/core/types.js";
import type { Clock, Console, ConsoleEvents } from "../../../src/ports.js";
import { fromUtf8, toUtf8 } from "../../../src/core/utf8.js";

export class VirtualConsole implements Console {
  readonly interactive = false;
  readonly #clock: Clock;
  #events: ConsoleEvents | undefined;
  #typed: Bytes[] = [];
  #paused = false;
  #stalled = false;
  #owed = false;
  #shown = "";
  #unread = 0;
  #over = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** All printed text. */
  get shown(): string {
    return this.#shown;
  }

  get lines(): readonly string[] {
    return this.#shown.split("\n").slice(0, -1);
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** The highest number of characters that waited for a stalled reader. */
  unreadMax = 0;

  bind(events: ConsoleEvents): void {
    this.#events = events;
    this.#feed();
  }

  write(chunk: Bytes): boolean {
    if (this.#over) return true;
    const text = fromUtf8(chunk);
    this.#shown += text;
    if (!this.#stalled) return true;
    this.#unread += text.length;
    this.unreadMax = Math.max(this.unreadMax, this.#unread);
    this.#owed = true;
    return false;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#feed();
  }

  /** Its program died: text that the reader had not taken is lost. */
  end(): void {
    this.#over = true;
    this.#shown = this.#shown.slice(0, this.#shown.length - this.#unread);
  }

  type(line: string): void {
    this.#typed.push(toUtf8(`${line}\n`));
    this.#feed();
  }

  /** The reader of the screen stops reading. */
  stall(): void {
    this.#stalled = true;
  }

  unstall(): void {
    this.#stalled = false;
    this.#unread = 0;
    if (this.#owed) this.#clock.after(0, () => this.#events?.onDrain());
    this.#owed = false;
  }

  #feed(): void {
    if (this.#paused || this.#events === undefined || this.#typed.length === 0) return;
    const [chunk] = this.#typed.splice(0, 1);
    this.#clock.after(0, () => this.#events?.onBytes(chunk as Bytes));
    this.#clock.after(0, () => this.#feed());
  }
}
