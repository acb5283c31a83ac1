// A member's use of a rendezvous server: who is online, and where somebody may be who is not where his row says. What the
// server lists is a rumour: an address proves nothing, and only a key that is known already makes a friend of who answers.

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
  readonly authenticator: Pick<PeerAuthenticator, "seek">;
  readonly rows: OnlineListRows;
  /** Its callbacks come in turns. */
  readonly dial: (to: Endpoint) => Connection;
  readonly notice: (notice: Notice) => void;
}

export interface OnlineListRows {
  /** Secure members to whom something waits and who are not connected. */
  readonly missed: readonly Peer[];
  /** Whether a row names this address. */
  claims(host: string): boolean;
  /** A member who is not where the row says was met there. */
  found(peer: Peer, at: Endpoint, connection: Connection): void;
}

export class OnlineList {
  readonly #parts: OnlineListParts;
  readonly #registration: RendezvousRegistration;
  #listed: ReadonlySet<string> = new Set();
  #timer: Timer | undefined;
  #lost = false;
  #tries = 0;
  #nextTryAt = 0;
  /** Where the next try begins, so that many addresses all get theirs. */
  #turn = 0;
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
    this.#look();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#registration.stop();
    for (const connection of this.#seeking) connection.destroy();
  }

  /** Whether the server lists that address. */
  lists(host: string): boolean {
    return this.#listed.has(host);
  }

  #look(): void {
    this.#registration.list();
    this.#timer = this.#parts.reactor.wheel.after(presenceMs, () => this.#look());
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
    if (news) [this.#tries, this.#nextTryAt] = [0, 0];
    const { missed } = this.#parts.rows;
    if (missed.length > 0 && this.#parts.reactor.now >= this.#nextTryAt) this.#seek(missed);
  }

  #seek(missed: readonly Peer[]): void {
    this.#nextTryAt = this.#parts.reactor.now + Math.min(seekMaxMs, seekFirstMs * 2 ** Math.min(this.#tries, 16));
    this.#tries += 1;
    const hosts = [...this.#listed].filter((host) => !this.#parts.rows.claims(host));
    const ports = [...new Set(missed.map(({ port }) => port))];
    const places = hosts.flatMap((host) => ports.map((port): Endpoint => ({ host, port })));
    for (let index = 0; index < Math.min(soughtAddressesMax, places.length); index += 1)
      this.#ask(places[(this.#turn + index) % places.length] as Endpoint);
    this.#turn += soughtAddressesMax;
  }

  #ask(at: Endpoint): void {
    const { reactor, authenticator, rows, dial, notice } = this.#parts;
    const connection = dial(at);
    const over = (): void => {
      limit.cancel();
      this.#seeking.delete(connection);
    };
    const limit = reactor.wheel.after(dialMs, () => connection.destroy());
    this.#seeking.add(connection);
    authenticator.seek(connection, {
      onMet: (peer, met) => {
        over();
        notice({ kind: "found", peer: peer.name, host: at.host });
        rows.found(peer, at, met);
      },
      onFailed: over,
    });
  }
}
