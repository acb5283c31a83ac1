// A fake terminal that the test controls: written lines are kept in `rows`, retracted rows are removed.

import type { Bytes } from "../../../src/core/types.js";
import { fromUtf8 } from "../../../src/core/utf8.js";
import type { Terminal, TypedLines } from "../../../src/ports.js";
import { FakeConsole } from "./fake-console.js";

export class FakeTerminal extends FakeConsole implements Terminal {
  override interactive = true;
  columns = 80;
  height = 24;
  rows: string[] = [];
  prompted = "";
  asking = false;
  rings = 0;
  retractions = 0;
  restored: string[] = [];
  remembered: TypedLines | undefined;
  closed = false;
  #retracted = 0;

  override write(chunk: Bytes): boolean {
    if (this.#retracted > 0) this.rows = this.rows.slice(0, -this.#retracted);
    this.#retracted = 0;
    this.rows.push(...fromUtf8(chunk).split("\n").slice(0, -1));
    return super.write(chunk);
  }

  prompt(words: string, question = false): void {
    this.prompted = words;
    this.asking = question;
  }

  retract(rows: number): boolean {
    if (rows + 1 >= this.height) return false;
    this.#retracted = rows;
    this.retractions += 1;
    return true;
  }

  ring(): void {
    this.rings += 1;
  }

  restore(draft: string): void {
    this.restored.push(draft);
  }

  remember(lines: TypedLines): void {
    this.remembered = lines;
  }

  close(): void {
    this.closed = true;
  }
}
