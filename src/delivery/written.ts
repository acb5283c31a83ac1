// Delivery without acknowledgements: a message is "sent" and retired when the kernel takes it. On an open connection it
// is sent at once and stored with the turn. Waiting messages are stored first; the store marks them as possibly sent
// before they are sent, so that a message that may have been sent is never withdrawn, even after a crash.

import { firstOf, joinBatches, ownTexts, portionsOf, restOf } from "../core/batch.js";
import { queueCharsMax, queueHighWater, queueMessagesMax, turnCharsMax, writeCharsMax } from "../core/limits.js";
import type { Capacity, Outgoing } from "../core/record.js";
import { partsOutside, type Span } from "../core/span.js";
import { charsOf, isInvisible, type TypedMessage } from "../core/typed-message.js";
import type { Batch, Result } from "../core/types.js";
import type { DeliveryEvent } from "../wire/event.js";
import type { Delivery, DeliveryParts } from "./delivery.js";
import type { Progress } from "./receipts.js";
import { emptyOutgoing, noTag } from "./stream.js";

interface Queued {
  readonly ordinal: number;
  readonly batch: Batch;
  /** The one message of the batch, if it has a kind. It goes out as its visible text. */
  readonly typed?: TypedMessage;
}

const lastOf = ({ ordinal, batch }: Queued): number => ordinal + batch.count - 1;
const noTexts: Batch = { texts: "", count: 0 };

export class WrittenDelivery implements Delivery {
  readonly finalOutcome = "sent";
  /** The limit of the queue in memory, which holds all waiting messages. */
  readonly capacity: Capacity = { messages: queueMessagesMax, chars: queueCharsMax };
  readonly #parts: DeliveryParts;
  /** In order. Gaps in the ordinals are withdrawn messages. */
  #queue: Queued[] = [];
  #record: Outgoing;
  /** The record after the last commit. */
  #stored: Outgoing;
  /** The record in this turn's transaction. */
  #saved: Outgoing;
  /** Accepted, and not written to the store. */
  #unsaved: Queued[] = [];
  /** Written to the store in this turn, and not committed yet. */
  #saving: Queued[] = [];
  #messages = 0;
  #chars = 0;
  /** The number of batches at the head of the queue that are being written to the connection. */
  #carried = 0;
  /** The unsent portions of the first text, in reverse order. Used only with `portionBytes`. */
  #portions: Batch[] = [];
  /** The store has marked messages up to this ordinal as possibly sent. */
  #markedThrough: number;
  /** Messages up to this ordinal may have numbers in an acknowledged stream. */
  readonly #numberedThrough: number;
  /** Withdrawn in this turn, and not committed yet. */
  #withdrawing: readonly Span[] = [];
  /** Messages with nothing to show, which this dialect cannot carry. */
  #unsendable: readonly Span[] = [];

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
    this.#stored = this.#saved = parts.store.outgoing(parts.peer().name) ?? emptyOutgoing;
    this.#markedThrough = this.#numberedThrough = this.#stored.written;
    // This change alone is not written to the store.
    this.#record = this.#stored.acknowledges ? { ...this.#stored, acknowledges: false } : this.#stored;
    this.#load();
    this.#retire();
  }

  get waiting(): number {
    return this.#messages;
  }

  get nextOrdinal(): number {
    return this.#record.next;
  }

  get firstCancellable(): number {
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

  push(batch: Batch, typed?: TypedMessage): number {
    const { messages, chars } = this.capacity;
    const room = chars - this.#chars - (typed?.raw.length ?? 0);
    const fits = firstOf(batch, { messages: messages - this.#messages, chars: room });
    if (fits.count === 0) return 0;
    const queued = { ordinal: this.#record.next, batch: this.#detached(fits), ...(typed && { typed }) };
    this.#record = { ...this.#record, next: this.#record.next + fits.count };
    this.#enqueue(queued);
    this.#unsaved.push(queued);
    return fits.count;
  }

  connected(): void {
    // The connection takes lines without a negotiation.
  }

  disconnected(): void {
    if (this.#messages > 0) this.#parts.deliveryEvents.requestTurn();
  }

  hear(event: DeliveryEvent): void {
    if (event.kind !== "texts") return;
    const { store, clock, peer, deliveryEvents } = this.#parts;
    const entry = { peer: peer().name, time: clock.wallTime(), batch: event.batch, key: "none" } as const;
    deliveryEvents.received({ ...entry, number: store.append({ direction: "in", ...entry }) });
  }

  heard(): void {
    // There are no acknowledgements to repeat.
  }

  /** Retires the messages of the last write. */
  writeTaken(): void {
    const count = this.#parts.portionBytes === undefined ? this.#takenWhole() : this.#takenPortion();
    this.#messages -= count;
    this.#retire();
    this.#parts.deliveryEvents.retired(count);
    this.#parts.deliveryEvents.requestTurn();
  }

  #takenWhole(): number {
    const gone = this.#queue.splice(0, this.#carried);
    this.#carried = 0;
    this.#chars -= gone.reduce((sum, queued) => sum + charsOf(queued), 0);
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
    const rest = { ordinal: head.ordinal + 1, batch: restOf(head.batch, 1) };
    this.#chars -= charsOf(head) - charsOf(rest);
    if (rest.batch.count === 0) this.#queue.shift();
    else this.#queue[0] = rest;
  }

  writeFailed(): void {
    this.#carried = 0;
  }

  /**
   * Retires all messages before the head of the queue. Moves the stream's base so that they have no sequence numbers and the
   * stream can continue if the row becomes secure again; but not if they may have been sent in the stream, too.
   */
  #retire(): void {
    const { base, written, retired: before } = this.#record;
    const retired = (this.#queue[0]?.ordinal ?? this.#record.next) - 1;
    if (retired === before) return;
    const inStream = this.#numberedThrough > before;
    this.#record = {
      ...this.#record,
      base: inStream ? base : base + retired - before,
      retired,
      written: Math.max(written, retired),
    };
  }

  settle(): void {
    if (this.#unsendable.length > 0) this.#failUnsendable();
    this.#markNext();
    this.#writeNext();
    this.#save();
  }

  flush(committed: Result<null>): void {
    this.#applyCommit(committed);
    if (!this.#parts.carrier.ready) return;
    this.#writeNext();
    this.#dialIfNeeded();
  }

  /** If the write closed the connection (one message per connection), requests the next connection at once. */
  #dialIfNeeded(): void {
    if (!this.#parts.carrier.ready) this.#writeNext();
  }

  #applyCommit(committed: Result<null>): void {
    if (committed.ok) this.#stored = this.#saved;
    else this.#unsaved = [...this.#saving.filter((queued) => lastOf(queued) > this.#record.retired), ...this.#unsaved];
    this.#saving = [];
    // After a failed commit, too: a full disk must not block sending.
    this.#markedThrough = this.#saved.written;
    if (committed.ok && this.#withdrawing.length > 0) this.#removeWithdrawn(this.#withdrawing);
    if (committed.ok) this.#unsendable = this.#unsendable.filter((span) => !this.#withdrawing.includes(span));
    this.#withdrawing = [];
  }

  #failUnsendable(): void {
    for (const span of this.#unsendable) this.#parts.deliveryEvents.unsendable(span);
    this.withdraw(this.#unsendable);
  }

  #removeWithdrawn(spans: readonly Span[]): void {
    const carried = this.#queue.splice(0, this.#carried);
    const left = this.#queue.flatMap((queued) => partsOutside(queued, spans));
    this.#queue = [...carried, ...left];
    this.#messages = this.#queue.reduce((sum, { batch }) => sum + batch.count, 0);
    this.#chars = this.#queue.reduce((sum, queued) => sum + charsOf(queued), 0);
    this.#retire();
    this.#parts.deliveryEvents.requestTurn();
  }

  close(committed: Result<null>): void {
    this.#applyCommit(committed);
    const count = this.#unsaved.reduce((sum, { batch }) => sum + batch.count, 0);
    if (!committed.ok && count > 0) this.#parts.deliveryEvents.refused(count, committed.message);
  }

  shown(): void {
    // There is no credit to grant. Flow control pauses reading instead.
  }

  /** Marks the next messages as possibly sent, in this turn's transaction. */
  #markNext(): void {
    const [head] = this.#queue;
    if (head === undefined || !this.#parts.carrier.ready || this.#maySend(lastOf(head), head.ordinal)) return;
    if (this.#parts.portionBytes !== undefined) return this.#markSent(head.ordinal);
    let chars = 0;
    const over = this.#queue.findIndex(({ batch }) => (chars += batch.texts.length) > turnCharsMax);
    const next = this.#queue[Math.max(over < 0 ? this.#queue.length - 1 : over - 1, 0)];
    if (next !== undefined) this.#markSent(lastOf(next));
  }

  /** Messages up to `last` may be sent from now on. */
  #markSent(last: number): void {
    const written = Math.min(last, this.#lastSendable);
    if (written > this.#record.written) this.#record = { ...this.#record, written };
  }

  /** The last ordinal that may be sent in this turn: messages withdrawn in this turn and later ones must wait. */
  get #lastSendable(): number {
    return Math.min(this.#withdrawing[0]?.first ?? Infinity, this.#unsendable[0]?.first ?? Infinity) - 1;
  }

  /** Stored messages may be sent once the store has marked them; messages that were never stored, at once. */
  #maySend(last: number, first: number): boolean {
    return last <= this.#lastSendable && (last <= this.#markedThrough || first >= this.#stored.next);
  }

  /** Writes once, or requests a connection. */
  #writeNext(): void {
    if (this.#queue.length === 0 || this.#carried > 0) return;
    if (!this.#parts.carrier.ready) return this.#parts.carrier.want();
    const { portionBytes } = this.#parts;
    const batch = portionBytes === undefined ? this.#nextBatch() : this.#nextPortion(portionBytes);
    if (this.#carried > 0) this.#parts.carrier.carry([{ kind: "texts", batch }]);
  }

  #nextBatch(): Batch {
    this.#carried = this.#fitting();
    const carried = this.#queue.slice(0, this.#carried);
    const last = carried.at(-1);
    if (last !== undefined) this.#markSent(lastOf(last));
    return joinBatches(carried.map((queued) => queued.batch));
  }

  #nextPortion(bytes: number): Batch {
    const [head] = this.#queue;
    if (head === undefined || !this.#maySend(head.ordinal, head.ordinal)) return noTexts;
    if (this.#portions.length === 0)
      this.#portions = portionsOf(firstOf(head.batch, { messages: 1, chars: Infinity }), bytes).toReversed();
    this.#carried = 1;
    this.#markSent(head.ordinal);
    return this.#portions.at(-1) ?? noTexts;
  }

  #fitting(): number {
    let chars = 0;
    const end = this.#queue.findIndex((queued, index) => {
      chars += queued.batch.texts.length;
      return (chars > writeCharsMax && index > 0) || !this.#maySend(lastOf(queued), queued.ordinal);
    });
    return end < 0 ? this.#queue.length : end;
  }

  #save(): void {
    const { store, clock, peer, deliveryEvents } = this.#parts;
    const [name, time] = [peer().name, clock.wallTime()];
    if (this.#record !== this.#stored) store.putOutgoing(name, this.#record);
    for (const queued of this.#unsaved) {
      const number = store.append({ direction: "out", peer: name, time, tag: noTag, ...queued });
      deliveryEvents.stored(queued.ordinal, queued.batch.count, number);
    }
    this.#saving.push(...this.#unsaved);
    this.#unsaved = [];
    this.#saved = this.#record;
  }

  #load(): void {
    const { store, peer } = this.#parts;
    for (let from = this.#record.retired + 1; from < this.#record.next;) {
      const page = store.waiting(peer().name, from, writeCharsMax);
      for (const waiting of page) this.#enqueueStored(waiting);
      const last = page.at(-1);
      if (last === undefined) return;
      from = last.ordinal + last.batch.count;
    }
  }

  #enqueueStored({ ordinal, batch, typed }: Queued): void {
    const { store, peer } = this.#parts;
    const gone = store.notebook.withdrawn(peer().name, { first: ordinal, last: ordinal + batch.count - 1 });
    for (const part of partsOutside({ ordinal, batch }, gone)) this.#enqueue({ ...part, ...(typed && { typed }) });
  }

  #enqueue(queued: Queued): void {
    const { ordinal, batch, typed } = queued;
    if (typed !== undefined && isInvisible(batch))
      this.#unsendable = [...this.#unsendable, { first: ordinal, last: ordinal }];
    this.#queue.push(queued);
    this.#messages += queued.batch.count;
    this.#chars += charsOf(queued);
  }

  /** Copies texts that must wait, so that they don't keep a large input buffer alive. */
  #detached(batch: Batch): Batch {
    const idle = this.#parts.carrier.ready && this.#queue.length === 0;
    return idle ? batch : ownTexts(batch);
  }
}
