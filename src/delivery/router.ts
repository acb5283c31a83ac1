// Between the faces and the friends: finds the friend for a name, delivers to oneself, and passes on what arrives.
// It promises that each message handed over is in an outbox, delivered here, or announced as refused.

import type { Audience } from "../core/audience.js";
import type { Contact, Notice, PeerStatus } from "../core/notice.js";
import type { Cancellation, Origin, Outcome, SendOptions, Which } from "../core/outcome.js";
import type { Received } from "../core/record.js";
import type { Batch, Peer, PeerName, Result } from "../core/types.js";
import type { Clock, Store } from "../ports.js";
import { Expiries, type Alarm } from "./expiries.js";
import type { PeerEvents, Friend } from "./friend.js";

const everybody = "*";

export interface RouterParts {
  readonly store: Store;
  readonly clock: Clock;
  /** Brings a turn; without one nothing expires but when something else happens. */
  readonly alarm?: Alarm;
}

export class Router implements PeerEvents {
  readonly #audience: Audience;
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #friends = new Map<string, Friend>();
  readonly #stirred = new Set<Friend>();
  /** Whose delivery has settled in this turn and waits for the commit. */
  readonly #settled = new Set<Friend>();
  readonly #congested = new Set<Friend>();
  /** Of whose messages somebody was told the end, and may not have read it yet. */
  readonly #owing = new Set<Friend>();
  #self: PeerName | undefined;
  /** Said to ourselves in this turn. */
  #toSelf: { readonly said: Received; readonly sendOptions: SendOptions | undefined }[] = [];
  /** The screen is full. Who joins now is not read either. */
  #paused = false;
  readonly #expiries: Expiries;
  /** Told when everybody is done with the turn, for who hears of it may hand over more. */
  #outcomes: { readonly origin: Origin; readonly outcome: Outcome }[] = [];
  /** Hears how messages ended that an earlier run has taken; without one a later run tells it. To be set before the first turn. */
  reporter: Origin | undefined;
  #shown = 0;

  constructor(audience: Audience, { store, clock, alarm }: RouterParts) {
    this.#audience = audience;
    this.#store = store;
    this.#clock = clock;
    this.#expiries = new Expiries(clock, alarm, (friend) => this.stir(friend));
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
    this.#expiries.keep(this.friends);
    if (this.#paused) this.pauseReading();
  }

  /** To one friend, to several (`Bob,Martha`), or to everybody else (`*`). Returns to whom: each has an outcome of its own. */
  send(to: string, batch: Batch, sendOptions?: SendOptions): readonly string[] {
    const whole = this.#find(to);
    if (whole !== undefined) return this.#sendTo([whole], batch, sendOptions);
    const names = namesIn(to);
    const unknown = names.filter((name) => name !== everybody && this.#find(name) === undefined);
    const sent = this.#sendTo(this.#meant(names), batch, sendOptions);
    return [...sent, ...unknown.flatMap((name) => this.#unknown(name, batch, sendOptions))];
  }

  /** Takes back what was not carried, of the friends that `to` names as in `send`; answered when the disk has it. */
  cancel(to: string, which: Which, answer: (done: Cancellation) => void): void {
    const friends = this.#named(to);
    if (friends.length === 0) return answer({ cancelled: 0, late: 0, reason: "no such friend" });
    let left = friends.length;
    let sum: Cancellation = { cancelled: 0, late: 0 };
    for (const friend of friends)
      friend.cancel(which, (done) => {
        sum = { ...sum, ...done, cancelled: sum.cancelled + done.cancelled, late: sum.late + done.late };
        if ((left -= 1) === 0) answer(sum);
      });
  }

  #named(to: string): readonly Friend[] {
    const whole = this.#find(to);
    const friends = whole === undefined ? this.#meant(namesIn(to)) : [whole];
    return friends.filter(({ peer }) => peer.name !== this.#self);
  }

  /** Each of them once, however often he is named. */
  #meant(names: readonly string[]): readonly Friend[] {
    return [...new Set(names.flatMap((name) => (name === everybody ? this.#others : (this.#find(name) ?? []))))];
  }

  #find(name: string): Friend | undefined {
    return this.#friends.get(name) ?? this.#friends.get(name.normalize("NFC"));
  }

  get #others(): readonly Friend[] {
    return [...this.friends].filter(({ peer }) => peer.name !== this.#self);
  }

  #sendTo(friends: readonly Friend[], batch: Batch, sendOptions: SendOptions | undefined): readonly string[] {
    for (const friend of friends)
      if (friend.peer.name === this.#self) this.#sendToSelf(friend.peer, batch, sendOptions);
      else friend.send(batch, sendOptions);
    return friends.map(({ peer }) => peer.name);
  }

  #unknown(to: string, { count }: Batch, sendOptions: SendOptions | undefined): readonly string[] {
    if (sendOptions?.quiet !== true) this.notice({ kind: "unknown-peer", name: to });
    if (sendOptions === undefined) return [to];
    const told = { kind: "failed", final: true, to, count, number: undefined, id: sendOptions.id } as const;
    this.outcome(sendOptions.origin, { ...told, reason: "no such friend" });
    return [to];
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
    for (const friend of this.#owing) friend.remind();
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
    for (const { origin, outcome } of this.#outcomes.splice(0)) origin.outcome(outcome);
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

  message(received: Received): void {
    this.#audience.message(received);
  }

  notice(notice: Notice): void {
    this.#audience.notice(notice);
  }

  connected(peer: Peer, contact: Contact | undefined): void {
    this.#audience.connected(peer, contact);
  }

  outcome(origin: Origin, outcome: Outcome): void {
    this.#outcomes.push({ origin, outcome });
  }

  expiry(friend: Friend): void {
    this.#expiries.set(friend);
  }

  stir(friend: Friend): void {
    this.#stirred.add(friend);
  }

  owing(friend: Friend, owing: boolean): void {
    if (owing) this.#owing.add(friend);
    else this.#owing.delete(friend);
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
    for (const { said, sendOptions } of this.#toSelf) this.#tellSelf(said, sendOptions, committed);
    this.#toSelf = [];
  }

  #tellSelf(said: Received, sendOptions: SendOptions | undefined, committed: Result<null>): void {
    const { peer, number, batch } = said;
    const told = { final: true, to: peer, count: batch.count, id: sendOptions?.id };
    if (committed.ok) {
      if (sendOptions !== undefined) this.outcome(sendOptions.origin, { ...told, kind: "delivered", number });
      return this.message(said);
    }
    this.notice({ kind: "refused", peer, count: batch.count, reason: committed.message });
    if (sendOptions === undefined) return;
    this.outcome(sendOptions.origin, { ...told, kind: "failed", number: undefined, reason: committed.message });
  }

  #sendToSelf(self: Peer, batch: Batch, sendOptions: SendOptions | undefined): void {
    const entry = { peer: self.name, time: this.#clock.wallTime(), batch, key: "own" } as const;
    const number = this.#store.append({ direction: "in", ...entry });
    this.#toSelf.push({ said: { ...entry, number }, sendOptions });
  }
}

const namesIn = (to: string): readonly string[] => [...new Set(to.split(",").map((name) => name.trim()))];
