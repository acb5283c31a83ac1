// Collects what the line editor draws until the end of the tick: a key press is one write, and no half-drawn line is visible.

import { Writable } from "node:stream";

export class Drawing extends Writable {
  readonly isTTY = true;
  columns: number;
  readonly #onDrawn: () => void;
  #text = "";

  constructor(columns: number, onDrawn: () => void) {
    super({ decodeStrings: false });
    this.columns = columns;
    this.#onDrawn = onDrawn;
  }

  override write(text: unknown, ...more: unknown[]): boolean {
    if (this.#text === "") process.nextTick(this.#onDrawn);
    // A TAB is drawn as one column, because only the terminal knows its tab stops.
    this.#text += String(text).replaceAll("\t", " ");
    const done = more.at(-1);
    if (typeof done === "function") process.nextTick(done);
    return true;
  }

  /** Takes what was drawn since the last call. */
  take(): string {
    const text = this.#text;
    this.#text = "";
    return text;
  }
}
