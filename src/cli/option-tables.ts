// Options that several commands have, as tables: yargs reads them, and so does who reads plain command lines without it.

import { toAddress, toFolder, toGroup, toIdleMs, toPort, toServer } from "./values.js";
import { dialectNames } from "../core/row-attributes.js";
import type { DialectName } from "../core/types.js";
import type { Membership, MemberOptions, SystemOptions } from "../commands/options.js";
import type { LogLevel } from "../ports.js";

const logLevels: readonly LogLevel[] = ["trace", "debug", "info", "warn", "error", "fatal", "silent"];
const defaultLogLevel: LogLevel = "warn";
const defaultDialect: DialectName = "secure";
export const rendezvousPort = 8_888;

/** A word behind the option, or for a flag, none. */
export interface OptionWord {
  readonly type: "string" | "boolean";
  readonly describe: string;
  readonly default?: string | boolean;
  readonly choices?: readonly string[];
  readonly requiresArg?: true;
}

export type OptionTable = Readonly<Record<string, OptionWord>>;

/** What was typed, by the options' names. */
export type Words<Table extends OptionTable> = {
  readonly [Name in keyof Table]: Table[Name]["type"] extends "boolean"
    ? boolean
    : Table[Name] extends { readonly default: string }
      ? string
      : string | undefined;
};

export const word = <const Word extends Omit<OptionWord, "type" | "requiresArg">>(more: Word) =>
  ({ type: "string", requiresArg: true, ...more }) as const;

export const flag = (describe: string) => ({ type: "boolean", default: false, describe }) as const;

export const membershipTable = {
  name: word({ describe: "who you are, as in the group file" }),
  peers: word({ default: "./peer_details.txt", describe: "the group file" }),
  loopback: flag("the whole group on this machine, each member on an address under 127.0.0.0/8"),
  "state-dir": word({ describe: "folder for keys and messages; ~/.local/state/p2p without it" }),
  group: word({ default: "default", describe: "which of your groups this is: each keeps its own keys and messages" }),
} as const satisfies OptionTable;

export const logTable = {
  "log-level": word({ choices: logLevels, default: defaultLogLevel, describe: "how much to log" }),
  "log-file": word({ describe: "where to log; standard error without it" }),
} as const satisfies OptionTable;

/** Of whoever runs a member, for a moment or for a year. */
export const memberTable = {
  ...membershipTable,
  ...logTable,
  port: word({ default: "6969", describe: "port of the rows that name none" }),
  listen: word({ describe: "address to listen on and dial from, instead of your row's" }),
  "idle-timeout": word({
    default: "120",
    describe: "seconds of silence after which a connection closes; 0 for never",
  }),
  dialect: word({ choices: dialectNames, default: defaultDialect, describe: "wire format of the rows that name none" }),
  "require-verified": flag("talk only with friends whose key you or the group file have named"),
  rendezvous: word({
    describe: "HOST or HOST:PORT of a rendezvous server, to see who is online and to find friends who have moved",
  }),
} as const satisfies OptionTable;

export function toMembership(words: Words<typeof membershipTable>): Membership {
  return {
    name: words.name,
    peers: words.peers,
    loopback: words.loopback,
    stateDir: toFolder(words["state-dir"]),
    group: toGroup(words.group),
  };
}

export const toLogOptions = (words: Words<typeof logTable>): Pick<SystemOptions, "logLevel" | "logFile"> => ({
  logLevel: words["log-level"] as LogLevel,
  logFile: words["log-file"],
});

export function toMemberOptions(words: Words<typeof memberTable>): MemberOptions {
  return {
    ...toMembership(words),
    ...toLogOptions(words),
    port: toPort(words.port),
    listen: words.listen === undefined ? undefined : toAddress(words.listen),
    idleMs: toIdleMs(words["idle-timeout"]),
    dialect: words.dialect as DialectName,
    requireVerified: words["require-verified"],
    rendezvous: words.rendezvous === undefined ? undefined : toServer(words.rendezvous, rendezvousPort, "--rendezvous"),
  };
}
