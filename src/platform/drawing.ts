// What the line editor draws, gathered until the end of the tick: a key press is one write, and no half-drawn line is seen.

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
    // A tabulator is drawn as one column: how far it would go only the terminal knows.
    this.#text += String(text).replaceAll("\t", " ");
    const done = more.at(-1);
    if (typeof done === "function") process.nextTick(done);
    return true;
  }

  /** What was drawn since the last time. */
  take(): string {
    const text = this.#text;
    this.#text = "";
    return text;
  }
}
