// argv → what to do. Pure: it prints nothing, ends nothing, and knows no machine.

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
import { scriptCommands, type ScriptSyntax, type Typing } from "./script-commands.js";
import { excerpt } from "../core/escape.js";
import type {
  ClearableOptions,
  Command,
  HistoryOptions,
  MenuOptions,
  NumberedOptions,
  Options,
  RendezvousOptions,
  SystemOptions,
  TrustOptions,
} from "../commands/options.js";
import { tellingCommands } from "./help.js";
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

/** Never throws. `version` is what `--version` says. */
export const parseArguments = (argv: readonly string[], version: string): Invocation =>
  parse(argv, version, helpColumns);

const helpColumns = 100;

/** Without `columns`, no line of a help text is folded. */
function parse(argv: readonly string[], version: string, columns: number | null): Invocation {
  let invocation: Invocation = { kind: "usage", message: "nothing to do" };
  const take = (command: Command): void => void (invocation = command);
  try {
    checkWords(argv);
    const print = (text: string): void => void (invocation = { kind: "print", text });
    const words = definition(version, argv, take).wrap(columns);
    void tellingCommands(words, { print, helpOf: (command) => helpOf(command, version) }).parse(
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

/** What yargs would take in silence: `--loopback=maybe` as false, and the last of two ports. */
function checkWords(argv: readonly string[]): void {
  const words = argv.slice(0, argv.includes("--") ? argv.indexOf("--") : argv.length);
  for (const word of words) {
    // yargs would take a word with an h in it for -h.
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
        "Chat with the friends in peer_details.txt. Type Bob/hello to say hello to Bob, /help for more.",
        chatWords,
        (parsed) => take({ kind: "chat", options: toOptions(parsed) }),
      )
      .command("key", "show your key, and what your friends put into their group files", keyWords, (parsed) =>
        take({ kind: "key", options: toMembership(parsed) }),
      )
      // For completion scripts: no help lists it.
      .command("friends", false, membershipWords, (parsed) => take({ kind: "friends", options: toMembership(parsed) }))
      .command(
        "trust <friend> [key]",
        "accept the key that was refused for a friend, or the one named",
        trustWords,
        (parsed) => take({ kind: "trust", options: toTrustOptions(parsed) }),
      )
      .command("history [friend]", "show what was sent and received", historyWords, (parsed) =>
        take({ kind: "history", options: toHistoryOptions(parsed) }),
      )
      .command("menu", "the chat with a menu: send, query, connect, quit; no group file", menuWords, (parsed) =>
        take({ kind: "menu", options: toMenuOptions(parsed) }),
      )
      .command(
        "says",
        "the chat of two ports: asks for a name, your port and the other one's",
        clearableWords,
        (parsed) => take({ kind: "says", options: toClearableOptions(parsed) }),
      )
      .command("rendezvous", "the server that tells who is online", rendezvousWords, (parsed) =>
        take({ kind: "rendezvous", options: toRendezvousOptions(parsed) }),
      )
      .command("numbered <server> [where]", "chat with whom a rendezvous server lists", numberedWords, (parsed) =>
        take({ kind: "numbered", options: toNumberedOptions(parsed) }),
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

/** The commands that speak to a running member. */
function scripts(definition: Argv, argv: readonly string[], take: (command: Command) => void): Argv {
  for (const command of scriptCommands)
    definition.command(
      command.usage,
      command.describe,
      (words: Argv) => scriptWords(command, words),
      (parsed) => take(command.read({ options: parsed as Typing, positionals: positionalsOf(command, parsed, argv) })),
    );
  return definition;
}

function scriptWords({ table, positionals, examples }: ScriptSyntax, words: Argv): Argv {
  words.options(table);
  for (const [name, describe] of Object.entries(positionals)) words.positional(name, { type: "string", describe });
  for (const [line, describe] of examples) words.example(line, describe);
  return words;
}

/** Behind `--` stands what may begin with a dash; yargs would make numbers of it. */
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
    .option("bell", { type: "boolean", default: false, describe: "at a terminal, ring when a message comes" })
    .option("json", { type: "boolean", default: false, describe: "JSON lines in and out, for scripts" })
    .option("drain", {
      type: "string",
      describe: "at the end of the input wait for all outcomes, for so long at most (10s), and end",
    })
    .option("expire", {
      type: "string",
      requiresArg: true,
      describe: "what was not sent within this time (500ms, 10s, 2m, 1h) is not sent any more",
    })
    .option("no-store", { type: "boolean", default: false, describe: "keep messages in memory only" })
    .example("p2p", "be the member whose address this machine holds")
    .example("p2p --name Alice --loopback", "try the group on one machine; start Bob in a second terminal")
    .example("echo Bob/hello | p2p --name Alice", "say one thing; the program goes on listening")
    .example("p2p --drain 10s <lines.txt", "say what stands in a file, and tell by the exit code what became of it")
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

const systemWords = (words: Argv) =>
  logWords(words).option("listen", {
    type: "string",
    requiresArg: true,
    describe: "address to listen on; all addresses without it",
  });

const menuWords = (words: Argv) =>
  systemWords(words)
    .option("greet", { type: "string", requiresArg: true, describe: "IP:PORT,… to send a greeting to at the start" })
    .option("advertise", {
      type: "string",
      requiresArg: true,
      describe: "your address in messages, instead of the one that routes to the peer",
    })
    .example("p2p menu --greet 10.206.4.122:1255,10.206.5.228:6555", "greet the two addresses of the assignment");

const clearableWords = (words: Argv) =>
  systemWords(words)
    .option("secure-port", { type: "string", requiresArg: true, describe: "your port for encrypted connections" })
    .option("clear", { type: "boolean", default: false, describe: "never try to encrypt" });

const rendezvousWords = (words: Argv) =>
  systemWords(words)
    .option("port", { type: "string", requiresArg: true, default: "8888", describe: "port to listen on" })
    .option("max-clients", { type: "string", requiresArg: true, default: "10000", describe: "more are refused" });

const numberedWords = (words: Argv) =>
  clearableWords(words)
    .positional("server", { type: "string", demandOption: true, describe: "the rendezvous server: HOST or HOST:PORT" })
    .positional("where", {
      choices: ["stdin", "file"] as const,
      default: "stdin" as const,
      describe: "stdin: the conversation is shown here; file: it is appended to a file",
    })
    .option("file", { type: "string", requiresArg: true, default: "chat.txt", describe: "the file of file mode" })
    .option("names", { type: "string", requiresArg: true, describe: "ADDRESS=NAME,… for names instead of addresses" })
    .option("port", { type: "string", requiresArg: true, default: "6666", describe: "port of all peers" })
    .example("p2p numbered 155.246.163.104 stdin", "chat on the terminal");

/** What yargs makes of the words that such a builder declares. */
type Parsed<Builder> = Builder extends (words: Argv) => Argv<infer Words> ? Words : never;

function toOptions(parsed: Parsed<typeof chatWords>): Options {
  return {
    ...toMemberOptions(parsed),
    store: !parsed["no-store"],
    json: parsed.json,
    drainMs: toDrain(parsed.drain),
    expireMs: parsed.expire === undefined ? undefined : toDuration(parsed.expire, "--expire"),
    bell: parsed.bell,
  };
}

/** Without a duration it waits for as long as it takes. */
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

function toSystemOptions(parsed: Parsed<typeof systemWords>): SystemOptions {
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

function toClearableOptions(parsed: Parsed<typeof clearableWords>): ClearableOptions {
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
