// argv → what to do. Pure: it prints nothing, ends nothing, and knows no machine.

import yargs from "yargs";
import { canonicalAddress } from "./core/address.js";
import { excerpt } from "./core/escape.js";
import { dialectNames, parseSeconds } from "./core/row-attributes.js";
import type { DialectName } from "./core/types.js";
import type { LogLevel } from "./ports.js";

const logLevels: readonly LogLevel[] = ["trace", "debug", "info", "warn", "error", "fatal", "silent"];

const defaultLogLevel: LogLevel = "warn";
const defaultDialect: DialectName = "line";

export interface Options {
  readonly name: string | undefined;
  readonly peers: string;
  readonly port: number;
  readonly listen: string | undefined;
  readonly idleMs: number;
  readonly dialect: DialectName;
  readonly loopback: boolean;
  readonly logLevel: LogLevel;
  readonly logFile: string | undefined;
}

export type Invocation =
  | { readonly kind: "chat"; readonly options: Options }
  /** `--help` or `--version`. */
  | { readonly kind: "print"; readonly text: string }
  | { readonly kind: "usage"; readonly message: string };

class UsageError extends Error {}

/** Never throws. `version` is what `--version` says. */
export function parseArguments(argv: readonly string[], version: string): Invocation {
  let invocation: Invocation = { kind: "usage", message: "nothing to do" };
  const parser = definition(version);
  try {
    void parser.parse([...argv], {}, (error: Error | undefined, parsed: Parsed, output: string) => {
      if (error) throw error;
      invocation = output === "" ? { kind: "chat", options: toOptions(parsed) } : { kind: "print", text: output };
    });
    return invocation;
  } catch (error) {
    return {
      kind: "usage",
      message: `${error instanceof Error ? error.message : String(error)} (p2p --help lists the options)`,
    };
  }
}

type Parsed = Awaited<ReturnType<ReturnType<typeof definition>["parse"]>>;

function definition(version: string) {
  return yargs()
    .scriptName("p2p")
    .usage(
      "$0 [options]\n\nChat with the friends in peer_details.txt. Type Bob/hello to say hello to Bob, /help for more.",
    )
    .option("name", { type: "string", requiresArg: true, describe: "who you are, as in the group file" })
    .option("peers", { type: "string", requiresArg: true, default: "./peer_details.txt", describe: "the group file" })
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
    .option("loopback", {
      type: "boolean",
      default: false,
      describe: "the whole group on this machine, each member on an address under 127.0.0.0/8",
    })
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

function toOptions(parsed: Parsed): Options {
  return {
    name: parsed.name,
    peers: parsed.peers,
    port: toPort(parsed.port),
    listen: parsed.listen === undefined ? undefined : toAddress(parsed.listen),
    idleMs: toIdleMs(parsed["idle-timeout"]),
    dialect: parsed.dialect,
    loopback: parsed.loopback,
    logLevel: parsed["log-level"],
    logFile: parsed["log-file"],
  };
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
