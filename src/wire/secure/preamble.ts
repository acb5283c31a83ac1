// The preamble: the first six bytes of each side, magic and version of the secure dialect.

import type { Bytes } from "../../core/types.js";
import { toUtf8 } from "../../core/utf8.js";

export interface Version {
  readonly major: number;
  readonly minor: number;
}

export const ourVersion: Version = { major: 1, minor: 1 };

// The byte FE never occurs in UTF-8, so no clear dialect begins like this.
const magic = [0xfe, 0x70, 0x32, 0x70];
export const preambleBytes = 6;

export const preambleOf = ({ major, minor }: Version): Bytes => new Uint8Array([...magic, major, minor]);

export const spell = ({ major, minor }: Version): string => `${String(major)}.${String(minor)}`;

/** Whether `bytes` may begin a preamble, to distinguish dialects before the preamble is complete. */
export const beginsSecure = (bytes: Bytes): boolean =>
  magic.every((byte, at) => at >= bytes.length || bytes[at] === byte);

/** The prologue that both sides mix into the handshake, so that it fails if the initiator's preamble was altered. */
export function prologueOf(initiatorsPreamble: Bytes): Bytes {
  const title = toUtf8("p2p secure");
  const prologue = new Uint8Array(title.length + preambleBytes);
  prologue.set(title);
  prologue.set(initiatorsPreamble, title.length);
  return prologue;
}

/** Reads a preamble from chunks of any size. */
export class PreambleReader {
  readonly #bytes = new Uint8Array(preambleBytes);
  #length = 0;

  /** Returns how many bytes of `chunk` belong to the preamble. */
  push(chunk: Bytes): number {
    const taken = Math.min(chunk.length, preambleBytes - this.#length);
    this.#bytes.set(chunk.subarray(0, taken), this.#length);
    this.#length += taken;
    return taken;
  }

  get secure(): boolean {
    return beginsSecure(this.#bytes.subarray(0, this.#length));
  }

  get whole(): boolean {
    return this.#length === preambleBytes;
  }

  /** Valid only if `whole`; the same holds for `version`. */
  get bytes(): Bytes {
    return this.#bytes;
  }

  get version(): Version {
    const [major = 0, minor = 0] = this.#bytes.subarray(magic.length);
    return { major, minor };
  }
}
