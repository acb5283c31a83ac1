// Encrypted connections between two copies of this program, for modes whose own protocol is in the clear. They protect
// against eavesdropping, not against an impostor: keys are made at each start, so users must compare fingerprints.
//
//   const line = new PrivateLine({ …, events });    registers its end of a turn with the reactor
//   line.start();                                    listens; `onCannotListen` when it cannot
//   line.dial(to);                                   → onPrivate(call), or onClear(to) within `bannerMs`; once a banner was
//                                                      read also onUnreachable(call) again and again, until onPrivate(call)
//   line.callTo(to)?.say("hello");                   → onDelivered(call, count), in order, or it waits; never in the clear
//   onPrivate(call)                                  also for incoming calls: see call.to, call.caller, call.key
//   onTexts(call, batch, number)                     then call.shown(number of the last) once the screen has it
//   line.hangUp(call);                               a clean end; the peer gets onEnded(call)
//   line.finish(); line.waiting; line.connections;   end of the program: say bye, wait until both are 0 or for a time limit
//   line.destroy();
//
// `to` is always the address of the peer's clear listener.

import { formatEndpoint } from "../core/address.js";
import { Counts } from "../core/counts.js";
import { acceptBurst, acceptsPerSecond, arrivalsPerAddressMax, handshakeMs, strangersMax } from "../core/limits.js";
import { privateCallsMax } from "../core/older-limits.js";
import { publicKeyOf } from "../core/known-key.js";
import type { Notice } from "../core/notice.js";
import { TokenBuckets } from "../core/token-bucket.js";
import {
  fault,
  ok,
  type Batch,
  type Endpoint,
  type Peer,
  type PeerName,
  type PublicKey,
  type Result,
} from "../core/types.js";
import type { Clock, Connection, Listener, Log, Network, Random } from "../ports.js";
import { Call, type CallHost } from "./private-call.js";
import { listenAnywhere } from "../reactor/entrances.js";
import { PostedConnection } from "../reactor/posted.js";
import type { Reactor } from "../reactor/reactor.js";
import { decodeCaller, encodeCaller, type Caller } from "./caller.js";
import type { CarrierEvents } from "../session/carrier.js";
import { BannerConnection } from "./banner-connection.js";
import {
  SecureConnection,
  type PeerIdentity,
  type SecureConnectionHost,
  type Self,
} from "../trust/secure-connection.js";
import { Session } from "../session/session.js";
import { SqliteStore } from "../store/sqlite-store.js";
import { secureDialect } from "../wire/dialects/secure.js";
import { banner } from "../wire/secure/banner.js";
import type { RefusalReason } from "../wire/secure/frames.js";
import type { NoiseLibrary } from "../wire/secure/noise.js";

export interface PrivateEvents {
  /** We cannot listen; `code` is a system error code. Dialling still works. */
  onCannotListen(code: string): void;
  /** There is no private line at the dialled address. */
  onClear(to: Endpoint, reason: string): void;
  /** The call is connected: for the first time, or with another key than before. */
  onPrivate(call: Call): void;
  onTexts(call: Call, batch: Batch, number: number): void;
  /** The peer confirmed `count` more of our texts. */
  onDelivered(call: Call, count: number): void;
  /** A dial failed although there is, or was, a private line. The program dials again. */
  onUnreachable(call: Call, reason: string): void;
  /** The peer has left, or the connection broke: then `reason` says why. */
  onEnded(call: Call, reason: string | undefined): void;
  /** Other news for the user. */
  onNotice(call: Call, notice: Notice): void;
  /** Whether the source of texts should pause. */
  onCongestion(congested: boolean): void;
}

export interface PrivateLineParts {
  readonly reactor: Reactor;
  readonly clock: Clock;
  readonly network: Network;
  readonly noise: NoiseLibrary;
  readonly random: Random;
  readonly log: Log;
  readonly caller: Caller;
  /** The address to listen on; undefined: all. */
  readonly host: string | undefined;
  /** The address to dial from; undefined: the kernel chooses. */
  readonly localHost: string | undefined;
  readonly events: PrivateEvents;
}

export class PrivateLine implements CallHost {
  readonly key: PublicKey;
  readonly #parts: PrivateLineParts;
  readonly #self: Self;
  readonly #calls = new Map<string, Call>();
  /** Calls to settle at the end of this turn. */
  readonly #stirred = new Set<Call>();
  readonly #knocks = new TokenBuckets<string>({ perSecond: acceptsPerSecond, burst: acceptBurst }, strangersMax);
  /** Open handshakes of incoming connections, by address. */
  readonly #arrivals = new Counts<string>();
  readonly #connectionCount = { connections: 0 };
  #listener: Listener | undefined;
  #congested = false;

  constructor(parts: PrivateLineParts) {
    this.#parts = parts;
    const keys = parts.noise.keyPair();
    this.key = publicKeyOf(keys.publicKey);
    this.#self = { name: encodeCaller(parts.caller) as PeerName, keys, key: this.key };
    parts.reactor.atEndOfTurn(() => this.#settle());
  }

  /** Number of texts that the peers have not confirmed. */
  get waiting(): number {
    return [...this.#calls.values()].reduce((sum, { waiting }) => sum + waiting, 0);
  }

  get connections(): number {
    return this.#connectionCount.connections;
  }

  start(): void {
    const { host, caller, events } = this.#parts;
    this.#listener = listenAnywhere(
      this.#parts,
      { host, port: caller.securePort },
      {
        onListening: () => undefined,
        onConnection: (connection) => this.#accept(connection),
        onFailure: (code) => events.onCannotListen(code),
      },
    );
  }

  /** The call to the peer with that clear listener, once a private line was found there. */
  callTo(to: Endpoint): Call | undefined {
    const call = this.#calls.get(formatEndpoint(to));
    return call?.isPrivate === true ? call : undefined;
  }

  dial(to: Endpoint): void {
    const call = this.#callTo(to);
    if (call.ok) call.value.carrier.want("now");
    else this.#parts.events.onClear(to, call.message);
  }

  /** Ends the call cleanly and drops its waiting texts. */
  hangUp(call: Call): void {
    call.carrier.finish();
    this.#forget(call);
  }

  finish(): void {
    this.#listener?.close();
    for (const call of this.#calls.values()) call.carrier.finish();
  }

  destroy(): void {
    this.#listener?.close();
    for (const call of this.#calls.values()) call.carrier.destroy();
  }

  // Reports of the calls.

  requestTurn(call: Call): void {
    this.#stirred.add(call);
  }

  connected(call: Call): void {
    this.#parts.events.onPrivate(call);
  }

  texts(call: Call, batch: Batch, number: number): void {
    this.#parts.events.onTexts(call, batch, number);
  }

  delivered(call: Call, count: number): void {
    this.#parts.events.onDelivered(call, count);
  }

  notice(call: Call, notice: Notice): void {
    this.#parts.events.onNotice(call, notice);
  }

  unreachable(call: Call, reason: string): void {
    if (call.isPrivate) return this.#parts.events.onUnreachable(call, reason);
    this.#forget(call);
    // In a later turn: the session is still handling this failure.
    this.#post(() => call.carrier.destroy());
    this.#parts.events.onClear(call.to, reason);
  }

  /** A peer that left cleanly with nothing waiting may come back as another program: the next message asks again. */
  ended(call: Call, reason: string | undefined): void {
    if (reason === undefined && call.waiting === 0) this.hangUp(call);
    this.#parts.events.onEnded(call, reason);
  }

  congestion(): void {
    const congested = [...this.#calls.values()].some((call) => call.congested);
    if (congested === this.#congested) return;
    this.#congested = congested;
    this.#parts.events.onCongestion(congested);
  }

  /** The store is in memory; the steps are the same as with a store on disk. */
  #settle(): void {
    const calls = [...this.#stirred];
    this.#stirred.clear();
    for (const call of calls) call.settle();
    for (const call of calls) call.flush(call.store.commit());
    // Handlers that ran before this one at the end of the turn need another turn to show what was reported here.
    if (calls.length > 0) this.#post(() => undefined);
  }

  #post(run: () => void): void {
    this.#parts.reactor.post("timer", { run });
  }

  // Calls.

  #callTo(to: Endpoint): Result<Call> {
    const known = this.#calls.get(formatEndpoint(to));
    if (known !== undefined) return ok(known);
    if (!this.#makeRoom()) return fault("too many private lines");
    const store = SqliteStore.inMemory();
    if (!store.ok) return store;
    const { clock, random } = this.#parts;
    const call: Call = new Call({
      ...{ to, clock, random, store: store.value },
      open: (peer, events) => this.#open(peer, events, () => call),
      host: this,
    });
    this.#calls.set(call.peer.name, call);
    return ok(call);
  }

  #open(peer: Peer, events: CarrierEvents, call: () => Call): Session {
    const { reactor, random, log } = this.#parts;
    const dial = (): Connection => this.#connect(call());
    return new Session({
      peer,
      dialect: secureDialect,
      dial,
      connectionCount: this.#connectionCount,
      reactor,
      random,
      log,
      events,
    });
  }

  #makeRoom(): boolean {
    if (this.#calls.size < privateCallsMax) return true;
    for (const call of this.#calls.values())
      if (call.waiting === 0 && call.carrier.status.state === "not connected") {
        this.#forget(call);
        return true;
      }
    return false;
  }

  #forget(call: Call): void {
    if (this.#calls.get(call.peer.name) === call) this.#calls.delete(call.peer.name);
    this.congestion();
  }

  // Connections.

  #connect(call: Call): Connection {
    const { reactor, network, noise, localHost } = this.#parts;
    const dialled = network.dial({ host: call.to.host, port: call.securePort, localHost });
    const connection = new BannerConnection({
      connection: new PostedConnection(reactor, dialled),
      reactor,
      onBanner: () => call.markPrivate(),
    });
    const host = this.#dialledHost(call);
    return new SecureConnection({
      connection,
      initiator: true,
      self: this.#self,
      noise,
      reactor,
      limitMs: handshakeMs,
      host,
    });
  }

  #dialledHost(call: Call): SecureConnectionHost {
    return {
      ...quietHost,
      onKey: (key) => (key === this.key ? "key-of-another" : undefined),
      onHello: (key, name) => {
        call.markPrivate(decodeCaller(name));
        return { key, standing: "first-use" };
      },
    };
  }

  #accept(connection: Connection): void {
    const host = connection.remoteHost;
    if (!this.#admits(host)) return connection.reset();
    const { reactor, noise } = this.#parts;
    const posted = new PostedConnection(reactor, connection);
    this.#arrivals.add(host);
    new SecureConnection({
      ...{ connection: posted, initiator: false, self: this.#self, noise, reactor, limitMs: handshakeMs },
      host: this.#acceptedHost(host),
    });
    posted.write(banner);
  }

  #acceptedHost(host: string): SecureConnectionHost {
    let call: Call | undefined;
    return {
      ...quietHost,
      onHello: (key, name) => {
        const caller = decodeCaller(name);
        if (key === this.key || caller === undefined) return "unknown-name";
        const found = this.#callTo({ host, port: caller.port });
        call = found.ok ? found.value : undefined;
        const outcome = call === undefined ? "busy" : judge(call, key);
        if (typeof outcome !== "string") call?.markPrivate(caller);
        return outcome;
      },
      onEstablished: (connection) => {
        this.#arrivals.remove(host);
        call?.carrier.accept(connection);
      },
      onFailed: (reason) => {
        this.#arrivals.remove(host);
        this.#parts.log.debug("private-line-refused", { host, reason });
      },
    };
  }

  #admits(host: string): boolean {
    if (this.#arrivals.of(host) >= arrivalsPerAddressMax || this.#arrivals.size >= strangersMax) return false;
    return this.#knocks.take(host, this.#parts.reactor.now);
  }
}

/** While a peer is connected, a caller with another key but the same address and port is refused. */
function judge(call: Call, key: PublicKey): RefusalReason | PeerIdentity {
  const occupied = call.key !== undefined && call.key !== key && call.carrier.status.state === "connected";
  return occupied ? "key-changed" : { key, standing: "first-use" };
}

const quietHost: SecureConnectionHost = {
  onKey: () => undefined,
  onHello: () => "unknown-name",
  onEstablished: () => undefined,
  notSecure: "the private port speaks another protocol",
  // `onFailed` follows with the reason.
  onRefused: () => undefined,
  onFailed: () => undefined,
};
