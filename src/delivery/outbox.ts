// What waits for one friend. It promises order, a bound, and that nothing leaves before the kernel took it.

import { firstOf, joinBatches } from "../core/batch.js";
import { queueCharsMax, queueHighWater, queueMessagesMax, writeCharsMax } from "../core/limits.js";
import type { Batch } from "../core/types.js";
import { fromUtf8, toUtf8 } from "../core/utf8.js";
import type { Carrier } from "./carrier.js";

export class Outbox {
  readonly #carrier: Pick<Carrier, "ready" | "progressing" | "want" | "carry">;
  readonly #queue: Batch[] = [];
  #messages = 0;
  #chars = 0;
  /** How many batches at the head of the queue are being carried. */
  #carried = 0;

  constructor(carrier: Pick<Carrier, "ready" | "progressing" | "want" | "carry">) {
    this.#carrier = carrier;
  }

  /** Messages that the kernel has not taken. */
  get waiting(): number {
    return this.#messages;
  }

  /** Whether the source of messages should pause: much waits, and the friend is taking it. */
  get congested(): boolean {
    return this.#chars > queueHighWater && this.#carrier.progressing;
  }

  /** Takes what fits, from the start. Returns how many messages that were. */
  push(batch: Batch): number {
    const fits = firstOf(batch, { messages: queueMessagesMax - this.#messages, chars: queueCharsMax - this.#chars });
    if (fits.count === 0) return 0;
    this.#queue.push(this.#queue.length > 0 || !this.#carrier.ready ? cutLoose(fits) : fits);
    this.#messages += fits.count;
    this.#chars += fits.texts.length;
    return fits.count;
  }

  /** Hands over what one write may hold, or asks for a connection. */
  flush(): void {
    if (this.#queue.length === 0 || this.#carried > 0) return;
    if (!this.#carrier.ready) return this.#carrier.want();
    this.#carried = this.#oneWrite();
    this.#carrier.carry(joinBatches(this.#queue.slice(0, this.#carried)));
  }

  /** Retires what was carried. Returns how many messages that were. */
  taken(): number {
    const gone = this.#queue.splice(0, this.#carried);
    this.#carried = 0;
    const count = gone.reduce((sum, batch) => sum + batch.count, 0);
    this.#messages -= count;
    this.#chars -= gone.reduce((sum, batch) => sum + batch.texts.length, 0);
    return count;
  }

  clear(): void {
    this.#queue.length = 0;
    this.#messages = 0;
    this.#chars = 0;
    this.#carried = 0;
  }

  untaken(): void {
    this.#carried = 0;
  }

  #oneWrite(): number {
    let chars = 0;
    const end = this.#queue.findIndex((batch, index) => (chars += batch.texts.length) > writeCharsMax && index > 0);
    return end < 0 ? this.#queue.length : end;
  }
}

/**
 * A short text is a slice by which the engine keeps the whole block of stdin that it came in: what waits is copied, and
 * costs what it counts. A batch that has its block to itself is not worth a copy.
 */
function cutLoose(batch: Batch): Batch {
  return batch.texts.length < writeCharsMax / 4 ? { ...batch, texts: fromUtf8(toUtf8(batch.texts)) } : batch;
}
