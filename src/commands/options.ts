// What the user asked for, one type for each command. `cli.ts` makes them, `commands/` obey them.

import type { NamedKey } from "../core/known-key.js";
import type { TimePoint } from "../core/time-point.js";
import type { DialectName, Endpoint } from "../core/types.js";
import type { LogLevel } from "../ports.js";

/** Which member of which group, and where its state is kept: what every command asks for. */
export interface Membership {
  readonly name: string | undefined;
  readonly peers: string;
  readonly loopback: boolean;
  readonly stateDir: string | undefined;
  readonly group: string;
}

/** Of whoever runs a member, for a moment or for a year. */
export interface MemberOptions extends Membership {
  readonly port: number;
  readonly listen: string | undefined;
  readonly idleMs: number;
  readonly dialect: DialectName;
  readonly requireVerified: boolean;
  /** Where to tell that we are there, and to ask who else is. */
  readonly rendezvous: Endpoint | undefined;
  readonly logLevel: LogLevel;
  readonly logFile: string | undefined;
}

export interface Options extends MemberOptions {
  /** False: everything stays in memory. */
  readonly store: boolean;
  /** At a terminal, messages ring. */
  readonly bell: boolean;
  /** Nobody sits there: a member for a moment, of a command that found none. */
  readonly silent?: boolean;
  /** JSON lines in and out. */
  readonly json: boolean;
  /** At the end of standard input: how long to wait for all outcomes, in milliseconds, Infinity for ever; undefined: go on. */
  readonly drainMs: number | undefined;
  /** How long what is handed over is worth sending, in milliseconds. */
  readonly expireMs: number | undefined;
}

export interface SendCommandOptions extends MemberOptions {
  readonly friend: string;
  /** Undefined: each line of standard input is one. */
  readonly text: string | undefined;
  readonly id: string | undefined;
  /** A duration, as it was typed. */
  readonly expire: string | undefined;
  readonly wait: "queued" | "sent" | "delivered";
  /** How long to wait, in milliseconds. */
  readonly deadlineMs: number;
  readonly json: boolean;
}

export interface FollowOptions extends Membership {
  /** Number of the first message. */
  readonly from: "now" | "all" | number;
  /** The name that the place is kept under. */
  readonly as: string | undefined;
  readonly autoAck: boolean;
  /** Forgets the place, and ends. */
  readonly forget: boolean;
  readonly json: boolean;
}

export interface AskOptions extends Membership {
  readonly json: boolean;
}

export interface WhyOptions extends AskOptions {
  readonly friend: string;
}

export interface CancelOptions extends AskOptions {
  readonly friend: string;
  /** One of these, or everything. */
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

/** What the older systems' own programs have in common. */
export interface SystemOptions {
  readonly listen: string | undefined;
  readonly logLevel: LogLevel;
  readonly logFile: string | undefined;
}

export interface MenuOptions extends SystemOptions {
  /** Each gets a greeting at the start. */
  readonly greet: readonly Endpoint[];
  /** Our address in messages; undefined for the one that routes to the peer. */
  readonly advertise: string | undefined;
}

/** A chat that is encrypted where the other side can do that too. */
export interface ClearableOptions extends SystemOptions {
  /** Where we listen for secure connections; undefined for the usual place. */
  readonly securePort: number | undefined;
  /** True: everything in the clear, as the older program does it. */
  readonly clear: boolean;
}

export interface RendezvousOptions extends SystemOptions {
  readonly port: number;
  readonly clientsMax: number;
}

export interface NumberedOptions extends ClearableOptions {
  readonly server: Endpoint;
  /** Where the conversation goes instead of the terminal. */
  readonly file: string | undefined;
  /** The other sides' names, by address. */
  readonly names: ReadonlyMap<string, string>;
  readonly port: number;
}

export type Command =
  | { readonly kind: "menu"; readonly options: MenuOptions }
  | { readonly kind: "says"; readonly options: ClearableOptions }
  | { readonly kind: "rendezvous"; readonly options: RendezvousOptions }
  | { readonly kind: "numbered"; readonly options: NumberedOptions }
  | { readonly kind: "chat"; readonly options: Options }
  | { readonly kind: "key"; readonly options: Membership }
  /** Who is in the group file, for a shell that completes. */
  | { readonly kind: "friends"; readonly options: Membership }
  | { readonly kind: "trust"; readonly options: TrustOptions }
  | { readonly kind: "history"; readonly options: HistoryOptions }
  | ScriptCommand;

/** Those that speak to a running member. */
export type ScriptCommand =
  | { readonly kind: "send"; readonly options: SendCommandOptions }
  | { readonly kind: "follow"; readonly options: FollowOptions }
  | { readonly kind: "status"; readonly options: AskOptions }
  | { readonly kind: "peers"; readonly options: AskOptions }
  | { readonly kind: "why"; readonly options: WhyOptions }
  | { readonly kind: "cancel"; readonly options: CancelOptions }
  | { readonly kind: "flush"; readonly options: FlushOptions };
