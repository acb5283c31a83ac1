// argv → what to do. Pure: it prints nothing, ends nothing, and knows no machine.

import yargs, { type Argv } from "yargs";
import { canonicalAddress } from "./core/address.js";
import { excerpt } from "./core/escape.js";
import { toNamedKey, type NamedKey } from "./core/known-key.js";
import { nameRule, toPeerName } from "./core/peer-name.js";
import { dialectNames, parseSeconds } from "./core/row-attributes.js";
import { parseTimePoint, type TimePoint } from "./core/time-point.js";
import type { DialectName } from "./core/types.js";
import type { LogLevel } from "./ports.js";

const logLevels: readonly LogLevel[] = ["trace", "debug", "info", "warn", "error", "fatal", "silent"];

const defaultLogLevel: LogLevel = "warn";
const defaultDialect: DialectName = "secure";

/** Which member of which group, and where its state is kept: what every command asks for. */
export interface Membership {
  readonly name: string | undefined;
  readonly peers: string;
  readonly loopback: boolean;
  readonly stateDir: string | undefined;
  readonly group: string;
}

export interface Options extends Membership {
  readonly port: number;
  readonly listen: string | undefined;
  readonly idleMs: number;
  readonly dialect: DialectName;
  /** False: everything stays in memory. */
  readonly store: boolean;
  readonly requireVerified: boolean;
  readonly logLevel: LogLevel;
  readonly logFile: string | undefined;
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

type Command =
  | { readonly kind: "chat"; readonly options: Options }
  | { readonly kind: "key"; readonly options: Membership }
  | { readonly kind: "trust"; readonly options: TrustOptions }
  | { readonly kind: "history"; readonly options: HistoryOptions };

export type Invocation =
  | Command
  /** `--help` or `--version`. */
  | { readonly kind: "print"; readonly text: string }
  | { readonly kind: "usage"; readonly message: string };

class UsageError extends Error {}

/** Never throws. `version` is what `--version` says. */
export function parseArguments(argv: readonly string[], version: string): Invocation {
  let invocation: Invocation = { kind: "usage", message: "nothing to do" };
  const take = (command: Command): void => void (invocation = command);
  try {
    checkWords(argv);
    void definition(version, take).parse([...argv], {}, (error: Error | undefined, _: unknown, output: string) => {
      if (error) throw error;
      if (output !== "") invocation = { kind: "print", text: output };
    });
    return invocation;
  } catch (error) {
    return {
      kind: "usage",
      message: `${error instanceof Error ? error.message : String(error)} (p2p --help lists the options)`,
    };
  }
}

const flags = ["loopback", "no-store", "require-verified", "json"];

/** What yargs would take in silence: `--loopback=maybe` as false, and the last of two names. */
function checkWords(argv: readonly string[]): void {
  for (const word of argv) {
    const [, flag = "", value] = /^--([a-z-]+)=(.*)$/s.exec(word) ?? [];
    if (value !== undefined && flags.includes(flag) && value !== "true" && value !== "false")
      throw new UsageError(`--${flag}: expected no value, found "${excerpt(value)}"`);
  }
  if (argv.filter((word) => /^--name(=|$)/s.test(word)).length > 1)
    throw new UsageError("--name: expected one name, found several");
}

function definition(version: string, take: (command: Command) => void) {
  return yargs()
    .scriptName("p2p")
    .command(
      "$0",
      "Chat with the friends in peer_details.txt. Type Bob/hello to say hello to Bob, /help for more.",
      chatWords,
      (parsed) => take({ kind: "chat", options: toOptions(parsed) }),
    )
    .command("key", "show your key, and what your friends put into their group files", keyWords, (parsed) =>
      take({ kind: "key", options: toMembership(parsed) }),
    )
    .command(
      "trust <friend> [key]",
      "accept the key that was refused for a friend, or the one named",
      trustWords,
      (parsed) => take({ kind: "trust", options: toTrustOptions(parsed) }),
    )
    .command("history [friend]", "show what was sent and received", historyWords, (parsed) =>
      take({ kind: "history", options: toHistoryOptions(parsed) }),
    )
    .version(version)
    .help()
    .alias("help", "h")
    .strict()
    .exitProcess(false)
    .parserConfiguration({ "duplicate-arguments-array": false, "boolean-negation": false, "dot-notation": false })
    .wrap(100)
    .fail((message: string | null, error: Error | undefined) => {
      throw error ?? new UsageError(message ?? "unknown usage");
    });
}

const membershipWords = <Words>(words: Argv<Words>) =>
  words
    .option("name", { type: "string", requiresArg: true, describe: "who you are, as in the group file" })
    .option("peers", { type: "string", requiresArg: true, default: "./peer_details.txt", describe: "the group file" })
    .option("loopback", {
      type: "boolean",
      default: false,
      describe: "the whole group on this machine, each member on an address under 127.0.0.0/8",
    })
    .option("state-dir", {
      type: "string",
      requiresArg: true,
      describe: "folder for keys and messages; ~/.local/state/p2p without it",
    })
    .option("group", {
      type: "string",
      requiresArg: true,
      default: "default",
      describe: "which of your groups this is: each keeps its own keys and messages",
    });

const chatWords = (words: Argv) =>
  membershipWords(words)
    .option("port", { type: "string", requiresArg: true, default: "6969", describe: "port of the rows that name none" })
    .option("listen", {
      type: "string",
      requiresArg: true,
      describe: "address to listen on and dial from, instead of your row's",
    })
    .option("idle-timeout", {
      type: "string",
      requiresArg: true,
      default: "120",
      describe: "seconds of silence after which a connection closes; 0 for never",
    })
    .option("dialect", {
      choices: dialectNames,
      requiresArg: true,
      default: defaultDialect,
      describe: "wire format of the rows that name none",
    })
    .option("require-verified", {
      type: "boolean",
      default: false,
      describe: "talk only with friends whose key you or the group file have named",
    })
    .option("no-store", { type: "boolean", default: false, describe: "keep messages in memory only" })
    .option("log-level", {
      choices: logLevels,
      requiresArg: true,
      default: defaultLogLevel,
      describe: "how much to log",
    })
    .option("log-file", { type: "string", requiresArg: true, describe: "where to log; standard error without it" })
    .example("p2p", "be the member whose address this machine holds")
    .example("p2p --name Alice --loopback", "try the group on one machine; start Bob in a second terminal")
    .example("echo Bob/hello | p2p --name Alice", "say one thing; the program goes on listening")
    .example("p2p --idle-timeout 0.5", "close connections after half a second of silence")
    .example("p2p trust Bob", "Bob has a new key, and you have compared it with him");

const keyWords = (words: Argv) =>
  membershipWords(words).example("p2p key --name Alice", "make Alice's key if there is none, and show it");

const trustWords = (words: Argv) =>
  membershipWords(words)
    .positional("friend", { type: "string", demandOption: true, describe: "as in the group file" })
    .positional("key", {
      type: "string",
      describe: "64 hexadecimal digits, or the fingerprint of a key that was refused; not needed where only one was",
    })
    .example("p2p trust Bob", "accept the key that was refused");

const historyWords = (words: Argv) =>
  membershipWords(words)
    .positional("friend", { type: "string", describe: "as in the group file; everybody without it" })
    .option("search", { type: "string", requiresArg: true, describe: "only messages with these words" })
    .option("since", {
      type: "string",
      requiresArg: true,
      describe: "only messages from then on: 2026-03-01, 2026-03-01T12:00:00Z (both UTC), 2h or 7d ago",
    })
    .option("limit", { type: "string", requiresArg: true, describe: "only the last so many" })
    .option("json", { type: "boolean", default: false, describe: "one JSON object per message" })
    .example("p2p history Bob --since 7d", "the last week with Bob")
    .example("p2p history --search lunch --json", "for a script");

/** What yargs makes of the words that such a builder declares. */
type Parsed<Builder> = Builder extends (words: Argv) => Argv<infer Words> ? Words : never;

function toMembership(parsed: Parsed<typeof keyWords>): Membership {
  return {
    name: parsed.name,
    peers: parsed.peers,
    loopback: parsed.loopback,
    stateDir: toFolder(parsed["state-dir"]),
    group: toGroup(parsed.group),
  };
}

function toOptions(parsed: Parsed<typeof chatWords>): Options {
  return {
    ...toMembership(parsed),
    port: toPort(parsed.port),
    listen: parsed.listen === undefined ? undefined : toAddress(parsed.listen),
    idleMs: toIdleMs(parsed["idle-timeout"]),
    dialect: parsed.dialect,
    store: !parsed["no-store"],
    requireVerified: parsed["require-verified"],
    logLevel: parsed["log-level"],
    logFile: parsed["log-file"],
  };
}

function toTrustOptions(parsed: Parsed<typeof trustWords>): TrustOptions {
  return {
    ...toMembership(parsed),
    friend: parsed.friend,
    key: parsed.key === undefined ? undefined : toKey(parsed.key),
  };
}

function toHistoryOptions(parsed: Parsed<typeof historyWords>): HistoryOptions {
  return {
    ...toMembership(parsed),
    friend: parsed.friend,
    search: parsed.search,
    since: parsed.since === undefined ? undefined : toTimePoint(parsed.since),
    limit: parsed.limit === undefined ? undefined : toLimit(parsed.limit),
    json: parsed.json,
  };
}

function toFolder(word: string | undefined): string | undefined {
  if (word === "") throw new UsageError("--state-dir: expected a folder, found nothing");
  return word;
}

/** A group's name is a folder's name, so it obeys the rule for names. */
function toGroup(word: string): string {
  const group = toPeerName(word);
  if (group === undefined) throw new UsageError(`--group: expected a name (${nameRule}), found "${excerpt(word)}"`);
  return group;
}

function toKey(word: string): NamedKey {
  const key = toNamedKey(word);
  if (key === undefined)
    throw new UsageError(
      `p2p trust: expected a key of 64 hexadecimal digits or a fingerprint of 32, found "${excerpt(word)}"`,
    );
  return key;
}

function toTimePoint(word: string): TimePoint {
  const point = parseTimePoint(word);
  if (point === undefined)
    throw new UsageError(
      `--since: expected a date (2026-03-01), a time (2026-03-01T12:00:00Z) or how long ago (2h, 7d), found "${excerpt(word)}"`,
    );
  return point;
}

function toLimit(word: string): number {
  if (!/^[1-9]\d{0,8}$/.test(word))
    throw new UsageError(`--limit: expected a number of messages from 1 on, found "${excerpt(word)}"`);
  return Number(word);
}

function toPort(word: string): number {
  const port = /^\d{1,5}$/.test(word) ? Number(word) : 0;
  if (port < 1 || port > 65_535)
    throw new UsageError(`--port: expected a number from 1 to 65535, found "${excerpt(word)}"`);
  return port;
}

function toAddress(word: string): string {
  const address = canonicalAddress(word);
  if (address === undefined) throw new UsageError(`--listen: expected an IP address, found "${excerpt(word)}"`);
  return address;
}

function toIdleMs(word: string): number {
  const seconds = parseSeconds(word);
  if (seconds === undefined)
    throw new UsageError(`--idle-timeout: expected seconds (120, 0.5, or 0 for never), found "${excerpt(word)}"`);
  return seconds * 1_000;
}
