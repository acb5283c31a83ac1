// Tables of the options that several commands share. Both yargs and plain-arguments.ts read them.

import { toAddress, toFolder, toGroup, toIdleMs, toPort, toServer } from "./values.js";
import { dialectNames } from "../core/dialect-names.js";
import type { DialectName } from "../core/types.js";
import type { Membership, MemberOptions, CompatOptions } from "../commands/options.js";
import type { LogLevel } from "../ports.js";

const logLevels: readonly LogLevel[] = ["trace", "debug", "info", "warn", "error", "fatal", "silent"];
const defaultLogLevel: LogLevel = "warn";
const defaultDialect: DialectName = "secure";
export const rendezvousPort = 8_888;

/** An option with a value (string) or a flag (boolean). */
export interface OptionWord {
  readonly type: "string" | "boolean";
  readonly describe: string;
  readonly default?: string | boolean;
  readonly choices?: readonly string[];
  readonly requiresArg?: true;
}

export type OptionTable = Readonly<Record<string, OptionWord>>;

/** The parsed values of a table's options, by option name. */
export type Words<Table extends OptionTable> = {
  readonly [Name in keyof Table]: Table[Name]["type"] extends "boolean"
    ? boolean
    : Table[Name] extends { readonly default: string }
      ? string
      : string | undefined;
};

export const stringOption = <const Word extends Omit<OptionWord, "type" | "requiresArg">>(more: Word) =>
  ({ type: "string", requiresArg: true, ...more }) as const;

export const flagOption = (describe: string) => ({ type: "boolean", default: false, describe }) as const;

export const membershipTable = {
  name: stringOption({ describe: "your name in the group file" }),
  peers: stringOption({ default: "./peer_details.txt", describe: "the group file" }),
  loopback: flagOption("run the whole group on this machine, each member on its own address in 127.0.0.0/8"),
  "state-dir": stringOption({ describe: "folder for keys and messages; default: ~/.local/state/p2p" }),
  group: stringOption({ default: "default", describe: "name of this group; each group has its own keys and messages" }),
} as const satisfies OptionTable;

export const logTable = {
  "log-level": stringOption({ choices: logLevels, default: defaultLogLevel, describe: "how much to log" }),
  "log-file": stringOption({ describe: "file to log to; default: standard error" }),
} as const satisfies OptionTable;

/** Options of the commands that can start a member. */
export const memberTable = {
  ...membershipTable,
  ...logTable,
  port: stringOption({ default: "6969", describe: "port of the rows without one" }),
  listen: stringOption({ describe: "address to listen on and dial from, instead of the one in your row" }),
  "idle-timeout": stringOption({
    default: "120",
    describe: "close a connection after this many seconds of silence; 0: never",
  }),
  dialect: stringOption({
    choices: dialectNames,
    default: defaultDialect,
    describe: "wire format of the rows without one",
  }),
  "require-verified": flagOption("talk only to friends whose key you verified or the group file contains"),
  rendezvous: stringOption({
    describe: "HOST or HOST:PORT of a rendezvous server: shows who is online, finds friends at new addresses",
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

export const toLogOptions = (words: Words<typeof logTable>): Pick<CompatOptions, "logLevel" | "logFile"> => ({
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
