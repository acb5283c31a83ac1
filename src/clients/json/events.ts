// Encodes events as JSON lines; SCRIPTS.md describes the fields. Every line is also harmless to a terminal.

import { cleanJson } from "../../core/escape.js";
import type { Contact, Notice } from "../../core/notice.js";
import type { Outcome } from "../../core/outcome.js";
import type { Received, Sent } from "../../core/record.js";
import { formatMoment } from "../../core/time-point.js";
import type { Peer } from "../../core/types.js";
import type { Fields } from "../../member/api.js";
import { describe } from "../words.js";

/** Leaves out undefined fields. `time` is in milliseconds since 1970 UTC. */
export const eventLine = (event: string, time: number, fields: Fields): string =>
  `${cleanJson(JSON.stringify({ event, time: formatMoment(time), ...fields }))}\n`;

/** One line per text. Only the number and the text differ between the lines. */
export function messageLines({ peer, batch, number, time, key, written }: Received): string {
  const when = written === undefined ? "" : `,"written":"${formatMoment(written)}"`;
  const head = `{"event":"message","time":"${formatMoment(time)}"${when},"from":${JSON.stringify(peer)},"key":"${key}","seq":"`;
  const texts = batch.texts.split("\n");
  let lines = "";
  for (let index = 0; index < batch.count; index += 1)
    lines += `${head}${String(number + index)}","text":${JSON.stringify(texts[index])}}\n`;
  return cleanJson(lines);
}

/** Messages that another client sent, one line each. */
export function ownLines({ peer, batch, number, time }: Sent): string {
  const head = `{"event":"own","time":"${formatMoment(time)}","to":${JSON.stringify(peer)},"seq":"`;
  const texts = batch.texts.split("\n").slice(0, batch.count);
  return cleanJson(texts.map((text, index) => `${head}${number + index}","text":${JSON.stringify(text)}}\n`).join(""));
}

/** One line per message: those from index `from` up to, not including, `to` of the outcome's messages. */
export function outcomeLines(outcome: Outcome, time: number, [from, to]: readonly [number, number]): string {
  const { kind, number, id, reason, final, tag } = outcome;
  const head = cleanJson(`{"event":"${kind}","time":"${formatMoment(time)}","to":${JSON.stringify(outcome.to)}`);
  const named =
    (id === undefined ? "" : `,"id":${JSON.stringify(id)}`) +
    (tag === undefined ? "" : `,"tag":${JSON.stringify(tag)}`);
  const why = reason === undefined ? "" : `,"reason":${JSON.stringify(reason)}`;
  const tail = cleanJson(`${named}${why}${kind === "queued" ? "" : `,"final":${String(final)}`}}\n`);
  let lines = "";
  for (let index = from; index < to; index += 1)
    lines += number === undefined ? `${head}${tail}` : `${head},"seq":"${String(number + index)}"${tail}`;
  return lines;
}

export function connectedLine({ name, dialect }: Peer, contact: Contact | undefined, time: number): string {
  return eventLine("connected", time, { peer: name, dialect, key: contact?.standing ?? "none" });
}

/** The end of a connection is a `disconnected` event; everything else is a `notice`. */
export function noticeLine(notice: Notice, time: number): string {
  const peer = "peer" in notice ? notice.peer : undefined;
  if (notice.kind === "timed-out") return eventLine("disconnected", time, { peer, reason: "idle" });
  if (notice.kind === "closed")
    return eventLine("disconnected", time, {
      peer,
      reason: notice.reason === undefined ? "quit" : "broken",
      detail: notice.reason,
    });
  const text = describe(notice, () => undefined).join("\n");
  return eventLine("notice", time, { kind: notice.kind, peer, text });
}
