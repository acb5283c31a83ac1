// `/peers`: one line for each friend, cut to the terminal's width.

import { formatEndpoint } from "../../core/address.js";
import { columnsOf, padded } from "./columns.js";
import type { PeerStatus } from "../../core/notice.js";
import { keyWord } from "../words.js";
import { span, type Line, type Style } from "./paint.js";

/** A terminal this wide also gets the address and what can be promised. */
const wide = 90;

export function peersList(
  status: readonly PeerStatus[],
  columns: number,
  nameStyle: (name: string) => Style,
): readonly Line[] {
  const width = Math.max(0, ...status.map(({ peer }) => columnsOf(peer.name)));
  const places = Math.max(0, ...status.map(({ peer }) => formatEndpoint(peer).length));
  return status.map((row) => [
    span(padded(row.peer.name, width), nameStyle(row.peer.name)),
    ...(columns < wide ? [] : [span(`  ${padded(formatEndpoint(row.peer), places)}`, "quiet")]),
    span(`  ${state(row)}`, row.state === "connected" ? "good" : "plain"),
    span(
      remarks(row, columns)
        .map((each) => `, ${each}`)
        .join(""),
      "quiet",
    ),
    ...(row.waiting > 0 ? [span(`, ${row.waiting} waiting`, "strong")] : []),
  ]);
}

function state(row: PeerStatus): string {
  const own = row.self && row.state !== "connected" ? "you" : row.state;
  return row.online === true ? `${own}, online` : own;
}

function remarks(row: PeerStatus, columns: number): readonly string[] {
  const { self, idleMs, state: is } = row;
  const { dialect } = row.peer;
  if (self) return [];
  const claim = dialect === "secure" ? "encrypted" : `${dialect}: in the clear, only sent`;
  const idle = idleMs === undefined || is !== "connected" ? [] : [`idle for ${Math.floor(idleMs / 1_000)} s`];
  return [
    ...(dialect !== "secure" || columns >= wide ? [claim] : []),
    ...[keyWord(row)].filter((word) => word !== ""),
    ...(columns >= wide ? idle : []),
  ];
}
