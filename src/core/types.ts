// Types that every module shares, without behaviour.

import type { DialectName } from "./dialect-names.js";

export type Bytes = Uint8Array;

declare const peerName: unique symbol;
/** A name from the peer table, in Unicode normal form C. */
export type PeerName = string & { readonly [peerName]: true };

/** A member's static key, as 64 lower-case hexadecimal digits. */
declare const publicKey: unique symbol;
export type PublicKey = string & { readonly [publicKey]: true };

/**
 * first-use: the first key seen under a name. pinned: set in the group file or by the user. verified: compared by
 * people.
 */
export type KeyStanding = "first-use" | "pinned" | "verified";

export type { DialectName };

/** Action on a connection without traffic in either direction for `afterMs`. */
export interface IdlePolicy {
  readonly kind: "close" | "detach" | "never";
  readonly afterMs: number;
}

export interface Endpoint {
  /** An IP literal in canonical form; in a secure row it may also be a host name. */
  readonly host: string;
  readonly port: number;
}

/** A row of the group file. */
export interface Peer extends Endpoint {
  readonly name: PeerName;
  readonly dialect: DialectName;
  readonly idle: IdlePolicy;
  /** Whether the row itself names the port. */
  readonly ownPort: boolean;
  /** The only key that the row accepts. */
  readonly key?: PublicKey;
}

/**
 * Texts for or from one friend, in order, each ended by a line feed. A text cannot contain a line feed, so all texts of
 * a turn stay one string, which is not split between the keyboard and the screen.
 */
export interface Batch {
  readonly texts: string;
  readonly count: number;
}

/** A value, or an expected fault with a message. Faults are never thrown. */
export type Result<Value> =
  { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly message: string };

export const ok = <Value>(value: Value): Result<Value> => ({ ok: true, value });
export const fault = (message: string): Result<never> => ({ ok: false, message });
