// `p2p status`, `p2p stop`, `p2p cancel`, and the commands that are one request: their requests to the running member, and its answers as text.

import { exitCode } from "../core/errors.js";
import { cleanJson, excerpt } from "../core/escape.js";
import { plural } from "../core/peer-table.js";
import type { PeerName } from "../core/types.js";
import { answerLines } from "../clients/answer-lines.js";
import type { CancelOptions, RequestOptions } from "./options.js";
import type { Question } from "./ask.js";
import type { Answer } from "./group.js";
import { textOf, type Told } from "./member-connection.js";

const notRunning = 3;

const inJson = (told: Told): Answer => ({ code: exitCode.stopped, lines: [cleanJson(JSON.stringify(told))] });

/** `where` is the member's state folder. */
export const statusQuestion = (
  { json }: { readonly json: boolean },
  { self, where }: { readonly self: PeerName; readonly where: string },
): Question => ({
  request: { do: "status" },
  explain: (told) => (json ? inJson(told) : { code: exitCode.stopped, lines: statusLines(told, where) }),
  absent: {
    code: notRunning,
    lines: [
      json ? cleanJson(JSON.stringify({ event: "status", running: false, name: self })) : `${self} is not running.`,
    ],
  },
});

function statusLines(told: Told, where: string): readonly string[] {
  const count = (field: string): number => Number(told[field] ?? 0);
  return [
    `${textOf(told["name"]) ?? ""} runs and listens on port ${count("port")}; since ${textOf(told["since"]) ?? ""}.`,
    `${count("connected")} of ${plural(count("friends"), "friend")} connected, ${plural(count("waiting"), "message")} waiting, ${plural(count("programs"), "program")} on the socket.`,
    `State folder: ${where}${told["kept"] === false ? " (messages are kept in memory only)" : ""}`,
  ];
}

/** Answered when the member ends. */
export const stopQuestion = ({ json }: { readonly json: boolean }, self: PeerName): Question => ({
  request: { do: "stop" },
  answer: "closing",
  explain: (told) => (json ? inJson(told) : { code: exitCode.stopped }),
  absent: { code: notRunning, message: `${self} is not running.` },
});

/** A request whose answer is shown as the chat shows it. The member itself answers, so the answer has the fields of its request. */
export const requestQuestion = ({ request, fields, json }: RequestOptions, self: PeerName): Question => ({
  request: { do: request, ...fields },
  explain: (told) => (json ? inJson(told) : { code: exitCode.stopped, lines: answerLines(request, told as never) }),
  absent: {
    code: notRunning,
    message: `${self} is not running here, so nothing is sent. Start p2p, or run p2p flush.`,
  },
});

export const cancelQuestion = ({ friend, seq, id, json }: CancelOptions): Question => ({
  request: {
    do: "cancel",
    ...(friend !== undefined && { to: friend }),
    ...(seq !== undefined && { seq: String(seq) }),
    ...(id && { id }),
  },
  explain: (told) =>
    json ? inJson(told) : cancelled(Number(told["cancelled"] ?? 0), textOf(told["reason"]), textOf(told["to"])),
  absent: {
    code: notRunning,
    message: "The member is not running. Start it: only a running member can cancel messages.",
  },
});

function cancelled(count: number, reason: string | undefined, friend: string | undefined): Answer {
  const whose = friend === undefined ? "" : ` to ${excerpt(friend)}`;
  if (count > 0) return { code: exitCode.stopped, lines: [`${plural(count, "message")}${whose} will not be sent.`] };
  const why = reason === undefined ? "it was already written to a connection, or does not exist" : excerpt(reason);
  return { code: exitCode.unsent, message: `No message${whose} was cancelled: ${why}.` };
}
