// Delivery that can claim "delivered": nothing is sent that the disk does not have, nothing is retired that the other
// side's disk does not have, and nothing is shown that ours does not have.

import { firstOf, joinBatches, ownTexts, piecesOf, restOf, textsBytes, withoutEmpty } from "../core/batch.js";
import {
  ackRepeatMs,
  flightCharsMax,
  queueHighWater,
  readAheadChars,
  turnCharsMax,
  windowBytes,
  writeCharsMax,
} from "../core/limits.js";
import type { Contact } from "../core/notice.js";
import type { Capacity, Outgoing, Received } from "../core/record.js";
import type { Span } from "../core/span.js";
import type { Batch, KeyStanding, Result } from "../core/types.js";
import type { AckEvent, DeliveryEvent, PositionEvent, StreamEvent, TextsEvent } from "../wire/event.js";
import { SendWindow, type Ready } from "./send-window.js";
import { CreditLedger } from "./credit-ledger.js";
import type { Delivery, DeliveryParts } from "./delivery.js";
import { CancelledSet } from "./cancelled-set.js";
import type { Progress } from "./receipts.js";
import { emptyIncoming, emptyOutgoing, InStream, OutStream, type Lookup } from "./stream.js";

/** What has to be said on this connection, besides texts. */
interface Owed {
  position: boolean;
  stream: boolean;
  ack: boolean;
}

export class AcknowledgedDelivery implements Delivery, Lookup {
  readonly end = "delivered";
  readonly #parts: DeliveryParts;
  readonly #out: OutStream;
  readonly #creditLedger = new CreditLedger();
  readonly #cancelledSet: CancelledSet;
  #in = new InStream(emptyIncoming);
  #contact: Contact | undefined;
  /** The record as the store has it. */
  #stored: Outgoing;
  /** Typed in this turn. */
  #fresh: Batch[] = [];
  #freshChars = 0;
  #freshCount = 0;
  readonly #sendWindow = new SendWindow();
  /** Goes out when this turn is committed. */
  #chosen: TextsEvent[] = [];
  /** Received in this turn. */
  #inbound: Received[] = [];
  #owed: Owed = { position: false, stream: false, ack: false };
  #toldGrant = 0;
  #lastAckAt = 0;
  #mark: ReturnType<OutStream["mark"]> | undefined;

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
    this.#stored = parts.store.outgoing(parts.peer().name) ?? emptyOutgoing;
    this.#out = new OutStream({ ...this.#stored, acknowledges: true });
    this.#cancelledSet = new CancelledSet(parts.store.notebook, parts.peer, this.#stored);
  }

  get waiting(): number {
    return this.#out.waiting + this.#freshCount - this.#cancelledSet.count;
  }

  get upcoming(): number {
    return this.#out.record.next + this.#freshCount;
  }

  get free(): number {
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
    return this.#sendWindow.aheadChars + this.#freshChars > queueHighWater && this.#parts.carrier.progressing;
  }

  push(batch: Batch): number {
    const fits = firstOf(batch, this.#room);
    if (fits.count === 0) return 0;
    this.#fresh.push(fits);
    this.#freshChars += fits.texts.length;
    this.#freshCount += fits.count;
    return fits.count;
  }

  stand(contact: Contact | undefined): void {
    this.lose();
    if (contact === undefined) return;
    if (this.#contact?.key !== contact.key)
      this.#in = new InStream(this.#parts.store.incoming(contact.key) ?? emptyIncoming);
    this.#contact = contact;
    this.#in.stand();
    this.#creditLedger.stand();
    this.#owed = { position: true, stream: false, ack: false };
    this.#toldGrant = 0;
  }

  lose(): void {
    this.#out.lose();
    this.#sendWindow.reset(this.#out.upNext);
    this.#owed = { position: false, stream: false, ack: false };
  }

  hear(event: DeliveryEvent): void {
    const fault = this.#take(event);
    if (!fault.ok) this.#parts.carrier.drop(fault.message);
    this.#parts.deliveryEvents.stir();
  }

  /** A long frame may take longer than the sender's patience: a word that we are still here. */
  heard(now: number): void {
    if (now - this.#lastAckAt < ackRepeatMs || !this.#out.linked) return;
    this.#lastAckAt = now;
    this.#owed.ack = true;
    this.#parts.deliveryEvents.stir();
  }

  taken(): void {
    if (this.#more) this.#parts.deliveryEvents.stir();
  }

  untaken(): void {
    // The position that the next connection exchanges says what of it arrived.
  }

  settle(): void {
    if (this.#mark !== undefined) return;
    this.#mark = this.#out.mark();
    this.#storeFresh();
    this.#skip();
    this.#choose();
    if (this.#out.record !== this.#stored) this.#parts.store.putOutgoing(this.#parts.peer().name, this.#out.record);
  }

  flush(committed: Result<null>): void {
    if (committed.ok) this.#keep();
    else this.#undo(committed.message);
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

  /** Little credit is not worth a word of its own. */
  #oweCredit(): void {
    if (this.#creditLedger.granted - this.#toldGrant < windowBytes / 4 || !this.#out.linked) return;
    this.#owed.ack = true;
    this.#parts.deliveryEvents.stir();
  }

  tagAt(ordinal: number): string | undefined {
    return this.#sendWindow.holding(ordinal)?.tag ?? this.#parts.store.tagAt(this.#parts.peer().name, ordinal);
  }

  freshStream(): string {
    return this.#parts.random.hex(16);
  }

  // What the friend says.

  #take(event: DeliveryEvent): Result<unknown> {
    switch (event.kind) {
      case "position":
        return this.#takePosition(event);
      case "stream":
        return this.#takeStream(event);
      case "texts":
        return this.#takeTexts(event);
      case "ack":
        return this.#takeAck(event);
    }
  }

  #takePosition(position: PositionEvent): Result<unknown> {
    if (this.#contact === undefined || this.#out.linked) return { ok: false, message: "a second position" };
    const before = this.#out.record.retired;
    const resumption = this.#out.resume(position, this.#contact.key, this);
    this.#sendWindow.reset(this.#out.upNext);
    this.#owed.stream = true;
    this.#oweCredit();
    this.#retired(before);
    const waiting = this.#out.waiting - this.#cancelledSet.count;
    if (resumption === "readdressed") this.#parts.deliveryEvents.readdressed(waiting);
    if (resumption === "anew") this.#parts.deliveryEvents.steppedBack(waiting);
    return { ok: true, value: null };
  }

  #takeStream(event: StreamEvent): Result<unknown> {
    const announced = this.#in.announce(event);
    if (announced.ok && announced.value === "anew") this.#parts.deliveryEvents.countsAnew();
    return announced;
  }

  #takeTexts({ batch, at }: TextsEvent): Result<unknown> {
    if (at === undefined || this.#contact === undefined) return { ok: false, message: "messages without numbers" };
    if (!this.#creditLedger.receive(at.bytes)) return { ok: false, message: "more than was granted" };
    const seen = this.#in.take(at, batch.count);
    if (!seen.ok) {
      this.#creditLedger.drop(at.bytes);
      return seen;
    }
    this.#parts.store.putIncoming(this.#contact.key, this.#in.current);
    this.#owed.ack = true;
    const fresh = withoutEmpty(restOf(batch, seen.value));
    if (fresh.count === 0) this.#creditLedger.drop(at.bytes);
    else this.#receive(fresh, at.bytes, this.#contact.standing);
    return seen;
  }

  #receive(batch: Batch, bytes: number, key: KeyStanding): void {
    const { store, clock, peer } = this.#parts;
    const entry = { peer: peer().name, time: clock.wallTime(), batch, key } as const;
    const number = store.append({ direction: "in", ...entry });
    this.#creditLedger.wait(number + batch.count - 1, bytes);
    this.#inbound.push({ ...entry, number });
  }

  #takeAck(ack: AckEvent): Result<unknown> {
    const before = this.#out.record.retired;
    const retired = this.#out.acknowledge(ack, this);
    if (!retired.ok || retired.value === 0) return retired;
    this.#sendWindow.dropThrough(this.#out.record.retired);
    this.#retired(before);
    return retired;
  }

  /** Those up to `before` were retired earlier. */
  #retired(before: number): void {
    const { retired } = this.#out.record;
    if (retired > before)
      this.#parts.deliveryEvents.retired(retired - before - this.#cancelledSet.pass(before, retired));
  }

  // A turn's end.

  get #room(): Capacity {
    const { messages, chars } = this.capacity;
    const waitingChars = this.#parts.store.waitingChars(this.#parts.peer().name) + this.#freshChars;
    return { messages: messages - this.waiting, chars: chars - waitingChars };
  }

  #storeFresh(): void {
    const { store, clock, random, peer, deliveryEvents } = this.#parts;
    for (const batch of piecesOf(joinBatches(this.#fresh), writeCharsMax).map(ownTexts)) {
      const contiguous = this.#out.linked && this.#sendWindow.end === this.#out.record.next;
      const ordinal = this.#out.queue(batch.count);
      const tag = random.hex(8);
      const entry = { direction: "out", peer: peer().name, time: clock.wallTime(), batch, ordinal, tag } as const;
      deliveryEvents.stored(ordinal, batch.count, store.append(entry));
      const ahead = contiguous && this.#sendWindow.aheadChars < readAheadChars && ordinal > this.#cancelledSet.last;
      if (ahead) this.#sendWindow.push({ ordinal, tag, batch });
    }
  }

  /** What was withdrawn and is next needs no connection. */
  #skip(): void {
    const before = this.#out.record.retired;
    const count = this.#cancelledSet.from(before + 1);
    if (count === 0 || !this.#out.skip(count)) return;
    this.#cancelledSet.pass(before, before + count);
    this.#sendWindow.reset(this.#out.upNext);
  }

  #choose(): void {
    if (!this.#parts.carrier.ready || this.#parts.carrier.parting) return;
    let chars = 0;
    for (let next = this.#next(); next !== undefined && chars < turnCharsMax; next = this.#next()) {
      const bytes = textsBytes(next.batch);
      if (bytes > this.#out.credit || this.#sendWindow.flightChars > flightCharsMax) return;
      this.#chosen.push(this.#textsEvent(next, bytes));
      this.#out.send(next.batch.count, bytes);
      this.#sendWindow.send(next);
      chars += next.batch.texts.length;
    }
  }

  #textsEvent({ number, tag, batch }: Ready, bytes: number): TextsEvent {
    return { kind: "texts", batch, at: { seq: this.#out.seqOf(number), tag, bytes } };
  }

  /** What goes out next, read from the store when nothing is at hand. */
  #next(): Ready | undefined {
    if (!this.#more) return undefined;
    const { store, peer } = this.#parts;
    if (this.#out.upNext === this.#sendWindow.end)
      for (const each of store.waiting(peer().name, this.#out.upNext, readAheadChars)) this.#sendWindow.push(each);
    return this.#sendWindow.holding(this.#out.upNext);
  }

  /** Whether messages are left that this connection has not carried. */
  get #more(): boolean {
    return this.#out.linked && this.#out.upNext < this.#out.record.next;
  }

  #keep(): void {
    this.#stored = this.#out.record;
    this.#clearFresh();
    this.#in.commit();
    for (const received of this.#inbound) this.#parts.deliveryEvents.received(received);
    this.#inbound = [];
  }

  /** The store took nothing of this turn. */
  #undo(reason: string): void {
    if (this.#mark !== undefined) this.#out.reset(this.#mark);
    this.#cancelledSet.recount(this.#out.record);
    this.#sendWindow.reset(this.#out.upNext);
    this.#chosen = [];
    if (this.#freshCount > 0) this.#parts.deliveryEvents.refused(this.#freshCount, reason);
    this.#clearFresh();
    // A stream that has begun is taken back like its messages, and said once on a connection: all of it must come again.
    const lost = this.#in.current !== this.#in.committed;
    this.#in.rollBack();
    const [first] = this.#inbound;
    if (first !== undefined) this.#creditLedger.forget(first.number);
    if (lost) this.#parts.carrier.drop(reason);
    this.#inbound = [];
  }

  #clearFresh(): void {
    this.#fresh = [];
    this.#freshChars = 0;
    this.#freshCount = 0;
  }

  #say(durable: boolean): void {
    const { carrier } = this.#parts;
    if (!carrier.ready) return this.#wantConnection();
    const events = this.#words(durable);
    if (events.length > 0) carrier.carry(events);
    carrier.expect(this.#expectation);
    if (carrier.parting) this.#part();
  }

  #words(durable: boolean): readonly DeliveryEvent[] {
    const words: DeliveryEvent[] = [];
    // An acknowledgement names no stream: before the friend has named his, it would be taken for one of another.
    const ack = this.#owed.ack && !this.#owed.position && this.#in.announced;
    if (this.#owed.position) words.push(this.#position());
    if (ack) words.push(this.#ack());
    if (this.#owed.stream && durable) words.push(this.#out.announcement);
    words.push(...this.#chosen);
    this.#owed = { position: false, stream: this.#owed.stream && !durable, ack: this.#owed.ack && !this.#in.announced };
    this.#chosen = [];
    return words;
  }

  #position(): PositionEvent {
    this.#toldGrant = this.#creditLedger.granted;
    return { kind: "position", ...this.#in.committed, granted: this.#toldGrant };
  }

  #ack(): AckEvent {
    this.#toldGrant = this.#creditLedger.granted;
    this.#lastAckAt = this.#parts.clock.now();
    return { kind: "ack", received: this.#in.committed.received, granted: this.#toldGrant };
  }

  get #expectation(): "answer" | "credit" | "nothing" {
    if (!this.#out.linked || this.#out.unacknowledged > 0) return "answer";
    return this.#more ? "credit" : "nothing";
  }

  #wantConnection(): void {
    if (this.waiting > 0) this.#parts.carrier.want();
  }

  #part(): void {
    if (this.#out.unacknowledged === 0) this.#parts.carrier.settled();
    this.#wantConnection();
  }
}
