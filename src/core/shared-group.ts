// The shared part of a group file, which must be equal for all members: names, addresses, dialects, keys and
// conversations. Layout, order of rows, comments and attributes of one machine (idle, files, files-max, quota, find,
// relay) may differ.

import { formatEndpoint } from "./address.js";
import type { PeerTable } from "./peer-table.js";

/**
 * The shared part as text, equal for files that agree: one line for each member, then one for each conversation, each
 * ended by a line feed, each kind sorted by its name's UTF-16 code units. Names are in NFC. The SHA-256 of its UTF-8
 * bytes is the hash of the shared part.
 */
export function sharedText({ peers, conversations }: PeerTable): string {
  const members = [...peers]
    .sort((a, b) => order(a.name, b.name))
    .map((peer) => `member ${peer.name} ${formatEndpoint(peer)} ${peer.dialect} ${peer.key ?? "-"}\n`);
  const groups = [...conversations]
    .sort((a, b) => order(a.name, b.name))
    .map((each) => `group ${each.name} ${[...each.members].sort(order).join(" ")}\n`);
  return [...members, ...groups].join("");
}

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
