// Routes inbound connections to their sessions and refuses the others. An unknown address, or one that connects too
// often, costs one accept and one close; an address that may belong to a roaming member costs at most one handshake.

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
import { ProtocolSniffer } from "./protocol-sniffer.js";
import { hungUpEarly } from "../trust/secure-connection.js";
import type { PeerAuthenticator } from "../trust/peer-authenticator.js";
import type { ConnectionCount } from "./links.js";

/** Takes accepted connections. */
export interface Entrance {
  readonly connectionCount: number;
  /** Each message may use its own connection: do not limit the accept rate. */
  readonly perMessage?: boolean;
  accept(connection: Connection): void;
}

/** Looks up the group's rows by address. */
export interface Rows {
  /** Whether any row is secure: then an unknown address may belong to a member. */
  readonly anySecure: boolean;
  /** Takes clear-text connections from `host`; undefined if no row allows them. */
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

const acceptRate = { perSecond: acceptsPerSecond, burst: acceptBurst };

const hangUps: ReadonlySet<string> = new Set([hungUpEarly, "ECONNRESET", "EPIPE"]);

export class Acceptor {
  readonly #parts: AcceptorParts;
  /** Separate for known addresses, so that strangers cannot use up a friend's rate. */
  readonly #acceptRates = {
    friend: new TokenBuckets<string>(acceptRate),
    stranger: new TokenBuckets<string>(acceptRate, strangersMax),
  };
  /** Connections not yet assigned to a session, counted by address. */
  readonly #pendingByHost = new Counts<string>();
  #pendingStrangers = 0;
  readonly #unknownNotices: TokenBucket;
  /** Separate, so that strangers cannot crowd out log lines about a friend's address. */
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
    else this.#awaitFirstBytes(posted, clear === undefined ? firstByteMs : sniffMs);
  }

  // Before its first bytes.

  #awaitFirstBytes(connection: PostedConnection, limitMs: number): void {
    const host = connection.remoteHost;
    const since = this.#parts.reactor.now;
    this.#addPending(host);
    new ProtocolSniffer(
      connection,
      { reactor: this.#parts.reactor, limitMs },
      {
        onSecure: (arrived, first) => this.#authenticate(arrived, since, first),
        onClear: (arrived, first) => this.#handOverClear(arrived, first),
        onSilence: (arrived) => this.#handOverClear(arrived),
        onGone: () => this.#removePending(host),
      },
    );
  }

  #authenticate(connection: PostedConnection, since: number, first: Bytes): void {
    const host = connection.remoteHost;
    this.#parts.authenticator.accept(connection, since, {
      onAuthenticated: (peer, met) => {
        this.#removePending(host);
        this.#parts.rows.entranceOf(peer)?.accept(met);
      },
      onFailed: (reason, told) => {
        this.#removePending(host);
        if (told) return this.#parts.log.debug("connection-refused", { host, reason });
        // When two dials cross, one side hangs up. That is normal: log it at debug level only.
        if (this.#isFriendAddress(host) && hangUps.has(reason)) this.#parts.log.debug("hung-up", { host });
        else this.#logRefusal(host, reason);
      },
    });
    connection.pushBack(first);
  }

  #handOverClear(connection: PostedConnection, first?: Bytes): void {
    const host = connection.remoteHost;
    this.#removePending(host);
    const entrance = this.#parts.rows.clearEntrance(host);
    if (entrance !== undefined) {
      entrance.accept(connection);
      if (first !== undefined) connection.pushBack(first);
      return;
    }
    const peer = this.#parts.rows.securePeer(host);
    if (peer === undefined) return this.#refuseUnknown(connection);
    if (first === undefined) return this.#dropSilent(connection);
    this.#announceClear(peer);
    this.#refuse(connection, "clear-text");
  }

  /** A friend's dial was cut off, or its program ended: the user need not know. */
  #dropSilent(connection: Connection): void {
    connection.reset();
    this.#parts.log.debug("silent", { host: connection.remoteHost });
  }

  #addPending(host: string): void {
    if (!this.#isFriendAddress(host)) this.#pendingStrangers += 1;
    this.#pendingByHost.add(host);
  }

  #removePending(host: string): void {
    if (!this.#isFriendAddress(host)) this.#pendingStrangers = Math.max(0, this.#pendingStrangers - 1);
    this.#pendingByHost.remove(host);
  }

  // Limits and refusals.

  #overLimit(host: string, clear: Entrance | undefined): string | undefined {
    if (this.#parts.connectionCount.connections + this.#pendingStrangers >= connectionsMax) return "connections";
    if (clear?.perMessage === true)
      return this.#pendingByHost.of(host) >= talkersPerAddressMax ? "arrivals-of-address" : undefined;
    if (clear !== undefined && clear.connectionCount >= connectionsPerAddressMax) return "connections-of-address";
    if (this.#pendingStrangers >= arrivalsMax && !this.#isFriendAddress(host)) return "handshakes";
    if (this.#pendingByHost.of(host) >= arrivalsPerAddressMax) return "handshakes-of-address";
    const acceptRates = this.#isFriendAddress(host) ? this.#acceptRates.friend : this.#acceptRates.stranger;
    return acceptRates.take(host, this.#parts.reactor.now) ? undefined : "accept-rate";
  }

  /** Limits for strangers do not apply to friends' addresses. */
  #isFriendAddress(host: string): boolean {
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

  /** Limits the rate of log lines; the next line counts the omitted ones. */
  #logRefusal(host: string, reason?: string): void {
    if (!this.#logLines[reason === undefined ? "stranger" : "friend"].take(this.#parts.reactor.now)) {
      this.#unlogged += 1;
      return;
    }
    this.#parts.log.warn("connection-refused", { host, reason: reason ?? "unknown-host", unlogged: this.#unlogged });
    this.#unlogged = 0;
  }
}
