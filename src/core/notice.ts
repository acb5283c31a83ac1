// Notices for the user, as values. Each client turns them into text.

import type { Endpoint, KeyStanding, Peer, PeerName, PublicKey } from "./types.js";

export type Notice =
  | { readonly kind: "timed-out"; readonly peer: PeerName }
  | { readonly kind: "closed"; readonly peer: PeerName; readonly reason?: string }
  | { readonly kind: "unreachable"; readonly peer: PeerName; readonly reason: string; readonly waiting: number }
  | { readonly kind: "caught-up"; readonly peer: PeerName; readonly count: number }
  | { readonly kind: "refused"; readonly peer: PeerName; readonly count: number; readonly reason: string }
  | { readonly kind: "unsent"; readonly peer: PeerName; readonly count: number }
  /** Cancelled by the user, or not sent before they expired: they will not be sent any more. */
  | { readonly kind: "cancelled"; readonly peer: PeerName; readonly count: number }
  | { readonly kind: "expired"; readonly peer: PeerName; readonly count: number }
  /** The messages are in the store and are sent after the next start. */
  | { readonly kind: "left-waiting"; readonly peer: PeerName; readonly count: number }
  /** Messages queued for another key of this friend are now sent to this key. */
  | { readonly kind: "readdressed"; readonly peer: PeerName; readonly count: number }
  /** The two stores disagree on which messages were delivered: one of them was lost or restored. */
  | { readonly kind: "stepped-back"; readonly peer: PeerName; readonly count: number }
  /**
   * The friend began a new stream: the friend accepted another key for us meanwhile, or one of the two stores was lost
   * or restored.
   */
  | { readonly kind: "counts-anew"; readonly peer: PeerName }
  | { readonly kind: "key-refused"; readonly words: string }
  | { readonly kind: "clear-refused"; readonly peer: PeerName }
  | { readonly kind: "first-key"; readonly peer: PeerName; readonly key: PublicKey }
  | { readonly kind: "store-failed"; readonly reason: string }
  | { readonly kind: "store-recovered" }
  /** The messages that follow were received before the program last ended. */
  | { readonly kind: "shown-late"; readonly count: number }
  /** The messages that follow were not shown at a terminal yet. */
  | { readonly kind: "unread" }
  /** A notice of the member that this client is attached to, in the member's words. */
  | { readonly kind: "relayed"; readonly of: string; readonly peer?: PeerName; readonly text: string }
  /** Texts from a friend's address, with the name of none of the friends at that address, or with no name at all. */
  | { readonly kind: "unverified"; readonly host: string; readonly name?: string; readonly texts: string }
  | { readonly kind: "unknown-peer"; readonly name: string }
  | { readonly kind: "unknown-host" }
  | { readonly kind: "unknown-hosts"; readonly count: number }
  | { readonly kind: "table-read"; readonly file: string; readonly peers: number }
  | { readonly kind: "table-kept"; readonly message: string }
  /** A friend found at an address from the rendezvous server's list and proven by its key. */
  | { readonly kind: "found"; readonly peer: PeerName; readonly host: string }
  | { readonly kind: "rendezvous-lost"; readonly server: Endpoint; readonly reason: string }
  | { readonly kind: "rendezvous-back"; readonly server: Endpoint }
  | { readonly kind: "remark"; readonly message: string };

/** What the peer's program understands besides what every version does, as its authenticated hello says. */
export interface Features {
  /** Texts with their time of writing. */
  readonly timed: boolean;
  /** Messages with a kind. */
  readonly entries: boolean;
}

/** The proven identity of a connection's peer, and its features. */
export interface Contact extends Features {
  readonly key: PublicKey;
  readonly standing: KeyStanding;
  /** If two connections crossed, both sides keep the one that has this set. */
  readonly preferred: boolean;
}

/** Why a reachable friend is not connected: the peer shows a key that we refuse, or it refuses our key. */
export type KeyTrouble = "key refused" | "refuses our key";

/** One line of `/peers`. */
export interface PeerStatus {
  readonly peer: Peer;
  readonly self: boolean;
  readonly state: "connected" | "connecting" | "not connected" | "unreachable" | KeyTrouble;
  /** Milliseconds since the last byte in either direction; undefined before the first. */
  readonly idleMs: number | undefined;
  readonly waiting: number;
  /** Whether the rendezvous server lists the peer's address; undefined without a rendezvous server. */
  readonly online?: boolean;
  /** The trust in the friend's key; undefined if the dialect has no keys or no key was seen yet. */
  readonly standing?: KeyStanding | undefined;
}

/**
 * Why a rendezvous server dropped a client. garbage: bytes that are not a command. flood: too many commands. deaf: it
 * does not read its answers.
 */
export type ClientLeft = "closed" | "silent" | "replaced" | "garbage" | "flood" | "deaf";

/**
 * How a numbered chat ended. left: by us. closed: by the peer. unanswered: an incoming or outgoing call was not
 * answered.
 */
export type ChatEnd = "denied" | "left" | "closed" | "unreachable" | "unanswered";
