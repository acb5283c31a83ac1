// Delivery with acknowledgements. It sends a message only after storing it, retires it only after the peer has stored
// it, and shows a received message only after storing it.

import { firstOf, ownTexts, restOf, textsBytes, withoutEmpty } from "../core/batch.js";
import {
  ackRepeatMs,
  flightCharsMax,
  queueHighWater,
  readAheadChars,
  turnCharsMax,
  windowBytes,
} from "../core/limits.js";
import type { Contact } from "../core/notice.js";
import type { Capacity, Outgoing, Received } from "../core/record.js";
import type { Span } from "../core/span.js";
import { claimedTime } from "../core/time-point.js";
import { charsOf, isInvisible, visibleText, type TypedMessage } from "../core/typed-message.js";
import type { Batch, Result } from "../core/types.js";
import type {
  AckEvent,
  DeliveryEvent,
  EntryEvent,
  Place,
  PositionEvent,
  StreamEvent,
  TextsEvent,
} from "../wire/event.js";
import { FreshMessages } from "./fresh-messages.js";
import { SendWindow, type ReadyBatch } from "./send-window.js";
import { CreditLedger } from "./credit-ledger.js";
import type { Delivery, DeliveryParts } from "./delivery.js";
import { CancelledSet } from "./cancelled-set.js";
import type { Progress } from "./receipts.js";
import { emptyIncoming, emptyOutgoing, InStream, OutStream, type Lookup } from "./stream.js";

/** The frames to send on this connection, besides texts. */
interface Owed {
  position: boolean;
  stream: boolean;
  ack: boolean;
}

export class AcknowledgedDelivery implements Delivery, Lookup {
  readonly finalOutcome = "delivered";
  readonly #parts: DeliveryParts;
  readonly #out: OutStream;
  readonly #creditLedger = new CreditLedger();
  readonly #cancelledSet: CancelledSet;
  #in = new InStream(emptyIncoming);
  #contact: Contact | undefined;
  /** The record as the store has it, after the last commit. */
  #stored: Outgoing;
  /** Pushed in this turn. */
  readonly #fresh = new FreshMessages();
  readonly #sendWindow = new SendWindow();
  /** To be sent when this turn is committed. */
  #chosen: (TextsEvent | EntryEvent)[] = [];
  /** Received in this turn. */
  #inbound: Received[] = [];
  #owed: Owed = { position: false, stream: false, ack: false };
  #announcedGrant = 0;
  #lastAckAt = 0;
  #mark: ReturnType<OutStream["mark"]> | undefined;

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
    this.#stored = parts.store.outgoing(parts.peer().name) ?? emptyOutgoing;
    this.#out = new OutStream({ ...this.#stored, acknowledges: true });
    this.#cancelledSet = new CancelledSet(parts.store.notebook, parts.peer, this.#stored);
  }

  get waiting(): number {
    return this.#out.waiting + this.#fresh.count - this.#cancelledSet.count;
  }

  get nextOrdinal(): number {
    return this.#out.record.next + this.#fresh.count;
  }

  get firstCancellable(): number {
    return Math.max(this.#out.record.written, this.#out.record.retired) + 1;
  }

  get progress(): Progress {
    return { kept: this.#stored.next - 1, written: this.#stored.written, retired: this.#out.record.retired };
  }

  withdraw(spans: readonly Span[]): void {
    this.#cancelledSet.add(spans);
    this.#sendWindow.dropFrom(spans.reduce((least, { first }) => Math.min(least, first), Infinity));
  }

  get capacity(): Capacity {
    return this.#parts.store.capacity;
  }

  get congested(): boolean {
    return this.#sendWindow.aheadChars + this.#fresh.chars > queueHighWater && this.#parts.carrier.progressing;
  }

  push(batch: Batch, typed?: TypedMessage): number {
    const free = this.#freeCapacity;
    const fits = firstOf(batch, typed === undefined ? free : { ...free, chars: free.chars - typed.raw.length });
    if (fits.count > 0) this.#fresh.push(fits, typed);
    return fits.count;
  }

  connected(contact: Contact | undefined): void {
    this.disconnected();
    if (contact === undefined) return;
    if (this.#contact?.key !== contact.key)
      this.#in = new InStream(this.#parts.store.incoming(contact.key) ?? emptyIncoming);
    this.#contact = contact;
    this.#in.connected();
    this.#creditLedger.connected();
    this.#owed = { position: true, stream: false, ack: false };
    this.#announcedGrant = 0;
  }

  disconnected(): void {
    this.#out.disconnected();
    this.#sendWindow.reset(this.#out.upNext);
    this.#owed = { position: false, stream: false, ack: false };
  }

  hear(event: DeliveryEvent): void {
    const handled = this.#handle(event);
    if (!handled.ok) this.#parts.carrier.drop(handled.message);
    this.#parts.deliveryEvents.requestTurn();
  }

  /** A long frame may take longer than the sender waits for an answer: repeat the acknowledgement meanwhile. */
  heard(now: number): void {
    if (now - this.#lastAckAt < ackRepeatMs || !this.#out.linked) return;
    this.#lastAckAt = now;
    this.#owed.ack = true;
    this.#parts.deliveryEvents.requestTurn();
  }

  writeTaken(): void {
    if (this.#hasMore) this.#parts.deliveryEvents.requestTurn();
  }

  writeFailed(): void {
    // The positions exchanged on the next connection tell how much arrived.
  }

  settle(): void {
    if (this.#mark !== undefined) return;
    this.#mark = this.#out.mark();
    this.#storeFresh();
    this.#skipWithdrawn();
    this.#choose();
    if (this.#out.record !== this.#stored) this.#parts.store.putOutgoing(this.#parts.peer().name, this.#out.record);
  }

  flush(committed: Result<null>): void {
    if (committed.ok) this.#applyCommit();
    else this.#undoTurn(committed.message);
    this.#mark = undefined;
    this.#say(committed.ok);
  }

  close(committed: Result<null>): void {
    this.flush(committed);
  }

  shown(number: number): void {
    this.#creditLedger.shown(number);
    this.#oweCredit();
  }

  /** Announces credit once it grew by a quarter of the window. */
  #oweCredit(): void {
    if (this.#creditLedger.granted - this.#announcedGrant < windowBytes / 4 || !this.#out.linked) return;
    this.#owed.ack = true;
    this.#parts.deliveryEvents.requestTurn();
  }

  tagAt(ordinal: number): string | undefined {
    return this.#sendWindow.holding(ordinal)?.tag ?? this.#parts.store.tagAt(this.#parts.peer().name, ordinal);
  }

  freshStream(): string {
    return this.#parts.random.hex(16);
  }

  // Events from the friend.

  #handle(event: DeliveryEvent): Result<unknown> {
    switch (event.kind) {
      case "position":
        return this.#handlePosition(event);
      case "stream":
        return this.#handleStream(event);
      case "texts":
        return this.#handleTexts(event);
      case "entry":
        return this.#handleEntry(event);
      case "ack":
        return this.#handleAck(event);
    }
  }

  #handlePosition(position: PositionEvent): Result<unknown> {
    if (this.#contact === undefined || this.#out.linked) return { ok: false, message: "a second position" };
    const before = this.#out.record.retired;
    const resumption = this.#out.resume(position, this.#contact.key, this);
    this.#sendWindow.reset(this.#out.upNext);
    this.#owed.stream = true;
    this.#oweCredit();
    this.#reportRetired(before);
    const waiting = this.#out.waiting - this.#cancelledSet.count;
    if (resumption === "readdressed") this.#parts.deliveryEvents.readdressed(waiting);
    if (resumption === "anew") this.#parts.deliveryEvents.steppedBack(waiting);
    return { ok: true, value: null };
  }

  #handleStream(event: StreamEvent): Result<unknown> {
    const announced = this.#in.announce(event);
    if (announced.ok && announced.value === "anew") this.#parts.deliveryEvents.countsAnew();
    return announced;
  }

  #handleTexts({ batch, at, written }: TextsEvent): Result<unknown> {
    if (at === undefined) return { ok: false, message: "messages without numbers" };
    const seen = this.#take(at, batch.count);
    if (!seen.ok) return seen;
    const fresh = withoutEmpty(restOf(batch, seen.value));
    if (fresh.count === 0) this.#creditLedger.drop(at.bytes);
    else this.#receive(fresh, at.bytes, writtenAt(written));
    return seen;
  }

  /** A message that another stream, or another friend, brought before is acknowledged and not received again. */
  #handleEntry({ at, message }: EntryEvent): Result<unknown> {
    const seen = this.#take(at, 1);
    if (!seen.ok) return seen;
    const known = seen.value > 0 || this.#parts.store.typedMessages.holds(message.id);
    if (known) this.#creditLedger.drop(at.bytes);
    else this.#receive(visibleText(message), at.bytes, { ...writtenAt(message.written), typed: message });
    return seen;
  }

  /** Moves the position. Returns how many of these messages, from the first on, were received before. */
  #take(at: Place, count: number): Result<number> {
    if (this.#contact === undefined) return { ok: false, message: "messages without a contact" };
    if (!this.#creditLedger.receive(at.bytes)) return { ok: false, message: "more bytes than were granted" };
    const seen = this.#in.take(at, count);
    if (!seen.ok) {
      this.#creditLedger.drop(at.bytes);
      return seen;
    }
    this.#parts.store.putIncoming(this.#contact.key, this.#in.current);
    this.#owed.ack = true;
    return seen;
  }

  #receive(batch: Batch, bytes: number, told: Pick<Received, "written" | "typed">): void {
    const { store, clock, peer } = this.#parts;
    const key = this.#contact?.standing ?? "none";
    const entry = { peer: peer().name, time: clock.wallTime(), batch, key, ...told } as const;
    const number = store.append({ direction: "in", ...entry });
    if (told.typed !== undefined && isInvisible(batch)) this.#creditLedger.drop(bytes);
    else this.#creditLedger.wait(number + batch.count - 1, bytes);
    this.#inbound.push({ ...entry, number });
  }

  #handleAck(ack: AckEvent): Result<unknown> {
    const before = this.#out.record.retired;
    const retired = this.#out.acknowledge(ack, this);
    if (!retired.ok || retired.value === 0) return retired;
    this.#sendWindow.dropThrough(this.#out.record.retired);
    this.#reportRetired(before);
    return retired;
  }

  /** Reports messages retired after ordinal `before`. */
  #reportRetired(before: number): void {
    const { retired } = this.#out.record;
    if (retired > before)
      this.#parts.deliveryEvents.retired(retired - before - this.#cancelledSet.pass(before, retired));
  }

  // The end of a turn.

  get #freeCapacity(): Capacity {
    const { messages, chars } = this.capacity;
    const waitingChars = this.#parts.store.waitingChars(this.#parts.peer().name) + this.#fresh.chars;
    return { messages: messages - this.waiting, chars: chars - waitingChars };
  }

  #storeFresh(): void {
    const { store, clock, random, peer, deliveryEvents } = this.#parts;
    for (const { batch: pushed, typed } of this.#fresh.pieces) {
      const batch = ownTexts(pushed);
      const contiguous = this.#out.linked && this.#sendWindow.end === this.#out.record.next;
      const ordinal = this.#out.queue(batch.count);
      const waiting = {
        ordinal,
        tag: random.hex(8),
        time: Math.floor(clock.wallTime()),
        batch,
        ...(typed && { typed }),
      };
      const number = store.append({ direction: "out", peer: peer().name, ...waiting });
      deliveryEvents.stored(ordinal, batch.count, number);
      const ahead = contiguous && this.#sendWindow.aheadChars < readAheadChars && ordinal > this.#cancelledSet.last;
      if (ahead) this.#sendWindow.push(waiting);
    }
  }

  /** Retires withdrawn messages at the head of the queue; this needs no connection. */
  #skipWithdrawn(): void {
    const before = this.#out.record.retired;
    const count = this.#cancelledSet.from(before + 1);
    if (count === 0 || !this.#out.skip(count)) return;
    this.#cancelledSet.pass(before, before + count);
    this.#sendWindow.reset(this.#out.upNext);
  }

  #choose(): void {
    if (!this.#parts.carrier.ready || this.#parts.carrier.parting) return;
    let chars = 0;
    for (let next = this.#nextReady(); next !== undefined && chars < turnCharsMax; next = this.#nextReady()) {
      const entry = this.#contact?.entries === true ? next.typed : undefined;
      const bytes = entry?.raw.length ?? textsBytes(next.batch);
      if (bytes > this.#out.credit || this.#sendWindow.flightChars > flightCharsMax) return;
      this.#chosen.push(entry === undefined ? this.#textsEvent(next, bytes) : this.#entryEvent(next, entry));
      if (next.typed !== entry && isInvisible(next.batch)) this.#fail(next.number);
      this.#out.send(next.batch.count, bytes);
      this.#sendWindow.send(next);
      chars += charsOf(next);
    }
  }

  #textsEvent({ number, tag, batch, time }: ReadyBatch, bytes: number): TextsEvent {
    const texts = { kind: "texts", batch, at: { seq: this.#out.seqOf(number), tag, bytes } } as const;
    return this.#contact?.timed === true ? { ...texts, written: time } : texts;
  }

  #entryEvent({ number, tag }: ReadyBatch, message: TypedMessage): EntryEvent {
    return { kind: "entry", at: { seq: this.#out.seqOf(number), tag, bytes: message.raw.length }, message };
  }

  /** The message goes out as an empty text, which keeps its number. */
  #fail(ordinal: number): void {
    const span = { first: ordinal, last: ordinal };
    this.#cancelledSet.add([span]);
    this.#parts.deliveryEvents.unsendable(span);
  }

  /** The next batch to send. Reads from the store if the window has none. */
  #nextReady(): ReadyBatch | undefined {
    if (!this.#hasMore) return undefined;
    const { store, peer } = this.#parts;
    if (this.#out.upNext === this.#sendWindow.end)
      for (const each of store.waiting(peer().name, this.#out.upNext, readAheadChars)) this.#sendWindow.push(each);
    return this.#sendWindow.holding(this.#out.upNext);
  }

  /** Whether there are messages that were not sent on this connection. */
  get #hasMore(): boolean {
    return this.#out.linked && this.#out.upNext < this.#out.record.next;
  }

  #applyCommit(): void {
    this.#stored = this.#out.record;
    this.#fresh.clear();
    this.#in.commit();
    for (const received of this.#inbound) this.#parts.deliveryEvents.received(received);
    this.#inbound = [];
  }

  /** The commit failed: undoes this turn. */
  #undoTurn(reason: string): void {
    if (this.#mark !== undefined) this.#out.reset(this.#mark);
    this.#cancelledSet.recount(this.#out.record);
    this.#sendWindow.reset(this.#out.upNext);
    this.#chosen = [];
    if (this.#fresh.count > 0) this.#parts.deliveryEvents.refused(this.#fresh.count, reason);
    this.#fresh.clear();
    // The rollback also undoes an announced stream, which the friend announces only once per connection. Reconnect to
    // get it again.
    const lost = this.#in.current !== this.#in.committed;
    this.#in.rollBack();
    const [first] = this.#inbound;
    if (first !== undefined) this.#creditLedger.forget(first.number);
    if (lost) this.#parts.carrier.drop(reason);
    this.#inbound = [];
  }

  #say(durable: boolean): void {
    const { carrier } = this.#parts;
    if (!carrier.ready) return this.#wantConnection();
    const events = this.#eventsToSend(durable);
    if (events.length > 0) carrier.carry(events);
    carrier.expect(this.#expectation);
    if (carrier.parting) this.#finishParting();
  }

  #eventsToSend(durable: boolean): readonly DeliveryEvent[] {
    const events: DeliveryEvent[] = [];
    // An acknowledgement names no stream. Sent before the friend announced its stream, it would count for another
    // stream.
    const ack = this.#owed.ack && !this.#owed.position && this.#in.announced;
    if (this.#owed.position) events.push(this.#position());
    if (ack) events.push(this.#ack());
    if (this.#owed.stream && durable) events.push(this.#out.announcement);
    events.push(...this.#chosen);
    this.#owed = { position: false, stream: this.#owed.stream && !durable, ack: this.#owed.ack && !this.#in.announced };
    this.#chosen = [];
    return events;
  }

  #position(): PositionEvent {
    this.#announcedGrant = this.#creditLedger.granted;
    return { kind: "position", ...this.#in.committed, granted: this.#announcedGrant };
  }

  #ack(): AckEvent {
    this.#announcedGrant = this.#creditLedger.granted;
    this.#lastAckAt = this.#parts.clock.now();
    return { kind: "ack", received: this.#in.committed.received, granted: this.#announcedGrant };
  }

  get #expectation(): "answer" | "credit" | "nothing" {
    if (!this.#out.linked || this.#out.unacknowledged > 0) return "answer";
    return this.#hasMore ? "credit" : "nothing";
  }

  #wantConnection(): void {
    if (this.waiting > 0) this.#parts.carrier.want();
  }

  #finishParting(): void {
    if (this.#out.unacknowledged === 0) this.#parts.carrier.settled();
    this.#wantConnection();
  }
}

function writtenAt(claim: number | undefined): Pick<Received, "written"> {
  const written = claimedTime(claim);
  return written === undefined ? {} : { written };
}
