// The first bytes from the listening side of a private line. An older program that listens there never sends them, so
// it never gets bytes that it cannot handle.

import type { Bytes } from "../../core/types.js";
import { ourVersion, preambleBytes, preambleOf } from "./preamble.js";

/** The same six bytes as a preamble: magic and version. The real preamble still follows in the handshake. */
export const banner: Bytes = preambleOf(ourVersion);

// The minor version may differ.
const comparedBytes = preambleBytes - 1;

/** Reads a banner from chunks of any size. */
export class BannerReader {
  #read = 0;
  #fits = true;

  /** Returns how many bytes of `chunk` belong to the banner's six bytes, whether they match or not. */
  push(chunk: Bytes): number {
    const taken = chunk.subarray(0, preambleBytes - this.#read);
    this.#fits &&= taken.every((byte, at) => this.#expects(byte, this.#read + at));
    this.#read += taken.length;
    return taken.length;
  }

  /** Whether the bytes so far match a banner. */
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
