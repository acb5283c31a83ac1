// Splits typed input into lines, and words the complaint about an unexpected answer.

import { excerpt } from "../core/escape.js";
import type { Bytes } from "../core/types.js";
import { fromUtf8 } from "../core/utf8.js";

/** The lines of `block`, which holds whole lines; a CR before the LF is removed. */
export const typedLines = (block: Bytes): readonly string[] =>
  fromUtf8(block).split("\n").slice(0, -1).map(withoutReturn);

export const withoutReturn = (line: string): string => (line.endsWith("\r") ? line.slice(0, -1) : line);

/** `what` begins with "expected". */
export const expected = (what: string, found: string): string =>
  `${what[0]?.toUpperCase() ?? ""}${what.slice(1)}, found "${excerpt(found)}".`;
