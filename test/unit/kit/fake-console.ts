// A fake screen and keyboard that the test controls.

import type { Bytes } from "../../../src/core/types.js";
import { fromUtf8 } from "../../../src/core/utf8.js";
import type { Console } from "../../../src/ports.js";

const none = { bytes: new Uint8Array(0) as Bytes, text: "" };

export class FakeConsole implements Console {
  interactive = false;
  readonly writes: string[] = [];
  /** The result of `write`: whether the reader of stdout takes it at once. */
  takes = true;
  /** The number of further writes that are taken. */
  room = Infinity;
  paused = false;
  #inUse = none;

  bind(): void {
    // The test passes typed input to the client itself.
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

  /** The reader of stdout takes the last write and all further ones. The caller must report the drain to the client. */
  drain(): void {
    if (fromUtf8(this.#inUse.bytes) !== this.#inUse.text)
      throw new Error("a chunk was overwritten before the reader took it");
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
