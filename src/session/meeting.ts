// Whom we become acquainted with: it asks the rules of trust, puts on record what they decide, and tells the user what
// was refused and why. It promises that a refusal is told once and not at every retry.

import {
  acceptBurst,
  acceptsPerSecond,
  handshakeMs,
  refusalLogLineBurst,
  unknownHostNoticesPerSecond,
} from "../core/limits.js";
import type { KnownKeys } from "../core/known-key.js";
import type { Contact, Notice } from "../core/notice.js";
import type { PeerTable } from "../core/peer-table.js";
import { TokenBucket } from "../core/token-bucket.js";
import type { Peer, PeerName, PublicKey, Result } from "../core/types.js";
import type { Connection, Keyring, Log } from "../ports.js";
import type { Reactor } from "../reactor/reactor.js";
import type { NoiseLibrary } from "../wire/secure/noise.js";
import type { RefusalReason } from "../wire/secure/frames.js";
import { Introduction, type IntroductionHost, type IntroductionParts, type Self } from "./introduction.js";
import { judge, settle, type Claim, type Verdict } from "./known-keys.js";
import { explainRefusal, explainRefused } from "./refusal.js";
import { trust, type Trusted } from "./trust.js";

export interface MeetingParts {
  readonly self: Self;
  readonly noise: NoiseLibrary;
  readonly reactor: Reactor;
  readonly keyring: Keyring;
  readonly log: Log;
  readonly requireVerified: boolean;
  table(): PeerTable;
  notice(notice: Notice): void;
}

/** What comes of an accepted connection. */
export interface GuestEvents {
  onMet(peer: Peer, connection: Connection): void;
  onFailed(reason: string): void;
}

// Told refusals are forgotten at this many: who makes up new names pays with the rate of notices.
const toldMax = 256;

const olderProgram =
  "it does not speak the secure dialect; if it is an older program, write dialect=line behind its address";
const somebodyElse = "whoever answers there does not speak the secure dialect, and our friend did before";
const noLongerTrusted = "its key is no longer trusted";

export class Meeting {
  readonly #parts: MeetingParts;
  readonly #told = new Set<string>();
  /** One for each member and one for all who are none, so that strangers cannot drown what concerns a friend. */
  readonly #notices = new Map<PeerName | undefined, TokenBucket>();
  /** How often each member comes: one who is proven may do so from any address, and would escape a rate per address. */
  readonly #knocks = new Map<PeerName, TokenBucket>();
  /** With whom we are acquainted now. */
  readonly #met = new Map<Introduction, PeerName>();
  #seenKeys: KnownKeys | undefined;

  constructor(parts: MeetingParts) {
    this.#parts = parts;
  }

  /** Before a turn writes anything: keys that were trusted or dropped meanwhile, by us or another program, hold at once. */
  refresh(): void {
    if (this.#met.size === 0) return;
    const keys = this.#parts.keyring.read();
    if (!keys.ok || keys.value === this.#seenKeys) return;
    this.#seenKeys = keys.value;
    this.recheck();
  }

  /** Those that ended are forgotten when others come: an idle connection is to weigh little. */
  #note(introduction: Introduction, name: PeerName): void {
    for (const known of this.#met.keys()) if (known.over) this.#met.delete(known);
    this.#met.set(introduction, name);
  }

  /** Whom we would not take now is let go. */
  recheck(): void {
    for (const [introduction, name] of this.#met) {
      const peer = this.#parts.table().find(name);
      const key = introduction.contact?.key;
      const verdict = peer && key && this.#verdict({ kind: "dialled", peer, key });
      if (verdict?.ok !== true) introduction.expel(noLongerTrusted);
    }
  }

  /** `connection` was dialled to the address of `peer`. */
  dial(peer: Peer, connection: Connection): Connection {
    // The row may have changed since the dial went out.
    const row = (): Peer => this.#parts.table().find(peer.name) ?? peer;
    const claim = (key: PublicKey, name?: string): Claim =>
      name === undefined ? { kind: "dialled", peer: row(), key } : { kind: "dialled", peer: row(), key, name };
    return this.#introduce(
      { connection, initiator: true, limitMs: handshakeMs },
      {
        onKey: (key) => this.#refusalOf(this.#judge(claim(key))),
        onHello: (key, name) => this.#outcome(this.#judge(claim(key, name))),
        onMet: (introduction) => this.#note(introduction, peer.name),
        onRefused: (reason) => this.#tellRefused(peer, reason),
        onFailed: () => undefined,
        notSecure: this.#isKnown(peer) ? somebodyElse : olderProgram,
      },
    );
  }

  /** `connection` came from wherever it says, `since` then; its first bytes are to be read by what this returns. */
  accept(connection: Connection, since: number, events: GuestEvents): Introduction {
    let met: Peer | undefined;
    const limitMs = since + handshakeMs - this.#parts.reactor.now;
    return this.#introduce(
      { connection, initiator: false, limitMs },
      {
        onKey: () => undefined,
        onHello: (key, name) => {
          const verdict = this.#judge({ kind: "accepted", host: connection.remoteHost, key, name });
          if (verdict?.ok !== true) return this.#outcome(verdict);
          if (!this.#knocksOf(verdict.peer.name).take(this.#parts.reactor.now)) return "busy";
          met = verdict.peer;
          return verdict.standing;
        },
        onMet: (introduction) => {
          if (met === undefined) return;
          this.#note(introduction, met.name);
          events.onMet(met, introduction);
        },
        // The end that follows is logged, at a rate that a stranger cannot exceed.
        onRefused: () => undefined,
        notSecure: olderProgram,
        onFailed: (reason) => events.onFailed(reason),
      },
    );
  }

  /** The user accepts a key: the one that was refused last for `friend`, or the one given. */
  trust(friend: string, key: PublicKey | undefined): Result<Trusted> {
    const { self, keyring } = this.#parts;
    const trusted = trust({ friend, key, table: this.#parts.table(), self }, keyring);
    if (trusted.ok) this.recheck();
    return trusted;
  }

  #introduce(
    arrived: Pick<IntroductionParts, "connection" | "initiator" | "limitMs">,
    host: IntroductionHost,
  ): Introduction {
    const { self, noise, reactor } = this.#parts;
    return new Introduction({ ...arrived, self, noise, reactor, host });
  }

  /** Known keys are read at each handshake: what another program trusted meanwhile holds at once. */
  #judge(claim: Claim): Verdict | undefined {
    const verdict = this.#verdict(claim);
    if (verdict === undefined) return undefined;
    const settled = settle(verdict, this.#parts.keyring);
    if (!settled.ok) return this.#complain(settled);
    if (verdict.ok && verdict.learn)
      this.#parts.notice({ kind: "first-key", peer: verdict.peer.name, key: verdict.key });
    if (!verdict.ok) this.#tell(explainRefusal(verdict), "peer" in verdict ? verdict.peer.name : undefined);
    return verdict;
  }

  /** What we go by now, and nothing put on record. */
  #verdict(claim: Claim): Verdict | undefined {
    const keys = this.#parts.keyring.read();
    if (!keys.ok) return this.#complain(keys);
    const { self, requireVerified } = this.#parts;
    return judge(claim, { table: this.#parts.table(), keys: keys.value, self, requireVerified });
  }

  #isKnown(peer: Peer): boolean {
    const keys = this.#parts.keyring.read();
    return peer.key !== undefined || (keys.ok && keys.value.known(peer.name) !== undefined);
  }

  #outcome(verdict: Verdict | undefined): RefusalReason | Contact["standing"] {
    if (verdict === undefined) return "busy";
    return verdict.ok ? verdict.standing : verdict.code;
  }

  #refusalOf(verdict: Verdict | undefined): RefusalReason | undefined {
    if (verdict === undefined) return "busy";
    return verdict.ok ? undefined : verdict.code;
  }

  #complain(keys: Result<unknown> & { readonly ok: false }): undefined {
    this.#tell(keys.message);
    return undefined;
  }

  #tellRefused({ name }: Peer, reason: RefusalReason | "other"): void {
    const { self } = this.#parts;
    const code = reason === "other" ? undefined : reason;
    this.#tell(explainRefused(code, { friend: name, self: self.name, ownKey: self.key }), name);
  }

  /** `about` is the member whom it concerns, if any. */
  #tell(words: string, about?: PeerName): void {
    if (this.#told.has(words) || !this.#bucketOf(about).take(this.#parts.reactor.now)) return;
    if (this.#told.size >= toldMax) this.#told.clear();
    this.#told.add(words);
    this.#parts.notice({ kind: "key-refused", words });
  }

  #knocksOf(name: PeerName): TokenBucket {
    const nowMs = this.#parts.reactor.now;
    const bucket =
      this.#knocks.get(name) ?? new TokenBucket({ perSecond: acceptsPerSecond, burst: acceptBurst, nowMs });
    this.#knocks.set(name, bucket);
    return bucket;
  }

  #bucketOf(about: PeerName | undefined): TokenBucket {
    const bucket =
      this.#notices.get(about) ??
      new TokenBucket({
        perSecond: unknownHostNoticesPerSecond,
        burst: refusalLogLineBurst,
        nowMs: this.#parts.reactor.now,
      });
    this.#notices.set(about, bucket);
    return bucket;
  }
}
