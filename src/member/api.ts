// The member API: what every client can ask of a member, and the answers. Requests and answers are plain data that JSON can
// carry, so a client works the same in the member's process and at its socket.

import type { Comparison } from "../core/known-key.js";
import type { KernelRow } from "../core/why.js";
import type { Cancellation, Origin, SendOptions } from "../core/outcome.js";
import type { HistoryMessage } from "../core/record.js";
import type { Batch, DialectName, KeyStanding, PeerName, Result } from "../core/types.js";
import type { PeerStatus } from "../core/notice.js";

/** One member of the group. */
export interface PeerRow {
  readonly name: PeerName;
  /** `host:port`. */
  readonly address: string;
  readonly dialect: DialectName;
  readonly self: boolean;
  readonly state: PeerStatus["state"];
  readonly waiting: number;
  /** Whether the rendezvous server lists the address; undefined without such a server. */
  readonly online?: boolean | undefined;
  /** Whole seconds since the last byte; undefined if not connected. */
  readonly idle?: number | undefined;
  readonly key?: KeyStanding | undefined;
}

/** Times are milliseconds before or after the answer, unless they are RFC 3339. */
export interface WhyAnswer {
  readonly peer: PeerName;
  readonly address: string;
  readonly dialect: DialectName;
  readonly state: PeerStatus["state"];
  readonly key?: KeyStanding | undefined;
  readonly waiting: number;
  readonly oldest?: string | undefined;
  readonly attempts: readonly { readonly address: string; readonly msAgo: number; readonly result: string }[];
  readonly retryInMs?: number | undefined;
  readonly stoodMsAgo?: number | undefined;
  readonly closesInMs?: number | undefined;
  readonly storeFault?: string | undefined;
  readonly kernel?: readonly KernelRow[] | undefined;
  readonly verdict: string;
  /** What the user can do; empty if nothing. */
  readonly next: string;
  /** All of it, for people: lines joined by line feeds. */
  readonly text: string;
}

/** Lines for the user. */
export interface LinesAnswer {
  readonly lines: readonly string[];
}

export interface Answers {
  readonly peers: { readonly peers: readonly PeerRow[] };
  readonly history: { readonly messages: readonly HistoryMessage[] };
  readonly why: WhyAnswer;
  readonly key: LinesAnswer;
  /** The keys to compare or, if the request named the compared key, lines about the result. */
  readonly verify: { readonly comparison?: Comparison; readonly lines?: readonly string[] };
  readonly trust: LinesAnswer;
  readonly cancel: Cancellation & { readonly to?: string; readonly seq?: string };
}

/** The requests that the member answers itself. Clients answer those that concern their own connection. */
export type MemberRequest = keyof Answers;

const memberRequests: Readonly<Record<MemberRequest, true>> = {
  ...{ peers: true, history: true, why: true, key: true, verify: true, trust: true, cancel: true },
};

export const isMemberRequest = (name: string): name is MemberRequest => Object.hasOwn(memberRequests, name);

/** The fields of a request, unchecked: they may come from another program. */
export type Fields = Readonly<Record<string, unknown>>;

/** The member as its clients see it. Lists are built when they are read. */
export interface MemberApi {
  readonly self: PeerName;
  readonly names: readonly PeerName[];
  /** Sends to one friend, to several (`Bob,Martha`) or to all (`*`). Returns the recipients; each gets outcomes of its own. */
  send(to: string, batch: Batch, sendOptions?: SendOptions): readonly string[];
  /** Answers at once, or at the end of the turn after its commit. A fault's message tells the user why, in lines. */
  request<Name extends MemberRequest>(name: Name, fields: Fields, reply: Reply<Name>): void;
  /** Reports the outcomes of messages from earlier runs to `origin`. Without one they are kept for a later run. */
  reportTo(origin: Origin): void;
  /** Stops reading from friends, because the client's reader has stopped reading. */
  pauseReading(): void;
  resumeReading(): void;
  /** Ends the program. A client at the socket only leaves. */
  quit(): void;
}

export type Reply<Name extends MemberRequest> = (answer: Result<Answers[Name]>) => void;

/** All names but the user's own. */
export const otherNames = ({ names, self }: Pick<MemberApi, "names" | "self">): readonly PeerName[] =>
  names.filter((name) => name !== self);
