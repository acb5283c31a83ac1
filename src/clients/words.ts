// The texts that the chat shows to its user. Lines that the older program prints too are the same to the byte, because
// scripts may search for them.

import { formatEndpoint } from "../core/address.js";
import { excerpt } from "../core/escape.js";
import type { Notice } from "../core/notice.js";
import { fingerprint } from "../core/known-key.js";
import { historyDepth } from "../core/limits.js";
import type { HistoryMessage } from "../core/record.js";
import { plural } from "../core/peer-table.js";
import type { Peer } from "../core/types.js";
import type { Guess } from "../core/nearest.js";
import type { PeerRow } from "../member/api.js";
import { findSlash, slashRows, slashUsage } from "../member/request-table.js";

/** The older program's start-up text, byte for byte. */
export function banner(port: number, peers: readonly Peer[]): readonly string[] {
  return [
    `P2P Server Running at port: ${String(port)}`,
    "",
    `Number of peers : ${String(peers.length)}`,
    ...peers.map(
      (peer, index) => `Peer #${String(index + 1)}, Name : ${peer.name}, IP : ${peer.host}${portNote(peer)}`,
    ),
    "",
    "You can now send and receive messages.",
  ];
}

const portNote = (peer: Peer): string => (peer.ownPort ? `, Port : ${String(peer.port)}` : "");

export const malformed = "Message format : peer_name/msg";

/** One entry per line of text. `guess` finds the member's name nearest to a mistyped one. */
export function describe(notice: Notice, guess: (name: string) => Guess | undefined): readonly string[] {
  switch (notice.kind) {
    case "timed-out":
      return [`Connection with ${notice.peer} timed out`];
    case "closed":
      return [`Connection with ${notice.peer} ${notice.reason === undefined ? "closed" : `broke (${notice.reason})`}`];
    case "unreachable":
      return [
        `${notice.peer} is unreachable (${notice.reason}); ${waiting(notice.waiting)} and will go out when ${notice.peer} answers.`,
      ];
    case "caught-up":
      return [`${notice.peer} answers; ${plural(notice.count, "waiting message")} went out.`];
    case "refused":
      return [`${plural(notice.count, "message")} to ${notice.peer} refused and not sent: ${notice.reason}.`];
    case "unsent":
      return [`${plural(notice.count, "message")} to ${notice.peer} could not be sent.`];
    case "unknown-peer":
      return unknownPeer(notice.name, guess(notice.name));
    case "unknown-host":
      return ["Unknown host trying to connect. Not in peer list!"];
    case "unknown-hosts":
      return [`${plural(notice.count, "more attempt")} by unknown hosts ${verb(notice.count, "was", "were")} refused.`];
    case "table-read":
      return [`${notice.file} was read again: ${plural(notice.peers, "peer")}.`];
    case "table-kept":
      return [`${notice.message}; the group stays as it was.`];
    case "remark":
      return [notice.message];
    default:
      return describeRest(notice);
  }
}

export const rendezvousLost = (server: string, reason: string): string =>
  `The rendezvous server ${server} does not answer (${reason}); p2p keeps trying.`;

export const rendezvousBack = (server: string): string => `The rendezvous server ${server} answers again.`;

function describeRest(notice: Rest): readonly string[] {
  if (notice.kind === "unverified") return unverified(notice);
  if (notice.kind === "relayed") return notice.text.split("\n");
  if (notice.kind === "unread") return ["Unread messages:"];
  if (notice.kind !== "cancelled" && notice.kind !== "expired") return [describeTrust(notice)];
  return [`${plural(notice.count, "message")} to ${notice.peer} ${givenUp[notice.kind]}.`];
}

type Rest =
  TrustNotice | Extract<Notice, { readonly kind: "unverified" | "relayed" | "unread" | "cancelled" | "expired" }>;

const givenUp = { cancelled: "cancelled", expired: "expired: not sent in time, and will not be sent" } as const;

type TrustNotice = Extract<
  Notice,
  {
    readonly kind:
      | "left-waiting"
      | "readdressed"
      | "stepped-back"
      | "counts-anew"
      | "key-refused"
      | "clear-refused"
      | "first-key"
      | "store-failed"
      | "store-recovered"
      | "shown-late"
      | "found"
      | "rendezvous-lost"
      | "rendezvous-back";
  }
>;

/** Notices that need a key, a store or a rendezvous server. */
function describeTrust(notice: TrustNotice): string {
  switch (notice.kind) {
    case "left-waiting":
      return `${plural(notice.count, "message")} to ${notice.peer} ${verb(notice.count, "waits", "wait")} in the store until the next start.`;
    case "readdressed":
      return `${notice.peer} has another key now: ${plural(notice.count, "message")} that waited for the old key will be sent to the new one.`;
    case "stepped-back":
      return `${notice.peer}'s store and ours do not agree on what was delivered: one of them was lost or restored. ${waiting(notice.count)} and will go out under new numbers; some may be shown twice.`;
    case "counts-anew":
      return `${notice.peer} started a new message numbering: ${notice.peer} took another key for ours in the meantime, or a store was lost or restored. Some messages may be shown twice, and some that were waiting there may be lost.`;
    case "key-refused":
      return notice.words;
    case "clear-refused":
      return `Unencrypted text from ${notice.peer} was refused: the row in the group file says dialect=secure. If ${notice.peer} uses an older program, write its dialect after the address (dialect=line, named, tagged or says).`;
    case "first-key":
      return `${notice.peer} is known by a key from now on: ${fingerprint(notice.key)}`;
    case "store-failed":
      return `The store cannot be written: ${notice.reason}. Stored messages are safe; new messages to secure friends are refused until it can be written again.`;
    case "store-recovered":
      return "The store can be written again.";
    case "shown-late":
      return `${plural(notice.count, "message")} came before the program ended${verb(notice.count, " and may", "; the first may")} have been shown already:`;
    case "found":
      return `${notice.peer} was found at ${notice.host}.`;
    case "rendezvous-lost":
      return rendezvousLost(formatEndpoint(notice.server), notice.reason);
    case "rendezvous-back":
      return rendezvousBack(formatEndpoint(notice.server));
  }
}

/** In the form of messages, with the sender marked as unverified. */
function unverified({ host, name, texts }: Extract<Notice, { readonly kind: "unverified" }>): readonly string[] {
  const sender = name === undefined ? `${host} (unverified)` : `${excerpt(name)} (unverified, from ${host})`;
  return texts
    .slice(0, -1)
    .split("\n")
    .map((text) => `${sender} : ${text}`);
}

const verb = (count: number, one: string, many: string): string => (count === 1 ? one : many);

const waiting = (count: number): string =>
  count === 1 ? "1 message is waiting" : `${String(count)} messages are waiting`;

export function unknownPeer(name: string, guess: Guess | undefined): readonly string[] {
  const line = `Unknown peer name : ${excerpt(name)}`;
  if (guess === undefined) return [line];
  return [
    line,
    guess.close ? `Did you mean ${guess.name}?` : `The nearest name is ${guess.name}; /peers lists them all.`,
  ];
}

const sayings = [
  ["Bob/hello", "send hello to Bob"],
  ["Bob,Martha/hello", "send it to both; */hello to everybody"],
] as const;

/** `/help`; `about` a command: how it is used. */
export function help(about: string | undefined): readonly string[] {
  if (about === undefined) return columns([...sayings, ...slashRows.map((row) => [slashUsage(row), row.summary])]);
  const found = findSlash(about.replace(/^\//, ""));
  if (found.kind === "one") return [`${slashUsage(found.row)}  ${found.row.summary}`, ...found.row.details];
  if (found.kind === "several") return [`/${excerpt(about)} may be ${found.names.join(" or ")}.`];
  const hint = found.meant === undefined ? "Try /help." : `Did you mean ${found.meant}?`;
  return [`There is no command "${excerpt(about)}". ${hint}`];
}

/** The answer to a history query without matches. */
export function nothingFound({
  peer,
  search,
}: {
  readonly peer: string | undefined;
  readonly search: string | undefined;
}): string {
  if (peer === undefined && search === undefined) return "There are no messages yet.";
  const what = search === undefined ? `No message with ${peer ?? ""}` : "No message has all of these whole words";
  return `${what} among the last ${historyDepth}; p2p history searches all.`;
}

/** Time in UTC, state, and the message as it was typed or shown. The sanitiser must still make it one harmless line. */
export function historyLine({ time, state: messageState, direction, peer, text }: HistoryMessage): string {
  const said = direction === "out" ? `${peer}/${text}` : `${peer} : ${text}`;
  return `${time.slice(0, 10)} ${time.slice(11, 19)}Z  ${messageState.padEnd(9)}  ${said}`;
}

export function peersTable(peers: readonly PeerRow[]): readonly string[] {
  const rows = peers.map((row) => [
    row.name,
    row.address,
    stateWord(row),
    claim(row),
    [idle(row), keyWord(row), row.waiting === 0 ? "" : waiting(row.waiting)].filter((cell) => cell !== "").join(", "),
  ]);
  return columns(rows);
}

/** Empty where the dialect has no keys; "none yet" before the first contact. */
export function keyWord({ self, dialect, key }: PeerRow): string {
  if (self || dialect !== "secure") return "";
  return `key: ${key ?? "none yet"}`;
}

/** Aligns cells in columns, two spaces apart, and leaves out empty columns. */
export function columns(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    rows.reduce((width, row) => Math.max(width, Array.from(row[column] ?? "").length), 0),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => padded(cell, widths[column] ?? 0))
      .filter((_, column) => widths[column] !== 0)
      .join("  ")
      .trimEnd(),
  );
}

/** Pads to `width` code points. */
function padded(cell: string, width: number): string {
  return cell + " ".repeat(Math.max(0, width - Array.from(cell).length));
}

export function stateWord(row: PeerRow): string {
  const own = row.self && row.state !== "connected" ? "you" : row.state;
  return row.online === true ? `${own}, online` : own;
}

/** Whether the dialect encrypts, and the last state that a message to that peer can reach. */
const claim = ({ self, dialect }: PeerRow): string => {
  if (self) return "";
  return dialect === "secure" ? "encrypted, delivered" : `${dialect}: in the clear, only sent`;
};

const idle = ({ idle: seconds }: PeerRow): string => (seconds === undefined ? "" : `idle for ${seconds} s`);
