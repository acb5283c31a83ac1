// The messages in memory for one connection: first those sent and not acknowledged, then those to send next. In order,
// no gaps.

import type { Waiting } from "../core/record.js";
import { charsOf } from "../core/typed-message.js";
import { BatchQueue, type Numbered } from "../core/batch-queue.js";

/** `number` is an ordinal. */
export interface ReadyBatch extends Numbered {
  readonly tag: string;
  /** When they were written, in milliseconds since 1970 UTC. */
  readonly time: number;
}

export class SendWindow {
  #queue = new BatchQueue<ReadyBatch>();
  #end = 0;
  #aheadChars = 0;

  /** The ordinal after the last message in memory. */
  get end(): number {
    return this.#end;
  }

  /** What was not sent yet, as `charsOf` counts it. */
  get aheadChars(): number {
    return this.#aheadChars;
  }

  /** What was sent and not acknowledged. */
  get flightChars(): number {
    return this.#queue.chars - this.#aheadChars;
  }

  holding(ordinal: number): ReadyBatch | undefined {
    return this.#queue.holding(ordinal);
  }

  push({ ordinal, ...rest }: Waiting): void {
    const ready = { number: ordinal, ...rest };
    this.#queue.push(ready);
    this.#end = ordinal + ready.batch.count;
    this.#aheadChars += charsOf(ready);
  }

  /** The batch is being sent. */
  send(ready: ReadyBatch): void {
    this.#aheadChars -= charsOf(ready);
  }

  dropThrough(retired: number): void {
    this.#queue.dropThrough(retired);
  }

  /** Drops unsent messages from `ordinal` on, to be read from the store again. */
  dropFrom(ordinal: number): void {
    const chars = this.#queue.chars;
    this.#queue.dropFrom(ordinal);
    this.#aheadChars -= chars - this.#queue.chars;
    this.#end = Math.min(this.#end, ordinal);
  }

  /** Empties the window; `upNext` is the next ordinal to send. */
  reset(upNext: number): void {
    this.#queue = new BatchQueue();
    this.#end = upNext;
    this.#aheadChars = 0;
  }
}
