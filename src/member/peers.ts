// All peers of the table, each with its session, found by name or by the address of an incoming connection. The table can
// be replaced while the program runs; messages to peers that remain are kept.

import { formatEndpoint } from "../core/address.js";
import type { PeerTable } from "../core/peer-table.js";
import type { Batch, Endpoint, Peer, PeerName } from "../core/types.js";
import { Friend } from "../delivery/friend.js";
import type { Router } from "../delivery/router.js";
import type { Clock, Connection, Log, MemberState, Network, Random } from "../ports.js";
import { PostedConnection } from "../reactor/posted.js";
import type { Reactor } from "../reactor/reactor.js";
import type { Entrance, Rows } from "../session/acceptor.js";
import { claimedRow } from "../session/claimed-sender.js";
import type { PeerAuthenticator } from "../trust/peer-authenticator.js";
import type { OnlineListRows } from "../session/online-list.js";
import { InboundReceiver } from "../session/inbound-receiver.js";
import type { ConnectionCount } from "../session/links.js";
import { Session } from "../session/session.js";
import type { Dialect } from "../wire/dialect.js";
import type { Dialects } from "../wire/dialects.js";
import type { Sender } from "../wire/event.js";

export interface PeersParts {
  readonly self: PeerName;
  readonly dialects: Dialects;
  readonly ports: { readonly clock: Clock; readonly network: Network; readonly random: Random; readonly log: Log };
  readonly state: MemberState;
  readonly reactor: Reactor;
  readonly connectionCount: ConnectionCount;
  readonly router: Router;
  readonly authenticator: PeerAuthenticator;
  /** The address to dial from; undefined leaves it to the kernel. */
  readonly localHost: string | undefined;
}

export type GroupMember = Friend<Session>;

const peerOf = ({ peer }: GroupMember): Peer => peer;

export class Peers implements Rows, OnlineListRows {
  readonly #parts: PeersParts;
  readonly #receiver: InboundReceiver;
  #members = new Map<PeerName, GroupMember>();
  readonly #clearByHost = new Map<string, Peer[]>();
  readonly #secureByHost = new Map<string, Peer>();
  /** Addresses of peers that were found elsewhere than in their rows; each is kept until a dial to it fails. */
  readonly #found = new Map<PeerName, Endpoint>();

  constructor(parts: PeersParts) {
    this.#parts = parts;
    const { reactor, connectionCount, ports } = parts;
    this.#receiver = new InboundReceiver({
      ...{ reactor, connectionCount, log: ports.log },
      onTexts: (host, batch, from) => this.#received(host, batch, from),
      onLeft: (host, from) => this.#claimedMember(host, from)?.carrier.left(),
    });
  }

  [Symbol.iterator](): Iterator<GroupMember> {
    return this.#members.values();
  }

  find(name: PeerName): GroupMember | undefined {
    return this.#members.get(name);
  }

  admit(table: PeerTable): void {
    const before = this.#members;
    this.#members = new Map(table.peers.map((peer) => [peer.name, this.#memberFor(peer, before.get(peer.name))]));
    this.#indexByHost();
    this.#parts.router.setFriends(this.#parts.self, this.#members.values());
    for (const [name, member] of before) if (!this.#members.has(name)) this.#dismiss(member);
    this.#receiver.finish((host, dialect) => this.#clearDialect(host) === dialect);
  }

  pauseReading(): void {
    this.#parts.router.pauseReading();
    this.#receiver.pause();
  }

  resumeReading(): void {
    this.#parts.router.resumeReading();
    this.#receiver.resume();
  }

  /** Sends every peer our FIN; what peers still send is read to its end. */
  finish(): void {
    for (const member of this.#members.values()) {
      member.reportUnsent(this.#parts.state.durable);
      member.carrier.finish();
    }
    this.#receiver.finish();
  }

  destroy(): void {
    for (const { carrier } of this.#members.values()) carrier.destroy();
    this.#receiver.destroy();
  }

  /** Dials any address, from our local address. */
  connect({ host, port }: Endpoint): Connection {
    const { localHost, ports, reactor } = this.#parts;
    return new PostedConnection(reactor, ports.network.dial({ host, port, localHost }));
  }

  // The online list.

  get missed(): readonly Peer[] {
    const { self } = this.#parts;
    const all = [...this.#members.values()].filter(({ peer }) => peer.name !== self && this.#proves(peer));
    return all.filter((member) => member.waiting > 0 && member.carrier.status.state !== "connected").map(peerOf);
  }

  claims(host: string): boolean {
    return (
      this.#clearByHost.has(host) ||
      this.#secureByHost.has(host) ||
      this.#members.get(this.#parts.self)?.peer.host === host
    );
  }

  found(peer: Peer, at: Endpoint, connection: Connection): void {
    this.#found.set(peer.name, at);
    this.entranceOf(peer)?.accept(connection);
  }

  #proves(peer: Peer): boolean {
    return this.#dialectOf(peer).traits.identity === "key";
  }

  // Incoming connections, by address.

  get anySecure(): boolean {
    return this.#secureByHost.size > 0;
  }

  securePeer(host: string): Peer | undefined {
    return this.#secureByHost.get(host);
  }

  entranceOf({ name }: Peer): Entrance | undefined {
    return this.#members.get(name)?.carrier;
  }

  clearEntrance(host: string): Entrance | undefined {
    const [peer] = this.#clearByHost.get(host) ?? [];
    if (peer === undefined) return undefined;
    const dialect = this.#dialectOf(peer);
    return dialect.traits.identity === "address" ? this.entranceOf(peer) : this.#receiverEntrance(host, dialect);
  }

  #receiverEntrance(host: string, dialect: Dialect): Entrance {
    return {
      connectionCount: this.#receiver.count(host),
      perMessage: dialect.traits.transport === "one-shot",
      accept: (connection) => this.#receiver.accept(connection, dialect),
    };
  }

  #indexByHost(): void {
    this.#clearByHost.clear();
    this.#secureByHost.clear();
    for (const { peer } of this.#members.values())
      if (!this.#proves(peer)) this.#addClear(peer);
      else if (peer.name !== this.#parts.self) this.#secureByHost.set(peer.host, peer);
  }

  #addClear(peer: Peer): void {
    const rows = this.#clearByHost.get(peer.host);
    if (rows === undefined) this.#clearByHost.set(peer.host, [peer]);
    else rows.push(peer);
  }

  #clearDialect(host: string): Dialect | undefined {
    const [peer] = this.#clearByHost.get(host) ?? [];
    return peer && this.#dialectOf(peer);
  }

  #dialectOf({ dialect }: Peer): Dialect {
    return this.#parts.dialects[dialect];
  }

  // Messages whose sender claims a name.

  #received(host: string, batch: Batch, from: Sender | undefined): void {
    const member = from && this.#claimedMember(host, from);
    if (member === undefined)
      this.#parts.router.notice({ kind: "unverified", host, ...(from && { name: from.name }), texts: batch.texts });
    else member.carrier.hear({ kind: "texts", batch });
  }

  /** The member that the sender claims to be. A peer cannot claim our own row. */
  #claimedMember(host: string, from: Sender): GroupMember | undefined {
    const rows = (this.#clearByHost.get(host) ?? []).filter(({ name }) => name !== this.#parts.self);
    const peer = claimedRow(rows, from);
    return peer && this.#members.get(peer.name);
  }

  // Changes of the table.

  #memberFor(peer: Peer, existing: GroupMember | undefined): GroupMember {
    if (existing === undefined) return this.#newMember(peer);
    if (formatEndpoint(existing.peer) !== formatEndpoint(peer)) this.#found.delete(peer.name);
    existing.carrier.reconfigure(peer, this.#dialectOf(peer));
    existing.peer = peer;
    return existing;
  }

  #newMember(peer: Peer): GroupMember {
    const { ports, router, reactor, connectionCount, state } = this.#parts;
    const { clock, random, log } = ports;
    const acknowledges = (row: Peer): boolean => this.#dialectOf(row).traits.claim === "acknowledged";
    const portionBytes = (row: Peer): number | undefined => this.#dialectOf(row).traits.portionBytes;
    const dial = (to: Peer): Connection => this.#dial(to);
    return new Friend(
      peer,
      { peerEvents: router, store: state.store, clock, random, acknowledges, portionBytes },
      (events) =>
        new Session({ peer, dialect: this.#dialectOf(peer), reactor, dial, random, log, connectionCount, events }),
    );
  }

  #dial(peer: Peer): Connection {
    const { name } = peer;
    const found = this.#found.get(name);
    const posted = this.connect(found ?? peer);
    if (!this.#proves(peer)) return posted;
    // The address is stored again if the peer proves its key there.
    this.#found.delete(name);
    return this.#parts.authenticator.dial(peer, posted, () => found && this.#found.set(name, found));
  }

  #dismiss(friend: GroupMember): void {
    friend.reportUnsent(this.#parts.state.durable);
    this.#found.delete(friend.peer.name);
    // Messages still on their way are shown. While reading is paused they cannot be, and nothing would resume this session.
    if (this.#parts.router.paused) friend.carrier.destroy();
    else friend.carrier.finish();
  }
}
