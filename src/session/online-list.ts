// Uses a rendezvous server's list: which members are online, and at which listed address a member may be that its row's
// address does not reach. A listed address proves nothing: only a known key identifies the member that answers there.

import { dialMs } from "../core/limits.js";
import { presenceMs, seekFirstMs, seekMaxMs, soughtAddressesMax } from "../core/older-limits.js";
import type { Notice } from "../core/notice.js";
import type { Endpoint, Peer } from "../core/types.js";
import type { Connection, Random } from "../ports.js";
import type { Reactor } from "../reactor/reactor.js";
import type { Timer } from "../reactor/timer-wheel.js";
import type { PeerAuthenticator } from "../trust/peer-authenticator.js";
import { RendezvousRegistration } from "./rendezvous-registration.js";

export interface OnlineListParts {
  readonly reactor: Reactor;
  readonly random: Random;
  readonly server: Endpoint;
  readonly authenticator: Pick<PeerAuthenticator, "authenticateFound">;
  readonly rows: OnlineListRows;
  /** The callbacks of the connection run in turns. */
  readonly dial: (to: Endpoint) => Connection;
  readonly notice: (notice: Notice) => void;
}

export interface OnlineListRows {
  /** Secure members that have waiting messages and are not connected. */
  readonly missed: readonly Peer[];
  /** Whether a row names this address. */
  claims(host: string): boolean;
  /** A member was reached at `at`, which is not its row's address. */
  found(peer: Peer, at: Endpoint, connection: Connection): void;
}

export class OnlineList {
  readonly #parts: OnlineListParts;
  readonly #registration: RendezvousRegistration;
  #listed: ReadonlySet<string> = new Set();
  #timer: Timer | undefined;
  #lost = false;
  #rounds = 0;
  #nextRoundAt = 0;
  /** Index of the first endpoint of the next round, so that each gets its turn. */
  #firstIndex = 0;
  readonly #seeking = new Set<Connection>();

  constructor(parts: OnlineListParts) {
    const { reactor, random, server, dial } = parts;
    this.#parts = parts;
    this.#registration = new RendezvousRegistration({
      ...{ reactor, random, dial: () => dial(server) },
      events: {
        onOnline: () => this.#onOnline(),
        onOffline: (reason) => this.#onOffline(reason),
        onList: (addresses) => this.#onList(addresses),
        onNoList: () => undefined,
      },
    });
  }

  start(): void {
    this.#registration.start();
    this.#refresh();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#registration.stop();
    for (const connection of this.#seeking) connection.destroy();
  }

  /** Whether the server lists `host`. */
  lists(host: string): boolean {
    return this.#listed.has(host);
  }

  #refresh(): void {
    this.#registration.list();
    this.#timer = this.#parts.reactor.wheel.after(presenceMs, () => this.#refresh());
  }

  #onOnline(): void {
    const { notice, server } = this.#parts;
    if (this.#lost) notice({ kind: "rendezvous-back", server });
    this.#lost = false;
  }

  #onOffline(reason: string): void {
    this.#lost = true;
    this.#listed = new Set();
    this.#parts.notice({ kind: "rendezvous-lost", server: this.#parts.server, reason });
  }

  #onList(addresses: readonly string[]): void {
    const news = addresses.some((host) => !this.#listed.has(host));
    this.#listed = new Set(addresses);
    if (news) [this.#rounds, this.#nextRoundAt] = [0, 0];
    const { missed } = this.#parts.rows;
    if (missed.length > 0 && this.#parts.reactor.now >= this.#nextRoundAt) this.#seek(missed);
  }

  #seek(missed: readonly Peer[]): void {
    this.#nextRoundAt = this.#parts.reactor.now + Math.min(seekMaxMs, seekFirstMs * 2 ** Math.min(this.#rounds, 16));
    this.#rounds += 1;
    const hosts = [...this.#listed].filter((host) => !this.#parts.rows.claims(host));
    const ports = [...new Set(missed.map(({ port }) => port))];
    const endpoints = hosts.flatMap((host) => ports.map((port): Endpoint => ({ host, port })));
    for (let index = 0; index < Math.min(soughtAddressesMax, endpoints.length); index += 1)
      this.#dialListed(endpoints[(this.#firstIndex + index) % endpoints.length] as Endpoint);
    this.#firstIndex += soughtAddressesMax;
  }

  #dialListed(at: Endpoint): void {
    const { reactor, authenticator, rows, dial, notice } = this.#parts;
    const connection = dial(at);
    const finish = (): void => {
      limit.cancel();
      this.#seeking.delete(connection);
    };
    const limit = reactor.wheel.after(dialMs, () => connection.destroy());
    this.#seeking.add(connection);
    authenticator.authenticateFound(connection, {
      onAuthenticated: (peer, met) => {
        finish();
        notice({ kind: "found", peer: peer.name, host: at.host });
        rows.found(peer, at, met);
      },
      onFailed: finish,
    });
  }
}
