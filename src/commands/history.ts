// `p2p history [FRIEND]`: prints sent and received messages from the store. Works whether or not the member is running.

import type { HistoryOptions } from "./options.js";
import { exitCode } from "../core/errors.js";
import { cleanJson, excerpt } from "../core/escape.js";
import type { PeerTable } from "../core/peer-table.js";
import type { HistoryMessage, HistoryQuery } from "../core/record.js";
import { fault, ok, type PeerName, type Result } from "../core/types.js";
import { historyLine } from "../clients/words.js";
import type { History } from "../ports.js";
import { failed, readGroup, type Answer, type Machine } from "./group.js";

export interface HistoryPorts {
  readonly machine: Machine;
  /** Milliseconds since 1970 UTC. */
  readonly wallTime: number;
  /** Undefined if no messages were ever stored. */
  openHistory(member: PeerName): Result<History> | undefined;
}

/** Lines are read from the disk during iteration, which throws if the disk fails. */
export function showHistory(options: HistoryOptions, ports: HistoryPorts): Answer<Iterable<string>> {
  const group = readGroup(options, ports.machine);
  if (!group.ok) return failed(group.message);
  const { table, self } = group.value;
  const history = ports.openHistory(self.name);
  if (history?.ok === false) return failed(history.message);
  const peer = friendOf(options.friend, table, history?.value);
  if (!peer.ok) return failed(peer.message, exitCode.unsent);
  if (history === undefined)
    return { code: exitCode.stopped, message: `There is no history yet: ${self.name} has no stored messages here.` };
  const print = options.json ? jsonLine : historyLine;
  const lines = linesOf(history.value, toQuery(options, peer.value, ports.wallTime), print);
  const hint = options.search === undefined ? "" : " The search matches whole words.";
  return { code: exitCode.stopped, lines, ifNone: `No message found.${hint}` };
}

function* linesOf(
  history: History,
  query: HistoryQuery,
  print: (message: HistoryMessage) => string,
): Generator<string> {
  try {
    for (const message of history.messages(query)) yield print(message);
  } finally {
    history.close();
  }
}

/** Also accepts a friend who has left the group but has messages. */
function friendOf(
  word: string | undefined,
  table: PeerTable,
  history: History | undefined,
): Result<PeerName | undefined> {
  if (word === undefined) return ok(undefined);
  const name = word.normalize("NFC") as PeerName;
  if (table.find(name) !== undefined) return ok(name);
  for (const _ of history?.messages({ peer: name, limit: 1 }) ?? []) return ok(name);
  const meant = table.meant(name);
  const hint = meant !== undefined ? `Did you mean ${meant.name}?` : "Names are case-sensitive.";
  return fault(`Neither the group file nor the history has "${excerpt(word)}". ${hint}`);
}

function toQuery({ search, since, limit }: HistoryOptions, peer: PeerName | undefined, now: number): HistoryQuery {
  return {
    ...(peer === undefined ? {} : { peer }),
    ...(search === undefined ? {} : { search }),
    ...(since === undefined ? {} : { since: since.kind === "at" ? since.ms : now - since.ms }),
    ...(limit === undefined ? {} : { limit }),
  };
}

function jsonLine({ time, written, direction, peer, seq, state, text }: HistoryMessage): string {
  return cleanJson(JSON.stringify({ time, written, direction, peer, seq, state, text }));
}
