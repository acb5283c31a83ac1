// One friend as delivery sees it: the outbox, the session that empties it, and what the user is told about both.

import { queueCharsMax, queueMessagesMax } from "../core/limits.js";
import type { Notice } from "../core/notice.js";
import type { Batch, Peer } from "../core/types.js";
import type { Carrier, CarrierEvents } from "./carrier.js";
import { Outbox } from "./outbox.js";

/** Where a friend reports to. */
export interface Board {
  message(from: Peer, batch: Batch): void;
  notice(notice: Notice): void;
  /** The outbox wants a flush at the end of this turn. */
  stir(friend: Friend): void;
  /** `congested` may have changed. */
  congestion(friend: Friend): void;
}

export class Friend implements CarrierEvents {
  peer: Peer;
  readonly carrier: Carrier;
  readonly #board: Board;
  readonly #outbox: Outbox;
  /** Set from the first failed dial until nothing waits any more. */
  #outage = false;
  #caughtUp = 0;
  #announcedWaiting = 0;

  constructor(peer: Peer, board: Board, open: (events: CarrierEvents) => Carrier) {
    this.peer = peer;
    this.#board = board;
    this.carrier = open(this);
    this.#outbox = new Outbox(this.carrier);
  }

  get waiting(): number {
    return this.#outbox.waiting;
  }

  get congested(): boolean {
    return this.#outbox.congested;
  }

  /** Whether waiting a little may get rid of what waits. */
  get sending(): boolean {
    const { state } = this.carrier.status;
    return this.waiting > 0 && (state === "connected" || state === "connecting");
  }

  send(batch: Batch): void {
    const refused = batch.count - this.#outbox.push(batch);
    if (refused > 0) this.#refuse(refused);
    this.#board.stir(this);
    this.#board.congestion(this);
  }

  /** Says what will not be sent any more, and drops it. Should a kernel take it after all, nobody is told. */
  abandon(): void {
    if (this.waiting > 0) this.#board.notice({ kind: "unsent", peer: this.peer.name, count: this.waiting });
    this.#outbox.clear();
    this.#outage = false;
    this.#board.congestion(this);
  }

  flush(): void {
    this.#outbox.flush();
  }

  onReady(): void {
    this.#board.stir(this);
  }

  onTaken(): void {
    const count = this.#outbox.taken();
    this.#board.congestion(this);
    if (!this.#outage) return;
    this.#caughtUp += count;
    if (this.waiting > 0) return;
    this.#board.notice({ kind: "caught-up", peer: this.peer.name, count: this.#caughtUp });
    this.#outage = false;
    this.#announcedWaiting = 0;
    this.#caughtUp = 0;
  }

  onUntaken(): void {
    this.#outbox.untaken();
  }

  onUnready(): void {
    this.#board.stir(this);
  }

  onProgress(): void {
    this.#board.congestion(this);
  }

  onTexts(batch: Batch): void {
    this.#board.message(this.peer, batch);
  }

  /** Said once per outage, and again when more has come to wait since. */
  onUnreachable(reason: string): void {
    this.#outage = true;
    this.#board.congestion(this);
    if (this.waiting <= this.#announcedWaiting) return;
    this.#announcedWaiting = this.waiting;
    this.#board.notice({ kind: "unreachable", peer: this.peer.name, reason, waiting: this.waiting });
  }

  onTimedOut(): void {
    this.#board.notice({ kind: "timed-out", peer: this.peer.name });
  }

  onClosed(reason?: string): void {
    const peer = this.peer.name;
    this.#board.notice(reason === undefined ? { kind: "closed", peer } : { kind: "closed", peer, reason });
  }

  #refuse(count: number): void {
    const reason = `${String(this.waiting)} are waiting already, and no more than ${String(queueMessagesMax)} messages or ${String(Math.floor(queueCharsMax / 1_000_000))} million characters may`;
    this.#board.notice({ kind: "refused", peer: this.peer.name, count, reason });
  }
}
