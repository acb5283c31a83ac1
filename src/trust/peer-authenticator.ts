// Authenticates peers: applies the trust rules to each secure connection, stores their decisions, and tells the user what was
// refused and why. It reports each refusal once, not at every retry.

import {
  acceptBurst,
  acceptsPerSecond,
  handshakeMs,
  refusalLogLineBurst,
  reportedRefusalsMax,
  unknownHostNoticesPerSecond,
} from "../core/limits.js";
import { KnownKeys, type Comparison, type NamedKey } from "../core/known-key.js";
import type { KeyTrouble, Notice } from "../core/notice.js";
import type { PeerTable } from "../core/peer-table.js";
import { TokenBuckets } from "../core/token-bucket.js";
import { fault, type KeyStanding, type Peer, type PeerName, type PublicKey, type Result } from "../core/types.js";
import type { Clock, Connection, Keyring } from "../ports.js";
import type { Reactor } from "../reactor/reactor.js";
import type { NoiseLibrary } from "../wire/secure/noise.js";
import type { RefusalReason } from "../wire/secure/frames.js";
import {
  SecureConnection,
  type PeerIdentity,
  type SecureConnectionHost,
  type SecureConnectionParts,
  type Self,
} from "./secure-connection.js";
import { judge, ownerOf, recordVerdict, standingOf, type Claim, type Verdict } from "./known-keys.js";
import { explainRefusal, explainRefusalByFriend, type Refusal } from "./refusal.js";
import { explainFriendKey, explainOwnKey, trust, type Trusted } from "./decision.js";
import { markVerified, keysToCompare } from "./verification.js";

export interface PeerAuthenticatorParts {
  readonly self: Self;
  readonly noise: NoiseLibrary;
  readonly reactor: Reactor;
  readonly keyring: Keyring;
  readonly clock: Pick<Clock, "wallTime">;
  readonly requireVerified: boolean;
  table(): PeerTable;
  notice(notice: Notice): void;
}

/** The result of authenticating one connection. */
export interface AuthenticationEvents {
  onAuthenticated(peer: Peer, connection: Connection): void;
  /** `reported`: the user was told the reason. */
  onFailed(reason: string, reported: boolean): void;
}

const olderProgram =
  "it does not speak the secure dialect; if it is an older program, write its dialect after its address (dialect=line, named, tagged or says)";
const notSecureAnymore = "the program there does not speak the secure dialect, but our friend's program did before";
const noLongerTrusted = "its key is no longer trusted";

/** The member whose notice rate a refusal counts against; undefined for strangers. */
function memberConcerned(refusal: Refusal): PeerName | undefined {
  if (refusal.code === "unknown-name" || (refusal.code === "key-changed" && refusal.elsewhere)) return undefined;
  return refusal.peer.name;
}

export class PeerAuthenticator {
  readonly #parts: PeerAuthenticatorParts;
  readonly #reported = new Set<string>();
  /** Key problems of members, until the next successful connection. */
  readonly #troubles = new Map<PeerName, KeyTrouble>();
  /** One bucket per member and one for all strangers, so that strangers cannot crowd out notices about a friend. */
  readonly #notices = new TokenBuckets<PeerName | undefined>({
    perSecond: unknownHostNoticesPerSecond,
    burst: refusalLogLineBurst,
  });
  /** Accept rate per member: a proven member may connect from any address, so a rate per address would not limit it. */
  readonly #acceptRates = new TokenBuckets<PeerName>({ perSecond: acceptsPerSecond, burst: acceptBurst });
  /** Established connections and their members. */
  readonly #established = new Map<SecureConnection, PeerName>();
  /** The known keys as last read. */
  #lastKeys = new KnownKeys();

  constructor(parts: PeerAuthenticatorParts) {
    this.#parts = parts;
  }

  /** Call before a turn writes anything: applies keys that this or another program has trusted or dropped meanwhile. */
  refresh(): void {
    if (this.#established.size === 0) return;
    const before = this.#lastKeys;
    if (this.#readKeys() !== before) this.recheck();
  }

  /** Remembers an established connection, and forgets those that have closed. */
  #track(secured: SecureConnection, name: PeerName): void {
    for (const earlier of this.#established.keys()) if (earlier.closed) this.#established.delete(earlier);
    this.#established.set(secured, name);
    this.#troubles.delete(name);
  }

  #accepted(peer: Peer | undefined, secured: SecureConnection, events: AuthenticationEvents): void {
    if (peer === undefined) return;
    this.#track(secured, peer.name);
    events.onAuthenticated(peer, secured);
  }

  /** The key problem that made the last connection to a member fail, if any. */
  troubleWith(name: PeerName): KeyTrouble | undefined {
    return this.#troubles.get(name);
  }

  /** Lines about a member's key; about our own key without a name. */
  keyOf(name?: PeerName): readonly string[] {
    const { self, keyring } = this.#parts;
    const keys = keyring.read();
    const peer = name === undefined || name === self.name ? undefined : this.#parts.table().find(name);
    if (peer === undefined) return explainOwnKey(self.name, self.key);
    return keys.ok ? explainFriendKey(peer, keys.value) : [keys.message];
  }

  /** Ends connections whose key is no longer trusted. If the known keys cannot be read, the last ones read decide. */
  recheck(): void {
    this.#readKeys();
    for (const [secured, name] of this.#established) {
      const peer = this.#parts.table().find(name);
      const key = secured.contact?.key;
      const verdict = peer && key && this.#assess({ kind: "dialled", peer, key }, this.#lastKeys);
      if (verdict?.ok !== true) secured.terminate(noLongerTrusted);
    }
  }

  /** Reads the known keys; on a fault it notifies the user and returns the keys read before. */
  #readKeys(): KnownKeys {
    const keys = this.#parts.keyring.read();
    if (keys.ok) this.#lastKeys = keys.value;
    else this.#tellUnreadable(keys);
    return this.#lastKeys;
  }

  /** Authenticates a connection dialled to the address of `peer`. */
  dial(peer: Peer, connection: Connection, onEstablished?: () => void): Connection {
    // The row may have changed since the dial started.
    const row = (): Peer => this.#parts.table().find(peer.name) ?? peer;
    const claim = (key: PublicKey, name?: string): Claim =>
      name === undefined ? { kind: "dialled", peer: row(), key } : { kind: "dialled", peer: row(), key, name };
    return this.#secure(
      { connection, initiator: true, limitMs: handshakeMs },
      {
        onKey: (key) => this.#keyRefusal(this.#judge(claim(key), connection.remoteHost)),
        onHello: (key, name) => this.#helloOutcome(this.#judge(claim(key, name), connection.remoteHost)),
        onEstablished: (secured) => {
          this.#track(secured, peer.name);
          onEstablished?.();
        },
        onRefused: (reason) => this.#reportRefusalByFriend(peer, reason),
        onFailed: () => undefined,
        notSecure: this.#isKnown(peer) ? notSecureAnymore : olderProgram,
      },
    );
  }

  /** Authenticates an accepted connection. `since`: when it was accepted. The returned connection must read the first bytes. */
  accept(connection: Connection, since: number, events: AuthenticationEvents): SecureConnection {
    let accepted: Peer | undefined;
    let reported = false;
    const limitMs = since + handshakeMs - this.#parts.reactor.now;
    return this.#secure(
      { connection, initiator: false, limitMs },
      {
        onKey: () => undefined,
        onHello: (key, name) => {
          const host = connection.remoteHost;
          const verdict = this.#judge({ kind: "accepted", host, key, name }, host);
          if (verdict?.ok !== true) {
            reported = verdict !== undefined && this.#reported.has(explainRefusal(verdict));
            return this.#helloOutcome(verdict);
          }
          if (!this.#acceptRates.take(verdict.peer.name, this.#parts.reactor.now)) return "busy";
          accepted = verdict.peer;
          return this.#helloOutcome(verdict);
        },
        onEstablished: (secured) => this.#accepted(accepted, secured, events),
        onRefused: (reason, key) => {
          const friend = this.#memberOf(key, connection.remoteHost);
          reported = friend !== undefined && this.#reportRefusalByFriend(friend, reason);
        },
        notSecure: olderProgram,
        onFailed: (reason) => events.onFailed(reason, reported),
      },
    );
  }

  /**
   * Authenticates a connection dialled to an address that no row has. Accepts only members with a known key, and
   * does not report the refusal of others.
   */
  authenticateFound(connection: Connection, events: AuthenticationEvents): void {
    let accepted: Peer | undefined;
    this.#secure(
      { connection, initiator: true, limitMs: handshakeMs },
      {
        onKey: (key) => (this.#isMemberKey(key) ? undefined : "unknown-name"),
        onHello: (key, name) => {
          const host = connection.remoteHost;
          const verdict = this.#isMemberKey(key) ? this.#judge({ kind: "accepted", host, key, name }, host) : undefined;
          if (verdict?.ok === true) accepted = verdict.peer;
          return this.#helloOutcome(verdict);
        },
        onEstablished: (secured) => this.#accepted(accepted, secured, events),
        onRefused: () => undefined,
        onFailed: (reason) => events.onFailed(reason, false),
        notSecure: olderProgram,
      },
    );
  }

  #isMemberKey(key: PublicKey): boolean {
    const { self } = this.#parts;
    const keys = this.#parts.keyring.read();
    const owner = keys.ok ? ownerOf(key, { table: this.#parts.table(), keys: keys.value, self }) : undefined;
    return owner !== undefined && owner !== self.name;
  }

  /** The user accepts a key for `friend`: `key`, or the refused one. */
  trust(friend: string, key: NamedKey | undefined): Result<Trusted> {
    const { self, keyring } = this.#parts;
    const trusted = trust({ command: "/trust", friend, key, table: this.#parts.table(), self }, keyring);
    if (trusted.ok) {
      this.#troubles.delete(trusted.value.peer.name);
      this.recheck();
    }
    return trusted;
  }

  comparison(name: PeerName): Result<Comparison> {
    const { self, keyring } = this.#parts;
    const peer = this.#parts.table().find(name);
    return peer === undefined ? fault(`${name} has left the group.`) : keysToCompare(peer, self, keyring);
  }

  verify(name: PeerName, key: PublicKey): readonly string[] {
    const peer = this.#parts.table().find(name);
    return peer === undefined ? [`${name} has left the group.`] : markVerified(peer, key, this.#parts.keyring);
  }

  /** The current standing of the known key; it may have been verified since the connection opened. */
  standingOf(peer: Peer): KeyStanding | undefined {
    const keys = this.#parts.keyring.read();
    const known = keys.ok && (peer.key ?? keys.value.known(peer.name)) !== undefined;
    return known ? standingOf(peer, keys.value) : undefined;
  }

  #secure(
    opened: Pick<SecureConnectionParts, "connection" | "initiator" | "limitMs">,
    host: SecureConnectionHost,
  ): SecureConnection {
    const { self, noise, reactor } = this.#parts;
    return new SecureConnection({ ...opened, self, noise, reactor, host });
  }

  /**
   * Reads the known keys at each handshake, so that keys trusted by another program apply at once. Undefined if they cannot be
   * read or written: the peer then gets the refusal "busy" and tries again.
   */
  #judge(claim: Claim, host: string): Verdict | undefined {
    const keys = this.#parts.keyring.read();
    if (!keys.ok) return this.#tellUnreadable(keys);
    const verdict = this.#assess(claim, keys.value);
    const recorded = recordVerdict(verdict, this.#parts.keyring, { host, time: this.#parts.clock.wallTime() });
    if (!recorded.ok) return this.#tellUnreadable(recorded);
    if (verdict.ok && verdict.learn)
      this.#parts.notice({ kind: "first-key", peer: verdict.peer.name, key: verdict.key });
    if (!verdict.ok) this.#reportOurRefusal(verdict);
    return verdict;
  }

  /** Applies the trust rules without storing anything. */
  #assess(claim: Claim, keys: KnownKeys): Verdict {
    const { self, requireVerified } = this.#parts;
    return judge(claim, { table: this.#parts.table(), keys, self, requireVerified });
  }

  #isKnown(peer: Peer): boolean {
    const keys = this.#parts.keyring.read();
    return peer.key !== undefined || (keys.ok && keys.value.known(peer.name) !== undefined);
  }

  /** The member that dialled us: the holder of `key`, else the only member at `host` without a known key. Undefined for strangers. */
  #memberOf(key: PublicKey, host: string): Peer | undefined {
    const keys = this.#parts.keyring.read();
    if (!keys.ok) return undefined;
    const { self } = this.#parts;
    const table = this.#parts.table();
    const holder = ownerOf(key, { table, keys: keys.value, self });
    if (holder !== undefined) return holder === self.name ? undefined : table.find(holder);
    const hasNoKey = ({ name, key: pinned }: Peer): boolean =>
      name !== self.name && pinned === undefined && keys.value.known(name) === undefined;
    const [only, ...more] = table.peers.filter((peer) => peer.host === host && hasNoKey(peer));
    return more.length === 0 && only?.dialect === "secure" ? only : undefined;
  }

  #helloOutcome(verdict: Verdict | undefined): RefusalReason | PeerIdentity {
    if (verdict === undefined) return "busy";
    return verdict.ok ? { key: verdict.key, standing: verdict.standing } : verdict.code;
  }

  #keyRefusal(verdict: Verdict | undefined): RefusalReason | undefined {
    if (verdict === undefined) return "busy";
    return verdict.ok ? undefined : verdict.code;
  }

  #tellUnreadable(keys: Result<unknown> & { readonly ok: false }): undefined {
    this.#notify(keys.message);
    return undefined;
  }

  #reportOurRefusal(refusal: Refusal): void {
    const name = memberConcerned(refusal);
    if (name !== undefined) this.#troubles.set(name, "key refused");
    this.#notify(explainRefusal(refusal), name);
  }

  #reportRefusalByFriend({ name }: Peer, reason: RefusalReason | "other"): boolean {
    const { self } = this.#parts;
    const code = reason === "other" ? undefined : reason;
    if (code !== "busy") this.#troubles.set(name, "refuses our key");
    return this.#notify(explainRefusalByFriend(code, { friend: name, self: self.name, ownKey: self.key }), name);
  }

  /** `about`: the member concerned, if any. Returns whether the message has been shown, now or before. */
  #notify(words: string, about?: PeerName): boolean {
    if (this.#reported.has(words)) return true;
    if (!this.#notices.take(about, this.#parts.reactor.now)) return false;
    if (this.#reported.size >= reportedRefusalsMax) this.#reported.clear();
    this.#reported.add(words);
    this.#parts.notice({ kind: "key-refused", words });
    return true;
  }
}
