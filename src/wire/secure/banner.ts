// What the listening side of a private line says first. An older program that listens there never says it, and so is never
// sent a byte of what it could not bear.

import type { Bytes } from "../../core/types.js";
import { ourVersion, preambleBytes, preambleOf } from "./preamble.js";

/** The same six bytes as a preamble: magic and version. The preamble proper still follows in the handshake. */
export const banner: Bytes = preambleOf(ourVersion);

// The minor version may differ.
const comparedBytes = preambleBytes - 1;

/** Gathers a banner from pieces of any size. */
export class BannerReader {
  #read = 0;
  #fits = true;

  /** How many bytes of `chunk` belonged to the banner. What does not fit is not read on. */
  push(chunk: Bytes): number {
    const taken = chunk.subarray(0, preambleBytes - this.#read);
    this.#fits &&= taken.every((byte, at) => this.#expects(byte, this.#read + at));
    this.#read += taken.length;
    return taken.length;
  }

  /** Whether all that was read may begin a banner. */
  get fits(): boolean {
    return this.#fits;
  }

  get whole(): boolean {
    return this.#fits && this.#read === preambleBytes;
  }

  #expects(byte: number, at: number): boolean {
    return at >= comparedBytes || banner[at] === byte;
  }
}
