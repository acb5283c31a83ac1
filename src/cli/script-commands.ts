// The commands that speak to a running member: their options, and what the typed words mean. Pure, like `cli.ts`, which hands
// these tables to yargs.

import { toDuration, toSeq, UsageError } from "./values.js";
import { excerpt } from "../core/escape.js";
import { flushWaitMs, idCharsMax, sendWaitMs } from "../core/limits.js";
import type {
  AskOptions,
  CancelOptions,
  ScriptCommand,
  FlushOptions,
  FollowOptions,
  SendCommandOptions,
} from "../commands/options.js";
import {
  flag,
  membershipTable,
  memberTable,
  toMembership,
  toMemberOptions,
  word,
  type OptionTable,
  type Words,
} from "./option-tables.js";

/** A command's words: options by their names, and what stands without dashes. */
export interface Typed<Table extends OptionTable = OptionTable> {
  readonly options: Words<Table>;
  readonly positionals: readonly string[];
}

export interface ScriptSyntax {
  readonly name: string;
  /** How it is called, as yargs writes it: `<needed> [optional] [many..]`. */
  readonly usage: string;
  readonly describe: string;
  readonly positionals: Readonly<Record<string, string>>;
  readonly table: OptionTable;
  readonly examples: readonly (readonly [string, string])[];
  /** Throws a `UsageError`. The options are those of the table. */
  read(typed: { readonly options: Typing; readonly positionals: readonly string[] }): ScriptCommand;
}

/** What was typed, or stands for it, by the options' names. */
export type Typing = Readonly<Record<string, string | boolean | undefined>>;

function script<const Table extends OptionTable>(
  command: Omit<ScriptSyntax, "table" | "read"> & { readonly table: Table; read(typed: Typed<Table>): ScriptCommand },
): ScriptSyntax {
  return command;
}

const friendWord = "as in the group file; several as Bob,Martha; everybody else as '*'";
const json = flag("JSON lines, for scripts");

const sendTable = {
  ...memberTable,
  wait: word({
    choices: ["queued", "sent", "delivered"],
    default: "delivered",
    describe: "what to wait for: on our disk, written to a connection, on the friend's disk",
  }),
  deadline: word({ default: `${sendWaitMs / 1_000}s`, describe: "how long to wait: 500ms, 10s, 2m, 1h" }),
  expire: word({ describe: "what was not sent within this time is not sent any more" }),
  id: word({ describe: "what you call the message: it comes back with all that is told of it" }),
  json,
} as const satisfies OptionTable;

const followTable = {
  ...membershipTable,
  from: word({ default: "now", describe: "now, all, or the number of the first message" }),
  as: word({ describe: "a name to keep your place under: the next time it goes on behind the last confirmed message" }),
  "auto-ack": flag("with --as: confirm what was written to standard output; without it, ack N on standard input does"),
  forget: flag("with --as: forget that place, and end"),
  json,
} as const satisfies OptionTable;

const askTable = { ...membershipTable, json } as const satisfies OptionTable;

const cancelTable = {
  ...askTable,
  id: word({ describe: "the message that you called so" }),
  all: flag("everything that waits for this friend"),
} as const satisfies OptionTable;

const flushTable = {
  ...memberTable,
  deadline: word({ default: `${flushWaitMs / 1_000}s`, describe: "how long it may take: 10s, 2m, 1h" }),
  json,
} as const satisfies OptionTable;

export const scriptCommands: readonly ScriptSyntax[] = [
  script({
    name: "send",
    usage: "send <friend> [text..]",
    describe: "send a message, wait for what becomes of it, and say it by the exit code",
    positionals: { friend: friendWord, text: "the message; standard input without it, each line a message" },
    table: sendTable,
    examples: [
      [
        "p2p send Bob the backup is done",
        "0: Bob has it; 75: it waits for him; 69: it failed; 4: a key is not trusted",
      ],
      ["df -h / | p2p send Bob --deadline 1m", "each line of standard input is a message"],
    ],
    read: ({ options, positionals }) => ({ kind: "send", options: toSendOptions(options, positionals) }),
  }),
  script({
    name: "follow",
    usage: "follow",
    describe: "print what arrives, for a bot or a log, across restarts of the member",
    positionals: {},
    table: followTable,
    examples: [
      ["p2p follow --json --as bot --auto-ack", "go on where the last run ended, and lose nothing"],
      ["p2p follow --from all", "everything that ever arrived, and what comes"],
    ],
    read: ({ options }) => ({ kind: "follow", options: toFollowOptions(options) }),
  }),
  script({
    name: "status",
    usage: "status",
    describe: "whether the member runs (exit code 0) or not (3)",
    positionals: {},
    table: askTable,
    examples: [],
    read: ({ options }) => ({ kind: "status", options: toAskOptions(options) }),
  }),
  script({
    name: "peers",
    usage: "peers",
    describe: "who is in the group, who is connected, what is waiting",
    positionals: {},
    table: askTable,
    examples: [],
    read: ({ options }) => ({ kind: "peers", options: toAskOptions(options) }),
  }),
  script({
    name: "why",
    usage: "why <friend>",
    describe: "what is known of the way to a friend, what is wrong with it, and what to do",
    positionals: { friend: "as in the group file" },
    table: askTable,
    examples: [["p2p why Bob", "the last tries, the key, what waits, what the kernel sees, and a verdict"]],
    read: ({ options, positionals: [friend = ""] }) => ({ kind: "why", options: { ...toAskOptions(options), friend } }),
  }),
  script({
    name: "cancel",
    usage: "cancel <friend> [seq]",
    describe: "take back what waits for a friend and was not written to a connection",
    positionals: { friend: "as in the group file", seq: "the number of the message" },
    table: cancelTable,
    examples: [["p2p cancel Bob --all", "everything that waits for Bob"]],
    read: ({ options, positionals }) => ({ kind: "cancel", options: toCancelOptions(options, positionals) }),
  }),
  script({
    name: "flush",
    usage: "flush",
    describe: "send what waits to everybody who can be reached, and end: for cron",
    positionals: {},
    table: flushTable,
    examples: [["p2p flush --deadline 5m", "0: nothing waits any more; 75: something does; 4: a key is not trusted"]],
    read: ({ options }) => ({ kind: "flush", options: toFlushOptions(options) }),
  }),
];

const toAskOptions = (words: Words<typeof askTable>): AskOptions => ({ ...toMembership(words), json: words.json });

function toSendOptions(words: Words<typeof sendTable>, [friend = "", ...texts]: readonly string[]): SendCommandOptions {
  if (words.expire !== undefined) toDuration(words.expire, "--expire");
  const text = texts.length === 0 ? undefined : texts.join(" ");
  if (text?.includes("\n") === true) throw new UsageError("p2p send: a message is one line; pipe several in");
  if (text === undefined && words.id !== undefined)
    throw new UsageError("--id: expected a text behind the friend, for it names one message");
  return {
    ...toMemberOptions(words),
    ...{ friend, text, json: words.json, expire: words.expire },
    id: words.id === undefined ? undefined : toId(words.id),
    wait: words.wait as SendCommandOptions["wait"],
    deadlineMs: toDuration(words.deadline, "--deadline"),
  };
}

function toFollowOptions(words: Words<typeof followTable>): FollowOptions {
  for (const option of ["auto-ack", "forget"] as const)
    if (words[option] && words.as === undefined) throw new UsageError(`--${option}: expected --as NAME beside it`);
  const { from } = words;
  return {
    ...toAskOptions(words),
    from: from === "now" || from === "all" ? from : toSeq(from, "--from: expected now, all or the number of a message"),
    as: words.as === undefined ? undefined : toId(words.as, "--as"),
    autoAck: words["auto-ack"],
    forget: words.forget,
  };
}

function toCancelOptions(words: Words<typeof cancelTable>, [friend = "", seq]: readonly string[]): CancelOptions {
  const chosen = [seq, words.id, words.all ? "all" : undefined].filter((each) => each !== undefined);
  if (chosen.length !== 1) throw new UsageError("p2p cancel: expected one of the message's number, --id ID or --all");
  return {
    ...toAskOptions(words),
    ...{ friend, id: words.id === undefined ? undefined : toId(words.id) },
    seq: seq === undefined ? undefined : toSeq(seq, "p2p cancel: expected the number of a message"),
  };
}

const toFlushOptions = (words: Words<typeof flushTable>): FlushOptions => ({
  ...toMemberOptions(words),
  deadlineMs: toDuration(words.deadline, "--deadline"),
  json: words.json,
});

function toId(id: string, option = "--id"): string {
  if (id === "" || id.length > idCharsMax)
    throw new UsageError(`${option}: expected 1 to ${idCharsMax} characters, found "${excerpt(id)}"`);
  return id;
}
