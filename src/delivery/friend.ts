// One friend as delivery sees it: what carries messages to and from there, and what the user is told about it.

import type { Contact, Notice } from "../core/notice.js";
import type { Slip } from "../core/outcome.js";
import type { Received } from "../core/record.js";
import type { Batch, KeyStanding, Peer, Result } from "../core/types.js";
import type { Clock, Random, Store } from "../ports.js";
import type { DeliveryEvent } from "../wire/event.js";
import { AcknowledgedDelivery } from "./acknowledged.js";
import type { Carrier, CarrierEvents } from "../session/carrier.js";
import type { Delivery, DeliveryParts, Desk } from "./delivery.js";
import { WrittenDelivery } from "./written.js";

/** Where a friend reports to. */
export interface Board {
  message(received: Received): void;
  notice(notice: Notice): void;
  connected(peer: Peer, contact: Contact | undefined): void;
  /** The delivery wants its part of the end of this turn. */
  stir(friend: Friend): void;
  /** `congested` may have changed. */
  congestion(friend: Friend): void;
}

export interface FriendParts {
  readonly board: Board;
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  /** Whether a row's dialect has acknowledgements. */
  readonly acknowledges: (peer: Peer) => boolean;
  /** The most bytes of text in one write; undefined where texts flow. */
  readonly portionBytes: (peer: Peer) => number | undefined;
}

export class Friend<Road extends Carrier = Carrier> implements CarrierEvents, Desk {
  readonly carrier: Road;
  #peer: Peer;
  readonly #parts: FriendParts;
  #delivery: Delivery;
  /** Of the row's dialect in earlier parts of this turn. */
  readonly #leaving: Delivery[] = [];
  #standing: KeyStanding | undefined;
  #stoodAt: number | undefined;
  /** Set from the first failed dial until nothing waits any more. */
  #outage = false;
  #caughtUp = 0;
  #announcedWaiting = 0;

  constructor(peer: Peer, parts: FriendParts, open: (events: CarrierEvents) => Road) {
    this.#peer = peer;
    this.#parts = parts;
    this.carrier = open(this);
    this.#delivery = this.#deliver();
    if (this.waiting > 0) this.stir();
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

  send(batch: Batch, slip?: Slip): void {
    const refused = batch.count - this.#delivery.push(batch);
    if (refused > 0) this.#refuse(refused, slip);
    this.stir();
    this.#parts.board.congestion(this);
  }

  /** Dials now, whatever was tried before. */
  hurry(): void {
    this.carrier.want("now");
    // After a connection that led to nothing, the first call only begins to wait for the next.
    if (this.carrier.status.state === "unreachable") this.carrier.want("now");
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
    this.#delivery.settle();
  }

  /** After it. */
  flush(committed: Result<null>): void {
    const left = this.#leaving.splice(0);
    for (const delivery of left) delivery.close(committed);
    if (left.length > 0 && !committed.ok) this.#beginAnew(committed);
    else this.#delivery.flush(committed);
    this.#parts.board.congestion(this);
  }

  shown(number: number): void {
    this.#delivery.shown(number);
  }

  // What the session reports.

  onStand(contact: Contact | undefined): void {
    this.#standing = contact?.standing;
    this.#stoodAt = this.#parts.clock.now();
    this.#delivery.stand(contact);
    this.#parts.board.connected(this.#peer, contact);
    this.stir();
  }

  onReady(): void {
    this.stir();
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
    this.#parts.board.congestion(this);
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
    this.#parts.board.congestion(this);
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
    this.#parts.board.stir(this);
  }

  received(received: Received): void {
    this.#parts.board.message(received);
  }

  retired(count: number): void {
    this.#parts.board.congestion(this);
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
  #beginAnew(committed: Result<null>): void {
    this.#delivery.close(committed);
    this.#delivery = this.#deliver();
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
      desk: this,
    };
    return this.#parts.acknowledges(this.#peer) ? new AcknowledgedDelivery(parts) : new WrittenDelivery(parts);
  }

  #refuse(count: number, slip: Slip | undefined): void {
    const reason = this.#full;
    this.refused(count, reason);
    const told = { to: this.#peer.name, count, id: slip?.id, number: undefined };
    slip?.origin.outcome({ ...told, kind: "failed", final: true, reason });
  }

  #tell(notice: Notice): void {
    this.#parts.board.notice(notice);
  }

  get #full(): string {
    const { messages, chars } = this.#delivery.capacity;
    const most = this.waiting < messages ? `${Math.floor(chars / 1_000_000)} million characters` : messages;
    return `${this.waiting} are waiting already, and no more than ${most} may`;
  }
}
