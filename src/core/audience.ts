// The receiver of messages, notices and connection changes.

import type { Contact, Notice } from "./notice.js";
import type { Origin } from "./outcome.js";
import type { Received, Sent } from "./record.js";
import type { Peer } from "./types.js";

export interface Audience {
  message(received: Received): void;
  notice(notice: Notice): void;
  /** A connection with `peer` is open; `contact` is undefined if the dialect proves no key. */
  connected(peer: Peer, contact: Contact | undefined): void;
  /** Whether to tell messages that this origin sent; undefined: an origin without outcomes. */
  wantsOwn?(origin: Origin | undefined): boolean;
  /** Messages that another client sent are stored. */
  own?(sent: Sent, origin: Origin | undefined): void;
  /** True: pause the sources of messages, because a connected friend has enough messages queued. */
  congested(congested: boolean): void;
}
