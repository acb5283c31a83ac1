// `/help`: what may be typed, from the request table.

import { columnsOf, padded } from "./columns.js";
import { slashRows, slashUsage } from "../../member/request-table.js";
import { span, type Line, type TerminalCapabilities } from "./paint.js";
import { tickLegend } from "./ticks.js";

const sayings = [
  ["hello", "send hello to the friend in the prompt"],
  ["Bob/hello", "to Bob, who is then in the prompt; @Bob hello does the same"],
  ["@Bob", "turns to Bob without a word"],
  ["Bob,Martha/hello", "to both; */hello to everybody"],
  ["//etc/hosts", "text that begins with a slash"],
] as const;

const keys = [
  ["TAB", "completes names and commands"],
  ["Up, Down", "earlier lines, also of earlier runs"],
  ["Ctrl-C", "clears the line; twice: ends at once"],
  ["Ctrl-D", "sends what can be sent, and ends"],
] as const;

/** On a narrower terminal the explanation goes below the command. */
const wide = 76;

export function help(capabilities: TerminalCapabilities, columns: number): readonly Line[] {
  const rows = [...sayings, ...slashRows.map((row) => [slashUsage(row), row.summary] as const), ...keys];
  const width = Math.max(...rows.map(([what]) => columnsOf(what)));
  return [
    ...rows.flatMap(([what, means]): readonly Line[] =>
      columns < wide
        ? [[span(what, "strong")], [span(`    ${means}`)]]
        : [[span(padded(what, width), "strong"), span(`  ${means}`)]],
    ),
    ...tickLegend(capabilities).map(([sign, means]): Line => [sign, span(` ${means}`)]),
  ];
}
