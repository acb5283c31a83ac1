// Whom we become acquainted with: it asks the rules of trust, puts on record what they decide, and tells the user what
// was refused and why. It promises that a refusal is told once and not at every retry.

import { handshakeMs, refusalLogLineBurst, unknownHostNoticesPerSecond } from "../core/limits.js";
import type { Contact, Notice } from "../core/notice.js";
import type { PeerTable } from "../core/peer-table.js";
import { TokenBucket } from "../core/token-bucket.js";
import type { Peer, PublicKey, Result } from "../core/types.js";
import type { Connection, Keyring, Log } from "../ports.js";
import type { Reactor } from "../reactor/reactor.js";
import type { NoiseLibrary } from "../wire/secure/noise.js";
import type { RefusalReason } from "../wire/secure/frames.js";
import { Introduction, type IntroductionHost, type IntroductionParts, type Self } from "./introduction.js";
import { judge, settle, type Beliefs, type Claim, type Verdict } from "./known-keys.js";
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

export class Meeting {
  readonly #parts: MeetingParts;
  readonly #told = new Set<string>();
  readonly #notices: TokenBucket;

  constructor(parts: MeetingParts) {
    this.#parts = parts;
    this.#notices = new TokenBucket({
      perSecond: unknownHostNoticesPerSecond,
      burst: refusalLogLineBurst,
      nowMs: parts.reactor.now,
    });
  }

  /** `connection` was dialled to the address of `peer`. */
  dial(peer: Peer, connection: Connection): Connection {
    const claim = (key: PublicKey, name?: string): Claim =>
      name === undefined ? { kind: "dialled", peer, key } : { kind: "dialled", peer, key, name };
    return this.#introduce(
      { connection, initiator: true, limitMs: handshakeMs },
      {
        onKey: (key) => this.#refusalOf(this.#judge(claim(key))),
        onHello: (key, name) => this.#outcome(this.#judge(claim(key, name))),
        onMet: () => undefined,
        onRefused: (reason) => this.#tellRefused(peer, reason),
        onFailed: () => undefined,
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
          if (verdict?.ok === true) met = verdict.peer;
          return this.#outcome(verdict);
        },
        onMet: (introduction) => {
          if (met !== undefined) events.onMet(met, introduction);
        },
        onRefused: (reason) => this.#parts.log.warn("refused", { host: connection.remoteHost, reason }),
        onFailed: (reason) => events.onFailed(reason),
      },
    );
  }

  /** The user accepts a key: the one that was refused last for `friend`, or the one given. */
  trust(friend: string, key: PublicKey | undefined): Result<Trusted> {
    const { self, keyring } = this.#parts;
    return trust({ friend, key, table: this.#parts.table(), self }, keyring);
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
    const keys = this.#parts.keyring.read();
    if (!keys.ok) return this.#complain(keys);
    const { self, requireVerified } = this.#parts;
    const beliefs: Beliefs = { table: this.#parts.table(), keys: keys.value, self, requireVerified };
    const verdict = judge(claim, beliefs);
    const settled = settle(verdict, this.#parts.keyring);
    if (!settled.ok) return this.#complain(settled);
    if (verdict.ok && verdict.learn)
      this.#parts.notice({ kind: "first-key", peer: verdict.peer.name, key: verdict.key });
    if (!verdict.ok) this.#tell(explainRefusal(verdict));
    return verdict;
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
    this.#tell(explainRefused(code, { friend: name, self: self.name, ownKey: self.key }));
  }

  #tell(words: string): void {
    if (this.#told.has(words) || !this.#notices.take(this.#parts.reactor.now)) return;
    if (this.#told.size >= toldMax) this.#told.clear();
    this.#told.add(words);
    this.#parts.notice({ kind: "key-refused", words });
  }
}
