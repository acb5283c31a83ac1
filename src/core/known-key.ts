// Keys as people and files write them, and what is known of those of friends.

import { toHex } from "./bytes.js";
import { refusedKeysMax } from "./limits.js";
import { fault, ok, type Bytes, type KeyStanding, type PeerName, type PublicKey, type Result } from "./types.js";

export interface KnownKey {
  readonly key: PublicKey;
  readonly standing: KeyStanding;
}

export const keyStandings: readonly KeyStanding[] = ["first-use", "pinned", "verified"];

/** Thirty-two of the key's digits in groups of four: 128 bits, which nobody finds a second key for. */
export const fingerprint = (key: PublicKey): string => (key.slice(0, 32).match(/.{4}/g) ?? []).join(" ");

/** Sixty-four hexadecimal digits of either case; undefined for anything else. */
export const toPublicKey = (text: string): PublicKey | undefined =>
  /^[\da-f]{64}$/i.test(text) ? (text.toLowerCase() as PublicKey) : undefined;

/** A key as the user names it: whole, or by its fingerprint among those that are at hand. */
export type NamedKey =
  { readonly kind: "whole"; readonly key: PublicKey } | { readonly kind: "fingerprint"; readonly digits: string };

/** As `p2p key` prints them: 64 digits with or without `key=`, or a fingerprint; spaces and quotes do not count. */
export function toNamedKey(text: string): NamedKey | undefined {
  const digits = text.replace(/^key=/, "").replace(/[\s"]/g, "").toLowerCase();
  const key = toPublicKey(digits);
  if (key !== undefined) return { kind: "whole", key };
  return /^[\da-f]{32}$/.test(digits) ? { kind: "fingerprint", digits } : undefined;
}

/** What two people compare by phone or in person. */
export interface Comparison {
  readonly own: { readonly name: PeerName; readonly key: PublicKey };
  readonly theirs: { readonly name: PeerName; readonly key: PublicKey };
  readonly standing: KeyStanding;
}

/** The 32 bytes of a key as Noise has them. */
export const publicKeyOf = (bytes: Bytes): PublicKey => toHex(bytes) as PublicKey;

/** A key that somebody showed under a friend's name, and where and when that was first seen. */
export interface RefusedKey {
  readonly key: PublicKey;
  readonly host: string;
  /** Milliseconds since 1970 UTC. */
  readonly time: number;
}

/** What is kept of one friend; at least one of the two stands. */
export interface KeyEntry {
  readonly known: KnownKey | undefined;
  /** Refused under this name since the known one was trusted, each once, the newest last: what `p2p trust` may accept. */
  readonly refused: readonly RefusedKey[];
}

/** What is known of all friends' keys at one moment; a value. It promises that a key is known under one name at most. */
export class KnownKeys {
  readonly entries: ReadonlyMap<PeerName, KeyEntry>;
  readonly #owners: ReadonlyMap<PublicKey, PeerName>;

  constructor(entries: ReadonlyMap<PeerName, KeyEntry> = new Map()) {
    this.entries = entries;
    this.#owners = new Map([...entries].flatMap(([name, { known }]) => (known ? [[known.key, name] as const] : [])));
  }

  known(name: PeerName): KnownKey | undefined {
    return this.entries.get(name)?.known;
  }

  refused(name: PeerName): readonly RefusedKey[] {
    return this.entries.get(name)?.refused ?? [];
  }

  /** Whose key this is, among the known. */
  ownerOf(key: PublicKey): PeerName | undefined {
    return this.#owners.get(key);
  }

  /** A first use replaces nothing: another program may have come to know a key since this one was judged. */
  admitting(name: PeerName, known: KnownKey): Result<KnownKeys> {
    const before = this.known(name);
    if (known.standing !== "first-use" || before === undefined) return ok(this.remembering(name, known));
    if (before.key === known.key) return ok(this);
    return fault(`Another key of ${name}'s was trusted at this very moment; the one that was shown is not.`);
  }

  /** What was refused before is settled by this. A key that stood under another name no longer does. */
  remembering(name: PeerName, known: KnownKey): KnownKeys {
    const entries = new Map(this.entries);
    const before = this.ownerOf(known.key);
    if (before !== undefined) entries.delete(before);
    return new KnownKeys(entries.set(name, { known, refused: [] }));
  }

  /** The same value where the key was noted before: who knocks with it again and again changes nothing. */
  noting(name: PeerName, refused: RefusedKey): KnownKeys {
    const before = this.refused(name);
    if (before.some(({ key }) => key === refused.key)) return this;
    const kept = [...before, refused].slice(-refusedKeysMax);
    return new KnownKeys(new Map(this.entries).set(name, { known: this.known(name), refused: kept }));
  }
}
