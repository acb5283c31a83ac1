// `/verify`: shows both keys, to be read aloud or photographed. Both screens show the same.

import { columnsOf, padded } from "./columns.js";
import { fingerprint, type Comparison } from "../../core/known-key.js";
import { qrCode } from "./qr-code.js";
import type { PublicKey } from "../../core/types.js";
import { paint, span, type Line, type TerminalCapabilities } from "./paint.js";
import { saidIndent } from "./screen-lines.js";

/** The terminal's size. */
export interface Room {
  readonly capabilities: TerminalCapabilities;
  readonly columns: number;
  readonly height: number;
}

/** The picture comes first, so that the instructions are just above the prompt. */
export function verification(comparison: Comparison, room: Room): readonly Line[] {
  const { own, theirs, standing } = comparison;
  const { name } = theirs;
  // Sorted by key, so that both screens have the same order.
  const both = [own, theirs].sort((a, b) => (a.key < b.key ? -1 : 1));
  const words = [
    [span(`Compare by phone or in person. After /verify ${own.name} there, both screens show:`)],
    ...fingerprints(both, room.columns),
    [span("All the same? "), span(`/verify ${name} yes`, "strong"), span(` (now: ${standing})`, "quiet")],
    [span(`One differs? Somebody is between you: tell ${name}, and send nothing secret.`)],
  ];
  return [...pictured(both, name, { room, words }), ...words];
}

interface Below {
  readonly room: Room;
  readonly words: readonly Line[];
}

/** The picture, if it fits together with the lines below it. */
function pictured(both: readonly NamedMember[], name: string, { room, words }: Below): readonly Line[] {
  const { capabilities, columns, height } = room;
  const { width, lines } = picture(codeOf(both), capabilities);
  const whole: readonly Line[] = [
    ...lines,
    [span(`The same digits, for a telephone that photographs ${name}'s screen.`, "quiet")],
  ];
  const rows =
    [...whole, ...words].flatMap((line) => paint(line, columns, saidIndent, capabilities)).length + promptRows;
  if (width < columns && rows <= height) return whole;
  const size = `${Math.max(width + 1, columns)} columns and ${rows} rows`;
  return [[span(`No room for the picture of them: it takes a window of ${size}.`, "quiet")]];
}

const promptRows = 1;

type NamedMember = Comparison["own"];

const codeOf = (both: readonly NamedMember[]) =>
  qrCode(["P2P", ...both.map(({ key }) => digits(key))].join(":").toUpperCase());

function fingerprints(both: readonly NamedMember[], columns: number): readonly Line[] {
  const width = Math.max(...both.map(({ name }) => columnsOf(name)));
  return both.flatMap((each) => read(each, width, columns));
}

const digits = (key: PublicKey): string => fingerprint(key).replaceAll(" ", "");

/** One row of eight groups, or two of four on a narrow terminal. */
function read({ name, key }: NamedMember, width: number, columns: number): readonly Line[] {
  const groups = fingerprint(key);
  const margin = `  ${padded(name, width)}  `;
  if (columnsOf(margin) + groups.length < columns) return [[span(margin), span(groups, "strong")]];
  const half = Math.ceil(groups.length / 2);
  const halves = [groups.slice(0, half).trimEnd(), groups.slice(half)];
  if (columnsOf(margin) + half >= columns)
    return [[span(name)], ...halves.map((each): Line => [span(`  ${each}`, "strong")])];
  return halves.map((each, row) => [span(row === 0 ? margin : " ".repeat(columnsOf(margin))), span(each, "strong")]);
}

interface Picture {
  readonly width: number;
  readonly lines: readonly Line[];
}

/** Draws the light modules, because a terminal is dark and readers want dark on light. Two rows of modules make one row of the screen. */
function picture(code: readonly (readonly boolean[])[], { unicode }: TerminalCapabilities): Picture {
  if (!unicode) return plainPicture(code);
  const lines: Line[] = [];
  for (let row = 0; row < code.length; row += 2) {
    const blocks = (code[row] ?? []).map((dark, column) => block(!dark, code[row + 1]?.[column] === false));
    lines.push([span(blocks.join(""))]);
  }
  return { width: code.length, lines };
}

function block(upper: boolean, lower: boolean): string {
  if (upper) return lower ? "\u2588" : "\u2580";
  return lower ? "\u2584" : " ";
}

const plainPicture = (code: readonly (readonly boolean[])[]): Picture => ({
  width: 2 * code.length,
  lines: code.map((row) => [span(row.map((dark) => (dark ? "  " : "##")).join(""))]),
});
