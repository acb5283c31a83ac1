// Inbound connections: which session each belongs to, and which are turned away. An address that the table does not
// have, or that knocks too often, costs one accept and one close.

import {
  acceptBurst,
  acceptsPerSecond,
  connectionsMax,
  connectionsPerAddressMax,
  rateAddressesMax,
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

interface Knocks {
  readonly bucket: TokenBucket;
  refused: number;
}

export class Acceptor {
  readonly #parts: AcceptorParts;
  readonly #knocks = new Map<string, Knocks>();
  readonly #unknownNotices: TokenBucket;
  #unannounced = 0;

  constructor(parts: AcceptorParts) {
    this.#parts = parts;
    this.#unknownNotices = new TokenBucket({
      perSecond: unknownHostNoticesPerSecond,
      burst: unknownHostNoticeBurst,
      nowMs: parts.reactor.now,
    });
  }

  accept(connection: Connection): void {
    const host = connection.remoteHost;
    const session = this.#parts.sessionOf(host);
    const reason = session === undefined ? "unknown-host" : this.#overLimit(host, session);
    if (session !== undefined && reason === undefined) return session.accept(connection);
    connection.reset();
    if (session === undefined) this.#announceUnknown();
    this.#logRefusal(host, reason ?? "unknown-host");
  }

  #overLimit(host: string, session: Session): string | undefined {
    if (this.#parts.tally.connections >= connectionsMax) return "connections";
    if (session.connectionCount >= connectionsPerAddressMax) return "connections-of-address";
    return this.#knocksOf(host).bucket.take(this.#parts.reactor.now) ? undefined : "accept-rate";
  }

  #knocksOf(host: string): Knocks {
    const known = this.#knocks.get(host);
    if (known !== undefined) return known;
    const oldest = this.#knocks.size < rateAddressesMax ? undefined : this.#knocks.keys().next().value;
    if (oldest !== undefined) this.#knocks.delete(oldest);
    const bucket = new TokenBucket({ perSecond: acceptsPerSecond, burst: acceptBurst, nowMs: this.#parts.reactor.now });
    const fresh = { bucket, refused: 0 };
    this.#knocks.set(host, fresh);
    return fresh;
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

  /** The first, second, fourth, eighth … refusal of an address: a flood must not fill the log either. */
  #logRefusal(host: string, reason: string): void {
    const knocks = this.#knocksOf(host);
    knocks.refused += 1;
    if ((knocks.refused & (knocks.refused - 1)) === 0)
      this.#parts.log.warn("connection-refused", { host, reason, times: knocks.refused });
  }
}
