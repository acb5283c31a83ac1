// A screen and a keyboard that are the test.

import type { Bytes } from "../../../src/core/types.js";
import { fromUtf8 } from "../../../src/core/utf8.js";
import type { Console } from "../../../src/ports.js";

const none = { bytes: new Uint8Array(0) as Bytes, text: "" };

export class FakeConsole implements Console {
  interactive = false;
  readonly writes: string[] = [];
  /** What `write` answers: whether the reader of stdout takes it. */
  takes = true;
  /** How many more writes are taken. */
  room = Infinity;
  paused = false;
  #inUse = none;

  bind(): void {
    // The test hands what is typed to the face itself.
  }

  write(chunk: Bytes): boolean {
    if (this.#inUse.bytes.length > 0) throw new Error("wrote before the last write was taken");
    const text = fromUtf8(chunk);
    this.writes.push(text);
    this.room -= 1;
    const taken = this.takes && this.room >= 0;
    if (!taken) this.#inUse = { bytes: chunk, text };
    return taken;
  }

  /** The reader of stdout takes what it was given, and what follows. The caller tells the face. */
  drain(): void {
    if (fromUtf8(this.#inUse.bytes) !== this.#inUse.text)
      throw new Error("what the reader was reading was overwritten");
    this.#inUse = none;
    this.takes = true;
    this.room = Infinity;
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  get text(): string {
    return this.writes.join("");
  }
}
