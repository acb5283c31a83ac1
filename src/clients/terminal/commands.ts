// The commands of the console, once: help, completion and parsing all read this table.

import { nearest } from "../../core/nearest.js";

/** What may stand behind a command, in order. member: a friend or oneself. rest: what no key completes; a yes least of all. */
export type Argument = "friend" | "member" | "command" | "rest";

export interface CommandWords {
  readonly name: string;
  readonly usage: string;
  readonly summary: string;
  readonly arguments: readonly Argument[];
  /** Further lines of `/help command`. */
  readonly details: readonly string[];
}

export const commandTable = [
  {
    name: "help",
    usage: "/help [command]",
    summary: "this list; with a command, more about it",
    arguments: ["command"],
    details: ["Every command may be shortened as long as it is clear: /hi for /history."],
  },
  {
    name: "peers",
    usage: "/peers",
    summary: "who is in the group, who is connected, what waits",
    arguments: [],
    details: [
      "Of a key: first-use, nobody has compared it; pinned, you or the group file named it; verified, you compared it.",
    ],
  },
  {
    name: "history",
    usage: "/history [friend] [words]",
    summary: "the last messages, with a friend, with these words",
    arguments: ["member", "rest"],
    details: ["Whole words, in any order and case. p2p history looks through everything, and takes --since."],
  },
  {
    name: "why",
    usage: "/why [friend]",
    summary: "why a message did not arrive, and what to do",
    arguments: ["member"],
    details: ["Without a friend, for the one in the prompt. It ends with a verdict and the next step."],
  },
  {
    name: "key",
    usage: "/key [friend]",
    summary: "your key, for friends; what is known of a friend's",
    arguments: ["member"],
    details: [],
  },
  {
    name: "verify",
    usage: "/verify friend [yes]",
    summary: "compare both keys with a friend; yes when they are the same",
    arguments: ["friend", "rest"],
    details: [
      "Shows your fingerprint and your friend's, and a QR code of both where it fits. Your friend's screen shows the same two after /verify with your name.",
      "Read them to each other by phone or in person, or read the code of the other screen with a telephone. If all groups are the same, nobody is between you: say /verify friend yes.",
    ],
  },
  {
    name: "trust",
    usage: "/trust friend [key]",
    summary: "accept a friend's new key that was refused, or the one named",
    arguments: ["friend", "rest"],
    details: ["Only after you have asked the friend: a changed key is a new machine or somebody else."],
  },
  {
    name: "cancel",
    usage: "/cancel [friend]",
    summary: "take back what waits and was not sent yet",
    arguments: ["friend"],
    details: ["Without a friend, for the one in the prompt."],
  },
  {
    name: "quit",
    usage: "/quit",
    summary: "send what can be sent, and end; so does Ctrl-D",
    arguments: [],
    details: ["What cannot be sent waits on the disk and goes out after the next start."],
  },
] as const satisfies readonly CommandWords[];

export type CommandName = (typeof commandTable)[number]["name"];

export type Found =
  | { readonly kind: "one"; readonly command: (typeof commandTable)[number] }
  /** Several begin with it. */
  | { readonly kind: "several"; readonly names: readonly string[] }
  /** `meant`: one that looks much like it. */
  | { readonly kind: "none"; readonly meant: string | undefined };

/** By its whole name, or a beginning that no other has. */
export function findCommand(word: string): Found {
  const typed = word.toLowerCase();
  const whole = commandTable.find(({ name }) => name === typed);
  const [only, ...more] = whole === undefined && typed !== "" ? beginningWith(typed) : [];
  const command = whole ?? only;
  if (command !== undefined && more.length === 0) return { kind: "one", command };
  if (command !== undefined) return { kind: "several", names: [command, ...more].map(({ name }) => `/${name}`) };
  const meant = nearest(
    typed,
    commandTable.map(({ name }) => name),
  );
  return { kind: "none", meant: meant?.close === true ? `/${meant.name}` : undefined };
}

export const beginningWith = (typed: string): readonly (typeof commandTable)[number][] =>
  commandTable.filter(({ name }) => name.startsWith(typed));
