// A neighbour that behaves like the programs of seed 004: up to 2,000 bytes per connection, padded with NULs by one of them.
// It opens the connection for the next message right after the last one; that connection may stay open for hours.

import type { Bytes } from "../../../src/core/types.js";
import { fromUtf8, toUtf8 } from "../../../src/core/utf8.js";
import { hearOneShots, OneByOne, type OldParts } from "./old-one-shot.js";

const buffer = 2_000;
const textBytesMax = 1_024;

export class OldSays {
  readonly said: string[] = [];
  readonly heard: string[] = [];
  readonly #parts: OldParts;
  readonly #pads: boolean;
  readonly #mouth: OneByOne;
  fate = "alive";

  constructor(parts: OldParts) {
    this.#parts = parts;
    this.#mouth = new OneByOne(parts, { ahead: true });
    this.#pads = parts.dice.chance(0.5);
    hearOneShots(parts, buffer, { onRead: (piece) => this.#read(piece), onNothing: () => undefined });
  }

  /** It connects as soon as it runs. */
  start(): void {
    this.#mouth.dial();
  }

  say(text: string): void {
    this.said.push(text);
    this.#mouth.say(this.#framed(text));
  }

  #framed(text: string): Bytes {
    const { name, port } = this.#parts;
    const bytes = toUtf8(`${name}[PORT:${port}] says: ${text}`);
    if (!this.#pads) return bytes;
    const padded = new Uint8Array(buffer);
    padded.set(bytes);
    return padded;
  }

  #read(piece: Bytes): void {
    const [, text] = /^\S+\[PORT:\d+\] says: ([^\0]*)\0$/.exec(fromUtf8(piece)) ?? [];
    if (text === undefined || piece.length >= buffer) this.fate = `read ${JSON.stringify(fromUtf8(piece))}`;
    else if (toUtf8(text).length >= textBytesMax) this.fate = "ran over the end of its buffer";
    else this.heard.push(text);
  }
}
