// A neighbour that behaves like the programs of seed 001: one connection per message, read once into 1,024 bytes.
// One of them aborts when a connection brings no byte.

import type { Bytes } from "../../../src/core/types.js";
import { fromUtf8, toUtf8 } from "../../../src/core/utf8.js";
import { hearOneShots, OneByOne, type OldParts } from "./old-one-shot.js";

const buffer = 1_024;

export class OldTagged {
  readonly said: string[] = [];
  /** The text behind `ip:port team `. */
  readonly heard: string[] = [];
  readonly #parts: OldParts;
  /** Some put the address and the team in brackets, and the message on a line of its own. */
  readonly #brackets: boolean;
  readonly #mouth: OneByOne;
  fate = "alive";

  constructor(parts: OldParts) {
    this.#parts = parts;
    this.#mouth = new OneByOne(parts, { ahead: false });
    this.#brackets = parts.dice.chance(0.3);
    hearOneShots(parts, buffer, {
      onRead: (piece) => this.#read(piece),
      onNothing: () => (this.fate = "aborted on a connection without a byte"),
    });
  }

  say(text: string): void {
    this.said.push(text);
    this.#mouth.say(toUtf8(this.#framed(text)));
  }

  #framed(text: string): string {
    const { host, port, name } = this.#parts;
    return this.#brackets ? `<${host}:${port}> @ <${name}>\n${text}\n<end>` : `${host}:${port} ${name} ${text}`;
  }

  /** It puts a NUL behind the read bytes if its buffer has room. */
  #read(piece: Bytes): void {
    if (piece.length === buffer) this.fate = "ran over the end of its buffer";
    this.heard.push(fromUtf8(piece).split(" ").slice(2).join(" "));
  }
}
