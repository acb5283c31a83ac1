// The only sanitiser. Text from a peer, a file or a keyboard passes here before it reaches a person or a log.
// It promises that no control character, no bidirectional control and no hidden line break reaches the terminal.

import { excerptLengthMax } from "./limits.js";

// C0 without LF, DEL and C1; Arabic letter mark, LRM, RLM; line and paragraph separator, bidi embeddings and overrides;
// bidi isolates and the deprecated format controls; BOM; interlinear annotation. All in the basic plane, so the pattern
// needs no `u` flag, which would halve its speed. Joiners stay: emoji and half of the world's scripts need them.
const hostile = // eslint-disable-next-line no-control-regex -- finding control characters is its purpose
  /[\0-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ufeff\ufff9-\ufffb]/g;

// Lines of printable ASCII. Most output is; this test takes half the time of a search for hostile characters.
const plain = /^(?:[ -~]*\n)*[ -~]*$/;

const named: Readonly<Record<string, string>> = { "\t": "\\t", "\r": "\\r", "\0": "\\0" };

function visible(char: string, at: number, whole: string): string {
  if (char === "\r" && whole.charCodeAt(at + 1) === 10) return "";
  const code = char.charCodeAt(0);
  return named[char] ?? (code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`);
}

/**
 * Texts that each end with a line feed: line feeds stay, CR LF becomes LF, every other hostile character is escaped.
 */
export const cleanTexts = (texts: string): string => (plain.test(texts) ? texts : texts.replace(hostile, visible));

/** Escapes a text that must stay on one line: line feeds too. */
export const cleanLine = (text: string): string => cleanTexts(text).replaceAll("\n", "\\n");

/** Escapes one line of JSON: its value stays the same, and it is harmless to a terminal. */
export const cleanJson = (json: string): string => (plain.test(json) ? json : escapeJson(json));

const escapeJson = (json: string): string =>
  json.replace(hostile, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** An excerpt of foreign text for an error message: escaped, and cut with an ellipsis. */
export function excerpt(text: string): string {
  const points = Array.from(text.slice(0, excerptLengthMax * 2));
  const cut = points.slice(0, excerptLengthMax).join("");
  return cleanLine(cut.length < text.length ? `${cut}…` : cut);
}
