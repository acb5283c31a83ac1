// Parses input lines into commands. Successive lines for one friend become one command; the text is all after the first slash.

import { batchOf } from "../core/batch.js";
import { lineBytesMax } from "../core/limits.js";
import { splitOnce } from "../core/peer-table.js";
import type { Batch } from "../core/types.js";
import { toUtf8 } from "../core/utf8.js";
import { withoutReturn } from "./typed.js";

export type Command =
  | { readonly kind: "send"; readonly to: string; readonly batch: Batch }
  | { readonly kind: "slash"; readonly word: string }
  | { readonly kind: "malformed" }
  | { readonly kind: "empty"; readonly to: string }
  | { readonly kind: "nul"; readonly to: string }
  | { readonly kind: "overlong"; readonly to: string };

/** `lines` holds whole lines, each with its LF. */
export function parseLines(lines: string): readonly Command[] {
  const whole = parseForOneFriend(lines);
  return whole === undefined ? mergeSends(lines.slice(0, -1).split("\n").flatMap(parseLine)) : [whole];
}

/** Fast path: every line begins with the same `friend/`, and no text needs a check of its own. */
function parseForOneFriend(lines: string): Command | undefined {
  const head = lines.slice(0, lines.indexOf("/") + 1);
  const to = head.slice(0, -1).trim();
  if (to === "" || head.includes("\n")) return undefined;
  const texts = lines.slice(head.length).replaceAll(`\n${head}`, "\n");
  const batch = batchOf(texts);
  if (lines.length - texts.length !== batch.count * head.length || needsChecks(texts)) return undefined;
  return { kind: "send", to, batch };
}

function needsChecks(texts: string): boolean {
  const odd = texts.startsWith("\n") || texts.includes("\n\n") || texts.includes("\r\n") || texts.includes("\0");
  const mayBeBlank = texts.includes(" \n") || texts.includes("\t\n");
  return odd || mayBeBlank || mayBeOverlong(texts);
}

/** Whether any text may exceed the limit: a UTF-16 unit takes three bytes at most. Checks only a few places in `texts`. */
function mayBeOverlong(texts: string): boolean {
  const stride = Math.floor(lineBytesMax / 3);
  for (let start = 0; start + stride < texts.length;) {
    const end = texts.lastIndexOf("\n", start + stride);
    if (end < start) return true;
    start = end + 1;
  }
  return false;
}

function parseLine(line: string): readonly Command[] {
  const typed = withoutReturn(line);
  if (typed.trim() === "") return [];
  if (!typed.includes("/")) return [{ kind: "malformed" }];
  const [head, text] = splitOnce(typed, "/");
  const to = head.trim();
  if (to === "") return [{ kind: "slash", word: text.trim() }];
  if (/^[ \t]*$/.test(text)) return [{ kind: "empty", to }];
  if (text.includes("\0")) return [{ kind: "nul", to }];
  if (mayBeOverlong(text) && toUtf8(text).length > lineBytesMax) return [{ kind: "overlong", to }];
  return [{ kind: "send", to, batch: { texts: `${text}\n`, count: 1 } }];
}

/** Merges successive sends to one friend into one batch. */
function mergeSends(commands: readonly Command[]): readonly Command[] {
  const merged: Command[] = [];
  let run: string[] = [];
  let to = "";
  const close = (): void => {
    if (run.length > 0) merged.push({ kind: "send", to, batch: { texts: run.join(""), count: run.length } });
    run = [];
  };
  for (const command of commands) {
    if (command.kind !== "send" || command.to !== to) close();
    if (command.kind !== "send") {
      merged.push(command);
      continue;
    }
    to = command.to;
    run.push(command.batch.texts);
  }
  close();
  return merged;
}
