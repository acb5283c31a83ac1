// What faces may ask of the program: one list of wishes for the console, scripts and the local socket alike.

import type { Comparison, NamedKey } from "../core/known-key.js";
import type { PeerStatus } from "../core/notice.js";
import type { Cancellation, Origin, SendOptions, Which } from "../core/outcome.js";
import type { HistoryMessage, HistoryQuery } from "../core/record.js";
import type { Account } from "../core/why.js";
import type { Batch, PeerName, PublicKey, Result } from "../core/types.js";

/** Everybody else: nobody mistypes a friend's name and means himself. */
export const others = ({ names, self }: Pick<MemberApi, "names" | "self">): readonly PeerName[] =>
  names.filter((name) => name !== self);

/** The program, as those see it who speak to it: built anew for each command, so that lists are made only for who asks. */
export interface MemberApi {
  readonly self: PeerName;
  readonly names: readonly PeerName[];
  readonly status: readonly PeerStatus[];
  /** To the friend of that name, to several (`Bob,Martha`), or to everybody else (`*`). Returns to whom, one outcome each. */
  send(to: string, batch: Batch, sendOptions?: SendOptions): readonly string[];
  /** Takes back what no connection has carried, of the same friends. Answered when the disk has it, often at the end of the turn. */
  cancel(to: string, which: Which, answer: (done: Cancellation) => void): void;
  /** Who hears from now on how messages ended that an earlier run has taken; what is told to nobody waits for a later run. */
  reportTo(origin: Origin): void;
  /** Whether messages should stop coming in, because their reader has stopped reading. */
  pauseReading(): void;
  resumeReading(): void;
  quit(): void;
  /** The last messages among those asked for, oldest first. The message says why there are none to be had. */
  history(query: HistoryQuery): Result<readonly HistoryMessage[]>;
  /** What is to be said of it, whether it was done or not. */
  trust(friend: string, key: NamedKey | undefined): readonly string[];
  /** What is known of the way to a friend; undefined for a name that nobody has. */
  account(friend: string): Account | undefined;
  /** What is known of a friend's key, or without a name, what friends need to know of ours. */
  keyOf(friend?: PeerName): readonly string[];
  /** The keys to be compared with a friend. The message says why there are none. */
  comparison(friend: PeerName): Result<Comparison>;
  /** The user has compared `key` and found it to be the friend's. What is to be said of it. */
  verify(friend: PeerName, key: PublicKey): readonly string[];
}
