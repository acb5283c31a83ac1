// Answers the requests of the member API: one handler each, which checks the fields and asks the part of the member that knows.

import { formatEndpoint } from "../core/address.js";
import { excerpt } from "../core/escape.js";
import { toNamedKey, toPublicKey } from "../core/known-key.js";
import { hintsPerSecond } from "../core/limits.js";
import { nearest } from "../core/nearest.js";
import type { PeerStatus } from "../core/notice.js";
import type { Cancellation, Origin, SendOptions, CancelTarget } from "../core/outcome.js";
import type { HistoryQuery } from "../core/record.js";
import { TokenBucket } from "../core/token-bucket.js";
import { fault, ok, type Batch, type PeerName, type Result } from "../core/types.js";
import type { DeliveryReport, KernelRow } from "../core/why.js";
import type { Router } from "../delivery/router.js";
import type { Clock, MemberState } from "../ports.js";
import type { OnlineList } from "../session/online-list.js";
import { explainTrusted } from "../trust/decision.js";
import type { PeerAuthenticator } from "../trust/peer-authenticator.js";
import {
  otherNames,
  type Answers,
  type Fields,
  type MemberApi,
  type MemberRequest,
  type PeerRow,
  type Reply,
} from "./api.js";
import type { Peers } from "./peers.js";
import { recall } from "./recall.js";
import { whyAnswer } from "./why.js";

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

type Handlers = { readonly [Name in MemberRequest]: (fields: Fields, reply: Reply<Name>) => void };

export class MemberRequests implements MemberApi {
  readonly #parts: MemberRequestsParts;
  readonly #hints: TokenBucket;

  constructor(parts: MemberRequestsParts) {
    this.#parts = parts;
    this.#hints = new TokenBucket({ perSecond: hintsPerSecond, burst: hintsPerSecond, nowMs: parts.clock.now() });
  }

  readonly #handlers: Handlers = {
    peers: (_, reply) => reply(ok({ peers: this.peers })),
    history: (fields, reply) => reply(this.#history(fields)),
    why: (fields, reply) => reply(this.#why(fields)),
    key: (fields, reply) => reply(this.#key(fields)),
    verify: (fields, reply) => reply(this.#verify(fields)),
    trust: (fields, reply) => reply(this.#trust(fields)),
    cancel: (fields, reply) => this.#cancel(fields, reply),
  };

  get self(): PeerName {
    return this.#parts.self;
  }

  get names(): readonly PeerName[] {
    return this.#parts.router.names;
  }

  get peers(): readonly PeerRow[] {
    return this.#parts.router.status.map((row) => peerRow(this.#completed(row)));
  }

  send(to: string, batch: Batch, sendOptions?: SendOptions): readonly string[] {
    return this.#parts.router.send(to, batch, sendOptions);
  }

  request<Name extends MemberRequest>(name: Name, fields: Fields, reply: Reply<Name>): void {
    this.#handlers[name](fields, reply);
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

  #history({ friend, search }: Fields): Result<Answers["history"]> {
    if (search !== undefined && typeof search !== "string") return fault('"search": expected words');
    const peer = friend === undefined ? ok(undefined) : this.#memberNamed(friend);
    if (!peer.ok) return peer;
    const query: HistoryQuery = { ...(peer.value && { peer: peer.value }), ...(search && { search }) };
    const found = recall(this.#parts.state.openHistory, query);
    return found.ok ? ok({ messages: found.value }) : found;
  }

  #why({ friend, chat }: Fields): Result<Answers["why"]> {
    const name = this.#memberNamed(friend);
    const report = name.ok ? this.#report(name.value) : undefined;
    if (!name.ok) return name;
    return report === undefined ? fault(unknownName(name.value)) : ok(whyAnswer(report, chat === true ? "/" : "p2p "));
  }

  #key({ friend }: Fields): Result<Answers["key"]> {
    const name = friend === undefined ? ok(undefined) : this.#memberNamed(friend);
    return name.ok ? ok({ lines: this.#parts.authenticator.keyOf(name.value) }) : name;
  }

  #verify({ friend, key }: Fields): Result<Answers["verify"]> {
    const name = this.#memberNamed(friend);
    if (!name.ok) return name;
    if (key === undefined) {
      const comparison = this.#parts.authenticator.comparison(name.value);
      return comparison.ok ? ok({ comparison: comparison.value }) : comparison;
    }
    const compared = typeof key === "string" ? toPublicKey(key) : undefined;
    if (compared === undefined) return fault('"key": expected the 64 hexadecimal digits of the compared key');
    return ok({ lines: this.#parts.authenticator.verify(name.value, compared) });
  }

  #trust({ friend, key }: Fields): Result<Answers["trust"]> {
    const name = this.#memberNamed(friend);
    if (!name.ok) return name;
    const named = typeof key === "string" ? toNamedKey(key) : undefined;
    if (key !== undefined && named === undefined) return fault(notAKey);
    const trusted = this.#parts.authenticator.trust(name.value, named);
    if (!trusted.ok) return trusted;
    const member = this.#parts.peers.find(trusted.value.peer.name);
    if (member !== undefined && member.waiting > 0) member.carrier.want("now");
    return ok({ lines: explainTrusted(trusted.value) });
  }

  #cancel({ to, seq, id }: Fields, reply: Reply<"cancel">): void {
    const target = targetOf(seq, id);
    if (target === undefined) return reply(fault('"seq": expected the number of a message, as text'));
    if (to === undefined && typeof target === "object" && "seq" in target) return this.#cancelNumber(target, reply);
    if (typeof to !== "string") return reply(fault('"to": expected a name of the group file'));
    this.#parts.router.cancel(to, target, (done) => reply(ok({ to, ...done })));
  }

  /** The number alone tells the friend. */
  #cancelNumber(target: { readonly seq: number }, reply: Reply<"cancel">): void {
    const names = otherNames(this).filter(
      (name) => this.#parts.state.store.notebook.ordinalOf(name, target.seq) !== undefined,
    );
    const [to] = names;
    const seq = String(target.seq);
    if (to === undefined) return reply(ok({ seq, cancelled: 0, late: 0, reason: "no sent message has that number" }));
    this.#parts.router.cancel(to, target, (done: Cancellation) => reply(ok({ to, seq, ...done })));
  }

  #memberNamed(word: unknown): Result<PeerName> {
    if (typeof word !== "string") return fault('"friend": expected a name of the group file');
    const wanted = word.trim().normalize("NFC");
    const found = this.names.find((name) => name === wanted);
    if (found !== undefined) return ok(found);
    const guess = this.#hints.take(this.#parts.clock.now()) ? nearest(word, otherNames(this)) : undefined;
    if (guess === undefined) return fault(unknownName(word));
    const hint = guess.close
      ? `Did you mean ${guess.name}?`
      : `The nearest name is ${guess.name}; /peers lists them all.`;
    return fault(`${unknownName(word)}\n${hint}`);
  }

  #report(name: PeerName): DeliveryReport | undefined {
    const { router, peers, authenticator, state, clock, storeFault } = this.#parts;
    const row = router.status.find(({ peer }) => peer.name === name);
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

const unknownName = (word: string): string => `Unknown peer name : ${excerpt(word)}`;

const notAKey = "Expected a key of 64 hexadecimal digits, or a fingerprint of 32, after the name.";

/** Undefined for a number that is none. */
function targetOf(seq: unknown, id: unknown): CancelTarget | undefined {
  if (seq === undefined) return typeof id === "string" ? { id } : "all";
  return typeof seq === "string" && /^[1-9]\d{0,14}$/.test(seq) ? { seq: Number(seq) } : undefined;
}

function peerRow({ peer, self, state, idleMs, waiting, standing, online }: PeerStatus): PeerRow {
  return {
    name: peer.name,
    address: formatEndpoint(peer),
    dialect: peer.dialect,
    ...{ self, state, waiting, online },
    idle: state === "connected" ? idleMs && Math.floor(idleMs / 1_000) : undefined,
    key: standing,
  };
}
