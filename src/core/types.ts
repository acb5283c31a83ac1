// The values everybody shares. Nothing here does anything.

export type Bytes = Uint8Array;

declare const peerName: unique symbol;
/** A name that stands in the peer table, in Unicode normal form C. */
export type PeerName = string & { readonly [peerName]: true };

/** A member's static key, as 64 lower-case hexadecimal digits. */
declare const publicKey: unique symbol;
export type PublicKey = string & { readonly [publicKey]: true };

/** first-use: the first that was seen under a name. pinned: the group file or the user names it. verified: compared by people. */
export type KeyStanding = "first-use" | "pinned" | "verified";

export type DialectName = "secure" | "line" | "named" | "tagged" | "says";

/** What happens to a connection on which nothing went in either direction for `afterMs`. */
export interface IdlePolicy {
  readonly kind: "close" | "detach" | "never";
  readonly afterMs: number;
}

export interface Endpoint {
  /** An IP literal in canonical form; in a secure row it may be a host name. */
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
 * Texts for or from one friend, in order, each ended by a line feed. A text cannot hold one, so a whole turn's
 * worth travels as one string and is split nowhere between the keyboard and the screen.
 */
export interface Batch {
  readonly texts: string;
  readonly count: number;
}

/** A fault that is expected and explained: a value, never thrown. */
export type Result<Value> =
  { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly message: string };

export const ok = <Value>(value: Value): Result<Value> => ({ ok: true, value });
export const fault = (message: string): Result<never> => ({ ok: false, message });
