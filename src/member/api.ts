// The member API: the requests that every client can make, whether console, script or local socket.

import type { Comparison, NamedKey } from "../core/known-key.js";
import type { PeerStatus } from "../core/notice.js";
import type { Cancellation, Origin, SendOptions, CancelTarget } from "../core/outcome.js";
import type { HistoryMessage, HistoryQuery } from "../core/record.js";
import type { DeliveryReport } from "../core/why.js";
import type { Batch, PeerName, PublicKey, Result } from "../core/types.js";

/** All names but the user's own: candidates for the correction of a mistyped name. */
export const otherNames = ({ names, self }: Pick<MemberApi, "names" | "self">): readonly PeerName[] =>
  names.filter((name) => name !== self);

/** The member as its clients see it. Lists are built when they are read. */
export interface MemberApi {
  readonly self: PeerName;
  readonly names: readonly PeerName[];
  readonly status: readonly PeerStatus[];
  /** Sends to one friend, to several (`Bob,Martha`) or to all (`*`). Returns the recipients; each gets outcomes of its own. */
  send(to: string, batch: Batch, sendOptions?: SendOptions): readonly string[];
  /** Cancels messages that no connection has carried, `to` as in `send`. Answers after the commit, often at the end of the turn. */
  cancel(to: string, target: CancelTarget, answer: (done: Cancellation) => void): void;
  /** Reports the outcomes of messages from earlier runs to `origin`. Without one they are kept for a later run. */
  reportTo(origin: Origin): void;
  /** Stops reading from friends, because the client's reader has stopped reading. */
  pauseReading(): void;
  resumeReading(): void;
  quit(): void;
  /** The newest messages that match, oldest first. The fault's message says why the history cannot be read. */
  history(query: HistoryQuery): Result<readonly HistoryMessage[]>;
  /** Accepts the friend's refused key, or `key`. Returns lines for the user, also where nothing was changed. */
  trust(friend: string, key: NamedKey | undefined): readonly string[];
  /** The state of the connection to a friend; undefined for an unknown name. */
  account(friend: string): DeliveryReport | undefined;
  /** Lines about a friend's key; without a name, about our own key, for friends. */
  keyOf(friend?: PeerName): readonly string[];
  /** The keys to compare with a friend. The fault's message says why there are none. */
  comparison(friend: PeerName): Result<Comparison>;
  /** Marks `key` as the friend's, compared by the user. Returns lines for the user. */
  verify(friend: PeerName, key: PublicKey): readonly string[];
}
