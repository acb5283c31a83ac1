// Measures how many columns text takes on a terminal. Terminals disagree about joined emoji and newer characters, so this is the
// largest count that any of them may use: text that fits by this measure fits everywhere.

import { eastAsianWidth } from "get-east-asian-width";

// Characters that are drawn onto the one before them. Enclosing marks may take a column of their own.
const combining = /^[\p{Mn}]$/u;
const plain = /^[ -~]*$/;
const emoji = /^\p{Extended_Pictographic}$/u;
const emojiStyle = 0xfe0f;

/** Columns of one code point. */
function columnsOfPoint(point: string): number {
  const code = point.codePointAt(0) ?? 0;
  // This one may make the character before it wide.
  if (code === emojiStyle) return 1;
  if (combining.test(point)) return 0;
  return emoji.test(point) ? 2 : eastAsianWidth(code);
}

/** `text` has no control characters. */
export function columnsOf(text: string): number {
  if (plain.test(text)) return text.length;
  let columns = 0;
  for (const point of text) columns += columnsOfPoint(point);
  return columns;
}

/** Pads `text` with spaces to that many columns. */
export const padded = (text: string, columns: number): string =>
  text + " ".repeat(Math.max(0, columns - columnsOf(text)));

/** Cuts `text` to what fits, with a sign if something was left out. */
export function clipped(text: string, columns: number, sign: string): string {
  if (columnsOf(text) <= columns) return text;
  return text.slice(0, fitting(text, columns - columnsOf(sign))) + sign;
}

/** How many UTF-16 units of the beginning fit; a combining mark stays with its character. */
export function fitting(text: string, columns: number): number {
  if (plain.test(text)) return Math.min(text.length, Math.max(columns, 0));
  let [units, used] = [0, 0];
  for (const point of text) {
    used += columnsOfPoint(point);
    if (used > columns) break;
    units += point.length;
  }
  return units;
}
