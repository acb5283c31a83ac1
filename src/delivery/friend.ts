// One friend as delivery sees it: what carries messages to and from there, and what the user is told about it.

import type { Contact, Notice } from "../core/notice.js";
import type { Cancellation, Origin, Outcome, SendOptions, Which } from "../core/outcome.js";
import type { Received, Withdrawal } from "../core/record.js";
import type { Span } from "../core/span.js";
import type { Batch, KeyStanding, Peer, Result } from "../core/types.js";
import type { Clock, Random, Store } from "../ports.js";
import type { DeliveryEvent } from "../wire/event.js";
import { AcknowledgedDelivery } from "./acknowledged.js";
import type { Carrier, CarrierEvents } from "../session/carrier.js";
import type { Delivery, DeliveryParts, DeliveryEvents } from "./delivery.js";
import { Receipts } from "./receipts.js";
import { Withdrawals } from "./withdrawals.js";
import { WrittenDelivery } from "./written.js";

/** Where a friend reports to. */
export interface PeerEvents {
  message(received: Received): void;
  notice(notice: Notice): void;
  connected(peer: Peer, contact: Contact | undefined): void;
  /** The delivery wants its part of the end of this turn. */
  stir(friend: Friend): void;
  /** Whether somebody was told how messages ended and may not have read it yet. */
  owing(friend: Friend, owing: boolean): void;
  /** `congested` may have changed. */
  congestion(friend: Friend): void;
  /** Hears of messages that an earlier run has taken. */
  readonly reporter: Origin | undefined;
  /** To be told when the turn is over. */
  outcome(origin: Origin, outcome: Outcome): void;
  /** `nextExpiry` may have changed. */
  expiry(friend: Friend): void;
}

export interface FriendParts {
  readonly peerEvents: PeerEvents;
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  /** Whether a row's dialect has acknowledgements. */
  readonly acknowledges: (peer: Peer) => boolean;
  /** The most bytes of text in one write; undefined where texts flow. */
  readonly portionBytes: (peer: Peer) => number | undefined;
}

export class Friend<Road extends Carrier = Carrier> implements CarrierEvents, DeliveryEvents {
  readonly carrier: Road;
  #peer: Peer;
  readonly #parts: FriendParts;
  #delivery: Delivery;
  readonly #receipts: Receipts;
  readonly #withdrawals: Withdrawals;
  /** Of the row's dialect in earlier parts of this turn. */
  readonly #leaving: Delivery[] = [];
  #standing: KeyStanding | undefined;
  #stoodAt: number | undefined;
  /** Set from the first failed dial until nothing waits any more. */
  #outage = false;
  #caughtUp = 0;
  #announcedWaiting = 0;
  /** The delivery says what it has to say. */
  #saying = false;

  constructor(peer: Peer, parts: FriendParts, open: (events: CarrierEvents) => Road) {
    this.#peer = peer;
    this.#parts = parts;
    this.carrier = open(this);
    this.#delivery = this.#deliver();
    this.#receipts = this.#newReceipts();
    this.#withdrawals = new Withdrawals(parts.store.notebook, () => this.#peer.name);
    if (this.waiting > 0 || this.#receipts.unfinished) this.stir();
    parts.peerEvents.expiry(this);
  }

  get peer(): Peer {
    return this.#peer;
  }

  /** A row of another dialect delivers in another way; what waits is in the store. */
  set peer(peer: Peer) {
    const { acknowledges, portionBytes } = this.#parts;
    const same = acknowledges(peer) === acknowledges(this.#peer) && portionBytes(peer) === portionBytes(this.#peer);
    if (same) this.#peer = peer;
    else this.#redeliver(peer);
  }

  get waiting(): number {
    return this.#delivery.waiting;
  }

  get congested(): boolean {
    return this.#delivery.congested;
  }

  /** Of the key on the last connection. */
  get standing(): KeyStanding | undefined {
    return this.#standing;
  }

  /** When a connection last stood, on the clock of `Clock.now`. */
  get stoodAt(): number | undefined {
    return this.#stoodAt;
  }

  /** Whether waiting a little may get rid of what waits. */
  get sending(): boolean {
    const { state } = this.carrier.status;
    return this.waiting > 0 && (state === "connected" || state === "connecting");
  }

  /** Wall-clock time at which a turn is needed, for something is not to be sent any more. */
  get nextExpiry(): number | undefined {
    return this.#withdrawals.nextExpiry;
  }

  send(batch: Batch, sendOptions?: SendOptions): void {
    const first = this.#delivery.upcoming;
    const accepted = this.#delivery.push(batch);
    if (sendOptions !== undefined && accepted > 0) this.#receipts.add(first, accepted, sendOptions);
    const refused = batch.count - accepted;
    if (refused > 0) this.#refuse(refused, sendOptions);
    this.stir();
    this.#parts.peerEvents.congestion(this);
  }

  /** Dials now, whatever was tried before. */
  hurry(): void {
    this.carrier.want("now");
    // After a connection that led to nothing, the first call only begins to wait for the next.
    if (this.carrier.status.state === "unreachable") this.carrier.want("now");
  }

  /** Takes back what no connection has carried; `answer` is told at the end of the turn. */
  cancel(which: Which, answer: (done: Cancellation) => void): void {
    this.#withdrawals.cancel(which, answer);
    this.stir();
  }

  /** Says what is not sent by now. */
  leave(durable: boolean): void {
    if (this.waiting === 0) return;
    // Should some of it go out after all, it is not told twice in two ways.
    this.#outage = false;
    this.#tell({ kind: durable ? "left-waiting" : "unsent", peer: this.#peer.name, count: this.waiting });
  }

  /** Before the commit. */
  settle(): void {
    const expires = this.#receipts.settle();
    if (expires < Infinity) this.#withdrawals.expireAt(expires);
    const spans = this.#withdrawals.settle(this.#delivery, this.#parts.clock.wallTime());
    if (spans.length > 0) this.#delivery.withdraw(spans);
    this.#delivery.settle();
  }

  /** After it. */
  flush(committed: Result<null>): void {
    this.#saying = true;
    try {
      this.#account(committed, this.#say(committed));
    } finally {
      this.#saying = false;
    }
    this.#parts.peerEvents.congestion(this);
  }

  /** Returns the deliveries that have said their last. */
  #say(committed: Result<null>): readonly Delivery[] {
    const left = this.#leaving.splice(0);
    for (const delivery of left) delivery.close(committed);
    if (left.length > 0 && !committed.ok) left.push(this.#beginAnew(committed));
    else this.#delivery.flush(committed);
    return left;
  }

  /** Who asked is told what has become of it. */
  #account(committed: Result<null>, left: readonly Delivery[]): void {
    this.#receipts.committed(committed, this.#delivery.progress.kept);
    for (const { state, spans } of this.#withdrawals.flush(committed)) this.#withdrawn(spans, state);
    for (const { progress, end } of [...left, this.#delivery]) this.#receipts.advance(progress, end);
    if (!committed.ok) this.#receipts.fail(this.#delivery.upcoming, committed.message);
    this.#receipts.tell();
    if (this.#receipts.unfinished) this.stir();
    this.#parts.peerEvents.owing(this, this.#receipts.owing);
    this.#parts.peerEvents.expiry(this);
  }

  /** Somebody may have read by now what he was told. */
  remind(): void {
    if (this.#receipts.unfinished) this.stir();
  }

  /** What does not wait any more is no part of an outage. */
  #withdrawn(spans: readonly Span[], state: Withdrawal): void {
    this.#receipts.withdrawn(spans, state);
    this.#announcedWaiting = Math.min(this.#announcedWaiting, this.waiting);
    if (this.waiting > 0) return;
    this.#outage = false;
    this.#caughtUp = 0;
  }

  shown(number: number): void {
    this.#delivery.shown(number);
  }

  // What the session reports.

  onStand(contact: Contact | undefined): void {
    this.#standing = contact?.standing;
    this.#stoodAt = this.#parts.clock.now();
    this.#delivery.stand(contact);
    this.#parts.peerEvents.connected(this.#peer, contact);
    this.stir();
  }

  /** Where that is because the kernel took at once what is being said, the delivery has heard it, and knows whether there is more. */
  onReady(): void {
    if (!this.#saying || this.carrier.parting) this.stir();
  }

  onTaken(): void {
    this.#delivery.taken();
  }

  onUntaken(): void {
    this.#delivery.untaken();
  }

  onUnready(): void {
    this.#delivery.lose();
    this.stir();
  }

  onProgress(): void {
    this.#parts.peerEvents.congestion(this);
  }

  onHeard(): void {
    this.#delivery.heard(this.#parts.clock.now());
  }

  onEvent(event: DeliveryEvent): void {
    this.#delivery.hear(event);
  }

  /** Said once per outage, and again when more has come to wait since. */
  onUnreachable(reason: string): void {
    this.#outage = true;
    this.#parts.peerEvents.congestion(this);
    if (this.waiting <= this.#announcedWaiting) return;
    this.#announcedWaiting = this.waiting;
    this.#tell({ kind: "unreachable", peer: this.#peer.name, reason, waiting: this.waiting });
  }

  onTimedOut(): void {
    this.#tell({ kind: "timed-out", peer: this.#peer.name });
  }

  onClosed(reason?: string): void {
    const peer = this.#peer.name;
    this.#tell(reason === undefined ? { kind: "closed", peer } : { kind: "closed", peer, reason });
  }

  // What the delivery reports.

  stir(): void {
    this.#parts.peerEvents.stir(this);
  }

  received(received: Received): void {
    this.#parts.peerEvents.message(received);
  }

  stored(ordinal: number, count: number, number: number): void {
    this.#receipts.stored(ordinal, count, number);
  }

  retired(count: number): void {
    this.#parts.peerEvents.congestion(this);
    if (!this.#outage) return;
    this.#caughtUp += count;
    if (this.waiting > 0) return;
    this.#tell({ kind: "caught-up", peer: this.#peer.name, count: this.#caughtUp });
    this.#outage = false;
    this.#announcedWaiting = 0;
    this.#caughtUp = 0;
  }

  refused(count: number, reason: string): void {
    this.#tell({ kind: "refused", peer: this.#peer.name, count, reason });
  }

  readdressed(count: number): void {
    if (count > 0) this.#tell({ kind: "readdressed", peer: this.#peer.name, count });
  }

  steppedBack(count: number): void {
    this.#tell({ kind: "stepped-back", peer: this.#peer.name, count });
  }

  countsAnew(): void {
    this.#tell({ kind: "counts-anew", peer: this.#peer.name });
  }

  /** What came and was typed in this turn is still to be stored, and then shown or refused. */
  #redeliver(peer: Peer): void {
    this.#delivery.settle();
    this.#leaving.push(this.#delivery);
    this.#peer = peer;
    this.#delivery = this.#deliver();
    this.stir();
  }

  /** What the one before it left in the store was not kept there. */
  #beginAnew(committed: Result<null>): Delivery {
    const left = this.#delivery;
    left.close(committed);
    this.#delivery = this.#deliver();
    return left;
  }

  #deliver(): Delivery {
    const { store, clock, random } = this.#parts;
    const portionBytes = this.#parts.portionBytes(this.#peer);
    const parts: DeliveryParts = {
      peer: () => this.#peer,
      carrier: this.carrier,
      portionBytes,
      store,
      clock,
      random,
      deliveryEvents: this,
    };
    return this.#parts.acknowledges(this.#peer) ? new AcknowledgedDelivery(parts) : new WrittenDelivery(parts);
  }

  #newReceipts(): Receipts {
    const { store, peerEvents } = this.#parts;
    const parts = {
      peer: () => this.#peer.name,
      notebook: store.notebook,
      reporter: () => peerEvents.reporter,
      tell: (origin: Origin, outcome: Outcome) => peerEvents.outcome(origin, outcome),
    };
    return new Receipts(parts, this.#delivery.progress, this.#delivery.upcoming);
  }

  #refuse(count: number, sendOptions: SendOptions | undefined): void {
    const reason = this.#full;
    if (sendOptions?.quiet !== true) this.refused(count, reason);
    const told = { to: this.#peer.name, count, id: sendOptions?.id, number: undefined };
    if (sendOptions !== undefined)
      this.#parts.peerEvents.outcome(sendOptions.origin, { ...told, kind: "failed", final: true, reason });
  }

  #tell(notice: Notice): void {
    this.#parts.peerEvents.notice(notice);
  }

  get #full(): string {
    const { messages, chars } = this.#delivery.capacity;
    const most = this.waiting < messages ? `${Math.floor(chars / 1_000_000)} million characters` : messages;
    return `${this.waiting} are waiting already, and no more than ${most} may`;
  }
}
