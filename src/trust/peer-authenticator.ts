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
import { judge, ownerOf, settle, standingOf, type Claim, type Verdict } from "./known-keys.js";
import { explainRefusal, explainRefused, type Refusal } from "./refusal.js";
import { explainFriendKey, explainOwnKey, trust, type Trusted } from "./decision.js";
import { confirm, toCompare } from "./verification.js";

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
export interface GuestEvents {
  onMet(peer: Peer, connection: Connection): void;
  /** `told`: the user has read why, in words. */
  onFailed(reason: string, told: boolean): void;
}

const olderProgram =
  "it does not speak the secure dialect; if it is an older program, write its dialect behind its address (dialect=line, named, tagged or says)";
const somebodyElse = "whoever answers there does not speak the secure dialect, and our friend did before";
const noLongerTrusted = "its key is no longer trusted";

/** The member whose notices a refusal may use up. */
function concerned(refusal: Refusal): PeerName | undefined {
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
  readonly #knocks = new TokenBuckets<PeerName>({ perSecond: acceptsPerSecond, burst: acceptBurst });
  /** With whom we are acquainted now. */
  readonly #met = new Map<SecureConnection, PeerName>();
  /** As they were last read. */
  #seenKeys = new KnownKeys();

  constructor(parts: PeerAuthenticatorParts) {
    this.#parts = parts;
  }

  /** Before a turn writes anything: keys that were trusted or dropped meanwhile, by us or another program, hold at once. */
  refresh(): void {
    if (this.#met.size === 0) return;
    const before = this.#seenKeys;
    if (this.#read() !== before) this.recheck();
  }

  /** Those that ended are forgotten when others come: an idle connection is to weigh little. */
  #note(introduction: SecureConnection, name: PeerName): void {
    for (const known of this.#met.keys()) if (known.over) this.#met.delete(known);
    this.#met.set(introduction, name);
    this.#troubles.delete(name);
  }

  #welcome(guest: Peer | undefined, introduction: SecureConnection, events: GuestEvents): void {
    if (guest === undefined) return;
    this.#note(introduction, guest.name);
    events.onMet(guest, introduction);
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
    this.#read();
    for (const [introduction, name] of this.#met) {
      const peer = this.#parts.table().find(name);
      const key = introduction.contact?.key;
      const verdict = peer && key && this.#verdict({ kind: "dialled", peer, key }, this.#seenKeys);
      if (verdict?.ok !== true) introduction.expel(noLongerTrusted);
    }
  }

  /** What is known now; a fault is told, and leaves what was known before. */
  #read(): KnownKeys {
    const keys = this.#parts.keyring.read();
    if (keys.ok) this.#seenKeys = keys.value;
    else this.#complain(keys);
    return this.#seenKeys;
  }

  /** `connection` was dialled to where `peer` should be. */
  dial(peer: Peer, connection: Connection, onMet?: () => void): Connection {
    // The row may have changed since the dial went out.
    const row = (): Peer => this.#parts.table().find(peer.name) ?? peer;
    const claim = (key: PublicKey, name?: string): Claim =>
      name === undefined ? { kind: "dialled", peer: row(), key } : { kind: "dialled", peer: row(), key, name };
    return this.#introduce(
      { connection, initiator: true, limitMs: handshakeMs },
      {
        onKey: (key) => this.#refusalOf(this.#judge(claim(key), connection.remoteHost)),
        onHello: (key, name) => this.#outcome(this.#judge(claim(key, name), connection.remoteHost)),
        onMet: (introduction) => {
          this.#note(introduction, peer.name);
          onMet?.();
        },
        onRefused: (reason) => this.#tellRefused(peer, reason),
        onFailed: () => undefined,
        notSecure: this.#isKnown(peer) ? somebodyElse : olderProgram,
      },
    );
  }

  /** `connection` came from wherever it says, `since` then; its first bytes are to be read by what this returns. */
  accept(connection: Connection, since: number, events: GuestEvents): SecureConnection {
    let met: Peer | undefined;
    let told = false;
    const limitMs = since + handshakeMs - this.#parts.reactor.now;
    return this.#introduce(
      { connection, initiator: false, limitMs },
      {
        onKey: () => undefined,
        onHello: (key, name) => {
          const host = connection.remoteHost;
          const verdict = this.#judge({ kind: "accepted", host, key, name }, host);
          if (verdict?.ok !== true) {
            told = verdict !== undefined && this.#told.has(explainRefusal(verdict));
            return this.#outcome(verdict);
          }
          if (!this.#knocks.take(verdict.peer.name, this.#parts.reactor.now)) return "busy";
          met = verdict.peer;
          return this.#outcome(verdict);
        },
        onMet: (introduction) => this.#welcome(met, introduction, events),
        onRefused: (reason, key) => {
          const friend = this.#memberBehind(key, connection.remoteHost);
          told = friend !== undefined && this.#tellRefused(friend, reason);
        },
        notSecure: olderProgram,
        onFailed: (reason) => events.onFailed(reason, told),
      },
    );
  }

  /** Dialled where no row is: of whoever answers, only a member whose key is known already is met. Of others nothing is told. */
  seek(connection: Connection, events: GuestEvents): void {
    let met: Peer | undefined;
    this.#introduce(
      { connection, initiator: true, limitMs: handshakeMs },
      {
        onKey: (key) => (this.#isMembers(key) ? undefined : "unknown-name"),
        onHello: (key, name) => {
          const host = connection.remoteHost;
          const verdict = this.#isMembers(key) ? this.#judge({ kind: "accepted", host, key, name }, host) : undefined;
          if (verdict?.ok === true) met = verdict.peer;
          return this.#outcome(verdict);
        },
        onMet: (introduction) => this.#welcome(met, introduction, events),
        onRefused: () => undefined,
        onFailed: (reason) => events.onFailed(reason, false),
        notSecure: olderProgram,
      },
    );
  }

  #isMembers(key: PublicKey): boolean {
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
    return peer === undefined ? fault(`${name} has left the group.`) : toCompare(peer, self, keyring);
  }

  verify(name: PeerName, key: PublicKey): readonly string[] {
    const peer = this.#parts.table().find(name);
    return peer === undefined ? [`${name} has left the group.`] : confirm(peer, key, this.#parts.keyring);
  }

  /** Of the key that is known now, where one is: it may have been verified since the connection stands. */
  standingOf(peer: Peer): KeyStanding | undefined {
    const keys = this.#parts.keyring.read();
    const known = keys.ok && (peer.key ?? keys.value.known(peer.name)) !== undefined;
    return known ? standingOf(peer, keys.value) : undefined;
  }

  #introduce(
    arrived: Pick<SecureConnectionParts, "connection" | "initiator" | "limitMs">,
    host: SecureConnectionHost,
  ): SecureConnection {
    const { self, noise, reactor } = this.#parts;
    return new SecureConnection({ ...arrived, self, noise, reactor, host });
  }

  /** Known keys are read at each handshake: what another program trusted meanwhile holds at once. */
  #judge(claim: Claim, host: string): Verdict | undefined {
    const keys = this.#parts.keyring.read();
    if (!keys.ok) return this.#complain(keys);
    const verdict = this.#verdict(claim, keys.value);
    const settled = settle(verdict, this.#parts.keyring, { host, time: this.#parts.clock.wallTime() });
    if (!settled.ok) return this.#complain(settled);
    if (verdict.ok && verdict.learn)
      this.#parts.notice({ kind: "first-key", peer: verdict.peer.name, key: verdict.key });
    if (!verdict.ok) this.#tellRefusal(verdict);
    return verdict;
  }

  /** What we go by now, and nothing put on record. */
  #verdict(claim: Claim, keys: KnownKeys): Verdict {
    const { self, requireVerified } = this.#parts;
    return judge(claim, { table: this.#parts.table(), keys, self, requireVerified });
  }

  #isKnown(peer: Peer): boolean {
    const keys = this.#parts.keyring.read();
    return peer.key !== undefined || (keys.ok && keys.value.known(peer.name) !== undefined);
  }

  /** Who dialled us with this key: its holder, else the member of that address whose key we do not know. Strangers are nobody. */
  #memberBehind(key: PublicKey, host: string): Peer | undefined {
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

  #outcome(verdict: Verdict | undefined): RefusalReason | PeerIdentity {
    if (verdict === undefined) return "busy";
    return verdict.ok ? { key: verdict.key, standing: verdict.standing } : verdict.code;
  }

  #refusalOf(verdict: Verdict | undefined): RefusalReason | undefined {
    if (verdict === undefined) return "busy";
    return verdict.ok ? undefined : verdict.code;
  }

  #complain(keys: Result<unknown> & { readonly ok: false }): undefined {
    this.#tell(keys.message);
    return undefined;
  }

  #tellRefusal(refusal: Refusal): void {
    const name = concerned(refusal);
    if (name !== undefined) this.#troubles.set(name, "key refused");
    this.#tell(explainRefusal(refusal), name);
  }

  #tellRefused({ name }: Peer, reason: RefusalReason | "other"): boolean {
    const { self } = this.#parts;
    const code = reason === "other" ? undefined : reason;
    if (code !== "busy") this.#troubles.set(name, "refuses our key");
    return this.#tell(explainRefused(code, { friend: name, self: self.name, ownKey: self.key }), name);
  }

  /** `about` is the member whom it concerns, if any. False where nothing of it was ever shown. */
  #tell(words: string, about?: PeerName): boolean {
    if (this.#told.has(words)) return true;
    if (!this.#notices.take(about, this.#parts.reactor.now)) return false;
    if (this.#told.size >= toldRefusalsMax) this.#told.clear();
    this.#told.add(words);
    this.#parts.notice({ kind: "key-refused", words });
    return true;
  }
}
