// Spellings of public keys, and the set of friends' known and refused keys.

import { toHex } from "./bytes.js";
import { refusedKeysMax } from "./limits.js";
import { fault, ok, type Bytes, type KeyStanding, type PeerName, type PublicKey, type Result } from "./types.js";

export interface KnownKey {
  readonly key: PublicKey;
  readonly standing: KeyStanding;
}

export const keyStandings: readonly KeyStanding[] = ["first-use", "pinned", "verified"];

/**
 * The key's first 32 digits in groups of four: with 128 bits, finding a second key with the same fingerprint is
 * infeasible.
 */
export const fingerprint = (key: PublicKey): string => (key.slice(0, 32).match(/.{4}/g) ?? []).join(" ");

/** Sixty-four hexadecimal digits of either case; undefined for anything else. */
export const toPublicKey = (text: string): PublicKey | undefined =>
  /^[\da-f]{64}$/i.test(text) ? (text.toLowerCase() as PublicKey) : undefined;

/** A key as the user types it: whole, or as a fingerprint that selects one of the known or refused keys. */
export type NamedKey =
  { readonly kind: "whole"; readonly key: PublicKey } | { readonly kind: "fingerprint"; readonly digits: string };

/**
 * Parses the output of `p2p key`: 64 digits with or without `key=`, or a fingerprint; spaces and quotes are ignored.
 */
export function toNamedKey(text: string): NamedKey | undefined {
  const digits = text.replace(/^key=/, "").replace(/[\s"]/g, "").toLowerCase();
  const key = toPublicKey(digits);
  if (key !== undefined) return { kind: "whole", key };
  return /^[\da-f]{32}$/.test(digits) ? { kind: "fingerprint", digits } : undefined;
}

/** The two keys that people compare by phone or in person to verify each other. */
export interface Comparison {
  readonly own: { readonly name: PeerName; readonly key: PublicKey };
  readonly theirs: { readonly name: PeerName; readonly key: PublicKey };
  readonly standing: KeyStanding;
}

/** From the 32 bytes of a Noise static key. */
export const publicKeyOf = (bytes: Bytes): PublicKey => toHex(bytes) as PublicKey;

/** A key that was refused under a friend's name, with the host and time of its first appearance. */
export interface RefusedKey {
  readonly key: PublicKey;
  readonly host: string;
  /** Milliseconds since 1970 UTC. */
  readonly time: number;
}

/** The keys kept for one friend: a known key, refused keys, or both. */
export interface KeyEntry {
  readonly known: KnownKey | undefined;
  /**
   * Keys refused under this name since the known one was trusted, without duplicates, newest last. `p2p trust` may
   * accept them.
   */
  readonly refused: readonly RefusedKey[];
}

/** An immutable snapshot of all friends' keys. It promises that a key is known under one name at most. */
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

  /** The friend whose known key this is. */
  ownerOf(key: PublicKey): PeerName | undefined {
    return this.#owners.get(key);
  }

  /** A first-use key never replaces a known key, which another program may have stored in the meantime. */
  withFirstUse(name: PeerName, known: KnownKey): Result<KnownKeys> {
    const before = this.known(name);
    if (known.standing !== "first-use" || before === undefined) return ok(this.withKnown(name, known));
    if (before.key === known.key) return ok(this);
    return fault(`Another key of ${name}'s was trusted at this very moment; the one that was shown is not.`);
  }

  /**
   * Stores the key and drops the refused keys of `name`. If the key was known under another name, that entry is
   * removed.
   */
  withKnown(name: PeerName, known: KnownKey): KnownKeys {
    const entries = new Map(this.entries);
    const before = this.ownerOf(known.key);
    if (before !== undefined) entries.delete(before);
    return new KnownKeys(entries.set(name, { known, refused: [] }));
  }

  /** Adds a refused key. Returns the same object if the key was noted before: repeated attempts change nothing. */
  withRefused(name: PeerName, refused: RefusedKey): KnownKeys {
    const before = this.refused(name);
    if (before.some(({ key }) => key === refused.key)) return this;
    const kept = [...before, refused].slice(-refusedKeysMax);
    return new KnownKeys(new Map(this.entries).set(name, { known: this.known(name), refused: kept }));
  }
}
