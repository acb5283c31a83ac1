// What may be asked of a member, in one table. Slash commands, JSON's `do`, the commands of `p2p`, the help, the completion and
// the tables of SCRIPTS.md derive from it.

import { nearest } from "../core/nearest.js";

/**
 * friend: a friend's name. member: a friend's name or one's own. target: a friend, several (`Bob,Martha`), or the number of a
 * message. words: all that follows.
 */
export type ArgumentKind = "friend" | "member" | "target" | "key" | "yes" | "request" | "words";

export interface Argument {
  /** Also its field in JSON. */
  readonly name: string;
  readonly kind: ArgumentKind;
  /** needed: it must be given. prompt: in the chat, the friend in the prompt is meant without it. */
  readonly need: "needed" | "prompt" | "optional";
}

export interface RequestRow {
  readonly name: string;
  readonly arguments: readonly Argument[];
  /** One line, for lists. */
  readonly summary: string;
  /** Further lines of `/help NAME`. */
  readonly details: readonly string[];
  /** `/NAME` in the chat. */
  readonly slash: boolean;
  /** `p2p NAME`. asks: it asks the running member and prints the answer. own: it has a file in commands/. */
  readonly shell: "asks" | "own" | "no";
  /** One line for `p2p NAME --help`: a command, and what it does. */
  readonly shellExample?: readonly [string, string];
  /** `{"do":"NAME"}`: an example, and what it does. Undefined: not in JSON. */
  readonly json: JsonUse | undefined;
}

export interface JsonUse {
  readonly example: string;
  readonly effect: string;
  /** all: on standard input with `--json` and on the socket. */
  readonly where: "all" | "socket" | "input";
}

const needed = (name: string, kind: ArgumentKind): Argument => ({ name, kind, need: "needed" });
const optional = (name: string, kind: ArgumentKind): Argument => ({ name, kind, need: "optional" });
const prompt = (name: string, kind: ArgumentKind): Argument => ({ name, kind, need: "prompt" });

const chatAndShell = { slash: true, shell: "asks" } as const;
const chatAndOwn = { slash: true, shell: "own" } as const;
const slashOnly = { slash: true, shell: "no" } as const;
const shellOnly = { slash: false, shell: "own" } as const;
const jsonOnly = { slash: false, shell: "no" } as const;

export const requestTable = [
  {
    ...slashOnly,
    name: "help",
    arguments: [optional("name", "request")],
    summary: "list the commands, or explain one",
    details: ["A command may be shortened while it is clear: /hi for /history."],
    json: undefined,
  },
  {
    ...chatAndShell,
    name: "peers",
    arguments: [],
    summary: "list the group: connections, keys, waiting messages",
    details: [
      "Keys: first-use, nobody compared it yet; pinned, the group file or you named it; verified, you compared it.",
    ],
    json: { where: "all", example: '{"do":"peers"}', effect: "answered by `peers`" },
  },
  {
    ...chatAndOwn,
    name: "history",
    arguments: [optional("friend", "member"), optional("search", "words")],
    summary: "show the last messages, with a friend, with these words",
    details: ["Finds whole words, in any order and case. p2p history searches everything, and takes --since."],
    json: {
      where: "all",
      example: '{"do":"history","friend":"Bob","search":"lunch"}',
      effect: "answered by `history`: the last 20 messages that match, oldest first",
    },
  },
  {
    ...chatAndShell,
    name: "why",
    shellExample: [
      "p2p why Bob",
      "show the last attempts, the key, waiting messages, the kernel's view, and a verdict",
    ],
    arguments: [prompt("friend", "member")],
    summary: "explain why messages do not reach a friend, and what to do",
    details: ["It ends with a verdict and the next step."],
    json: { where: "all", example: '{"do":"why","friend":"Bob"}', effect: "answered by `why`" },
  },
  {
    ...chatAndOwn,
    name: "key",
    arguments: [optional("friend", "member")],
    summary: "show your key, for your friends' group files",
    details: ["/key FRIEND shows what is known of a friend's key."],
    json: {
      where: "all",
      example: '{"do":"key","friend":"Bob"}',
      effect: "answered by `key`; without a friend, your own key",
    },
  },
  {
    ...slashOnly,
    name: "verify",
    arguments: [needed("friend", "friend"), optional("yes", "yes")],
    summary: "compare keys with a friend; yes confirms that they are the same",
    details: [
      "Shows your fingerprint and your friend's, and a QR code of both if it fits. /verify with your name shows the same two on your friend's screen.",
      "Read them to each other by phone or in person, or read the code of the other screen with a telephone. If all groups are the same, the connection is not intercepted: enter /verify FRIEND yes.",
    ],
    json: {
      where: "all",
      example: '{"do":"verify","friend":"Bob"}',
      effect:
        'answered by `verify` with both keys; with `"key"`, the friend\'s key as you compared it, marks it as verified',
    },
  },
  {
    ...chatAndOwn,
    name: "trust",
    arguments: [needed("friend", "friend"), optional("key", "key")],
    summary: "accept a friend's refused key, or the key that you give",
    details: ["Ask your friend first: a changed key is a new machine, or somebody else."],
    json: {
      where: "all",
      example: '{"do":"trust","friend":"Bob"}',
      effect: 'answered by `trust`; with `"key"` accepts that one',
    },
  },
  {
    ...chatAndOwn,
    name: "cancel",
    arguments: [prompt("to", "target")],
    summary: "cancel messages that wait for a friend, or the message with a number, if it was not sent yet",
    details: ["/history shows the numbers."],
    json: {
      where: "all",
      example: '{"do":"cancel","to":"Bob"}',
      effect:
        'cancels messages for Bob that were not written to a connection; with `"id"` only that message. With `"seq"` instead of `to`, the message of that number. Answered by `cancel`',
    },
  },
  {
    ...slashOnly,
    name: "quit",
    arguments: [],
    summary: "send what can be sent, and end; at another program's member, only leave; Ctrl-D does the same",
    details: ["Messages that cannot be sent wait on the disk, and go out after the next start."],
    json: {
      where: "all",
      example: '{"do":"quit"}',
      effect: "ends the program; on the socket, only this connection. `/quit` does the same",
    },
  },
  {
    ...shellOnly,
    name: "stop",
    arguments: [],
    summary: "end the running member; waiting messages stay on the disk",
    details: [],
    json: { where: "socket", example: '{"do":"stop"}', effect: "ends the member" },
  },
  {
    ...shellOnly,
    name: "status",
    arguments: [],
    summary: "show whether the member runs: exit code 0 if so, 3 if not",
    details: [],
    json: { where: "socket", example: '{"do":"status"}', effect: "answered by `status`" },
  },
  {
    ...shellOnly,
    name: "flush",
    arguments: [],
    summary: "send waiting messages to all friends who can be reached, then exit; for cron",
    details: [],
    json: {
      where: "socket",
      example: '{"do":"flush"}',
      effect:
        'dials all friends with waiting messages; answered by `flush` when each has them or could not be reached, or after `"deadline":"10s"`',
    },
  },
  {
    ...jsonOnly,
    name: "wait",
    arguments: [],
    summary: "answer when the messages of this connection have reached a state",
    details: [],
    json: {
      where: "socket",
      example: '{"do":"wait","for":"delivered"}',
      effect:
        'answered by `wait` when each message sent on this connection has reached that state (`queued`, `sent` or `delivered`), has failed, or waits for a key to be trusted; or after `"deadline":"10s"`',
    },
  },
  {
    ...shellOnly,
    name: "follow",
    arguments: [],
    summary: "print messages as they arrive, for a bot or a log; survives restarts of the member",
    details: [],
    json: {
      where: "socket",
      example: '{"do":"follow","from":"now"}',
      effect: 'tells incoming messages as `message` lines; see "Following"',
    },
  },
  {
    ...jsonOnly,
    name: "ack",
    arguments: [],
    summary: "confirm messages that were followed",
    details: [],
    json: {
      where: "socket",
      example: '{"do":"ack","seq":"12"}',
      effect: "confirms messages up to that number; `ack 12` does the same",
    },
  },
  {
    ...jsonOnly,
    name: "forget",
    arguments: [],
    summary: "forget a saved position",
    details: [],
    json: {
      where: "socket",
      example: '{"do":"forget","as":"bot"}',
      effect: "forgets the place stored under this name; answered by `forget`",
    },
  },
  {
    ...jsonOnly,
    name: "attach",
    arguments: [],
    summary: "become a client of the member",
    details: [],
    json: {
      where: "socket",
      example: '{"do":"attach","client":"json"}',
      effect:
        'from now on this connection is told every message, notice and change, as `p2p --json` is, and your messages from other programs as `own`. With `"client":"terminal"` it begins with the messages that no terminal has shown. Answered by `attach`',
    },
  },
] as const satisfies readonly RequestRow[];

export const requestRows: readonly RequestRow[] = requestTable;

export type RequestName = (typeof requestTable)[number]["name"];

export const rowOf = (name: string): RequestRow | undefined => requestRows.find((row) => row.name === name);

export const summaryOf = (name: RequestName): string => rowOf(name)?.summary ?? "";

/** The rows of the chat's slash commands. */
export const slashRows: readonly RequestRow[] = requestRows.filter(({ slash }) => slash);

/** `/why [friend]`. */
export const slashUsage = ({ name, arguments: words }: RequestRow): string =>
  [`/${name}`, ...words.map((word) => (word.need === "needed" ? spelled(word) : `[${spelled(word)}]`))].join(" ");

/** `why <friend>`, in the syntax of yargs. */
export const shellUsage = ({ name, arguments: words }: RequestRow): string =>
  [name, ...words.map((word) => (word.need === "optional" ? `[${word.name}]` : `<${word.name}>`))].join(" ");

const spellings: Partial<Record<ArgumentKind, string>> = {
  target: "friend or number",
  words: "words",
  yes: "yes",
  request: "command",
};

const spelled = ({ name, kind }: Argument): string => spellings[kind] ?? name;

export type Found =
  | { readonly kind: "one"; readonly row: RequestRow }
  /** Several names begin with it. */
  | { readonly kind: "several"; readonly names: readonly string[] }
  /** `meant`: a similar name. */
  | { readonly kind: "none"; readonly meant: string | undefined };

/** Finds a slash command by its whole name or an unambiguous beginning. */
export function findSlash(word: string): Found {
  const typed = word.toLowerCase();
  const whole = slashRows.find(({ name }) => name === typed);
  const [only, ...more] = whole === undefined && typed !== "" ? slashRowsBeginning(typed) : [];
  const row = whole ?? only;
  if (row !== undefined && more.length === 0) return { kind: "one", row };
  if (row !== undefined) return { kind: "several", names: [row, ...more].map(({ name }) => `/${name}`) };
  const meant = nearest(
    typed,
    slashRows.map(({ name }) => name),
  );
  return { kind: "none", meant: meant?.close === true ? `/${meant.name}` : undefined };
}

export const slashRowsBeginning = (typed: string): readonly RequestRow[] =>
  slashRows.filter(({ name }) => name.startsWith(typed));
