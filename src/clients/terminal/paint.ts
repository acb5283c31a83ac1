// Turns lines into rows of a terminal. Every piece of text passes the sanitiser here. Only the first row of a line begins at the left
// edge, so that no message can look like another line.

import { columnsOf, fitting } from "./columns.js";
import { cleanLine } from "../../core/escape.js";

/** quiet: may be overlooked. friend: a name, in a colour of its own. */
export type Style =
  "plain" | "quiet" | "own" | "good" | "alarm" | "strong" | { readonly kind: "friend"; readonly colour: number };

export interface Span {
  readonly text: string;
  readonly style: Style;
}

export type Line = readonly Span[];

/** What the terminal can show. */
export interface TerminalCapabilities {
  readonly colour: boolean;
  /** Whether the locale is UTF-8. Otherwise the second byte of a letter may be a terminal command. */
  readonly unicode: boolean;
}

export const span = (text: string, style: Style = "plain"): Span => ({ text, style });

const codes = { quiet: "2", own: "2", good: "32", alarm: "31", strong: "1" } as const;
const friendCodes = ["36", "35", "33", "34", "32", "96", "95", "93", "94", "92"];

/** `indent`: columns before the further rows of the line. */
export function paint(
  line: Line,
  columns: number,
  indent: number,
  capabilities: TerminalCapabilities,
): readonly string[] {
  const spans = line.map(({ text, style }) => ({ text: harmless(text, capabilities), style }));
  const breaks = breaksOf(spans.map(({ text }) => text).join(""), Math.max(columns - 1, narrowest), indent);
  return breaks.map(({ start, end }, row) => {
    const margin = row === 0 ? "" : " ".repeat(indentOf(columns, indent));
    return margin + styled(spans, start, end, capabilities);
  });
}

/** Cleans a name, a word or a prompt. */
export function harmless(text: string, { unicode }: TerminalCapabilities): string {
  const clean = cleanLine(text);
  return unicode ? clean : clean.replace(/[^ -~]/gu, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`);
}

export function colour(text: string, style: Style, capabilities: TerminalCapabilities): string {
  if (!capabilities.colour || style === "plain" || text === "") return text;
  const code = typeof style === "string" ? codes[style] : friendCodes[style.colour % friendCodes.length];
  return `\u001b[${code ?? "0"}m${text}\u001b[0m`;
}

/** A narrower terminal is not readable anyway. */
const narrowest = 10;

const indentOf = (columns: number, indent: number): number => (columns < 3 * indent ? 2 : indent);

interface Row {
  readonly start: number;
  readonly end: number;
}

function breaksOf(text: string, columns: number, indent: number): readonly Row[] {
  const rows: Row[] = [];
  for (let start = 0; start < text.length || rows.length === 0;) {
    const room = rows.length === 0 ? columns : columns - indentOf(columns, indent);
    const end = start + rowOf(text.slice(start, start + scanned(room)), room);
    rows.push({ start, end: Math.max(end, start + 1) });
    start = Math.max(end, start + 1);
    // Drop the space at which the row was cut.
    if (text[start] === " " && start < text.length - 1) start += 1;
  }
  return rows;
}

/** Most UTF-16 units of one row; a longer heap of combining marks is cut. */
const scanned = (columns: number): number => 16 * columns;

/** Cuts at the last space if the row does not get too short, else where it is full. */
function rowOf(text: string, columns: number): number {
  if (columnsOf(text) <= columns) return text.length;
  const full = fitting(text, columns);
  const space = text[full] === " " ? full : text.lastIndexOf(" ", full);
  return space > full / 2 ? space : full;
}

function styled(spans: Line, start: number, end: number, capabilities: TerminalCapabilities): string {
  let at = 0;
  let row = "";
  for (const { text, style } of spans) {
    row += colour(text.slice(Math.max(start - at, 0), Math.max(end - at, 0)), style, capabilities);
    at += text.length;
  }
  return row;
}
