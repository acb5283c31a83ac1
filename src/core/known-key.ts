// Keys as people and files write them, and what is known of those of friends.

import { toHex } from "./bytes.js";
import type { Bytes, KeyStanding, PeerName, PublicKey } from "./types.js";

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

/** The 32 bytes of a key as Noise has them. */
export const publicKeyOf = (bytes: Bytes): PublicKey => toHex(bytes) as PublicKey;

/** What is kept of one friend; at least one of the two stands. */
export interface KeyEntry {
  readonly known: KnownKey | undefined;
  /** The last key that was refused under this name: what `p2p trust` would accept. */
  readonly refused: PublicKey | undefined;
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

  refused(name: PeerName): PublicKey | undefined {
    return this.entries.get(name)?.refused;
  }

  /** Whose key this is, among the known. */
  ownerOf(key: PublicKey): PeerName | undefined {
    return this.#owners.get(key);
  }

  /** What was refused before is settled by this. A key that stood under another name no longer does. */
  remembering(name: PeerName, known: KnownKey): KnownKeys {
    const entries = new Map(this.entries);
    const before = this.ownerOf(known.key);
    if (before !== undefined) entries.delete(before);
    return new KnownKeys(entries.set(name, { known, refused: undefined }));
  }

  noting(name: PeerName, refused: PublicKey): KnownKeys {
    return new KnownKeys(new Map(this.entries).set(name, { known: this.known(name), refused }));
  }
}
