// Options of each command. `cli/` parses them, `commands/` executes them.

import type { ConsoleOptions } from "../clients/console.js";
import type { NamedKey } from "../core/known-key.js";
import type { TimePoint } from "../core/time-point.js";
import type { DialectName, Endpoint } from "../core/types.js";
import type { MemberRequest } from "../member/api.js";
import type { LogLevel } from "../ports.js";

/** Options of every command: the group, the member, and its state folder. */
export interface Membership {
  readonly name: string | undefined;
  readonly peers: string;
  readonly loopback: boolean;
  readonly stateDir: string | undefined;
  readonly group: string;
}

/** Options of the commands that can start a member. */
export interface MemberOptions extends Membership {
  readonly port: number;
  readonly listen: string | undefined;
  readonly idleMs: number;
  readonly dialect: DialectName;
  readonly requireVerified: boolean;
  /** The rendezvous server that lists online members. */
  readonly rendezvous: Endpoint | undefined;
  readonly logLevel: LogLevel;
  readonly logFile: string | undefined;
}

export interface ChatOptions extends MemberOptions, Omit<ConsoleOptions, "people"> {
  /** False: keeps messages in memory only. */
  readonly store: boolean;
  /** Rings the terminal's bell when a message arrives. */
  readonly bell: boolean;
}

export interface SendCommandOptions extends MemberOptions {
  readonly friend: string;
  /** Undefined: each line of standard input is a message. */
  readonly text: string | undefined;
  readonly id: string | undefined;
  /** A duration as typed. */
  readonly expire: string | undefined;
  readonly wait: "queued" | "sent" | "delivered";
  /** Milliseconds to wait for the outcome. */
  readonly deadlineMs: number;
  readonly json: boolean;
}

export interface FollowOptions extends Membership {
  /** Number of the first message. */
  readonly from: "now" | "all" | number;
  /** Name of the saved position. */
  readonly as: string | undefined;
  readonly autoAck: boolean;
  /** Deletes the saved position and exits. */
  readonly forget: boolean;
  readonly json: boolean;
}

export interface AskOptions extends Membership {
  readonly json: boolean;
}

/** One request to the running member. */
export interface RequestOptions extends AskOptions {
  readonly request: MemberRequest;
  readonly fields: Readonly<Record<string, string>>;
}

export interface CancelOptions extends AskOptions {
  /** Undefined: the number tells. */
  readonly friend: string | undefined;
  /** At most one of seq and id; neither: all messages. */
  readonly seq: number | undefined;
  readonly id: string | undefined;
}

export interface FlushOptions extends MemberOptions {
  readonly deadlineMs: number;
  readonly json: boolean;
}

export interface TrustOptions extends Membership {
  readonly friend: string;
  readonly key: NamedKey | undefined;
}

export interface HistoryOptions extends Membership {
  readonly friend: string | undefined;
  readonly search: string | undefined;
  readonly since: TimePoint | undefined;
  readonly limit: number | undefined;
  readonly json: boolean;
}

/** Options that the older programs share. */
export interface CompatOptions {
  readonly listen: string | undefined;
  readonly logLevel: LogLevel;
  readonly logFile: string | undefined;
}

export interface MenuOptions extends CompatOptions {
  /** Addresses to send a greeting to at the start. */
  readonly greet: readonly Endpoint[];
  /** Our address in messages; undefined: the local address of the route to the peer. */
  readonly advertise: string | undefined;
}

/** Options of an older chat that encrypts if the peer supports it. */
export interface CompatChatOptions extends CompatOptions {
  /** Port to listen on for secure connections; undefined: the default. */
  readonly securePort: number | undefined;
  /** True: never encrypt, like the older program. */
  readonly clear: boolean;
}

export interface RendezvousOptions extends CompatOptions {
  readonly port: number;
  readonly clientsMax: number;
}

export interface NumberedOptions extends CompatChatOptions {
  readonly server: Endpoint;
  /** File for the conversation; undefined: the terminal. */
  readonly file: string | undefined;
  /** Peers' names by address. */
  readonly names: ReadonlyMap<string, string>;
  readonly port: number;
}

export type Command =
  | { readonly kind: "menu"; readonly options: MenuOptions }
  | { readonly kind: "says"; readonly options: CompatChatOptions }
  | { readonly kind: "rendezvous"; readonly options: RendezvousOptions }
  | { readonly kind: "numbered"; readonly options: NumberedOptions }
  | { readonly kind: "chat"; readonly options: ChatOptions }
  | { readonly kind: "key"; readonly options: Membership }
  /** Lists the group file's names, for shell completion. */
  | { readonly kind: "friends"; readonly options: Membership }
  | { readonly kind: "trust"; readonly options: TrustOptions }
  | { readonly kind: "history"; readonly options: HistoryOptions }
  | ScriptCommand;

/** Commands that talk to a running member. */
export type ScriptCommand =
  | { readonly kind: "send"; readonly options: SendCommandOptions }
  | { readonly kind: "follow"; readonly options: FollowOptions }
  | { readonly kind: "stop"; readonly options: AskOptions }
  | { readonly kind: "status"; readonly options: AskOptions }
  | { readonly kind: "ask"; readonly options: RequestOptions }
  | { readonly kind: "cancel"; readonly options: CancelOptions }
  | { readonly kind: "flush"; readonly options: FlushOptions };
