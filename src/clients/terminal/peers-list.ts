// `/peers`: one line for each friend, cut to the terminal's width.

import { columnsOf, padded } from "./columns.js";
import type { PeerRow } from "../../member/api.js";
import { keyWord, stateWord } from "../words.js";
import { span, type Line, type Style } from "./paint.js";

/** A terminal this wide also gets the address and what can be promised. */
const wide = 90;

export function peersList(
  peers: readonly PeerRow[],
  columns: number,
  nameStyle: (name: string) => Style,
): readonly Line[] {
  const width = Math.max(0, ...peers.map(({ name }) => columnsOf(name)));
  const places = Math.max(0, ...peers.map(({ address }) => address.length));
  return peers.map((row) => [
    span(padded(row.name, width), nameStyle(row.name)),
    ...(columns < wide ? [] : [span(`  ${padded(row.address, places)}`, "quiet")]),
    span(`  ${stateWord(row)}`, row.state === "connected" ? "good" : "plain"),
    span(
      remarks(row, columns)
        .map((each) => `, ${each}`)
        .join(""),
      "quiet",
    ),
    ...(row.waiting > 0 ? [span(`, ${row.waiting} waiting`, "strong")] : []),
  ]);
}

function remarks(row: PeerRow, columns: number): readonly string[] {
  const { self, idle, dialect } = row;
  if (self) return [];
  const claim = dialect === "secure" ? "encrypted" : `${dialect}: in the clear, only sent`;
  return [
    ...(dialect !== "secure" || columns >= wide ? [claim] : []),
    ...[keyWord(row)].filter((word) => word !== ""),
    ...(columns >= wide && idle !== undefined ? [`idle for ${idle} s`] : []),
  ];
}
