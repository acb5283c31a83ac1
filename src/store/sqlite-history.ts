// The history, read beside whoever writes it: a connection that cannot write, one short read per page, so that neither a
// slow reader nor a pager holds up the member or keeps its log from being cut back.

import { stateOf, type Claim } from "./message-state.js";
import type { HistoryMessage, HistoryQuery, MessageState, Withdrawn } from "../core/record.js";
import { searchWords, type SearchWords } from "./search-words.js";
import { common, type Span } from "../core/span.js";
import { formatMoment } from "../core/time-point.js";
import { fault, ok, type PeerName, type Result } from "../core/types.js";
import { fileBytes, fileExists, immutableLocation } from "../platform/database-file.js";
import type { History } from "../ports.js";
import { HistorySource, type BatchRow, type Found } from "./history-source.js";
import { checkSchema } from "./schema.js";
import { firstNumber, openDatabase, openingFault, query, type Database, type Query } from "../platform/sqlite.js";

export class SqliteHistory implements History {
  readonly #database: Database;
  readonly #retired: Query;
  readonly #claims: Query;
  /** Undefined in the file of an older program that nobody has opened to write since. */
  readonly #withdrawn: Query | undefined;

  private constructor(database: Database) {
    this.#database = database;
    this.#retired = query(database, "SELECT retired FROM outgoing WHERE peer = ?");
    this.#claims = query(database, "SELECT from_ordinal, acknowledges FROM claim WHERE peer = ? ORDER BY from_ordinal");
    this.#withdrawn = firstNumber(database, "SELECT count(*) FROM sqlite_schema WHERE name = 'withdrawn'")
      ? query(database, withdrawnSql)
      : undefined;
  }

  /** False before the first start that kept messages. */
  static begun(path: string): boolean {
    return fileBytes(path) > 0;
  }

  /** `path` names the store's file, whether or not a member has it open. */
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
    const fates = new Map<string, Fate>();
    for (const found of source.ascending(from)) if (hasSigns(found, words)) yield this.#told(found, fates);
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }

  #told({ row, index }: Found, fates: Map<string, Fate>): HistoryMessage {
    return {
      time: formatMoment(row.time),
      direction: row.ordinal === undefined ? "in" : "out",
      peer: row.peer as PeerName,
      seq: String(row.number + index),
      state: this.#stateOf(row, index, fates),
      text: row.texts[index] ?? "",
    };
  }

  #stateOf(row: BatchRow, index: number, fates: Map<string, Fate>): MessageState {
    if (row.ordinal === undefined) return "received";
    if (row.state !== undefined) return row.state as MessageState;
    let fate = fates.get(row.peer);
    if (fate === undefined) fates.set(row.peer, (fate = this.#fateOf(row.peer)));
    const ordinal = row.ordinal + index;
    return this.#withdrawnAt(row.peer, ordinal, fate) ?? stateOf(ordinal, fate.retired, fate.claims);
  }

  /** The span before an ordinal, or around it, is looked up once for all messages up to the next one. */
  #withdrawnAt(peer: string, ordinal: number, fate: Fate): MessageState | undefined {
    const at = { first: ordinal, last: ordinal };
    if (common(fate.looked, at) === undefined) this.#look(peer, ordinal, fate);
    return fate.found && common(fate.found, at) && fate.found.state;
  }

  #look(peer: string, ordinal: number, fate: Fate): void {
    const [first, last, state, next] = this.#withdrawn?.get(peer, ordinal) ?? [];
    fate.found = typeof first === "number" ? ({ first, last, state } as Withdrawn) : undefined;
    fate.looked = {
      first: Number(first ?? 0),
      last: next === null || next === undefined ? Infinity : Number(next) - 1,
    };
  }

  #fateOf(peer: string): Fate {
    const claims = this.#claims
      .all(peer)
      .map(([from, yes]): Claim => ({ from: Number(from), acknowledges: yes === 1 }));
    return {
      retired: Number(this.#retired.get(peer)?.[0] ?? 0),
      claims,
      looked: { first: 0, last: -1 },
      found: undefined,
    };
  }
}

/** What has become of a friend's messages, looked up once for each answer. */
interface Fate {
  readonly retired: number;
  readonly claims: readonly Claim[];
  /** For which ordinals `found` tells all that was withdrawn. */
  looked: Span;
  found: Withdrawn | undefined;
}

const withdrawnSql = `SELECT first, last, state, (SELECT min(first) FROM withdrawn WHERE peer = ?1 AND first > ?2)
  FROM (SELECT 1) LEFT JOIN
    (SELECT first, last, state FROM withdrawn WHERE peer = ?1 AND first <= ?2 ORDER BY first DESC LIMIT 1)`;

const hasSigns = ({ row, index }: Found, { signs }: SearchWords): boolean =>
  signs.every((sign) => row.texts[index]?.includes(sign));

/** The store number from which on as many messages fit as are asked for: looking back and reading on needs no memory. */
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
  // Without a log beside it nobody writes the file; where we may not make one, it can be read as it lies there.
  if (opened.ok || fileExists(`${path}-wal`)) return opened;
  const asItLies = openChecked(immutableLocation(path), path);
  return asItLies.ok ? asItLies : opened;
}

function openChecked(location: string, path: string): Result<Database> {
  const opened = openDatabase(location, { readOnly: true });
  if (!opened.ok) return opened;
  const checked = checkSchema(opened.value, path);
  if (checked.ok && checked.value) return opened;
  opened.value.close();
  return checked.ok ? fault(`there is no history yet: ${path} is empty`) : checked;
}
