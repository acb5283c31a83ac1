// Who is told what arrives and what happens.

import type { Contact, Notice } from "./notice.js";
import type { Received } from "./record.js";
import type { Peer } from "./types.js";

export interface Audience {
  message(received: Received): void;
  notice(notice: Notice): void;
  /** A connection with `peer` stands; undefined where the dialect proves nothing. */
  connected(peer: Peer, contact: Contact | undefined): void;
  /** Whether whoever hands over messages should pause: a friend who is taking them has enough waiting. */
  congested(congested: boolean): void;
}
