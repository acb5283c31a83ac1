// What was typed, line by line.

import type { Bytes } from "../core/types.js";
import { fromUtf8 } from "../core/utf8.js";

/** `block` is whole lines; a CR before the LF is no part of one. */
export const typedLines = (block: Bytes): readonly string[] =>
  fromUtf8(block).split("\n").slice(0, -1).map(withoutReturn);

export const withoutReturn = (line: string): string => (line.endsWith("\r") ? line.slice(0, -1) : line);
