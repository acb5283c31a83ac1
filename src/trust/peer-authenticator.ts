// Whom we become acquainted with: it asks the rules of trust, puts on record what they decide, and tells the user what
// was refused and why. It promises that a refusal is told once and not at every retry.

import {
  acceptBurst,
  acceptsPerSecond,
  handshakeMs,
  refusalLogLineBurst,
  toldRefusalsMax,
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
import { explainRefusal, explainRefused, type Refusal } from "./refusal.js";
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

/** What comes of an accepted connection. */
export interface AuthenticationEvents {
  onMet(peer: Peer, connection: Connection): void;
  /** `told`: the user has read why, in words. */
  onFailed(reason: string, told: boolean): void;
}

const olderProgram =
  "it does not speak the secure dialect; if it is an older program, write its dialect behind its address (dialect=line, named, tagged or says)";
const notSecureAnymore = "whoever answers there does not speak the secure dialect, and our friend did before";
const noLongerTrusted = "its key is no longer trusted";

/** The member whose notices a refusal may use up. */
function memberConcerned(refusal: Refusal): PeerName | undefined {
  if (refusal.code === "unknown-name" || (refusal.code === "key-changed" && refusal.elsewhere)) return undefined;
  return refusal.peer.name;
}

export class PeerAuthenticator {
  readonly #parts: PeerAuthenticatorParts;
  readonly #told = new Set<string>();
  /** Of members who were not met since. */
  readonly #troubles = new Map<PeerName, KeyTrouble>();
  /** One for each member and one for all who are none, so that strangers cannot drown what concerns a friend. */
  readonly #notices = new TokenBuckets<PeerName | undefined>({
    perSecond: unknownHostNoticesPerSecond,
    burst: refusalLogLineBurst,
  });
  /** How often each member comes: one who is proven may do so from any address, and would escape a rate per address. */
  readonly #acceptRates = new TokenBuckets<PeerName>({ perSecond: acceptsPerSecond, burst: acceptBurst });
  /** With whom we are acquainted now. */
  readonly #established = new Map<SecureConnection, PeerName>();
  /** As they were last read. */
  #lastKeys = new KnownKeys();

  constructor(parts: PeerAuthenticatorParts) {
    this.#parts = parts;
  }

  /** Before a turn writes anything: keys that were trusted or dropped meanwhile, by us or another program, hold at once. */
  refresh(): void {
    if (this.#established.size === 0) return;
    const before = this.#lastKeys;
    if (this.#readKeys() !== before) this.recheck();
  }

  /** Those that ended are forgotten when others come: an idle connection is to weigh little. */
  #track(secured: SecureConnection, name: PeerName): void {
    for (const known of this.#established.keys()) if (known.closed) this.#established.delete(known);
    this.#established.set(secured, name);
    this.#troubles.delete(name);
  }

  #accepted(guest: Peer | undefined, secured: SecureConnection, events: AuthenticationEvents): void {
    if (guest === undefined) return;
    this.#track(secured, guest.name);
    events.onMet(guest, secured);
  }

  /** Why a member was not met when it was last tried, where a key was the reason. */
  troubleWith(name: PeerName): KeyTrouble | undefined {
    return this.#troubles.get(name);
  }

  /** What is known of a member's key, ours without a name. */
  keyOf(name?: PeerName): readonly string[] {
    const { self, keyring } = this.#parts;
    const keys = keyring.read();
    const peer = name === undefined || name === self.name ? undefined : this.#parts.table().find(name);
    if (peer === undefined) return explainOwnKey(self.name, self.key);
    return keys.ok ? explainFriendKey(peer, keys.value) : [keys.message];
  }

  /** Whom we would not take now is let go. While the known keys cannot be read, what they were last decides. */
  recheck(): void {
    this.#readKeys();
    for (const [secured, name] of this.#established) {
      const peer = this.#parts.table().find(name);
      const key = secured.contact?.key;
      const verdict = peer && key && this.#assess({ kind: "dialled", peer, key }, this.#lastKeys);
      if (verdict?.ok !== true) secured.terminate(noLongerTrusted);
    }
  }

  /** What is known now; a fault is told, and leaves what was known before. */
  #readKeys(): KnownKeys {
    const keys = this.#parts.keyring.read();
    if (keys.ok) this.#lastKeys = keys.value;
    else this.#tellUnreadable(keys);
    return this.#lastKeys;
  }

  /** `connection` was dialled to where `peer` should be. */
  dial(peer: Peer, connection: Connection, onMet?: () => void): Connection {
    // The row may have changed since the dial went out.
    const row = (): Peer => this.#parts.table().find(peer.name) ?? peer;
    const claim = (key: PublicKey, name?: string): Claim =>
      name === undefined ? { kind: "dialled", peer: row(), key } : { kind: "dialled", peer: row(), key, name };
    return this.#secure(
      { connection, initiator: true, limitMs: handshakeMs },
      {
        onKey: (key) => this.#keyRefusal(this.#judge(claim(key), connection.remoteHost)),
        onHello: (key, name) => this.#helloOutcome(this.#judge(claim(key, name), connection.remoteHost)),
        onMet: (secured) => {
          this.#track(secured, peer.name);
          onMet?.();
        },
        onRefused: (reason) => this.#tellRefused(peer, reason),
        onFailed: () => undefined,
        notSecure: this.#isKnown(peer) ? notSecureAnymore : olderProgram,
      },
    );
  }

  /** `connection` came from wherever it says, `since` then; its first bytes are to be read by what this returns. */
  accept(connection: Connection, since: number, events: AuthenticationEvents): SecureConnection {
    let met: Peer | undefined;
    let told = false;
    const limitMs = since + handshakeMs - this.#parts.reactor.now;
    return this.#secure(
      { connection, initiator: false, limitMs },
      {
        onKey: () => undefined,
        onHello: (key, name) => {
          const host = connection.remoteHost;
          const verdict = this.#judge({ kind: "accepted", host, key, name }, host);
          if (verdict?.ok !== true) {
            told = verdict !== undefined && this.#told.has(explainRefusal(verdict));
            return this.#helloOutcome(verdict);
          }
          if (!this.#acceptRates.take(verdict.peer.name, this.#parts.reactor.now)) return "busy";
          met = verdict.peer;
          return this.#helloOutcome(verdict);
        },
        onMet: (secured) => this.#accepted(met, secured, events),
        onRefused: (reason, key) => {
          const friend = this.#memberOf(key, connection.remoteHost);
          told = friend !== undefined && this.#tellRefused(friend, reason);
        },
        notSecure: olderProgram,
        onFailed: (reason) => events.onFailed(reason, told),
      },
    );
  }

  /** Dialled where no row is: of whoever answers, only a member whose key is known already is met. Of others nothing is told. */
  seek(connection: Connection, events: AuthenticationEvents): void {
    let met: Peer | undefined;
    this.#secure(
      { connection, initiator: true, limitMs: handshakeMs },
      {
        onKey: (key) => (this.#isMemberKey(key) ? undefined : "unknown-name"),
        onHello: (key, name) => {
          const host = connection.remoteHost;
          const verdict = this.#isMemberKey(key) ? this.#judge({ kind: "accepted", host, key, name }, host) : undefined;
          if (verdict?.ok === true) met = verdict.peer;
          return this.#helloOutcome(verdict);
        },
        onMet: (secured) => this.#accepted(met, secured, events),
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

  /** The user accepts a key: the one that was refused for `friend`, or the one named. */
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

  /** Of the key that is known now, where one is: it may have been verified since the connection stands. */
  standingOf(peer: Peer): KeyStanding | undefined {
    const keys = this.#parts.keyring.read();
    const known = keys.ok && (peer.key ?? keys.value.known(peer.name)) !== undefined;
    return known ? standingOf(peer, keys.value) : undefined;
  }

  #secure(
    arrived: Pick<SecureConnectionParts, "connection" | "initiator" | "limitMs">,
    host: SecureConnectionHost,
  ): SecureConnection {
    const { self, noise, reactor } = this.#parts;
    return new SecureConnection({ ...arrived, self, noise, reactor, host });
  }

  /** Known keys are read at each handshake: what another program trusted meanwhile holds at once. */
  #judge(claim: Claim, host: string): Verdict | undefined {
    const keys = this.#parts.keyring.read();
    if (!keys.ok) return this.#tellUnreadable(keys);
    const verdict = this.#assess(claim, keys.value);
    const settled = recordVerdict(verdict, this.#parts.keyring, { host, time: this.#parts.clock.wallTime() });
    if (!settled.ok) return this.#tellUnreadable(settled);
    if (verdict.ok && verdict.learn)
      this.#parts.notice({ kind: "first-key", peer: verdict.peer.name, key: verdict.key });
    if (!verdict.ok) this.#tellRefusal(verdict);
    return verdict;
  }

  /** What we go by now, and nothing put on record. */
  #assess(claim: Claim, keys: KnownKeys): Verdict {
    const { self, requireVerified } = this.#parts;
    return judge(claim, { table: this.#parts.table(), keys, self, requireVerified });
  }

  #isKnown(peer: Peer): boolean {
    const keys = this.#parts.keyring.read();
    return peer.key !== undefined || (keys.ok && keys.value.known(peer.name) !== undefined);
  }

  /** Who dialled us with this key: its holder, else the member of that address whose key we do not know. Strangers are nobody. */
  #memberOf(key: PublicKey, host: string): Peer | undefined {
    const keys = this.#parts.keyring.read();
    if (!keys.ok) return undefined;
    const { self } = this.#parts;
    const table = this.#parts.table();
    const holder = ownerOf(key, { table, keys: keys.value, self });
    if (holder !== undefined) return holder === self.name ? undefined : table.find(holder);
    const unknown = ({ name, key: named }: Peer): boolean =>
      name !== self.name && named === undefined && keys.value.known(name) === undefined;
    const [only, ...more] = table.peers.filter((peer) => peer.host === host && unknown(peer));
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

  #tellRefusal(refusal: Refusal): void {
    const name = memberConcerned(refusal);
    if (name !== undefined) this.#troubles.set(name, "key refused");
    this.#notify(explainRefusal(refusal), name);
  }

  #tellRefused({ name }: Peer, reason: RefusalReason | "other"): boolean {
    const { self } = this.#parts;
    const code = reason === "other" ? undefined : reason;
    if (code !== "busy") this.#troubles.set(name, "refuses our key");
    return this.#notify(explainRefused(code, { friend: name, self: self.name, ownKey: self.key }), name);
  }

  /** `about` is the member whom it concerns, if any. False where nothing of it was ever shown. */
  #notify(words: string, about?: PeerName): boolean {
    if (this.#told.has(words)) return true;
    if (!this.#notices.take(about, this.#parts.reactor.now)) return false;
    if (this.#told.size >= toldRefusalsMax) this.#told.clear();
    this.#told.add(words);
    this.#parts.notice({ kind: "key-refused", words });
    return true;
  }
}
