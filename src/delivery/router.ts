// Between the faces and the friends: finds the friend for a name, delivers to oneself, and passes on what arrives.
// It promises that each message handed over is in an outbox, delivered here, or announced as refused.

import type { Notice, PeerStatus } from "../core/notice.js";
import type { Batch, Peer, PeerName } from "../core/types.js";
import type { Board, Friend } from "./friend.js";

/** Who is told what arrives and what happens. */
export interface Audience {
  message(from: PeerName, batch: Batch): void;
  notice(notice: Notice): void;
  /** Whether whoever hands over messages should pause: a friend who is taking them has enough waiting. */
  congested(congested: boolean): void;
}

export class Router implements Board {
  readonly #audience: Audience;
  readonly #friends = new Map<string, Friend>();
  readonly #stirred = new Set<Friend>();
  readonly #congested = new Set<Friend>();
  #self: PeerName | undefined;
  /** The screen is full. Who joins now is not read either. */
  #paused = false;

  constructor(audience: Audience) {
    this.#audience = audience;
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
    }));
  }

  /** The members in the table's order, ourselves among them. */
  setFriends(self: PeerName, friends: Iterable<Friend>): void {
    this.#self = self;
    this.#friends.clear();
    for (const friend of friends) this.#friends.set(friend.peer.name, friend);
    if (this.#paused) this.pauseReading();
  }

  send(to: string, batch: Batch): void {
    const friend = this.#friends.get(to) ?? this.#friends.get(to.normalize("NFC"));
    if (friend === undefined) this.notice({ kind: "unknown-peer", name: to });
    else if (friend.peer.name === this.#self) this.message(friend.peer, batch);
    else friend.send(batch);
  }

  /** End of the turn: every outbox that was stirred hands over what its connection takes. */
  flush(): void {
    for (const friend of this.#stirred) {
      this.#stirred.delete(friend);
      friend.flush();
    }
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

  message(from: Peer, batch: Batch): void {
    this.#audience.message(from.name, batch);
  }

  notice(notice: Notice): void {
    this.#audience.notice(notice);
  }

  stir(friend: Friend): void {
    this.#stirred.add(friend);
  }

  congestion(friend: Friend): void {
    const before = this.#congested.size > 0;
    if (friend.congested) this.#congested.add(friend);
    else this.#congested.delete(friend);
    const after = this.#congested.size > 0;
    if (before !== after) this.#audience.congested(after);
  }
}
