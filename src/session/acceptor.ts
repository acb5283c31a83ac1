// Inbound connections: which session each belongs to, and which are turned away. An address that the table does not
// have, or that knocks too often, costs one accept and one close.

import {
  acceptBurst,
  acceptsPerSecond,
  connectionsMax,
  connectionsPerAddressMax,
  refusalLogLineBurst,
  refusalLogLinesPerSecond,
  unknownHostNoticeBurst,
  unknownHostNoticesPerSecond,
} from "../core/limits.js";
import type { Notice } from "../core/notice.js";
import { TokenBucket } from "../core/token-bucket.js";
import type { Connection, Log } from "../ports.js";
import type { Reactor } from "../reactor/reactor.js";
import type { Tally } from "./session-parts.js";
import type { Session } from "./session.js";

export interface AcceptorParts {
  readonly reactor: Reactor;
  readonly log: Log;
  readonly tally: Tally;
  sessionOf(host: string): Session | undefined;
  notice(notice: Notice): void;
}

export class Acceptor {
  readonly #parts: AcceptorParts;
  /** Of known addresses alone, so that strangers cannot push a friend's out. */
  readonly #knocks = new Map<string, TokenBucket>();
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
    const session = this.#parts.sessionOf(host);
    const reason = session && this.#overLimit(host, session);
    if (session !== undefined && reason === undefined) return session.accept(connection);
    connection.reset();
    if (session === undefined) this.#announceUnknown();
    this.#logRefusal(host, reason);
  }

  #overLimit(host: string, session: Session): string | undefined {
    if (this.#parts.tally.connections >= connectionsMax) return "connections";
    if (session.connectionCount >= connectionsPerAddressMax) return "connections-of-address";
    return this.#knocksOf(host).take(this.#parts.reactor.now) ? undefined : "accept-rate";
  }

  #knocksOf(host: string): TokenBucket {
    const known = this.#knocks.get(host) ?? this.#bucket(acceptsPerSecond, acceptBurst);
    this.#knocks.set(host, known);
    return known;
  }

  #bucket(perSecond: number, burst: number): TokenBucket {
    return new TokenBucket({ perSecond, burst, nowMs: this.#parts.reactor.now });
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
