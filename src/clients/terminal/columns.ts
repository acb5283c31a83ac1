// How wide text is on a terminal. Terminals disagree about joined emoji and newer characters, so this is the most columns that
// any of them may take: what fits by this measure fits everywhere.

import { eastAsianWidth } from "get-east-asian-width";

// Drawn onto the character before them. Enclosing marks may take a column of their own.
const combining = /^[\p{Mn}]$/u;
const plain = /^[ -~]*$/;
const emoji = /^\p{Extended_Pictographic}$/u;
const emojiStyle = 0xfe0f;

/** Of one code point. */
function columnsOfPoint(point: string): number {
  const code = point.codePointAt(0) ?? 0;
  // It may make the character before it wide.
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

/** With spaces behind it up to so many columns. */
export const padded = (text: string, columns: number): string =>
  text + " ".repeat(Math.max(0, columns - columnsOf(text)));

/** As much of the beginning as fits, and a sign where something was left out. */
export function clipped(text: string, columns: number, sign: string): string {
  if (columnsOf(text) <= columns) return text;
  return text.slice(0, fitting(text, columns - columnsOf(sign))) + sign;
}

/** How many UTF-16 units of the beginning fit; a mark is not parted from its character. */
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
