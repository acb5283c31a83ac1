// Cuts a byte stream into messages, each prefixed with its length (u16 big-endian). It buffers at most one unfinished
// message, and does not copy messages that are complete in one chunk.

import type { Bytes } from "../../core/types.js";

export interface Sizes {
  readonly min: number;
  readonly max: number;
}

const headerBytes = 2;
const nothing: Bytes = new Uint8Array(0);

export class MessageReader {
  #chunk = nothing;
  #headerLength = 0;
  #size = 0;
  #held: Bytes | undefined;
  #heldLength = 0;

  /** Whether a message is unfinished. */
  get unfinished(): boolean {
    return this.#headerLength > 0;
  }

  /** Sets the next chunk. Must be called only after `next` has returned undefined for the chunk before. */
  push(chunk: Bytes): void {
    this.#chunk = chunk;
  }

  /**
   * The next message, possibly a view into the chunk; "bad-size" if its length is outside `sizes`; undefined if
   * incomplete.
   */
  next(sizes: Sizes): Bytes | "bad-size" | undefined {
    if (!this.#readHeader()) return undefined;
    if (this.#size < sizes.min || this.#size > sizes.max) return "bad-size";
    const message =
      this.#held === undefined && this.#chunk.length >= this.#size ? this.#shift(this.#size) : this.#gather();
    if (message !== undefined) this.#headerLength = this.#size = 0;
    return message;
  }

  #readHeader(): boolean {
    while (this.#headerLength < headerBytes) {
      const [byte] = this.#chunk;
      if (byte === undefined) return false;
      this.#shift(1);
      this.#size = this.#size * 256 + byte;
      this.#headerLength += 1;
    }
    return true;
  }

  #gather(): Bytes | undefined {
    const held = (this.#held ??= new Uint8Array(this.#size));
    const part = this.#shift(Math.min(this.#chunk.length, held.length - this.#heldLength));
    held.set(part, this.#heldLength);
    this.#heldLength += part.length;
    if (this.#heldLength < held.length) return undefined;
    this.#held = undefined;
    this.#heldLength = 0;
    return held;
  }

  #shift(count: number): Bytes {
    const first = this.#chunk.subarray(0, count);
    this.#chunk = count === this.#chunk.length ? nothing : this.#chunk.subarray(count);
    return first;
  }
}
