// `p2p status`, `p2p peers`, `p2p why`, `p2p cancel`: their requests to the running member, and its answers as text.

import { exitCode } from "../core/errors.js";
import { cleanJson, excerpt } from "../core/escape.js";
import { plural } from "../core/peer-table.js";
import type { PeerName } from "../core/types.js";
import { columns } from "../clients/words.js";
import type { CancelOptions, WhyOptions } from "./options.js";
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

export const peersQuestion = ({ json }: { readonly json: boolean }): Question => ({
  request: { do: "peers" },
  explain: (told) => (json ? inJson(told) : { code: exitCode.stopped, lines: peerLines(told["peers"]) }),
  absent: { code: notRunning, message: "The member is not running." },
});

function peerLines(peers: unknown): readonly string[] {
  const rows = Array.isArray(peers) ? (peers as readonly Readonly<Record<string, unknown>>[]) : [];
  return columns(
    rows.map((row) => {
      const cell = (field: string): string => textOf(row[field]) ?? "";
      const waiting = Number(row["waiting"] ?? 0);
      const rest = [row["key"] === undefined ? "" : `key: ${cell("key")}`, waiting === 0 ? "" : `${waiting} waiting`];
      return [
        ...[cell("name"), cell("address"), row["self"] === true ? "you" : cell("state"), cell("dialect")],
        rest.filter((word) => word !== "").join(", "),
      ];
    }),
  );
}

export const whyQuestion = ({ friend, json }: WhyOptions, self: PeerName): Question => ({
  request: { do: "why", friend },
  explain: (told) =>
    json ? inJson(told) : { code: exitCode.stopped, lines: (textOf(told["text"]) ?? "").split("\n") },
  absent: {
    code: notRunning,
    message: `${self} is not running here, so nothing is sent: messages to ${excerpt(friend)} wait in the store. Start p2p, or run p2p flush.`,
  },
});

export const cancelQuestion = ({ friend, seq, id, json }: CancelOptions): Question => ({
  request: { do: "cancel", to: friend, ...(seq !== undefined && { seq: String(seq) }), ...(id && { id }) },
  explain: (told) => (json ? inJson(told) : cancelled(Number(told["cancelled"] ?? 0), textOf(told["reason"]), friend)),
  absent: {
    code: notRunning,
    message: "The member is not running. Start it: only a running member can cancel messages.",
  },
});

function cancelled(count: number, reason: string | undefined, friend: string): Answer {
  const name = excerpt(friend);
  if (count > 0) return { code: exitCode.stopped, lines: [`${plural(count, "message")} to ${name} will not be sent.`] };
  const why = reason === undefined ? "it was already written to a connection, or does not exist" : excerpt(reason);
  return { code: exitCode.unsent, message: `No message to ${name} was cancelled: ${why}.` };
}
