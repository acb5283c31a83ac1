// Parses a typed line. Pure. It promises never to send a line with a possibly mistyped name to another friend.

import { lineBytesMax } from "../../core/limits.js";
import { toPeerName } from "../../core/peer-name.js";
import { splitOnce } from "../../core/peer-table.js";
import { utf8Bytes } from "../../core/utf8.js";

export type Intent =
  | { readonly kind: "nothing" }
  | { readonly kind: "message"; readonly to: string; readonly text: string }
  /** Text without a name, and the prompt has none either. */
  | { readonly kind: "to-nobody" }
  | { readonly kind: "empty"; readonly to: string }
  /** `@Bob` alone: further text goes to Bob. */
  | { readonly kind: "turn"; readonly to: string }
  | { readonly kind: "overlong" }
  /** A name is missing between two commas or after the last one. */
  | { readonly kind: "gap"; readonly to: string }
  | { readonly kind: "unknown"; readonly name: string; readonly text: string }
  /** Without its slash. */
  | { readonly kind: "command"; readonly typed: string };

/** What the parser knows besides the line. */
export interface ParseContext {
  readonly names: readonly string[];
  /** The receivers of text without a name. */
  readonly last: string | undefined;
}

export const everybody = "*";

export function understand(line: string, context: ParseContext): Intent {
  if (line.trim() === "") return { kind: "nothing" };
  if (line.startsWith("//")) return message(context.last, line.slice(1));
  if (line.startsWith("/")) return { kind: "command", typed: line.slice(1).trim() };
  const addressed = addressOf(line);
  if (addressed === undefined) return message(context.last, line);
  if (hasGap(addressed.to)) return { kind: "gap", to: addressed.to };
  const stranger = recipients(addressed.to).find((name) => !isMember(name, context));
  if (stranger !== undefined) return { kind: "unknown", name: stranger, text: line };
  if (line.startsWith("@") && addressed.text === "" && onlyRecipient(addressed.to) !== undefined)
    return { kind: "turn", to: addressed.to };
  return message(addressed.to, addressed.text);
}

interface Addressed {
  readonly to: string;
  readonly text: string;
}

/** `Bob/text`, `@Bob text`. Words that cannot be names (`see http:`) are no address. */
function addressOf(line: string): Addressed | undefined {
  const [, at, said] = /^@(\S+)\s*(.*)$/s.exec(line) ?? [];
  if (at !== undefined && isAddress(at)) return { to: at, text: said ?? "" };
  if (!line.includes("/")) return undefined;
  const [head, text] = splitOnce(line, "/");
  return isAddress(head.trim()) ? { to: head.trim(), text } : undefined;
}

function isAddress(words: string): boolean {
  const names = recipients(words);
  return words === everybody || (names.length > 0 && names.every((name) => toPeerName(name) !== undefined));
}

const hasGap = (to: string): boolean => to.split(",").some((name) => name.trim() === "");

/** Empty for everybody. */
export const recipients = (to: string): readonly string[] =>
  to === everybody
    ? []
    : [...new Set(to.split(",").map((name) => name.trim().normalize("NFC")))].filter((name) => name !== "");

/** The receiver of text without a name after these lines: the last friend that one of them named alone. */
export function lastNamed(lines: readonly string[], names: readonly string[]): string | undefined {
  let last: string | undefined;
  for (const line of lines) {
    const intent = understand(line, { names, last });
    if (intent.kind === "message" || intent.kind === "turn") last = onlyRecipient(intent.to) ?? last;
  }
  return last;
}

export function onlyRecipient(to: string): string | undefined {
  const [only, ...more] = recipients(to);
  return more.length === 0 ? only : undefined;
}

const isMember = (name: string, { names }: ParseContext): boolean => names.includes(name);

function message(to: string | undefined, text: string): Intent {
  if (to === undefined) return { kind: "to-nobody" };
  if (text.trim() === "") return { kind: "empty", to };
  return utf8Bytes(text) > lineBytesMax
    ? { kind: "overlong" }
    : { kind: "message", to, text: text.replaceAll("\0", "") };
}
