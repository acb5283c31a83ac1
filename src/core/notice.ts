// What the user is told, as values. The words for them are the console's.

import type { PeerName, Peer } from "./types.js";

export type Notice =
  | { readonly kind: "timed-out"; readonly peer: PeerName }
  | { readonly kind: "closed"; readonly peer: PeerName; readonly reason?: string }
  | { readonly kind: "unreachable"; readonly peer: PeerName; readonly reason: string; readonly waiting: number }
  | { readonly kind: "caught-up"; readonly peer: PeerName; readonly count: number }
  | { readonly kind: "refused"; readonly peer: PeerName; readonly count: number; readonly reason: string }
  | { readonly kind: "unsent"; readonly peer: PeerName; readonly count: number }
  | { readonly kind: "unknown-peer"; readonly name: string }
  | { readonly kind: "unknown-host" }
  | { readonly kind: "unknown-hosts"; readonly count: number }
  | { readonly kind: "table-read"; readonly file: string; readonly peers: number }
  | { readonly kind: "table-kept"; readonly message: string }
  | { readonly kind: "remark"; readonly message: string };

/** One line of `/peers`. */
export interface PeerStatus {
  readonly peer: Peer;
  readonly self: boolean;
  readonly state: "connected" | "connecting" | "not connected" | "unreachable";
  /** Since the last byte in either direction, in milliseconds; undefined before the first. */
  readonly idleMs: number | undefined;
  readonly waiting: number;
}
