// Routes messages between the member's clients and its friends, and delivers messages to the member itself.
// Every message passed to `send` is queued for a friend, delivered here, or reported as refused.

import type { Audience } from "../core/audience.js";
import type { Contact, Notice, PeerStatus } from "../core/notice.js";
import type { Cancellation, Origin, Outcome, SendOptions, CancelTarget } from "../core/outcome.js";
import { ownToldMax } from "../core/limits.js";
import type { Received } from "../core/record.js";
import { isInvisible, visibleText, type TypedMessage } from "../core/typed-message.js";
import type { Batch, Peer, PeerName, Result } from "../core/types.js";
import type { Clock, Store } from "../ports.js";
import { Expiries, type Alarm } from "./expiries.js";
import type { PeerEvents, Friend } from "./friend.js";

const allOthers = "*";

/** Of messages whose outcomes nobody hears. */
const noOrigin: Origin = { outcome: () => undefined };

export interface RouterParts {
  readonly store: Store;
  readonly clock: Clock;
  /** Timer that starts a turn. Without one, messages expire only in turns that start for another reason. */
  readonly alarm?: Alarm;
}

export class Router implements PeerEvents {
  readonly #audience: Audience;
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #friends = new Map<string, Friend>();
  readonly #turnRequested = new Set<Friend>();
  /** Settled in this turn; their `flush` follows the commit. */
  readonly #settled = new Set<Friend>();
  readonly #congested = new Set<Friend>();
  /** Friends with final outcomes that their origins may not have read yet. */
  readonly #awaitingRead = new Set<Friend>();
  #self: PeerName | undefined;
  /** Messages to this member itself, sent in this turn. */
  #toSelf: { readonly message: Received; readonly sendOptions: SendOptions | undefined }[] = [];
  /** Reading is paused because output is full. It is then paused for new friends, too. */
  #paused = false;
  readonly #expiries: Expiries;
  /**
   * Reported at the end of the turn, after all friends are done, because an origin may send more messages in response.
   */
  #outcomes: { readonly origin: Origin; readonly outcome: Outcome }[] = [];
  /**
   * Gets the outcomes of messages that an earlier run accepted; if unset, a later run reports them. Set it before the
   * first turn.
   */
  reporter: Origin | undefined;
  #shown = 0;

  constructor(audience: Audience, { store, clock, alarm }: RouterParts) {
    this.#audience = audience;
    this.#store = store;
    this.#clock = clock;
    this.#expiries = new Expiries(clock, alarm, (friend) => this.requestTurn(friend));
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

  /** Sets the friends, in the order of the group file; this member is one of them. */
  setFriends(self: PeerName, friends: Iterable<Friend>): void {
    this.#self = self;
    this.#friends.clear();
    for (const friend of friends) this.#friends.set(friend.peer.name, friend);
    for (const friend of this.#congested) if (!this.#has(friend)) this.#decongest(friend);
    this.#expiries.retainOnly(this.friends);
    if (this.#paused) this.pauseReading();
  }

  /**
   * Sends to one friend, to several (`Bob,Martha`), or to all others (`*`). Returns the recipients; each has its own
   * outcome.
   */
  send(to: string, batch: Batch, options?: SendOptions): readonly string[] {
    const sendOptions = options ?? (this.#audience.wantsOwn?.(undefined) === true ? { origin: noOrigin } : undefined);
    const whole = this.#find(to);
    if (whole !== undefined) return this.#sendTo([whole], batch, sendOptions);
    const names = namesIn(to);
    const unknown = names.filter((name) => name !== allOthers && this.#find(name) === undefined);
    const sent = this.#sendTo(this.#selected(names), batch, sendOptions);
    return [...sent, ...unknown.flatMap((name) => this.#unknown(name, batch, sendOptions))];
  }

  /** Sends one message with a kind, as `send` does. */
  sendTyped(to: string, typed: TypedMessage, options?: SendOptions): readonly string[] {
    return this.send(to, visibleText(typed), { origin: noOrigin, ...options, typed });
  }

  /** Cancels messages that were not written to a connection. `to` is as in `send`. Answers after the commit. */
  cancel(to: string, target: CancelTarget, answer: (done: Cancellation) => void): void {
    const friends = this.#named(to);
    if (friends.length === 0) return answer({ cancelled: 0, late: 0, reason: "no such friend" });
    let left = friends.length;
    let sum: Cancellation = { cancelled: 0, late: 0 };
    for (const friend of friends)
      friend.cancel(target, (done) => {
        sum = { ...sum, ...done, cancelled: sum.cancelled + done.cancelled, late: sum.late + done.late };
        if ((left -= 1) === 0) answer(sum);
      });
  }

  #named(to: string): readonly Friend[] {
    const whole = this.#find(to);
    const friends = whole === undefined ? this.#selected(namesIn(to)) : [whole];
    return friends.filter(({ peer }) => peer.name !== this.#self);
  }

  /** The friends that the names select, each once. */
  #selected(names: readonly string[]): readonly Friend[] {
    return [...new Set(names.flatMap((name) => (name === allOthers ? this.#others : (this.#find(name) ?? []))))];
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

  /** Whether a friend has requested a turn. */
  get turnRequested(): boolean {
    return this.#turnRequested.size > 0;
  }

  /** Between `settle` and `flush`: whether any friend takes part in this turn. */
  get settling(): boolean {
    return this.#settled.size > 0;
  }

  /**
   * End of the turn, before the commit. A friend that requests a turn during the loop is visited again: its kernel took
   * a write at once.
   */
  settle(): void {
    for (const friend of this.#awaitingRead) friend.recheckOutcomes();
    for (const friend of this.#turnRequested) {
      this.#turnRequested.delete(friend);
      this.#settled.add(friend);
      friend.settle();
    }
  }

  /** After the commit. If it failed, the friends try again in the next turn. */
  flush(committed: Result<null>): void {
    this.#flushSelf(committed);
    for (const friend of this.#settled) {
      this.#settled.delete(friend);
      friend.flush(committed);
      if (!committed.ok) this.requestTurn(friend);
    }
    for (const { origin, outcome } of this.#outcomes.splice(0)) {
      origin.outcome(outcome);
      if (outcome.kind === "queued") this.#tellOwn(origin, outcome);
    }
  }

  /** Tells the other clients what one of them sent: a bounded part, if it is much. */
  #tellOwn(origin: Origin, { number, count }: Outcome): void {
    const sender = origin === noOrigin ? undefined : origin;
    if (number === undefined || this.#audience.wantsOwn?.(sender) !== true) return;
    for (const sent of this.#store.sentMessages(number, Math.min(count, ownToldMax)))
      this.#audience.own?.(sent, sender);
  }

  /** All received messages up to this store number were shown: grants their senders more credit. */
  shown(number: number): void {
    if (number <= this.#shown) return;
    this.#shown = number;
    for (const friend of this.friends) friend.shown(number);
  }

  /**
   * Stores the number given to `shown`. Called rarely: a commit per shown line would cost as much as the line itself.
   */
  storeShown(): void {
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

  requestTurn(friend: Friend): void {
    this.#turnRequested.add(friend);
  }

  awaitingRead(friend: Friend, unread: boolean): void {
    if (unread) this.#awaitingRead.add(friend);
    else this.#awaitingRead.delete(friend);
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

  /** False for a friend who left the group and still finishes a turn. */
  #has(friend: Friend): boolean {
    return this.#friends.get(friend.peer.name) === friend;
  }

  #flushSelf(committed: Result<null>): void {
    for (const { message, sendOptions } of this.#toSelf) this.#tellSelf(message, sendOptions, committed);
    this.#toSelf = [];
  }

  #tellSelf(message: Received, sendOptions: SendOptions | undefined, committed: Result<null>): void {
    const { peer, number, batch } = message;
    const told = { final: true, to: peer, count: batch.count, id: sendOptions?.id };
    if (committed.ok) {
      if (sendOptions !== undefined) this.outcome(sendOptions.origin, { ...told, kind: "delivered", number });
      if (message.typed === undefined || !isInvisible(batch)) this.message(message);
      return;
    }
    this.notice({ kind: "refused", peer, count: batch.count, reason: committed.message });
    if (sendOptions === undefined) return;
    this.outcome(sendOptions.origin, { ...told, kind: "failed", number: undefined, reason: committed.message });
  }

  #sendToSelf(self: Peer, batch: Batch, sendOptions: SendOptions | undefined): void {
    const typed = sendOptions?.typed;
    const entry = {
      peer: self.name,
      time: this.#clock.wallTime(),
      batch,
      key: "own",
      ...(typed && { typed }),
    } as const;
    const number = this.#store.append({ direction: "in", ...entry });
    this.#toSelf.push({ message: { ...entry, number }, sendOptions });
  }
}

const namesIn = (to: string): readonly string[] => [...new Set(to.split(",").map((name) => name.trim()))];
