// What was sent on this connection and not acknowledged, and what goes out next: in order and without gaps.

import type { Waiting } from "../core/record.js";
import { BatchQueue, type Numbered } from "../core/batch-queue.js";

/** `number` counts ordinals here. */
export interface Ready extends Numbered {
  readonly tag: string;
}

export class SendWindow {
  #queue = new BatchQueue<Ready>();
  #end = 0;
  #aheadChars = 0;

  /** The ordinal after the last. */
  get end(): number {
    return this.#end;
  }

  /** Characters that have not gone out. */
  get aheadChars(): number {
    return this.#aheadChars;
  }

  /** Characters on their way. */
  get flightChars(): number {
    return this.#queue.chars - this.#aheadChars;
  }

  holding(ordinal: number): Ready | undefined {
    return this.#queue.holding(ordinal);
  }

  push({ ordinal, tag, batch }: Waiting): void {
    this.#queue.push({ number: ordinal, tag, batch });
    this.#end = ordinal + batch.count;
    this.#aheadChars += batch.texts.length;
  }

  /** It goes out. */
  send({ batch }: Ready): void {
    this.#aheadChars -= batch.texts.length;
  }

  dropThrough(retired: number): void {
    this.#queue.dropThrough(retired);
  }

  /** What begins there, of which nothing has gone out, is to be read again. */
  dropFrom(ordinal: number): void {
    const chars = this.#queue.chars;
    this.#queue.dropFrom(ordinal);
    this.#aheadChars -= chars - this.#queue.chars;
    this.#end = Math.min(this.#end, ordinal);
  }

  /** Nothing is at hand; `upNext` goes out next. */
  reset(upNext: number): void {
    this.#queue = new BatchQueue();
    this.#end = upNext;
    this.#aheadChars = 0;
  }
}
