// From what is to be said to rows of a terminal. It is the one sanitiser's gate to a person's screen: every piece of text is cleaned
// here, and no text begins a row but the first of a line, so that nobody's message looks like another line.

import { columnsOf, fitting } from "./columns.js";
import { cleanLine } from "../../core/escape.js";

/** quiet: what may be overlooked. friend: a name, in a colour of its own. */
export type Style =
  "plain" | "quiet" | "own" | "good" | "alarm" | "strong" | { readonly kind: "friend"; readonly colour: number };

export interface Span {
  readonly text: string;
  readonly style: Style;
}

export type Line = readonly Span[];

/** What the terminal bears. */
export interface TerminalCapabilities {
  readonly colour: boolean;
  /** Whether the locale is UTF-8. Elsewhere a letter's second byte may be an order to the terminal. */
  readonly unicode: boolean;
}

export const span = (text: string, style: Style = "plain"): Span => ({ text, style });

const codes = { quiet: "2", own: "2", good: "32", alarm: "31", strong: "1" } as const;
const friendCodes = ["36", "35", "33", "34", "32", "96", "95", "93", "94", "92"];

/** `indent` is how far further rows of the line stand in. */
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

/** Of a name, a word, a prompt. */
export function harmless(text: string, { unicode }: TerminalCapabilities): string {
  const clean = cleanLine(text);
  return unicode ? clean : clean.replace(/[^ -~]/gu, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`);
}

export function colour(text: string, style: Style, capabilities: TerminalCapabilities): string {
  if (!capabilities.colour || style === "plain" || text === "") return text;
  const code = typeof style === "string" ? codes[style] : friendCodes[style.colour % friendCodes.length];
  return `\u001b[${code ?? "0"}m${text}\u001b[0m`;
}

/** Below this nothing can be read anyway. */
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
    // The space at which a row ended need not begin the next one.
    if (text[start] === " " && start < text.length - 1) start += 1;
  }
  return rows;
}

/** No row has more UTF-16 units than this, whatever marks it is heaped with; a longer heap is cut. */
const scanned = (columns: number): number => 16 * columns;

/** At the last space where the row would not get too short, else where it is full. */
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
