// Implements the member API: passes each request to the part of the member that handles it.

import { formatEndpoint } from "../core/address.js";
import type { Comparison } from "../core/known-key.js";
import type { PeerStatus } from "../core/notice.js";
import type { Origin, SendOptions } from "../core/outcome.js";
import type { HistoryMessage, HistoryQuery } from "../core/record.js";
import type { Batch, PeerName, PublicKey, Result } from "../core/types.js";
import type { Router } from "../delivery/router.js";
import type { MemberApi } from "./api.js";
import { recall } from "./recall.js";
import type { DeliveryReport, KernelRow } from "../core/why.js";
import type { Clock, MemberState } from "../ports.js";
import type { Peers } from "./peers.js";
import type { PeerAuthenticator } from "../trust/peer-authenticator.js";
import type { OnlineList } from "../session/online-list.js";
import { explainTrusted } from "../trust/decision.js";

export interface MemberRequestsParts {
  readonly self: PeerName;
  readonly state: MemberState;
  readonly router: Router;
  readonly peers: Peers;
  readonly authenticator: PeerAuthenticator;
  readonly onlineList: OnlineList | undefined;
  readonly clock: Clock;
  /** Why the store cannot be written; undefined while it can. */
  readonly storeFault: () => string | undefined;
  /** The local address of our connections; undefined: any address of this machine. */
  readonly localHost: string | undefined;
  /** The kernel's view of connections to a host, where it can be asked. */
  readonly kernel?: ((host: string) => readonly KernelRow[] | undefined) | undefined;
  quit(): void;
}

export class MemberRequests implements MemberApi {
  readonly #parts: MemberRequestsParts;

  constructor(parts: MemberRequestsParts) {
    this.#parts = parts;
  }

  get self(): PeerName {
    return this.#parts.self;
  }

  get names(): readonly PeerName[] {
    return this.#parts.router.names;
  }

  get status(): readonly PeerStatus[] {
    return this.#parts.router.status.map((row) => this.#completed(row));
  }

  send(to: string, batch: Batch, sendOptions?: SendOptions): readonly string[] {
    return this.#parts.router.send(to, batch, sendOptions);
  }

  cancel(...[to, which, answer]: Parameters<MemberApi["cancel"]>): void {
    this.#parts.router.cancel(to, which, answer);
  }

  reportTo(origin: Origin): void {
    this.#parts.router.reporter = origin;
  }

  pauseReading(): void {
    this.#parts.peers.pauseReading();
  }

  resumeReading(): void {
    this.#parts.peers.resumeReading();
  }

  quit(): void {
    this.#parts.quit();
  }

  history(query: HistoryQuery): Result<readonly HistoryMessage[]> {
    return recall(this.#parts.state.openHistory, query);
  }

  trust(...[friend, key]: Parameters<MemberApi["trust"]>): readonly string[] {
    const trusted = this.#parts.authenticator.trust(friend, key);
    if (!trusted.ok) return trusted.message.split("\n");
    const member = this.#parts.peers.find(trusted.value.peer.name);
    if (member !== undefined && member.waiting > 0) member.carrier.want("now");
    return explainTrusted(trusted.value);
  }

  account(friend: string): DeliveryReport | undefined {
    const { router, peers, authenticator, state, clock, storeFault } = this.#parts;
    const row = router.status.find(({ peer }) => peer.name === friend.normalize("NFC"));
    const member = row && peers.find(row.peer.name);
    if (row === undefined || member === undefined) return undefined;
    const status = this.#completed(row);
    const { attempts, retryAt } = member.carrier.status;
    return {
      ...{ status, attempts, retryAt, now: clock.now(), connectedAt: member.connectedAt },
      oldest: status.waiting === 0 ? undefined : state.store.waitingSince(status.peer.name),
      key: status.self ? [] : authenticator.keyOf(status.peer.name),
      storeFault: storeFault(),
      kernel: this.#connectionsTo(status.peer.host),
    };
  }

  /** Only rows from our local address: another member on this machine may be connected to the same host. */
  #connectionsTo(host: string): readonly KernelRow[] | undefined {
    const { kernel, localHost } = this.#parts;
    const prefix = localHost === undefined ? "" : formatEndpoint({ host: localHost, port: 0 }).slice(0, -1);
    return kernel?.(host)?.filter(({ local }) => local.startsWith(prefix));
  }

  keyOf(name?: PeerName): readonly string[] {
    return this.#parts.authenticator.keyOf(name);
  }

  comparison(friend: PeerName): Result<Comparison> {
    return this.#parts.authenticator.comparison(friend);
  }

  verify(friend: PeerName, key: PublicKey): readonly string[] {
    return this.#parts.authenticator.verify(friend, key);
  }

  /** Adds what the router does not know about the friend. */
  #completed(row: PeerStatus): PeerStatus {
    return this.#withPresence(this.#withKey(this.#withTrouble(row)));
  }

  #withTrouble(row: PeerStatus): PeerStatus {
    const trouble = row.state === "connected" ? undefined : this.#parts.authenticator.troubleWith(row.peer.name);
    return trouble === undefined ? row : { ...row, state: trouble };
  }

  /** Reads the current standing: the key may have been verified after the connection opened, or before any was open. */
  #withKey(row: PeerStatus): PeerStatus {
    if (row.self || row.peer.dialect !== "secure") return row;
    return { ...row, standing: this.#parts.authenticator.standingOf(row.peer) ?? row.standing };
  }

  #withPresence(row: PeerStatus): PeerStatus {
    const { onlineList } = this.#parts;
    return onlineList === undefined ? row : { ...row, online: onlineList.lists(row.peer.host) };
  }
}
