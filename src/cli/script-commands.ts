// Defines the commands that talk to a running member: options, help and parsing. Pure. arguments.ts passes these tables to yargs.

import { toDuration, toSeq, UsageError } from "./values.js";
import { excerpt } from "../core/escape.js";
import { isMemberRequest, type MemberRequest } from "../member/api.js";
import { requestRows, shellUsage, summaryOf, type ArgumentKind, type RequestRow } from "../member/request-table.js";
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
  flagOption,
  membershipTable,
  memberTable,
  toMembership,
  toMemberOptions,
  stringOption,
  type OptionTable,
  type Words,
} from "./option-tables.js";

/** A parsed command line: options by name, and positional words. */
export interface ParsedWords<Table extends OptionTable = OptionTable> {
  readonly options: Words<Table>;
  readonly positionals: readonly string[];
}

export interface ScriptSyntax {
  readonly name: string;
  /** In the syntax of yargs: `<needed> [optional] [many..]`. */
  readonly usage: string;
  readonly describe: string;
  readonly positionals: Readonly<Record<string, string>>;
  readonly table: OptionTable;
  readonly examples: readonly (readonly [string, string])[];
  /** Throws a `UsageError`. `options` has the names of `table`. */
  read(typed: { readonly options: OptionValues; readonly positionals: readonly string[] }): ScriptCommand;
}

/** Typed or default values, by option name. */
export type OptionValues = Readonly<Record<string, string | boolean | undefined>>;

function script<const Table extends OptionTable>(
  command: Omit<ScriptSyntax, "table" | "read"> & {
    readonly table: Table;
    read(typed: ParsedWords<Table>): ScriptCommand;
  },
): ScriptSyntax {
  return command;
}

const friendWord = "name in the group file; Bob,Martha for several friends, '*' for all friends";
const json = flagOption("write JSON lines, for scripts");

/** A command that asks the running member one question of the request table, and prints the answer. */
function asking(row: RequestRow & { readonly name: MemberRequest }): ScriptSyntax {
  const { name, shellExample } = row;
  return {
    ...{ name, usage: shellUsage(row), describe: row.summary, table: askTable },
    examples: shellExample === undefined ? [] : [shellExample],
    positionals: Object.fromEntries(row.arguments.map((word) => [word.name, argumentWords[word.kind]])),
    read: ({ options, positionals }) => {
      const fields = Object.fromEntries(positionals.map((value, index) => [row.arguments[index]?.name ?? "", value]));
      return { kind: "ask", options: { ...toAskOptions(options as Words<typeof askTable>), request: name, fields } };
    },
  };
}

const isAsked = (row: RequestRow): row is RequestRow & { readonly name: MemberRequest } =>
  row.shell === "asks" && isMemberRequest(row.name);

const argumentWords: Readonly<Record<ArgumentKind, string>> = {
  friend: "name in the group file",
  member: "name in the group file",
  target: "name in the group file, or the number of a message",
  ...{ key: "a key", yes: "yes, after comparing", request: "a command", words: "words" },
};

const sendTable = {
  ...memberTable,
  wait: stringOption({
    choices: ["queued", "sent", "delivered"],
    default: "delivered",
    describe: "what to wait for: stored on this disk, written to a connection, stored on the friend's disk",
  }),
  deadline: stringOption({ default: `${sendWaitMs / 1_000}s`, describe: "how long to wait: 500ms, 10s, 2m, 1h" }),
  expire: stringOption({ describe: "drop messages that could not be sent within this time: 500ms, 10s, 2m, 1h" }),
  id: stringOption({ describe: "your own id for the message; every event about the message contains it" }),
  json,
} as const satisfies OptionTable;

const followTable = {
  ...membershipTable,
  from: stringOption({ default: "now", describe: "first message to print: now, all, or its number" }),
  as: stringOption({ describe: "name of a saved position: the next run continues after the last confirmed message" }),
  "auto-ack": flagOption(
    "with --as: confirm messages once standard output has taken them; otherwise write ack N to standard input",
  ),
  forget: flagOption("with --as: delete that position and exit"),
  json,
} as const satisfies OptionTable;

const askTable = { ...membershipTable, json } as const satisfies OptionTable;

const cancelTable = {
  ...askTable,
  id: stringOption({ describe: "cancel the message with this id" }),
  all: flagOption("cancel all messages that wait for this friend"),
} as const satisfies OptionTable;

const flushTable = {
  ...memberTable,
  deadline: stringOption({ default: `${flushWaitMs / 1_000}s`, describe: "time limit: 10s, 2m, 1h" }),
  json,
} as const satisfies OptionTable;

export const scriptCommands: readonly ScriptSyntax[] = [
  script({
    name: "send",
    usage: "send <friend> [text..]",
    describe: "send a message and wait for the outcome; the exit code gives it",
    positionals: { friend: friendWord, text: "the message; without it, each line of standard input is a message" },
    table: sendTable,
    examples: [
      [
        "p2p send Bob the backup is done",
        "0: Bob has it; 75: it waits for Bob; 69: it failed; 4: a key is not trusted",
      ],
      ["df -h / | p2p send Bob --deadline 1m", "each line of standard input is a message"],
    ],
    read: ({ options, positionals }) => ({ kind: "send", options: toSendOptions(options, positionals) }),
  }),
  script({
    name: "follow",
    usage: "follow",
    describe: summaryOf("follow"),
    positionals: {},
    table: followTable,
    examples: [
      ["p2p follow --json --as bot --auto-ack", "continue after the last run, without losing messages"],
      ["p2p follow --from all", "print all stored messages, then new ones"],
    ],
    read: ({ options }) => ({ kind: "follow", options: toFollowOptions(options) }),
  }),
  script({
    name: "status",
    usage: "status",
    describe: summaryOf("status"),
    positionals: {},
    table: askTable,
    examples: [],
    read: ({ options }) => ({ kind: "status", options: toAskOptions(options) }),
  }),
  script({
    name: "stop",
    usage: "stop",
    describe: summaryOf("stop"),
    positionals: {},
    table: askTable,
    examples: [],
    read: ({ options }) => ({ kind: "stop", options: toAskOptions(options) }),
  }),
  script({
    name: "cancel",
    usage: "cancel <to> [seq]",
    describe: summaryOf("cancel"),
    positionals: { to: "name in the group file, or the number of a message", seq: "number of the message" },
    table: cancelTable,
    examples: [["p2p cancel Bob --all", "cancel all messages that wait for Bob"]],
    read: ({ options, positionals }) => ({ kind: "cancel", options: toCancelOptions(options, positionals) }),
  }),
  script({
    name: "flush",
    usage: "flush",
    describe: summaryOf("flush"),
    positionals: {},
    table: flushTable,
    examples: [["p2p flush --deadline 5m", "0: no message waits; 75: messages still wait; 4: a key is not trusted"]],
    read: ({ options }) => ({ kind: "flush", options: toFlushOptions(options) }),
  }),
  ...requestRows.filter(isAsked).map(asking),
];

const toAskOptions = (words: Words<typeof askTable>): AskOptions => ({ ...toMembership(words), json: words.json });

function toSendOptions(words: Words<typeof sendTable>, [friend = "", ...texts]: readonly string[]): SendCommandOptions {
  if (words.expire !== undefined) toDuration(words.expire, "--expire");
  const text = texts.length === 0 ? undefined : texts.join(" ");
  if (text?.includes("\n") === true)
    throw new UsageError("p2p send: a message is one line; to send several, pipe them into p2p send");
  if (text === undefined && words.id !== undefined)
    throw new UsageError("--id: expected a text after the friend; the id belongs to one message");
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
    if (words[option] && words.as === undefined) throw new UsageError(`--${option}: expected --as NAME too`);
  const { from } = words;
  return {
    ...toAskOptions(words),
    from: from === "now" || from === "all" ? from : toSeq(from, "--from: expected now, all or the number of a message"),
    as: words.as === undefined ? undefined : toId(words.as, "--as"),
    autoAck: words["auto-ack"],
    forget: words.forget,
  };
}

function toCancelOptions(words: Words<typeof cancelTable>, [to = "", number]: readonly string[]): CancelOptions {
  // A number alone tells the friend.
  const alone = number === undefined && words.id === undefined && !words.all && /^[1-9]\d*$/.test(to);
  const [friend, seq] = alone ? [undefined, to] : [to, number];
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
