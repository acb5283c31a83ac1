// One other with whom a private line is kept, or asked for: a session, and delivery with confirmations. Its texts live
// in memory and go when it goes.

import { formatEndpoint } from "../core/address.js";
import { batchOf } from "../core/batch.js";
import { privateIdleMs } from "../core/older-limits.js";
import type { Contact, Notice } from "../core/notice.js";
import type { Batch, Endpoint, Peer, PeerName, PublicKey } from "../core/types.js";
import { Friend, type FriendParts } from "../delivery/friend.js";
import { MemoryStore } from "../store/memory-store.js";
import type { Clock, Random } from "../ports.js";
import type { CarrierEvents } from "../session/carrier.js";
import { securePortOf, type Caller } from "./caller.js";
import type { Session } from "../session/session.js";

export interface CallParts {
  /** Where they listen in the clear: their name to us. */
  readonly to: Endpoint;
  readonly clock: Clock;
  readonly random: Random;
  readonly open: (peer: Peer, events: CarrierEvents) => Session;
  readonly host: CallHost;
}

/** What a call reports. */
export interface CallHost {
  /** It wants its part of the end of this turn. */
  stir(call: Call): void;
  /** It stands: for the first time, or with another key than before. */
  stood(call: Call): void;
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
  readonly store: MemoryStore;
  #caller: Caller | undefined;
  #key: PublicKey | undefined;
  #met = false;

  constructor({ to, clock, random, open, host }: CallParts) {
    const store = new MemoryStore({ keepHistory: false });
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

  /** As they introduced themselves; nothing proves it. */
  get caller(): Caller | undefined {
    return this.#caller;
  }

  /** Of the last connection. */
  get key(): PublicKey | undefined {
    return this.#key;
  }

  /** Whether a private line was found there: from then on nothing of this call goes out in the clear. */
  get met(): boolean {
    return this.#met;
  }

  /** Where to dial: they may have told another port than the usual one. */
  get securePort(): number {
    return this.#caller?.securePort ?? this.peer.port;
  }

  meet(caller = this.#caller): void {
    this.#met = true;
    this.#caller = caller;
  }

  /** One text without a line feed, and not empty. */
  say(text: string): void {
    this.send(batchOf(`${text}\n`));
  }

  /** The screen has taken everything up to this number: room for more. */
  override shown(number: number): void {
    this.store.setShown(number);
    super.shown(number);
    this.stir();
  }

  // What the session reports.

  override onStand(contact: Contact | undefined): void {
    super.onStand(contact);
    if (contact === undefined || contact.key === this.#key) return;
    this.#key = contact.key;
    this.#host.stood(this);
  }

  override onUnreachable(reason: string): void {
    this.#host.unreachable(this, reason);
  }

  override onClosed(reason?: string): void {
    this.#host.ended(this, reason);
  }

  // What the delivery reports.

  override retired(count: number): void {
    super.retired(count);
    this.#host.delivered(this, count);
  }
}

/** `call` is asked for when needed: it is built after its events. */
function peerEventsOf(host: CallHost, call: () => Call): FriendParts["peerEvents"] {
  return {
    message: ({ batch, number }) => host.texts(call(), batch, number),
    connected: () => undefined,
    notice: (notice) => host.notice(call(), notice),
    stir: () => host.stir(call()),
    congestion: () => host.congestion(),
    owing: () => undefined,
    // Nobody asks for outcomes of what is said here, and nothing outlives the program.
    reporter: undefined,
    outcome: () => undefined,
    expiry: () => undefined,
  };
}
