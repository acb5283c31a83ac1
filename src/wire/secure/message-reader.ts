// Cuts a byte stream into messages that follow their length, u16 big-endian. It holds at most one unfinished message,
// and copies nothing of those that lie in one chunk.

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

  /** Whether a message has begun and not ended. */
  get unfinished(): boolean {
    return this.#headerLength > 0;
  }

  /** Only after `next` has found nothing more in the chunk before. */
  push(chunk: Bytes): void {
    this.#chunk = chunk;
  }

  /** The next message, which may lie in the chunk itself; "bad-size" as soon as its length says that it does not fit. */
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
