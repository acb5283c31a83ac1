// Buffers the bytes of one unfinished message, up to a bound.

import type { Bytes } from "../core/types.js";

const nothing: Bytes = new Uint8Array(0);

export class HeldBytes {
  readonly #bytesMax: number;
  #buffer = nothing;
  #length = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get length(): number {
    return this.#length;
  }

  /** How many bytes more would fit. */
  get room(): number {
    return this.#bytesMax - this.#length;
  }

  /** `bytes` must fit. */
  add(bytes: Bytes): void {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Returns all buffered bytes and empties the buffer. */
  take(): Bytes {
    const taken = this.#buffer.subarray(0, this.#length);
    this.#buffer = nothing;
    this.#length = 0;
    return taken;
  }

  /** Doubles the buffer, so that a message that arrives byte by byte is copied only a few times. */
  #reserve(extra: number): void {
    const needed = this.#length + extra;
    if (needed <= this.#buffer.length) return;
    const larger = new Uint8Array(Math.min(this.#bytesMax, Math.max(needed, this.#buffer.length * 2)));
    larger.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = larger;
  }
}
