// One friend: connects its delivery, receipts, withdrawals and connection, and reports notices for the user.

import type { Contact, Notice } from "../core/notice.js";
import type { Cancellation, Origin, Outcome, SendOptions, CancelTarget } from "../core/outcome.js";
import type { Received, Withdrawal } from "../core/record.js";
import type { Span } from "../core/span.js";
import { isInvisible } from "../core/typed-message.js";
import type { Batch, KeyStanding, Peer, Result } from "../core/types.js";
import type { Clock, Random, Store } from "../ports.js";
import type { DeliveryEvent } from "../wire/event.js";
import { AcknowledgedDelivery } from "./acknowledged.js";
import type { Carrier, CarrierEvents } from "../session/carrier.js";
import type { Delivery, DeliveryParts, DeliveryEvents } from "./delivery.js";
import { Receipts } from "./receipts.js";
import { Withdrawals } from "./withdrawals.js";
import { WrittenDelivery } from "./written.js";

/** What a friend reports to the router. */
export interface PeerEvents {
  message(received: Received): void;
  notice(notice: Notice): void;
  connected(peer: Peer, contact: Contact | undefined): void;
  /** Requests `settle` and `flush` for this friend at the end of the turn. */
  requestTurn(friend: Friend): void;
  /** Whether final outcomes were reported that their origins may not have read yet. */
  awaitingRead(friend: Friend, unread: boolean): void;
  /** `congested` may have changed. */
  congestion(friend: Friend): void;
  /** Gets the outcomes of messages that an earlier run accepted. */
  readonly reporter: Origin | undefined;
  /** Report this outcome at the end of the turn. */
  outcome(origin: Origin, outcome: Outcome): void;
  /** `nextExpiry` may have changed. */
  expiry(friend: Friend): void;
}

export interface FriendParts {
  readonly peerEvents: PeerEvents;
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  /** Whether the dialect in this row has acknowledgements. */
  readonly acknowledges: (peer: Peer) => boolean;
  /** See `DeliveryParts.portionBytes`. */
  readonly portionBytes: (peer: Peer) => number | undefined;
}

export class Friend<AnyCarrier extends Carrier = Carrier> implements CarrierEvents, DeliveryEvents {
  readonly carrier: AnyCarrier;
  #peer: Peer;
  readonly #parts: FriendParts;
  #delivery: Delivery;
  readonly #receipts: Receipts;
  readonly #withdrawals: Withdrawals;
  /** Deliveries that a change of dialect replaced in this turn. */
  readonly #replaced: Delivery[] = [];
  #standing: KeyStanding | undefined;
  #connectedAt: number | undefined;
  /** From the first failed dial until the queue is empty. */
  #outage = false;
  /** Messages retired during this outage. */
  #caughtUp = 0;
  /** How many messages waited at the last `unreachable` notice. */
  #announcedWaiting = 0;
  /** Inside `flush`. */
  #flushing = false;

  constructor(peer: Peer, parts: FriendParts, open: (events: CarrierEvents) => AnyCarrier) {
    this.#peer = peer;
    this.#parts = parts;
    this.carrier = open(this);
    this.#delivery = this.#newDelivery();
    this.#receipts = this.#newReceipts();
    this.#withdrawals = new Withdrawals(parts.store.notebook, () => this.#peer.name);
    if (this.waiting > 0 || this.#receipts.unfinished) this.requestTurn();
    parts.peerEvents.expiry(this);
  }

  get peer(): Peer {
    return this.#peer;
  }

  /** Replaces the delivery if the dialect changed. Waiting messages are in the store. */
  set peer(peer: Peer) {
    const { acknowledges, portionBytes } = this.#parts;
    const same = acknowledges(peer) === acknowledges(this.#peer) && portionBytes(peer) === portionBytes(this.#peer);
    if (same) this.#peer = peer;
    else this.#replaceDelivery(peer);
  }

  get waiting(): number {
    return this.#delivery.waiting;
  }

  get congested(): boolean {
    return this.#delivery.congested;
  }

  /** Standing of the key on the last connection. */
  get standing(): KeyStanding | undefined {
    return this.#standing;
  }

  /** When the last connection opened, by `Clock.now`. */
  get connectedAt(): number | undefined {
    return this.#connectedAt;
  }

  /** Whether waiting messages may be sent soon. */
  get sending(): boolean {
    const { state } = this.carrier.status;
    return this.waiting > 0 && (state === "connected" || state === "connecting");
  }

  /** Wall-clock time of the next expiry, in milliseconds since 1970 UTC. */
  get nextExpiry(): number | undefined {
    return this.#withdrawals.nextExpiry;
  }

  send(batch: Batch, sendOptions?: SendOptions): void {
    const first = this.#delivery.nextOrdinal;
    const accepted = this.#delivery.push(batch, sendOptions?.typed);
    if (sendOptions !== undefined && accepted > 0) this.#receipts.add(first, accepted, sendOptions);
    const refused = batch.count - accepted;
    if (refused > 0) this.#refuse(refused, sendOptions);
    this.requestTurn();
    this.#parts.peerEvents.congestion(this);
  }

  /** Dials now, without waiting for the next retry. */
  dialNow(): void {
    this.carrier.want("now");
    // After an unused connection the first call only starts the retry delay; the second one dials.
    if (this.carrier.status.state === "unreachable") this.carrier.want("now");
  }

  /** Cancels messages that were not written to a connection. Calls `answer` at the end of the turn. */
  cancel(target: CancelTarget, answer: (result: Cancellation) => void): void {
    this.#withdrawals.cancel(target, answer);
    this.requestTurn();
  }

  /** At the end of the program: reports the messages that were not sent. `durable`: they stay in the store. */
  reportUnsent(durable: boolean): void {
    if (this.waiting === 0) return;
    // If some are sent after all, don't report them a second time.
    this.#outage = false;
    this.#tell({ kind: durable ? "left-waiting" : "unsent", peer: this.#peer.name, count: this.waiting });
  }

  /** End of the turn, before the commit. */
  settle(): void {
    const expires = this.#receipts.settle();
    if (expires < Infinity) this.#withdrawals.noteExpiry(expires);
    const spans = this.#withdrawals.settle(this.#delivery, this.#parts.clock.wallTime());
    if (spans.length > 0) this.#delivery.withdraw(spans);
    this.#delivery.settle();
  }

  /** After the commit. */
  flush(committed: Result<null>): void {
    this.#flushing = true;
    try {
      this.#updateReceipts(committed, this.#flushDelivery(committed));
    } finally {
      this.#flushing = false;
    }
    this.#parts.peerEvents.congestion(this);
  }

  /** Returns the deliveries that were closed. */
  #flushDelivery(committed: Result<null>): readonly Delivery[] {
    const left = this.#replaced.splice(0);
    for (const delivery of left) delivery.close(committed);
    if (left.length > 0 && !committed.ok) left.push(this.#restartDelivery(committed));
    else this.#delivery.flush(committed);
    return left;
  }

  /** Reports outcomes and the answers to cancellations. */
  #updateReceipts(committed: Result<null>, left: readonly Delivery[]): void {
    this.#receipts.committed(committed, this.#delivery.progress.kept);
    for (const { state, spans } of this.#withdrawals.flush(committed)) this.#withdrawn(spans, state);
    for (const { progress, finalOutcome } of [...left, this.#delivery]) this.#receipts.advance(progress, finalOutcome);
    if (!committed.ok) this.#receipts.fail(this.#delivery.nextOrdinal, committed.message);
    this.#receipts.tell();
    if (this.#receipts.unfinished) this.requestTurn();
    this.#parts.peerEvents.awaitingRead(this, this.#receipts.awaitingRead);
    this.#parts.peerEvents.expiry(this);
  }

  /** Origins may have read their outcomes: requests a turn to drop the notes. */
  recheckOutcomes(): void {
    if (this.#receipts.unfinished) this.requestTurn();
  }

  /** Withdrawn messages do not count as waiting in an outage. */
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

  // Reports from the session.

  onStand(contact: Contact | undefined): void {
    this.#standing = contact?.standing;
    this.#connectedAt = this.#parts.clock.now();
    this.#delivery.connected(contact);
    this.#parts.peerEvents.connected(this.#peer, contact);
    this.requestTurn();
  }

  /**
   * If the kernel took a write immediately, inside `flush`, the delivery requests the turn itself when it has more to
   * send.
   */
  onReady(): void {
    if (!this.#flushing || this.carrier.parting) this.requestTurn();
  }

  onTaken(): void {
    this.#delivery.writeTaken();
  }

  onUntaken(): void {
    this.#delivery.writeFailed();
  }

  onUnready(): void {
    this.#delivery.disconnected();
    this.requestTurn();
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

  /** Reported once per outage, and again when more messages wait. */
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

  // Reports from the delivery.

  requestTurn(): void {
    this.#parts.peerEvents.requestTurn(this);
  }

  received(received: Received): void {
    if (received.typed === undefined || !isInvisible(received.batch)) this.#parts.peerEvents.message(received);
  }

  unsendable(span: Span): void {
    this.#withdrawals.fail(span);
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

  /** The old delivery stores this turn's messages; after the commit it shows or refuses them. */
  #replaceDelivery(peer: Peer): void {
    this.#delivery.settle();
    this.#replaced.push(this.#delivery);
    this.#peer = peer;
    this.#delivery = this.#newDelivery();
    this.requestTurn();
  }

  /** The commit failed, so the new delivery read messages that were rolled back: replace it. */
  #restartDelivery(committed: Result<null>): Delivery {
    const left = this.#delivery;
    left.close(committed);
    this.#delivery = this.#newDelivery();
    return left;
  }

  #newDelivery(): Delivery {
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
    return new Receipts(parts, this.#delivery.progress, this.#delivery.nextOrdinal);
  }

  #refuse(count: number, sendOptions: SendOptions | undefined): void {
    const reason = this.#fullReason;
    if (sendOptions?.quiet !== true) this.refused(count, reason);
    const told = { to: this.#peer.name, count, id: sendOptions?.id, number: undefined };
    if (sendOptions !== undefined)
      this.#parts.peerEvents.outcome(sendOptions.origin, { ...told, kind: "failed", final: true, reason });
  }

  #tell(notice: Notice): void {
    this.#parts.peerEvents.notice(notice);
  }

  get #fullReason(): string {
    const { messages, chars } = this.#delivery.capacity;
    const limit =
      this.waiting < messages ? `${Math.floor(chars / 1_000_000)} million characters` : `${messages} messages`;
    return `the queue is full (${this.waiting} waiting, limit ${limit})`;
  }
}
