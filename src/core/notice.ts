// What the user is told, as values. The words for them are the console's.

import type { Endpoint, KeyStanding, Peer, PeerName, PublicKey } from "./types.js";

export type Notice =
  | { readonly kind: "timed-out"; readonly peer: PeerName }
  | { readonly kind: "closed"; readonly peer: PeerName; readonly reason?: string }
  | { readonly kind: "unreachable"; readonly peer: PeerName; readonly reason: string; readonly waiting: number }
  | { readonly kind: "caught-up"; readonly peer: PeerName; readonly count: number }
  | { readonly kind: "refused"; readonly peer: PeerName; readonly count: number; readonly reason: string }
  | { readonly kind: "unsent"; readonly peer: PeerName; readonly count: number }
  /** Taken back, or not sent in time: they will not be sent any more. */
  | { readonly kind: "cancelled"; readonly peer: PeerName; readonly count: number }
  | { readonly kind: "expired"; readonly peer: PeerName; readonly count: number }
  /** They stand in the store and go out after the next start. */
  | { readonly kind: "left-waiting"; readonly peer: PeerName; readonly count: number }
  /** What waited for another key of this friend goes to this one. */
  | { readonly kind: "readdressed"; readonly peer: PeerName; readonly count: number }
  /** The friend's store is not where ours thinks it is: one of the two was lost or restored. */
  | { readonly kind: "stepped-back"; readonly peer: PeerName; readonly count: number }
  /** The friend begins to count anew: he took another key for ours meanwhile, or one of the two stores was lost or restored. */
  | { readonly kind: "counts-anew"; readonly peer: PeerName }
  | { readonly kind: "key-refused"; readonly words: string }
  | { readonly kind: "clear-refused"; readonly peer: PeerName }
  | { readonly kind: "first-key"; readonly peer: PeerName; readonly key: PublicKey }
  | { readonly kind: "store-failed"; readonly reason: string }
  | { readonly kind: "store-recovered" }
  /** What follows was received before the last end of the program. */
  | { readonly kind: "shown-late"; readonly count: number }
  /** Somebody at a friend's address who says that he is none of our friends there, or nothing of the kind. */
  | { readonly kind: "unverified"; readonly host: string; readonly name?: string; readonly texts: string }
  | { readonly kind: "unknown-peer"; readonly name: string }
  | { readonly kind: "unknown-host" }
  | { readonly kind: "unknown-hosts"; readonly count: number }
  | { readonly kind: "table-read"; readonly file: string; readonly peers: number }
  | { readonly kind: "table-kept"; readonly message: string }
  /** By the rendezvous server's list, and by the key. */
  | { readonly kind: "found"; readonly peer: PeerName; readonly host: string }
  | { readonly kind: "rendezvous-lost"; readonly server: Endpoint; readonly reason: string }
  | { readonly kind: "rendezvous-back"; readonly server: Endpoint }
  | { readonly kind: "remark"; readonly message: string };

/** Whom a connection was proven to be with. */
export interface Contact {
  readonly key: PublicKey;
  readonly standing: KeyStanding;
  /** Of two connections that crossed, both sides keep the one that has this. */
  readonly preferred: boolean;
}

/** Why a friend who can be reached is not met: whoever is there shows a key that we refuse, or refuses ours. */
export type KeyTrouble = "key refused" | "refuses our key";

/** One line of `/peers`. */
export interface PeerStatus {
  readonly peer: Peer;
  readonly self: boolean;
  readonly state: "connected" | "connecting" | "not connected" | "unreachable" | KeyTrouble;
  /** Since the last byte in either direction, in milliseconds; undefined before the first. */
  readonly idleMs: number | undefined;
  readonly waiting: number;
  /** Whether a rendezvous server lists that address; undefined where none is asked. */
  readonly online?: boolean;
  /** What is known of the friend's key; undefined where the dialect has none, or none was seen yet. */
  readonly standing?: KeyStanding | undefined;
}

/**
 * Why a rendezvous server has a client no longer. garbage: it said what is no command. flood: too many commands. deaf: it
 * reads no answers.
 */
export type ClientLeft = "closed" | "silent" | "replaced" | "garbage" | "flood" | "deaf";

/** How a numbered chat ended. left: by our doing. closed: by theirs. unanswered: a call, theirs or ours, for want of an answer. */
export type ChatEnd = "denied" | "left" | "closed" | "unreachable" | "unanswered";
