// The table of the console's commands. Help, completion and parsing read it.

import { nearest } from "../../core/nearest.js";

/** The arguments of a command, in order. member: a friend or oneself. rest: words that TAB does not complete, so that nobody completes a yes. */
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
    summary: "list the commands, or explain one",
    arguments: ["command"],
    details: ["Every command may be shortened as long as it is clear: /hi for /history."],
  },
  {
    name: "peers",
    usage: "/peers",
    summary: "list the members: who is connected, which messages wait",
    arguments: [],
    details: [
      "Of a key: first-use, nobody has compared it; pinned, you or the group file named it; verified, you compared it.",
    ],
  },
  {
    name: "history",
    usage: "/history [friend] [words]",
    summary: "show the last messages, with a friend, with these words",
    arguments: ["member", "rest"],
    details: ["Whole words, in any order and case. p2p history looks through everything, and takes --since."],
  },
  {
    name: "why",
    usage: "/why [friend]",
    summary: "say why a message did not arrive, and what to do",
    arguments: ["member"],
    details: ["Without a friend, for the one in the prompt. It ends with a verdict and the next step."],
  },
  {
    name: "key",
    usage: "/key [friend]",
    summary: "show your key, for friends; or what is known of a friend's key",
    arguments: ["member"],
    details: [],
  },
  {
    name: "verify",
    usage: "/verify friend [yes]",
    summary: "compare keys with a friend; yes confirms that they are the same",
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
    summary: "cancel waiting messages that were not sent yet",
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
  /** Several names begin with it. */
  | { readonly kind: "several"; readonly names: readonly string[] }
  /** `meant`: a similar name. */
  | { readonly kind: "none"; readonly meant: string | undefined };

/** Finds a command by its whole name or an unambiguous beginning. */
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
