// Inbound connections: where each belongs, and which are turned away. An address that the table does not
// have, or that knocks too often, costs one accept and one close; one that may be a roaming friend, a handshake at most.

import { Counts } from "../core/counts.js";
import {
  acceptBurst,
  acceptsPerSecond,
  arrivalsMax,
  arrivalsPerAddressMax,
  connectionsMax,
  connectionsPerAddressMax,
  firstByteMs,
  refusalLogLineBurst,
  refusalLogLinesPerSecond,
  sniffMs,
  strangersMax,
  talkersPerAddressMax,
  unknownHostNoticeBurst,
  unknownHostNoticesPerSecond,
} from "../core/limits.js";
import type { Notice } from "../core/notice.js";
import { TokenBucket, TokenBuckets } from "../core/token-bucket.js";
import type { Bytes, Peer } from "../core/types.js";
import type { Connection, Log } from "../ports.js";
import { PostedConnection } from "../reactor/posted.js";
import type { Reactor } from "../reactor/reactor.js";
import { Arrival } from "./arrival.js";
import { hungUp } from "../trust/secure-connection.js";
import type { PeerAuthenticator } from "../trust/peer-authenticator.js";
import type { ConnectionCount } from "./links.js";

/** Who takes connections. */
export interface Entrance {
  readonly connectionCount: number;
  /** Each message may come on a connection of its own: how often somebody knocks says nothing. */
  readonly perMessage?: boolean;
  accept(connection: Connection): void;
}

/** The rows, as an address finds them. */
export interface Rows {
  /** Whether anybody may prove who he is: then an unknown address may be a friend's. */
  readonly anySecure: boolean;
  /** For clear text from that address. */
  clearEntrance(host: string): Entrance | undefined;
  securePeer(host: string): Peer | undefined;
  entranceOf(peer: Peer): Entrance | undefined;
}

export interface AcceptorParts {
  readonly reactor: Reactor;
  readonly log: Log;
  readonly connectionCount: ConnectionCount;
  readonly authenticator: PeerAuthenticator;
  readonly rows: Rows;
  notice(notice: Notice): void;
}

const knockRate = { perSecond: acceptsPerSecond, burst: acceptBurst };

const hangUps: ReadonlySet<string> = new Set([hungUp, "ECONNRESET", "EPIPE"]);

export class Acceptor {
  readonly #parts: AcceptorParts;
  /** Of known addresses and of others: strangers cannot push a friend's out. */
  readonly #knocks = {
    friend: new TokenBuckets<string>(knockRate),
    stranger: new TokenBuckets<string>(knockRate, strangersMax),
  };
  /** Connections of which nobody knows yet whose they are, by address. */
  readonly #arrivals = new Counts<string>();
  #arriving = 0;
  readonly #unknownNotices: TokenBucket;
  /** One each, so that strangers cannot hide what a friend's address does. */
  readonly #logLines: Readonly<Record<"stranger" | "friend", TokenBucket>>;
  #unannounced = 0;
  #unlogged = 0;

  constructor(parts: AcceptorParts) {
    this.#parts = parts;
    this.#unknownNotices = this.#bucket(unknownHostNoticesPerSecond, unknownHostNoticeBurst);
    const logLines = (): TokenBucket => this.#bucket(refusalLogLinesPerSecond, refusalLogLineBurst);
    this.#logLines = { stranger: logLines(), friend: logLines() };
  }

  accept(connection: Connection): void {
    const host = connection.remoteHost;
    const { rows, reactor } = this.#parts;
    const clear = rows.clearEntrance(host);
    const known = clear !== undefined || rows.securePeer(host) !== undefined;
    if (!known && !rows.anySecure) return this.#refuseUnknown(connection);
    const reason = this.#overLimit(host, clear);
    if (reason !== undefined) return this.#refuse(connection, reason);
    const posted = new PostedConnection(reactor, connection);
    if (clear !== undefined && !rows.anySecure) clear.accept(posted);
    else this.#await(posted, clear === undefined ? firstByteMs : sniffMs);
  }

  // Before its first bytes.

  #await(connection: PostedConnection, limitMs: number): void {
    const host = connection.remoteHost;
    const since = this.#parts.reactor.now;
    this.#arrive(host);
    new Arrival(
      connection,
      { reactor: this.#parts.reactor, limitMs },
      {
        onSecure: (arrived, first) => this.#meet(arrived, since, first),
        onClear: (arrived, first) => this.#passClear(arrived, first),
        onSilence: (arrived) => this.#passClear(arrived),
        onGone: () => this.#depart(host),
      },
    );
  }

  #meet(connection: PostedConnection, since: number, first: Bytes): void {
    const host = connection.remoteHost;
    this.#parts.authenticator.accept(connection, since, {
      onMet: (peer, met) => {
        this.#depart(host);
        this.#parts.rows.entranceOf(peer)?.accept(met);
      },
      onFailed: (reason, told) => {
        this.#depart(host);
        if (told) return this.#parts.log.debug("connection-refused", { host, reason });
        // Of two friends' dials that cross, one hangs up: a healthy run logs nothing of it.
        if (this.#isFriends(host) && hangUps.has(reason)) this.#parts.log.debug("hung-up", { host });
        else this.#logRefusal(host, reason);
      },
    });
    connection.unread(first);
  }

  #passClear(connection: PostedConnection, first?: Bytes): void {
    const host = connection.remoteHost;
    this.#depart(host);
    const entrance = this.#parts.rows.clearEntrance(host);
    if (entrance !== undefined) {
      entrance.accept(connection);
      if (first !== undefined) connection.unread(first);
      return;
    }
    const peer = this.#parts.rows.securePeer(host);
    if (peer === undefined) return this.#refuseUnknown(connection);
    if (first === undefined) return this.#dropSilent(connection);
    this.#announceClear(peer);
    this.#refuse(connection, "clear-text");
  }

  /** A friend whose dial was cut off on the way, or who died meanwhile: nothing that its owner need hear of. */
  #dropSilent(connection: Connection): void {
    connection.reset();
    this.#parts.log.debug("silent", { host: connection.remoteHost });
  }

  #arrive(host: string): void {
    if (!this.#isFriends(host)) this.#arriving += 1;
    this.#arrivals.add(host);
  }

  #depart(host: string): void {
    if (!this.#isFriends(host)) this.#arriving = Math.max(0, this.#arriving - 1);
    this.#arrivals.remove(host);
  }

  // Limits and refusals.

  #overLimit(host: string, clear: Entrance | undefined): string | undefined {
    if (this.#parts.connectionCount.connections + this.#arriving >= connectionsMax) return "connections";
    if (clear?.perMessage === true)
      return this.#arrivals.of(host) >= talkersPerAddressMax ? "arrivals-of-address" : undefined;
    if (clear !== undefined && clear.connectionCount >= connectionsPerAddressMax) return "connections-of-address";
    if (this.#arriving >= arrivalsMax && !this.#isFriends(host)) return "handshakes";
    if (this.#arrivals.of(host) >= arrivalsPerAddressMax) return "handshakes-of-address";
    const knocks = this.#isFriends(host) ? this.#knocks.friend : this.#knocks.stranger;
    return knocks.take(host, this.#parts.reactor.now) ? undefined : "accept-rate";
  }

  /** Strangers must not take what friends need to come in. */
  #isFriends(host: string): boolean {
    const { rows } = this.#parts;
    return rows.clearEntrance(host) !== undefined || rows.securePeer(host) !== undefined;
  }

  #bucket(perSecond: number, burst: number): TokenBucket {
    return new TokenBucket({ perSecond, burst, nowMs: this.#parts.reactor.now });
  }

  #refuseUnknown(connection: Connection): void {
    this.#announceUnknown();
    this.#refuse(connection);
  }

  #refuse(connection: Connection, reason?: string): void {
    connection.reset();
    this.#logRefusal(connection.remoteHost, reason);
  }

  #announceClear({ name }: Peer): void {
    if (this.#unknownNotices.take(this.#parts.reactor.now)) this.#parts.notice({ kind: "clear-refused", peer: name });
  }

  #announceUnknown(): void {
    if (!this.#unknownNotices.take(this.#parts.reactor.now)) {
      this.#unannounced += 1;
      return;
    }
    if (this.#unannounced > 0) this.#parts.notice({ kind: "unknown-hosts", count: this.#unannounced });
    this.#unannounced = 0;
    this.#parts.notice({ kind: "unknown-host" });
  }

  /** A flood must not fill the log either: what exceeds the rate is counted in the next line. */
  #logRefusal(host: string, reason?: string): void {
    if (!this.#logLines[reason === undefined ? "stranger" : "friend"].take(this.#parts.reactor.now)) {
      this.#unlogged += 1;
      return;
    }
    this.#parts.log.warn("connection-refused", { host, reason: reason ?? "unknown-host", unlogged: this.#unlogged });
    this.#unlogged = 0;
  }
}
