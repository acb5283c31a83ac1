// Parses argv into a command. Pure: no output, no exit, no access to the machine.

import yargs, { type Argv } from "yargs";
import {
  toAddress,
  toCount,
  toDuration,
  toEndpoints,
  toKey,
  toLimit,
  toNames,
  toPort,
  toServer,
  toTimePoint,
  UsageError,
} from "./values.js";
import { scriptCommands, type ScriptSyntax, type OptionValues } from "./script-commands.js";
import { excerpt } from "../core/escape.js";
import { summaryOf } from "../member/request-table.js";
import type {
  CompatChatOptions,
  Command,
  HistoryOptions,
  MenuOptions,
  NumberedOptions,
  ChatOptions,
  RendezvousOptions,
  CompatOptions,
  TrustOptions,
} from "../commands/options.js";
import { textCommands } from "./help.js";
import { explainUsage } from "./usage.js";
import {
  logTable,
  membershipTable,
  memberTable,
  rendezvousPort,
  toLogOptions,
  toMemberOptions,
  toMembership,
} from "./option-tables.js";

export type Invocation =
  | Command
  /** `--help` or `--version`. */
  | { readonly kind: "print"; readonly text: string }
  | { readonly kind: "usage"; readonly message: string };

/** Never throws. `--version` prints `version`. */
export const parseArguments = (argv: readonly string[], version: string): Invocation =>
  parse(argv, version, helpColumns);

const helpColumns = 100;

/** Wraps help texts at `columns`; null: does not wrap them. */
function parse(argv: readonly string[], version: string, columns: number | null): Invocation {
  let invocation: Invocation = { kind: "usage", message: "nothing to do" };
  const take = (command: Command): void => void (invocation = command);
  try {
    checkWords(argv);
    const print = (text: string): void => void (invocation = { kind: "print", text });
    const words = definition(version, argv, take).wrap(columns);
    void textCommands(words, { print, helpOf: (command) => helpOf(command, version) }).parse(
      [...argv],
      {},
      (error: Error | undefined, _: unknown, output: string) => {
        if (error) throw error;
        if (output !== "") invocation = { kind: "print", text: output };
      },
    );
    return invocation;
  } catch (error) {
    return {
      kind: "usage",
      message: `${error instanceof Error ? error.message : String(error)} (p2p --help lists the options)`,
    };
  }
}

const flags = ["loopback", "no-store", "require-verified", "json", "clear", "bell"];

/** Rejects mistakes that yargs accepts silently: it reads `--loopback=maybe` as false, and takes the last of two ports. */
function checkWords(argv: readonly string[]): void {
  const words = argv.slice(0, argv.includes("--") ? argv.indexOf("--") : argv.length);
  for (const word of words) {
    // yargs reads any single-dash word that contains an h as -h.
    if (/^-[^-\d.]/.test(word) && word !== "-h") throw new UsageError(`Unknown option: ${excerpt(word)}`);
    const [, flag = "", value] = /^--([a-z-]+)=(.*)$/s.exec(word) ?? [];
    if (value !== undefined && flags.includes(flag) && value !== "true" && value !== "false")
      throw new UsageError(`--${flag}: expected no value, found "${excerpt(value)}"`);
  }
  const options = words.flatMap((word) => /^--[a-z-]+(?==|$)/s.exec(word)?.[0] ?? []);
  const twice = options.find((option, index) => options.indexOf(option) !== index);
  if (twice !== undefined) throw new UsageError(`${twice}: expected once, found several times`);
}

/** A command's help, each entry on one line. */
function helpOf(command: string, version: string): string {
  const invocation = parse([...(command === "" ? [] : [command]), "--help"], version, null);
  return invocation.kind === "print" ? invocation.text : "";
}

function definition(version: string, argv: readonly string[], take: (command: Command) => void) {
  return (
    scripts(yargs().scriptName("p2p"), argv, take)
      .command(
        "$0",
        "Chat with the friends in peer_details.txt. Type Bob/hello to send hello to Bob, /help for more.",
        chatWords,
        (parsed) => take({ kind: "chat", options: toOptions(parsed) }),
      )
      .command("key", summaryOf("key"), keyWords, (parsed) => take({ kind: "key", options: toMembership(parsed) }))
      // For completion scripts. Not listed in the help.
      .command("friends", false, membershipWords, (parsed) => take({ kind: "friends", options: toMembership(parsed) }))
      .command("trust <friend> [key]", summaryOf("trust"), trustWords, (parsed) =>
        take({ kind: "trust", options: toTrustOptions(parsed) }),
      )
      .command("history [friend]", summaryOf("history"), historyWords, (parsed) =>
        take({ kind: "history", options: toHistoryOptions(parsed) }),
      )
      .command(
        "menu",
        "the older chat with a menu: send, query, connect, quit; needs no group file",
        menuWords,
        (parsed) => take({ kind: "menu", options: toMenuOptions(parsed) }),
      )
      .command(
        "says",
        "the older chat between two ports: asks for your name, your port and the peer's port",
        clearableWords,
        (parsed) => take({ kind: "says", options: toClearableOptions(parsed) }),
      )
      .command("rendezvous", "run the server that lists the members who are online", rendezvousWords, (parsed) =>
        take({ kind: "rendezvous", options: toRendezvousOptions(parsed) }),
      )
      .command(
        "numbered <server> [where]",
        "the older chat with all clients of a rendezvous server",
        numberedWords,
        (parsed) => take({ kind: "numbered", options: toNumberedOptions(parsed) }),
      )
      .version(version)
      .help()
      .alias("help", "h")
      .strict()
      .exitProcess(false)
      .parserConfiguration({ "boolean-negation": false, "dot-notation": false })
      .fail((message: string | null, error: Error | undefined) => {
        if (error !== undefined && error.name !== "YError") throw error;
        throw new UsageError(explainUsage(message ?? error?.message ?? "unknown usage", argv));
      })
  );
}

/** Adds the commands that talk to a running member. */
function scripts(definition: Argv, argv: readonly string[], take: (command: Command) => void): Argv {
  for (const command of scriptCommands)
    definition.command(
      command.usage,
      command.describe,
      (words: Argv) => scriptWords(command, words),
      (parsed) =>
        take(command.read({ options: parsed as OptionValues, positionals: positionalsOf(command, parsed, argv) })),
    );
  return definition;
}

function scriptWords({ table, positionals, examples }: ScriptSyntax, words: Argv): Argv {
  words.options(table);
  for (const [name, describe] of Object.entries(positionals)) words.positional(name, { type: "string", describe });
  for (const [line, describe] of examples) words.example(line, describe);
  return words;
}

/** Positional words, then the words after `--`, which may begin with a dash. Reads those from argv: yargs turns some into numbers. */
function positionalsOf(
  { positionals, usage }: ScriptSyntax,
  parsed: object,
  argv: readonly string[],
): readonly string[] {
  const named = Object.keys(positionals).flatMap((name) => (parsed as Record<string, readonly string[]>)[name] ?? []);
  const dashes = argv.indexOf("--");
  const behind = dashes < 0 ? [] : argv.slice(dashes + 1);
  if (behind.length > 0 && !usage.endsWith("..]"))
    throw new UsageError(`Unknown argument: ${excerpt(behind[0] ?? "")}`);
  return [...named, ...behind];
}

const membershipWords = <Words>(words: Argv<Words>) => words.options(membershipTable);

const logWords = <Words>(words: Argv<Words>) => words.options(logTable);

const chatWords = (words: Argv) =>
  words
    .options(memberTable)
    .option("bell", {
      type: "boolean",
      default: false,
      describe: "at a terminal, ring the bell when a message arrives",
    })
    .option("json", { type: "boolean", default: false, describe: "read and write JSON lines, for scripts" })
    .option("drain", {
      type: "string",
      describe: "at the end of the input, wait for all outcomes, at most this long (10s), then exit",
    })
    .option("expire", {
      type: "string",
      requiresArg: true,
      describe: "drop messages that could not be sent within this time (500ms, 10s, 2m, 1h)",
    })
    .option("no-store", { type: "boolean", default: false, describe: "keep messages in memory only" })
    .example("p2p", "run the member whose address this machine has")
    .example("p2p --name Alice --loopback", "try the group on one machine; start Bob in a second terminal")
    .example("echo Bob/hello | p2p --name Alice", "send one message, then keep listening")
    .example("p2p --drain 10s <lines.txt", "send each line of a file; the exit code gives the outcome")
    .example("p2p --idle-timeout 0.5", "close connections after half a second of silence")
    .example("p2p trust Bob", "accept Bob's new key after you compared it with him");

const keyWords = (words: Argv) =>
  membershipWords(words).example("p2p key --name Alice", "show Alice's key; create it if there is none");

const trustWords = (words: Argv) =>
  membershipWords(words)
    .positional("friend", { type: "string", demandOption: true, describe: "name in the group file" })
    .positional("key", {
      type: "string",
      describe: "64 hexadecimal digits, or the fingerprint of a refused key; not needed if only one key was refused",
    })
    .example("p2p trust Bob", "accept the refused key");

const historyWords = (words: Argv) =>
  membershipWords(words)
    .positional("friend", { type: "string", describe: "name in the group file; all friends if omitted" })
    .option("search", { type: "string", requiresArg: true, describe: "only messages with these words" })
    .option("since", {
      type: "string",
      requiresArg: true,
      describe: "only messages since then: 2026-03-01, 2026-03-01T12:00:00Z (both UTC), or 2h or 7d ago",
    })
    .option("limit", { type: "string", requiresArg: true, describe: "only the last N messages" })
    .option("json", { type: "boolean", default: false, describe: "one JSON object per message" })
    .example("p2p history Bob --since 7d", "the last week with Bob")
    .example("p2p history --search lunch --json", "for a script");

const systemWords = (words: Argv) =>
  logWords(words).option("listen", {
    type: "string",
    requiresArg: true,
    describe: "address to listen on; default: all addresses",
  });

const menuWords = (words: Argv) =>
  systemWords(words)
    .option("greet", {
      type: "string",
      requiresArg: true,
      describe: "send a greeting to these addresses at the start: IP:PORT,…",
    })
    .option("advertise", {
      type: "string",
      requiresArg: true,
      describe: "your address in messages; default: the address of the route to the peer",
    })
    .example("p2p menu --greet 10.206.4.122:1255,10.206.5.228:6555", "greet the two addresses of the assignment");

const clearableWords = (words: Argv) =>
  systemWords(words)
    .option("secure-port", {
      type: "string",
      requiresArg: true,
      describe: "port to listen on for encrypted connections",
    })
    .option("clear", { type: "boolean", default: false, describe: "never use encryption" });

const rendezvousWords = (words: Argv) =>
  systemWords(words)
    .option("port", { type: "string", requiresArg: true, default: "8888", describe: "port to listen on" })
    .option("max-clients", {
      type: "string",
      requiresArg: true,
      default: "10000",
      describe: "refuse more clients than this",
    });

const numberedWords = (words: Argv) =>
  clearableWords(words)
    .positional("server", { type: "string", demandOption: true, describe: "rendezvous server: HOST or HOST:PORT" })
    .positional("where", {
      choices: ["stdin", "file"] as const,
      default: "stdin" as const,
      describe: "stdin: show the conversation here; file: append it to a file",
    })
    .option("file", { type: "string", requiresArg: true, default: "chat.txt", describe: "file for file mode" })
    .option("names", {
      type: "string",
      requiresArg: true,
      describe: "names to show instead of addresses: ADDRESS=NAME,…",
    })
    .option("port", { type: "string", requiresArg: true, default: "6666", describe: "port that all peers listen on" })
    .example("p2p numbered 155.246.163.104 stdin", "chat on the terminal");

/** The type that yargs gives to the options of this builder. */
type Parsed<Builder> = Builder extends (words: Argv) => Argv<infer Words> ? Words : never;

function toOptions(parsed: Parsed<typeof chatWords>): ChatOptions {
  return {
    ...toMemberOptions(parsed),
    store: !parsed["no-store"],
    json: parsed.json,
    drainMs: toDrain(parsed.drain),
    expireMs: parsed.expire === undefined ? undefined : toDuration(parsed.expire, "--expire"),
    bell: parsed.bell,
  };
}

/** Milliseconds. Without a duration: waits without a limit. */
const toDrain = (word: string | undefined): number | undefined =>
  word === undefined ? undefined : word === "" ? Infinity : toDuration(word, "--drain");

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

function toSystemOptions(parsed: Parsed<typeof systemWords>): CompatOptions {
  return {
    listen: parsed.listen === undefined ? undefined : toAddress(parsed.listen),
    ...toLogOptions(parsed),
  };
}

function toMenuOptions(parsed: Parsed<typeof menuWords>): MenuOptions {
  return {
    ...toSystemOptions(parsed),
    greet: parsed.greet === undefined ? [] : toEndpoints(parsed.greet, "--greet"),
    advertise: parsed.advertise === undefined ? undefined : toAddress(parsed.advertise, "--advertise"),
  };
}

function toClearableOptions(parsed: Parsed<typeof clearableWords>): CompatChatOptions {
  const port = parsed["secure-port"];
  return {
    ...toSystemOptions(parsed),
    securePort: port === undefined ? undefined : toPort(port, "--secure-port"),
    clear: parsed.clear,
  };
}

function toRendezvousOptions(parsed: Parsed<typeof rendezvousWords>): RendezvousOptions {
  const clientsMax = toCount(parsed["max-clients"], "--max-clients");
  return { ...toSystemOptions(parsed), port: toPort(parsed.port), clientsMax };
}

function toNumberedOptions(parsed: Parsed<typeof numberedWords>): NumberedOptions {
  return {
    ...toClearableOptions(parsed),
    server: toServer(parsed.server, rendezvousPort, "p2p numbered"),
    file: parsed.where === "file" ? parsed.file : undefined,
    names: parsed.names === undefined ? new Map() : toNames(parsed.names, "--names"),
    port: toPort(parsed.port),
  };
}
