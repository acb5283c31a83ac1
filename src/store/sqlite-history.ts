// Reads the history while a member may be writing it: over a read-only connection, with one short read per page, so
// that a slow reader never blocks the member or the truncation of its log.

import { stateOf, type Claim } from "./message-state.js";
import type { HistoryMessage, HistoryQuery, MessageState, Withdrawn } from "../core/record.js";
import { searchWords, type SearchWords } from "./search-words.js";
import { common, type Span } from "../core/span.js";
import { formatMoment } from "../core/time-point.js";
import { fault, ok, type PeerName, type Result } from "../core/types.js";
import { fileBytes, fileExists, immutableLocation } from "../platform/database-file.js";
import type { History } from "../ports.js";
import { HistorySource, type BatchRow, type FoundMessage } from "./history-source.js";
import { checkSchema } from "./schema.js";
import { firstNumber, openDatabase, openingFault, query, type Database, type Query } from "../platform/sqlite.js";

export class SqliteHistory implements History {
  readonly #database: Database;
  readonly #retired: Query;
  readonly #claims: Query;
  /** Undefined if the file has the schema of an older p2p. */
  readonly #withdrawn: Query | undefined;

  private constructor(database: Database) {
    this.#database = database;
    this.#retired = query(database, "SELECT retired FROM outgoing WHERE peer = ?");
    this.#claims = query(database, "SELECT from_ordinal, acknowledges FROM claim WHERE peer = ? ORDER BY from_ordinal");
    this.#withdrawn = firstNumber(database, "SELECT count(*) FROM sqlite_schema WHERE name = 'withdrawn'")
      ? query(database, withdrawnSql)
      : undefined;
  }

  /** Whether the file exists and is not empty. */
  static exists(path: string): boolean {
    return fileBytes(path) > 0;
  }

  /** `path` is the store's file; a member may have it open. */
  static open(path: string): Result<SqliteHistory> {
    if (!fileExists(path)) return fault(`there is no history yet: ${path} does not exist`);
    const opened = openReadOnly(path);
    if (!opened.ok) return opened;
    try {
      opened.value.exec("PRAGMA temp_store = MEMORY");
      return ok(new SqliteHistory(opened.value));
    } catch (error) {
      opened.value.close();
      return openingFault(path, error);
    }
  }

  *messages(asked: HistoryQuery): Generator<HistoryMessage> {
    const words = searchWords(asked.search ?? "");
    if (asked.limit !== undefined && asked.limit < 1) return;
    const source = new HistorySource(this.#database, { ...asked, match: words.match });
    const from = asked.limit === undefined ? 1 : newest(source, words, asked.limit);
    const outcomes = new Map<string, PeerOutcomes>();
    for (const found of source.ascending(from)) if (hasSigns(found, words)) yield this.#historyMessage(found, outcomes);
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }

  #historyMessage({ row, index }: FoundMessage, outcomes: Map<string, PeerOutcomes>): HistoryMessage {
    return {
      time: formatMoment(row.time),
      ...(row.written !== undefined && { written: formatMoment(row.written) }),
      direction: row.ordinal === undefined ? "in" : "out",
      peer: row.peer as PeerName,
      seq: String(row.number + index),
      state: this.#stateOf(row, index, outcomes),
      text: row.texts[index] ?? "",
    };
  }

  #stateOf(row: BatchRow, index: number, outcomes: Map<string, PeerOutcomes>): MessageState {
    if (row.ordinal === undefined) return "received";
    if (row.state !== undefined) return row.state as MessageState;
    let outcome = outcomes.get(row.peer);
    if (outcome === undefined) outcomes.set(row.peer, (outcome = this.#readOutcomes(row.peer)));
    const ordinal = row.ordinal + index;
    return this.#withdrawnAt(row.peer, ordinal, outcome) ?? stateOf(ordinal, outcome.retired, outcome.claims);
  }

  /** Reads each withdrawn span once: the result covers all messages up to the next span. */
  #withdrawnAt(peer: string, ordinal: number, outcome: PeerOutcomes): MessageState | undefined {
    const at = { first: ordinal, last: ordinal };
    if (common(outcome.covered, at) === undefined) this.#readWithdrawn(peer, ordinal, outcome);
    return outcome.found && common(outcome.found, at) && outcome.found.state;
  }

  #readWithdrawn(peer: string, ordinal: number, outcome: PeerOutcomes): void {
    const [first, last, state, next] = this.#withdrawn?.get(peer, ordinal) ?? [];
    outcome.found = typeof first === "number" ? ({ first, last, state } as Withdrawn) : undefined;
    outcome.covered = {
      first: Number(first ?? 0),
      last: next === null || next === undefined ? Infinity : Number(next) - 1,
    };
  }

  #readOutcomes(peer: string): PeerOutcomes {
    const claims = this.#claims
      .all(peer)
      .map(([from, yes]): Claim => ({ from: Number(from), acknowledges: yes === 1 }));
    return {
      retired: Number(this.#retired.get(peer)?.[0] ?? 0),
      claims,
      covered: { first: 0, last: -1 },
      found: undefined,
    };
  }
}

/** The data for the states of one friend's messages, read once per query. */
interface PeerOutcomes {
  readonly retired: number;
  readonly claims: readonly Claim[];
  /** The ordinals for which `found` is the only withdrawn span. */
  covered: Span;
  found: Withdrawn | undefined;
}

const withdrawnSql = `SELECT first, last, state, (SELECT min(first) FROM withdrawn WHERE peer = ?1 AND first > ?2)
  FROM (SELECT 1) LEFT JOIN
    (SELECT first, last, state FROM withdrawn WHERE peer = ?1 AND first <= ?2 ORDER BY first DESC LIMIT 1)`;

const hasSigns = ({ row, index }: FoundMessage, { signs }: SearchWords): boolean =>
  signs.every((sign) => row.texts[index]?.includes(sign));

/**
 * The store number of the oldest of the newest `limit` matches. Searching back first needs no memory for the matches.
 */
function newest(source: HistorySource, words: SearchWords, limit: number): number {
  let left = limit;
  for (const found of source.descending()) {
    if (hasSigns(found, words)) left -= 1;
    if (left === 0) return found.row.number + found.index;
  }
  return 1;
}

function openReadOnly(path: string): Result<Database> {
  const opened = openChecked(path, path);
  // Without a log file, no process is writing. If we may not create one, read the file as immutable.
  if (opened.ok || fileExists(`${path}-wal`)) return opened;
  const immutable = openChecked(immutableLocation(path), path);
  return immutable.ok ? immutable : opened;
}

function openChecked(location: string, path: string): Result<Database> {
  const opened = openDatabase(location, { readOnly: true });
  if (!opened.ok) return opened;
  const checked = checkSchema(opened.value, path);
  if (checked.ok && checked.value) return opened;
  opened.value.close();
  return checked.ok ? fault(`there is no history yet: ${path} is empty`) : checked;
}
