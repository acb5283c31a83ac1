// What was typed, line by line, and what is said of an answer that is none.

import { excerpt } from "../core/escape.js";
import type { Bytes } from "../core/types.js";
import { fromUtf8 } from "../core/utf8.js";

/** `block` is whole lines; a CR before the LF is no part of one. */
export const typedLines = (block: Bytes): readonly string[] =>
  fromUtf8(block).split("\n").slice(0, -1).map(withoutReturn);

export const withoutReturn = (line: string): string => (line.endsWith("\r") ? line.slice(0, -1) : line);

/** `what` begins with "expected". */
export const expected = (what: string, found: string): string =>
  `${what[0]?.toUpperCase() ?? ""}${what.slice(1)}, found "${excerpt(found)}".`;
