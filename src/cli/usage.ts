// Explains usage errors in this program's words instead of yargs's.

import { excerpt } from "../core/escape.js";
import { nearest } from "../core/nearest.js";

/** Usage of the commands with required arguments. */
const calls: Readonly<Record<string, string>> = {
  trust: "p2p trust FRIEND [KEY]",
  numbered: "p2p numbered SERVER [stdin|file]",
  completion: "p2p completion bash|zsh|fish",
  send: "p2p send FRIEND [TEXT]",
  cancel: "p2p cancel FRIEND SEQ|--id ID|--all",
};

export const commandNames = [
  ...["key", "trust", "history", "menu", "says", "rendezvous", "numbered"],
  ...["send", "follow", "status", "peers", "why", "cancel", "flush"],
  ...["completion", "help"],
] as const;

/** Options of all commands. */
export const optionNames: readonly string[] = [
  ...["name", "peers", "loopback", "state-dir", "group", "log-level", "log-file", "port", "listen", "idle-timeout"],
  ...[
    "dialect",
    "require-verified",
    "bell",
    "rendezvous",
    "no-store",
    "search",
    "since",
    "limit",
    "json",
    "help",
    "version",
  ],
  ...["wait", "deadline", "id", "from", "as", "auto-ack", "forget", "all"],
  ...["drain", "expire", "greet", "advertise", "secure-port", "clear", "max-clients", "file", "names"],
];

/** `fault` is the message of yargs about `argv`. */
export function explainUsage(fault: string, argv: readonly string[]): string {
  const unknown = /^Unknown (?:argument|command)s?: (.*)$/s.exec(fault)?.[1]?.split(", ");
  if (unknown !== undefined) return explainUnknown(unknown, argv);
  const bare = /^Not enough arguments following: (.*)$/s.exec(fault)?.[1];
  if (bare !== undefined) return `--${excerpt(bare)}: expected a value after it`;
  const call = calls[argv.find((word) => Object.hasOwn(calls, word)) ?? ""];
  return call !== undefined && fault.startsWith("Not enough") ? `Missing argument: ${call}` : fault;
}

/** yargs lists unknown options without their dashes, and options with an inner dash in a second spelling, too. */
function explainUnknown(words: readonly string[], argv: readonly string[]): string {
  const option = words.find((word) => argv.some((typed) => typed.split("=", 1)[0] === `--${word}`));
  if (option === undefined) return `Unknown argument: ${excerpt(words[0] ?? "")}${hint(words[0], commandNames, "")}`;
  if (optionNames.includes(option)) return `--${option} belongs to another command`;
  return `Unknown option: --${excerpt(option)}${hint(option, optionNames, "--")}`;
}

function hint(typed: string | undefined, names: readonly string[], prefix: string): string {
  const meant = nearest(typed ?? "", names);
  return meant?.close === true ? `. Did you mean ${prefix}${meant.name}?` : "";
}
