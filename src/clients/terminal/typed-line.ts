// What a line that a person typed means. Pure. It promises that what may be a mistyped name is never sent to somebody else.

import { lineBytesMax } from "../../core/limits.js";
import { toPeerName } from "../../core/peer-name.js";
import { splitOnce } from "../../core/peer-table.js";
import { utf8Bytes } from "../../core/utf8.js";

export type Intent =
  | { readonly kind: "nothing" }
  | { readonly kind: "message"; readonly to: string; readonly text: string }
  /** Text for whom the prompt names, and it names nobody. */
  | { readonly kind: "to-nobody" }
  | { readonly kind: "empty"; readonly to: string }
  /** `@Bob` alone: text goes there from now on. */
  | { readonly kind: "turn"; readonly to: string }
  | { readonly kind: "overlong" }
  /** Between two commas, or behind the last one, there is no name. */
  | { readonly kind: "gap"; readonly to: string }
  | { readonly kind: "unknown"; readonly name: string; readonly text: string }
  | { readonly kind: "command"; readonly word: string; readonly rest: string };

/** What a line is read with. */
export interface ParseContext {
  readonly names: readonly string[];
  /** Whom text without a name goes to. */
  readonly last: string | undefined;
}

export const everybody = "*";

export function understand(line: string, context: ParseContext): Intent {
  if (line.trim() === "") return { kind: "nothing" };
  if (line.startsWith("//")) return message(context.last, line.slice(1));
  if (line.startsWith("/")) {
    const [word, rest] = splitOnce(line.slice(1).trim(), " ");
    return { kind: "command", word, rest: rest.trim() };
  }
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

/** `Bob/text`, `@Bob text`. What no name can look like (`see http:`) is no address. */
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

/** None for everybody. */
export const recipients = (to: string): readonly string[] =>
  to === everybody
    ? []
    : [...new Set(to.split(",").map((name) => name.trim().normalize("NFC")))].filter((name) => name !== "");

/** Whom text without a name goes to after these lines: the friend whom one of them was the last to name alone. */
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
