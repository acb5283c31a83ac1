// Cuts a byte stream into blocks of whole lines. It buffers at most one unfinished line, of bounded length.

import { concat } from "../core/bytes.js";
import type { Bytes } from "../core/types.js";
import { HeldBytes } from "./held-bytes.js";

const lineFeed = 10;
const nothing: Bytes = new Uint8Array(0);

export interface Framed {
  /**
   * Whole lines, each with its line feed, in non-empty blocks. They are not joined, because that would copy every
   * chunk.
   */
  readonly blocks: readonly Bytes[];
  /** The number of lines that exceeded the bound; they are not in `blocks`. */
  readonly overlong: number;
}

export class LineFramer {
  readonly #bytesMax: number;
  readonly #held: HeldBytes;
  /** True inside an overlong line that was already counted. */
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

  /** Returns the buffered line with a line feed added; empty if nothing is buffered. */
  flush(): Bytes {
    const line = this.#held.length === 0 ? nothing : join(this.#held.take(), new Uint8Array([lineFeed]));
    this.#skipping = false;
    return line;
  }

  /** Completes the buffered line with the first line of `chunk`. */
  #finish(chunk: Bytes, lineFeedAt: number): Framed {
    const skipped = this.#skipping;
    this.#skipping = false;
    const overlong = lineFeedAt > this.#held.room;
    const held = this.#held.take();
    if (skipped || overlong) return { blocks: [], overlong: skipped ? 0 : 1 };
    return { blocks: [join(held, chunk.subarray(0, lineFeedAt + 1))], overlong: 0 };
  }

  /** Only a block larger than the bound can contain an overlong line, and the kernel rarely delivers one. */
  #dropOverlong(block: Bytes): Framed {
    if (block.length === 0) return { blocks: [], overlong: 0 };
    if (block.length <= this.#bytesMax) return { blocks: [block], overlong: 0 };
    const lines = splitLines(block);
    const fitting = lines.filter((line) => line.length - 1 <= this.#bytesMax);
    return { blocks: [concat(fitting)].filter((lines) => lines.length > 0), overlong: lines.length - fitting.length };
  }

  /** Buffers the beginning of a line. Returns 1 if this made the line overlong, else 0. */
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
