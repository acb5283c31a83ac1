// Between the faces and the friends: finds the friend for a name, delivers to oneself, and passes on what arrives.
// It promises that each message handed over is in an outbox, delivered here, or announced as refused.

import type { Notice, PeerStatus } from "../core/notice.js";
import type { Batch, Peer, PeerName, Result } from "../core/types.js";
import type { Clock, Store } from "../ports.js";
import type { Board, Friend } from "./friend.js";

/** Who is told what arrives and what happens. */
export interface Audience {
  /** `number` is the store number of the first text. */
  message(from: PeerName, batch: Batch, number: number): void;
  notice(notice: Notice): void;
  /** Whether whoever hands over messages should pause: a friend who is taking them has enough waiting. */
  congested(congested: boolean): void;
}

export class Router implements Board {
  readonly #audience: Audience;
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #friends = new Map<string, Friend>();
  readonly #stirred = new Set<Friend>();
  /** Whose delivery has settled in this turn and waits for the commit. */
  readonly #settled = new Set<Friend>();
  readonly #congested = new Set<Friend>();
  #self: PeerName | undefined;
  /** Said to ourselves in this turn. */
  #toSelf: { readonly self: Peer; readonly batch: Batch; readonly number: number }[] = [];
  /** The screen is full. Who joins now is not read either. */
  #paused = false;
  #shown = 0;

  constructor(audience: Audience, { store, clock }: { readonly store: Store; readonly clock: Clock }) {
    this.#audience = audience;
    this.#store = store;
    this.#clock = clock;
  }

  get friends(): Iterable<Friend> {
    return this.#friends.values();
  }

  get names(): readonly PeerName[] {
    return [...this.friends].map((friend) => friend.peer.name);
  }

  get status(): readonly PeerStatus[] {
    return [...this.friends].map((friend) => ({
      peer: friend.peer,
      self: friend.peer.name === this.#self,
      ...friend.carrier.status,
      waiting: friend.waiting,
      standing: friend.standing,
    }));
  }

  /** The members in the table's order, ourselves among them. */
  setFriends(self: PeerName, friends: Iterable<Friend>): void {
    this.#self = self;
    this.#friends.clear();
    for (const friend of friends) this.#friends.set(friend.peer.name, friend);
    for (const friend of this.#congested) if (!this.#has(friend)) this.#decongest(friend);
    if (this.#paused) this.pauseReading();
  }

  send(to: string, batch: Batch): void {
    const friend = this.#friends.get(to) ?? this.#friends.get(to.normalize("NFC"));
    if (friend === undefined) this.notice({ kind: "unknown-peer", name: to });
    else if (friend.peer.name === this.#self) this.#sendToSelf(friend.peer, batch);
    else friend.send(batch);
  }

  /** Whether a turn's end is owed to somebody. */
  get stirred(): boolean {
    return this.#stirred.size > 0;
  }

  /** Between `settle` and `flush`: whether anything was said or heard in this turn. */
  get settling(): boolean {
    return this.#settled.size > 0;
  }

  /** End of the turn, before the commit. A Set visits again what is added during the walk: whose kernel took it all goes on. */
  settle(): void {
    for (const friend of this.#stirred) {
      this.#stirred.delete(friend);
      this.#settled.add(friend);
      friend.settle();
    }
  }

  /** After the commit. Who could not store something tries again. */
  flush(committed: Result<null>): void {
    this.#flushSelf(committed);
    for (const friend of this.#settled) {
      this.#settled.delete(friend);
      friend.flush(committed);
      if (!committed.ok) this.stir(friend);
    }
  }

  /** Everything received up to this store number was shown: their senders may send more. */
  shown(number: number): void {
    if (number <= this.#shown) return;
    this.#shown = number;
    for (const friend of this.friends) friend.shown(number);
  }

  /** Puts that on record. A commit of its own for every line that the screen takes would cost as much as the lines do. */
  noteShown(): void {
    if (this.#shown > this.#store.shown) this.#store.setShown(this.#shown);
  }

  get paused(): boolean {
    return this.#paused;
  }

  pauseReading(): void {
    this.#paused = true;
    for (const friend of this.friends) friend.carrier.pauseReading();
  }

  resumeReading(): void {
    this.#paused = false;
    for (const friend of this.friends) friend.carrier.resumeReading();
  }

  message(from: Peer, batch: Batch, number: number): void {
    this.#audience.message(from.name, batch, number);
  }

  notice(notice: Notice): void {
    this.#audience.notice(notice);
  }

  stir(friend: Friend): void {
    this.#stirred.add(friend);
  }

  congestion(friend: Friend): void {
    if (!friend.congested || !this.#has(friend)) return this.#decongest(friend);
    const first = this.#congested.size === 0;
    this.#congested.add(friend);
    if (first) this.#audience.congested(true);
  }

  #decongest(friend: Friend): void {
    if (this.#congested.delete(friend) && this.#congested.size === 0) this.#audience.congested(false);
  }

  /** Who left the group may still have to end what was begun. */
  #has(friend: Friend): boolean {
    return this.#friends.get(friend.peer.name) === friend;
  }

  #flushSelf(committed: Result<null>): void {
    for (const { self, batch, number } of this.#toSelf)
      if (committed.ok) this.message(self, batch, number);
      else this.notice({ kind: "refused", peer: self.name, count: batch.count, reason: committed.message });
    this.#toSelf = [];
  }

  #sendToSelf(self: Peer, batch: Batch): void {
    const entry = { direction: "in", peer: self.name, time: this.#clock.wallTime(), batch } as const;
    this.#toSelf.push({ self, batch, number: this.#store.append(entry) });
  }
}
