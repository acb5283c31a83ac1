// Cuts a byte stream into blocks of whole lines. It holds at most one unended line, of bounded length.

import { concat } from "../core/bytes.js";
import type { Bytes } from "../core/types.js";
import { HeldBytes } from "./held-bytes.js";

const lineFeed = 10;
const nothing: Bytes = new Uint8Array(0);

export interface Framed {
  /** Whole lines, each with its line feed, in blocks that are never empty: joining them would copy every chunk. */
  readonly blocks: readonly Bytes[];
  /** Lines that exceeded the bound; nothing of them is in `blocks`. */
  readonly overlong: number;
}

export class LineFramer {
  readonly #bytesMax: number;
  readonly #held: HeldBytes;
  /** Inside an overlong line that was counted already. */
  #skipping = false;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
    this.#held = new HeldBytes(bytesMax);
  }

  get unfinished(): boolean {
    return this.#held.length > 0;
  }

  push(chunk: Bytes): Framed {
    const first = chunk.indexOf(lineFeed);
    if (first < 0) return { blocks: [], overlong: this.#hold(chunk) };
    const end = chunk.lastIndexOf(lineFeed) + 1;
    const head = this.#finish(chunk, first);
    const body = this.#dropOverlong(chunk.subarray(first + 1, end));
    const tooLong = this.#hold(chunk.subarray(end));
    return { blocks: [...head.blocks, ...body.blocks], overlong: head.overlong + body.overlong + tooLong };
  }

  /** What is held, with a line feed to end it; nothing when nothing is held. */
  flush(): Bytes {
    const line = this.#held.length === 0 ? nothing : join(this.#held.take(), new Uint8Array([lineFeed]));
    this.#skipping = false;
    return line;
  }

  /** Ends the held line with the first line of `chunk`. */
  #finish(chunk: Bytes, lineFeedAt: number): Framed {
    const skipped = this.#skipping;
    this.#skipping = false;
    const overlong = lineFeedAt > this.#held.room;
    const held = this.#held.take();
    if (skipped || overlong) return { blocks: [], overlong: skipped ? 0 : 1 };
    return { blocks: [join(held, chunk.subarray(0, lineFeedAt + 1))], overlong: 0 };
  }

  /** Only a block larger than the bound can hold a line that exceeds it, and the kernel rarely hands us one. */
  #dropOverlong(block: Bytes): Framed {
    if (block.length === 0) return { blocks: [], overlong: 0 };
    if (block.length <= this.#bytesMax) return { blocks: [block], overlong: 0 };
    const lines = splitLines(block);
    const fitting = lines.filter((line) => line.length - 1 <= this.#bytesMax);
    return { blocks: [concat(fitting)].filter((lines) => lines.length > 0), overlong: lines.length - fitting.length };
  }

  /** Returns 1 when this made the held line overlong. */
  #hold(rest: Bytes): number {
    if (this.#skipping || rest.length === 0) return 0;
    if (rest.length > this.#held.room) {
      this.#held.take();
      this.#skipping = true;
      return 1;
    }
    this.#held.add(rest);
    return 0;
  }
}

function splitLines(block: Bytes): Bytes[] {
  const lines: Bytes[] = [];
  for (let start = 0; start < block.length;) {
    const end = block.indexOf(lineFeed, start) + 1;
    lines.push(block.subarray(start, end));
    start = end;
  }
  return lines;
}

function join(left: Bytes, right: Bytes): Bytes {
  if (left.length === 0) return right;
  if (right.length === 0) return left;
  return concat([left, right]);
}
