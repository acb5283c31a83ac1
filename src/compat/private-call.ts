// One peer on a private line, or one that was asked for a private line: a session, and delivery with confirmations. Its texts
// are kept in memory only.

import { formatEndpoint } from "../core/address.js";
import { batchOf } from "../core/batch.js";
import { privateIdleMs } from "../core/older-limits.js";
import type { Contact, Notice } from "../core/notice.js";
import type { Batch, Endpoint, Peer, PeerName, PublicKey } from "../core/types.js";
import { Friend, type FriendParts } from "../delivery/friend.js";
import type { Clock, Random, Store } from "../ports.js";
import type { CarrierEvents } from "../session/carrier.js";
import { securePortOf, type Caller } from "./caller.js";
import type { Session } from "../session/session.js";

export interface CallParts {
  /** The address of the peer's clear listener; it identifies the peer. */
  readonly to: Endpoint;
  readonly clock: Clock;
  readonly random: Random;
  /** Of this call only. */
  readonly store: Store;
  readonly open: (peer: Peer, events: CarrierEvents) => Session;
  readonly host: CallHost;
}

/** Receives the reports of calls. */
export interface CallHost {
  /** The call needs to be settled at the end of this turn. */
  requestTurn(call: Call): void;
  /** The call is connected: for the first time, or with another key than before. */
  connected(call: Call): void;
  texts(call: Call, batch: Batch, number: number): void;
  delivered(call: Call, count: number): void;
  notice(call: Call, notice: Notice): void;
  unreachable(call: Call, reason: string): void;
  ended(call: Call, reason: string | undefined): void;
  congestion(): void;
}

export class Call extends Friend<Session> {
  readonly to: Endpoint;
  readonly #host: CallHost;
  readonly store: Store;
  #caller: Caller | undefined;
  #key: PublicKey | undefined;
  #met = false;

  constructor({ to, clock, random, store, open, host }: CallParts) {
    const peer: Peer = {
      name: formatEndpoint(to) as PeerName,
      host: to.host,
      port: securePortOf(to.port),
      ownPort: true,
      dialect: "secure",
      idle: { kind: "close", afterMs: privateIdleMs },
    };
    super(
      peer,
      {
        peerEvents: peerEventsOf(host, () => this),
        store,
        clock,
        random,
        acknowledges: () => true,
        portionBytes: () => undefined,
      },
      (events) => open(peer, events),
    );
    this.to = to;
    this.store = store;
    this.#host = host;
  }

  /** The peer's description of itself; nothing proves it. */
  get caller(): Caller | undefined {
    return this.#caller;
  }

  /** The peer's key on the last connection. */
  get key(): PublicKey | undefined {
    return this.#key;
  }

  /** Whether a private line was found there: then nothing of this call goes out in the clear any more. */
  get isPrivate(): boolean {
    return this.#met;
  }

  /** The port to dial: the one that the peer announced, else the usual one. */
  get securePort(): number {
    return this.#caller?.securePort ?? this.peer.port;
  }

  markPrivate(caller = this.#caller): void {
    this.#met = true;
    this.#caller = caller;
  }

  /** Sends one text. It has no line feed and is not empty. */
  say(text: string): void {
    this.send(batchOf(`${text}\n`));
  }

  /** The screen has taken all messages up to this number: the peer gets new credit. */
  override shown(number: number): void {
    this.store.setShown(number);
    super.shown(number);
    this.requestTurn();
  }

  // Reports of the session.

  override onStand(contact: Contact | undefined): void {
    super.onStand(contact);
    if (contact === undefined || contact.key === this.#key) return;
    this.#key = contact.key;
    this.#host.connected(this);
  }

  override onUnreachable(reason: string): void {
    this.#host.unreachable(this, reason);
  }

  override onClosed(reason?: string): void {
    this.#host.ended(this, reason);
  }

  // Reports of the delivery.

  override retired(count: number): void {
    super.retired(count);
    this.#host.delivered(this, count);
  }
}

/** `call` is a function because the call is built after its events. */
function peerEventsOf(host: CallHost, call: () => Call): FriendParts["peerEvents"] {
  return {
    message: ({ batch, number }) => host.texts(call(), batch, number),
    connected: () => undefined,
    notice: (notice) => host.notice(call(), notice),
    requestTurn: () => host.requestTurn(call()),
    congestion: () => host.congestion(),
    awaitingRead: () => undefined,
    // Outcomes are not reported, and nothing outlives the program.
    reporter: undefined,
    outcome: () => undefined,
    expiry: () => undefined,
  };
}
