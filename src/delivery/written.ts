// Delivery that can claim no more than "sent": a message is retired when the kernel took it. On an open connection it goes
// out at once and is recorded with the turn; what must wait is stored first.

import { firstOf, joinBatches, ownTexts, portionsOf } from "../core/batch.js";
import { queueCharsMax, queueHighWater, queueMessagesMax, writeCharsMax } from "../core/limits.js";
import type { Capacity, Outgoing } from "../core/record.js";
import type { Batch, Result } from "../core/types.js";
import type { DeliveryEvent } from "../wire/event.js";
import type { Delivery, DeliveryParts } from "./delivery.js";
import { emptyOutgoing, noTag } from "./stream.js";

interface Queued {
  readonly ordinal: number;
  readonly batch: Batch;
}

const lastOf = ({ ordinal, batch }: Queued): number => ordinal + batch.count - 1;
const noTexts: Batch = { texts: "", count: 0 };

export class WrittenDelivery implements Delivery {
  /** All of it is kept at hand, wherever it is stored. */
  readonly capacity: Capacity = { messages: queueMessagesMax, chars: queueCharsMax };
  readonly #parts: DeliveryParts;
  readonly #queue: Queued[] = [];
  #record: Outgoing;
  #stored: Outgoing;
  /** As this turn has written it. */
  #put: Outgoing;
  /** Accepted and not in the store yet. */
  #unsaved: Queued[] = [];
  /** Written to the store in this turn, which is not committed yet. */
  #saving: Queued[] = [];
  #messages = 0;
  #chars = 0;
  /** How many batches at the head of the queue are being carried. */
  #carried = 0;
  /** What is left of the batch at the head of the queue, where it goes out in portions. */
  #portions: Batch[] = [];

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
    this.#stored = this.#put = parts.store.outgoing(parts.peer().name) ?? emptyOutgoing;
    // Unless it says something new it is not stored: that a friend connects is nothing to keep.
    this.#record = this.#stored.acknowledges ? { ...this.#stored, acknowledges: false } : this.#stored;
    this.#load();
  }

  get waiting(): number {
    return this.#messages;
  }

  get congested(): boolean {
    return this.#chars > queueHighWater && this.#parts.carrier.progressing;
  }

  push(batch: Batch): number {
    const { messages, chars } = this.capacity;
    const fits = firstOf(batch, { messages: messages - this.#messages, chars: chars - this.#chars });
    if (fits.count === 0) return 0;
    const queued = { ordinal: this.#record.next, batch: this.#own(fits) };
    this.#record = { ...this.#record, next: this.#record.next + fits.count };
    this.#enqueue(queued);
    this.#unsaved.push(queued);
    return fits.count;
  }

  stand(): void {
    // Nothing is agreed upon: the connection takes lines as it is.
  }

  lose(): void {
    if (this.#messages > 0) this.#parts.desk.stir();
  }

  hear(event: DeliveryEvent): void {
    if (event.kind !== "texts") return;
    const { store, clock, peer, desk } = this.#parts;
    const entry = { peer: peer().name, time: clock.wallTime(), batch: event.batch, key: "none" } as const;
    desk.received({ ...entry, number: store.append({ direction: "in", ...entry }) });
  }

  heard(): void {
    // Nobody waits for a word of ours.
  }

  /** Retires what was carried. */
  taken(): void {
    const count = this.#parts.portionBytes === undefined ? this.#takenWhole() : this.#takenPortion();
    this.#messages -= count;
    this.#record = this.#after(count);
    this.#parts.desk.retired(count);
    this.#parts.desk.stir();
  }

  #takenWhole(): number {
    const gone = this.#queue.splice(0, this.#carried);
    this.#carried = 0;
    this.#chars -= gone.reduce((sum, { batch }) => sum + batch.texts.length, 0);
    return gone.reduce((sum, { batch }) => sum + batch.count, 0);
  }

  #takenPortion(): number {
    if (this.#carried === 0) return 0;
    this.#carried = 0;
    const count = this.#portions.pop()?.count ?? 0;
    if (this.#portions.length === 0) this.#chars -= this.#queue.shift()?.batch.texts.length ?? 0;
    return count;
  }

  untaken(): void {
    this.#carried = 0;
  }

  /** What goes out here has no number in the stream, which is to go on should the row be secure again; unless it was sent there, too. */
  #after(count: number): Outgoing {
    const { base, written } = this.#record;
    const retired = this.#record.retired + count;
    const numbered = written > this.#record.retired;
    return { ...this.#record, base: numbered ? base : base + count, retired, written: Math.max(written, retired) };
  }

  settle(): void {
    this.#handOver();
    this.#save();
  }

  flush(committed: Result<null>): void {
    if (committed.ok) this.#stored = this.#put;
    else this.#unsaved = [...this.#saving.filter((queued) => lastOf(queued) > this.#record.retired), ...this.#unsaved];
    this.#saving = [];
  }

  close(committed: Result<null>): void {
    this.flush(committed);
    const count = this.#unsaved.reduce((sum, { batch }) => sum + batch.count, 0);
    if (!committed.ok && count > 0) this.#parts.desk.refused(count, committed.message);
  }

  shown(): void {
    // There is no credit to grant: reading is paused instead.
  }

  /** One write, or a wish for a connection. */
  #handOver(): void {
    if (this.#queue.length === 0 || this.#carried > 0) return;
    if (!this.#parts.carrier.ready) return this.#parts.carrier.want();
    const batch =
      this.#parts.portionBytes === undefined ? this.#oneWrite() : this.#onePortion(this.#parts.portionBytes);
    this.#parts.carrier.carry([{ kind: "texts", batch }]);
  }

  #oneWrite(): Batch {
    this.#carried = this.#fitting();
    return joinBatches(this.#queue.slice(0, this.#carried).map((queued) => queued.batch));
  }

  #onePortion(bytes: number): Batch {
    const [head] = this.#queue;
    if (this.#portions.length === 0 && head !== undefined) this.#portions = portionsOf(head.batch, bytes).toReversed();
    this.#carried = 1;
    return this.#portions.at(-1) ?? noTexts;
  }

  #fitting(): number {
    let chars = 0;
    const end = this.#queue.findIndex(({ batch }, index) => (chars += batch.texts.length) > writeCharsMax && index > 0);
    return end < 0 ? this.#queue.length : end;
  }

  #save(): void {
    const { store, clock, peer } = this.#parts;
    const [name, time] = [peer().name, clock.wallTime()];
    for (const { ordinal, batch } of this.#unsaved)
      store.append({ direction: "out", peer: name, time, batch, ordinal, tag: noTag });
    this.#saving.push(...this.#unsaved);
    this.#unsaved = [];
    if (this.#record !== this.#stored) store.putOutgoing(name, this.#record);
    this.#put = this.#record;
  }

  #load(): void {
    const { store, peer } = this.#parts;
    for (let from = this.#record.retired + 1; from < this.#record.next;) {
      const page = store.waiting(peer().name, from, writeCharsMax);
      for (const { ordinal, batch } of page) this.#enqueue({ ordinal, batch });
      const last = page.at(-1);
      if (last === undefined) return;
      from = last.ordinal + last.batch.count;
    }
  }

  #enqueue(queued: Queued): void {
    this.#queue.push(queued);
    this.#messages += queued.batch.count;
    this.#chars += queued.batch.texts.length;
  }

  /** What goes out at once does not stay. */
  #own(batch: Batch): Batch {
    const idle = this.#parts.carrier.ready && this.#queue.length === 0;
    return idle ? batch : ownTexts(batch);
  }
}
