// Delivery that can claim no more than "sent": a message is retired when the kernel took it. On an open connection it goes
// out at once and is recorded with the turn. What must wait is stored first, and before it goes the store has that it may
// have gone: what was carried is never taken back, whatever breaks.

import { firstOf, joinBatches, ownTexts, portionsOf, restOf } from "../core/batch.js";
import { queueCharsMax, queueHighWater, queueMessagesMax, turnCharsMax, writeCharsMax } from "../core/limits.js";
import type { Capacity, Outgoing } from "../core/record.js";
import { partsOutside, type Span } from "../core/span.js";
import type { Batch, Result } from "../core/types.js";
import type { DeliveryEvent } from "../wire/event.js";
import type { Delivery, DeliveryParts } from "./delivery.js";
import type { Progress } from "./receipts.js";
import { emptyOutgoing, noTag } from "./stream.js";

interface Queued {
  readonly ordinal: number;
  readonly batch: Batch;
}

const lastOf = ({ ordinal, batch }: Queued): number => ordinal + batch.count - 1;
const noTexts: Batch = { texts: "", count: 0 };

export class WrittenDelivery implements Delivery {
  readonly end = "sent";
  /** All of it is kept at hand, wherever it is stored. */
  readonly capacity: Capacity = { messages: queueMessagesMax, chars: queueCharsMax };
  readonly #parts: DeliveryParts;
  /** In order; what is missing between two was withdrawn. */
  #queue: Queued[] = [];
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
  /** What is left of the first text, where it goes out in portions. */
  #portions: Batch[] = [];
  /** Up to here the store has that messages may have gone out. */
  #cleared: number;
  /** Up to here messages may have numbers in the stream. */
  readonly #numbered: number;
  /** Withdrawn in this turn, which is not committed yet. */
  #withdrawing: readonly Span[] = [];

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
    this.#stored = this.#put = parts.store.outgoing(parts.peer().name) ?? emptyOutgoing;
    this.#cleared = this.#numbered = this.#stored.written;
    // Unless it says something new it is not stored: that a friend connects is nothing to keep.
    this.#record = this.#stored.acknowledges ? { ...this.#stored, acknowledges: false } : this.#stored;
    this.#load();
    this.#retire();
  }

  get waiting(): number {
    return this.#messages;
  }

  get upcoming(): number {
    return this.#record.next;
  }

  get free(): number {
    return Math.max(this.#record.written, this.#record.retired) + 1;
  }

  get progress(): Progress {
    const { retired } = this.#record;
    return { kept: this.#stored.next - 1, written: retired, retired };
  }

  withdraw(spans: readonly Span[]): void {
    this.#withdrawing = [...this.#withdrawing, ...spans].sort((one, other) => one.first - other.first);
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
    if (this.#messages > 0) this.#parts.deliveryEvents.stir();
  }

  hear(event: DeliveryEvent): void {
    if (event.kind !== "texts") return;
    const { store, clock, peer, deliveryEvents } = this.#parts;
    const entry = { peer: peer().name, time: clock.wallTime(), batch: event.batch, key: "none" } as const;
    deliveryEvents.received({ ...entry, number: store.append({ direction: "in", ...entry }) });
  }

  heard(): void {
    // Nobody waits for a word of ours.
  }

  /** Retires what was carried. */
  taken(): void {
    const count = this.#parts.portionBytes === undefined ? this.#takenWhole() : this.#takenPortion();
    this.#messages -= count;
    this.#retire();
    this.#parts.deliveryEvents.retired(count);
    this.#parts.deliveryEvents.stir();
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
    if (this.#portions.length === 0) this.#dropFirst();
    return count;
  }

  #dropFirst(): void {
    const [head] = this.#queue;
    if (head === undefined) return;
    const batch = restOf(head.batch, 1);
    this.#chars -= head.batch.texts.length - batch.texts.length;
    if (batch.count === 0) this.#queue.shift();
    else this.#queue[0] = { ordinal: head.ordinal + 1, batch };
  }

  untaken(): void {
    this.#carried = 0;
  }

  /**
   * Everything before the head of the queue. It has no number in the stream, which is to go on should the row be secure
   * again; unless it was sent there, too.
   */
  #retire(): void {
    const { base, written, retired: before } = this.#record;
    const retired = (this.#queue[0]?.ordinal ?? this.#record.next) - 1;
    if (retired === before) return;
    const numbered = this.#numbered > before;
    this.#record = {
      ...this.#record,
      base: numbered ? base : base + retired - before,
      retired,
      written: Math.max(written, retired),
    };
  }

  settle(): void {
    this.#announce();
    this.#handOver();
    this.#save();
  }

  flush(committed: Result<null>): void {
    this.#conclude(committed);
    if (!this.#parts.carrier.ready) return;
    this.#handOver();
    this.#goOn();
  }

  /** What went may have been all that the connection was for: the next is dialled before somebody thinks that nothing goes out. */
  #goOn(): void {
    if (!this.#parts.carrier.ready) this.#handOver();
  }

  #conclude(committed: Result<null>): void {
    if (committed.ok) this.#stored = this.#put;
    else this.#unsaved = [...this.#saving.filter((queued) => lastOf(queued) > this.#record.retired), ...this.#unsaved];
    this.#saving = [];
    // A full disk holds nothing up.
    this.#cleared = this.#put.written;
    if (committed.ok && this.#withdrawing.length > 0) this.#takeBack(this.#withdrawing);
    this.#withdrawing = [];
  }

  #takeBack(spans: readonly Span[]): void {
    const carried = this.#queue.splice(0, this.#carried);
    const left = this.#queue.flatMap((queued) => partsOutside(queued, spans));
    this.#queue = [...carried, ...left];
    this.#messages = this.#queue.reduce((sum, { batch }) => sum + batch.count, 0);
    this.#chars = this.#queue.reduce((sum, { batch }) => sum + batch.texts.length, 0);
    this.#retire();
    this.#parts.deliveryEvents.stir();
  }

  close(committed: Result<null>): void {
    this.#conclude(committed);
    const count = this.#unsaved.reduce((sum, { batch }) => sum + batch.count, 0);
    if (!committed.ok && count > 0) this.#parts.deliveryEvents.refused(count, committed.message);
  }

  shown(): void {
    // There is no credit to grant: reading is paused instead.
  }

  /** Says in this turn's transaction what goes out next on the connection that stands. */
  #announce(): void {
    const [head] = this.#queue;
    if (head === undefined || !this.#parts.carrier.ready || this.#mayGo(lastOf(head), head.ordinal)) return;
    if (this.#parts.portionBytes !== undefined) return this.#goes(head.ordinal);
    let chars = 0;
    const over = this.#queue.findIndex(({ batch }) => (chars += batch.texts.length) > turnCharsMax);
    const next = this.#queue[Math.max(over < 0 ? this.#queue.length - 1 : over - 1, 0)];
    if (next !== undefined) this.#goes(lastOf(next));
  }

  /** They may be on their way from now on. */
  #goes(last: number): void {
    const written = Math.min(last, this.#kept);
    if (written > this.#record.written) this.#record = { ...this.#record, written };
  }

  /** None above this may go out in this turn. */
  get #kept(): number {
    return (this.#withdrawing[0]?.first ?? Infinity) - 1;
  }

  /** What the store has goes when it knows so, and what it never had, at once. */
  #mayGo(last: number, first: number): boolean {
    return last <= this.#kept && (last <= this.#cleared || first >= this.#stored.next);
  }

  /** One write, or a wish for a connection. */
  #handOver(): void {
    if (this.#queue.length === 0 || this.#carried > 0) return;
    if (!this.#parts.carrier.ready) return this.#parts.carrier.want();
    const { portionBytes } = this.#parts;
    const batch = portionBytes === undefined ? this.#oneWrite() : this.#onePortion(portionBytes);
    if (this.#carried > 0) this.#parts.carrier.carry([{ kind: "texts", batch }]);
  }

  #oneWrite(): Batch {
    this.#carried = this.#fitting();
    const carried = this.#queue.slice(0, this.#carried);
    const last = carried.at(-1);
    if (last !== undefined) this.#goes(lastOf(last));
    return joinBatches(carried.map((queued) => queued.batch));
  }

  #onePortion(bytes: number): Batch {
    const [head] = this.#queue;
    if (head === undefined || !this.#mayGo(head.ordinal, head.ordinal)) return noTexts;
    if (this.#portions.length === 0)
      this.#portions = portionsOf(firstOf(head.batch, { messages: 1, chars: Infinity }), bytes).toReversed();
    this.#carried = 1;
    this.#goes(head.ordinal);
    return this.#portions.at(-1) ?? noTexts;
  }

  #fitting(): number {
    let chars = 0;
    const end = this.#queue.findIndex((queued, index) => {
      chars += queued.batch.texts.length;
      return (chars > writeCharsMax && index > 0) || !this.#mayGo(lastOf(queued), queued.ordinal);
    });
    return end < 0 ? this.#queue.length : end;
  }

  #save(): void {
    const { store, clock, peer, deliveryEvents } = this.#parts;
    const [name, time] = [peer().name, clock.wallTime()];
    for (const { ordinal, batch } of this.#unsaved) {
      const number = store.append({ direction: "out", peer: name, time, batch, ordinal, tag: noTag });
      deliveryEvents.stored(ordinal, batch.count, number);
    }
    this.#saving.push(...this.#unsaved);
    this.#unsaved = [];
    if (this.#record !== this.#stored) store.putOutgoing(name, this.#record);
    this.#put = this.#record;
  }

  #load(): void {
    const { store, peer } = this.#parts;
    for (let from = this.#record.retired + 1; from < this.#record.next;) {
      const page = store.waiting(peer().name, from, writeCharsMax);
      for (const waiting of page) this.#enqueueKept(waiting);
      const last = page.at(-1);
      if (last === undefined) return;
      from = last.ordinal + last.batch.count;
    }
  }

  #enqueueKept({ ordinal, batch }: Queued): void {
    const { store, peer } = this.#parts;
    const gone = store.notebook.withdrawn(peer().name, { first: ordinal, last: ordinal + batch.count - 1 });
    for (const part of partsOutside({ ordinal, batch }, gone)) this.#enqueue(part);
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
