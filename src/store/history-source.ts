// Reads the messages that match a history query, oldest or newest first. Without search words it reads the batches.
// With search words it uses the word index, and indexes messages that are not in it yet page by page in a temporary
// table.

import type { HistoryQuery } from "../core/record.js";
import { firstNumber, query, readTexts, type Database, type Query, type Row } from "../platform/sqlite.js";
import { hasTypedMessages, isVisible, wordsTable } from "./schema.js";
import { indexedUpTo, wordsInserter } from "./search-index.js";

/** Limits of one page. Large enough that the cost per read does not matter, small enough to hold in memory. */
const pageRows = 512;
const pageChars = 1_048_576;

export interface BatchRow {
  readonly number: number;
  readonly time: number;
  /** When the friend wrote received messages, if the friend's program said so. */
  readonly written: number | undefined;
  readonly peer: string;
  /** Undefined for received messages. */
  readonly ordinal: number | undefined;
  readonly state: string | undefined;
  readonly texts: readonly string[];
}

/** The message at `index` of a batch. */
export interface FoundMessage {
  readonly row: BatchRow;
  readonly index: number;
}

interface SourceQuery extends Pick<HistoryQuery, "peer" | "since" | "depth"> {
  /** FTS5 expression; empty selects all messages. */
  readonly match: string;
}

type Order = "ASC" | "DESC";

/** A range of store numbers, both ends included. */
interface Span {
  readonly from: number;
  readonly to: number;
}

const wanted = "coalesce(peer = ?1, true) AND coalesce(time >= ?2, true)";

// The batch of a match is only read if the query has a peer or a time.
const wordsSql = (table: string, order: Order): string => `SELECT rowid FROM ${table} WHERE ${table} MATCH ?5
  AND rowid BETWEEN ?3 AND ?4 AND (coalesce(?1, ?2) IS NULL OR
    (SELECT ${wanted} FROM batch WHERE number <= ${table}.rowid ORDER BY number DESC LIMIT 1))
  ORDER BY rowid ${order} LIMIT ?6`;

export class HistorySource {
  readonly #database: Database;
  readonly #query: SourceQuery;
  readonly #batchAt: Query;
  readonly #columns: string;
  /** An SQL condition for batches with something to show. */
  readonly #visible: string;
  /** The messages that are not in the word index. */
  readonly #rest: Span;
  /** Store number of the oldest message that is searched. */
  readonly #floor: number;
  /** The batch that was read last. The next message is often in it, too. */
  #held: BatchRow | undefined;

  constructor(database: Database, asked: SourceQuery) {
    this.#database = database;
    this.#query = asked;
    const typed = hasTypedMessages(database);
    this.#columns = `number, time, peer, ordinal, state, texts, ${typed ? "written" : "NULL"}`;
    this.#visible = typed ? isVisible : "true";
    this.#batchAt = query(
      database,
      `SELECT ${this.#columns} FROM batch WHERE number <= ? ORDER BY number DESC LIMIT 1`,
    );
    // The answer excludes messages that arrive later, and treats messages that are indexed later as not indexed.
    const from = indexedUpTo(database) + 1;
    this.#rest = {
      from,
      to: firstNumber(
        database,
        "SELECT max(number + count - 1) FROM batch WHERE number >= (SELECT max(number) FROM batch)",
      ),
    };
    this.#floor = asked.depth === undefined ? 1 : Math.max(1, this.#rest.to - asked.depth + 1);
    if (asked.match !== "") database.exec(wordsTable("temp.rest"));
  }

  /** Oldest first, from store number `start` on. */
  *ascending(start: number): Generator<FoundMessage> {
    const from = Math.max(start, this.#floor);
    const [indexed, rest] = this.#parts(from);
    if (this.#query.match === "") yield* this.#all("ASC", { from, to: rest.to });
    else {
      yield* this.#matching("ASC", indexed);
      yield* this.#matchingRest("ASC", rest);
    }
  }

  /** Newest first. */
  *descending(): Generator<FoundMessage> {
    const [indexed, rest] = this.#parts(this.#floor);
    if (this.#query.match === "") yield* this.#all("DESC", { from: this.#floor, to: rest.to });
    else {
      yield* this.#matchingRest("DESC", rest);
      yield* this.#matching("DESC", indexed);
    }
  }

  /** Splits the messages from `from` on at the end of the word index. */
  #parts(from: number): readonly [Span, Span] {
    const { from: middle, to } = this.#rest;
    return [
      { from, to: middle - 1 },
      { from: Math.max(from, middle), to },
    ];
  }

  *#all(order: Order, span: Span): Generator<FoundMessage> {
    for (const page of this.#pages(order, span)) for (const row of page) yield* messagesOf(row, order, span);
  }

  /** Yields pages of batches with messages in the span. No statement stays open between pages. */
  *#pages(order: Order, span: Span): Generator<readonly BatchRow[]> {
    const rows = query(
      this.#database,
      `SELECT ${this.#columns} FROM batch WHERE ${wanted} AND ${this.#visible} AND number BETWEEN ?3 AND ?4
         ORDER BY number ${order}`,
    );
    let { from, to } = span;
    from = this.#at(from)?.number ?? from;
    for (;;) {
      const page = this.#readPage(rows, { from, to });
      const last = page.at(-1);
      if (last === undefined) return;
      yield page;
      if (order === "ASC") from = last.number + 1;
      else to = last.number - 1;
    }
  }

  #readPage(rows: Query, { from, to }: Span): readonly BatchRow[] {
    const page: BatchRow[] = [];
    let chars = 0;
    for (const row of rows.iterate(...this.#filter(), from, to)) {
      const texts = readTexts(row[5]);
      page.push(batchRowOf(row, texts));
      chars += texts.length;
      if (page.length === pageRows || chars >= pageChars) break;
    }
    return page;
  }

  *#matching(order: Order, span: Span): Generator<FoundMessage> {
    const matches = query(this.#database, wordsSql("words", order));
    let { from, to } = span;
    for (;;) {
      const numbers = this.#numbers(matches, { from, to }, pageRows);
      for (const number of numbers) yield* this.#found(number);
      const last = numbers.at(-1);
      if (last === undefined) return;
      if (order === "ASC") from = last + 1;
      else to = last - 1;
    }
  }

  *#matchingRest(order: Order, span: Span): Generator<FoundMessage> {
    const matches = query(this.#database, wordsSql("rest", order));
    const insert = wordsInserter(this.#database, "temp.rest");
    for (const page of this.#pages(order, span)) {
      // Don't yield between filling and searching: other queries on this connection use the same table.
      this.#database.exec("BEGIN; INSERT INTO temp.rest (rest) VALUES ('delete-all')");
      for (const row of page) insert(row.number, row.texts);
      this.#database.exec("COMMIT");
      for (const number of this.#numbers(matches, span, -1)) yield* this.#found(number);
    }
  }

  #numbers(matches: Query, { from, to }: Span, rowsMax: number): readonly number[] {
    return matches.all(...this.#filter(), from, to, this.#query.match, rowsMax).map(([number]) => Number(number));
  }

  *#found(number: number): Generator<FoundMessage> {
    const row = this.#at(number);
    if (row !== undefined) yield { row, index: number - row.number };
  }

  /** The batch that holds message `number`. */
  #at(number: number): BatchRow | undefined {
    if (!holds(this.#held, number)) {
      const row = this.#batchAt.get(number);
      this.#held = row && batchRowOf(row, readTexts(row[5]));
    }
    return holds(this.#held, number) ? this.#held : undefined;
  }

  #filter(): [string | null, number | null] {
    return [this.#query.peer ?? null, this.#query.since ?? null];
  }
}

const holds = (row: BatchRow | undefined, number: number): boolean =>
  row !== undefined && row.number <= number && number < row.number + row.texts.length;

function* messagesOf(row: BatchRow, order: Order, { from, to }: Span): Generator<FoundMessage> {
  const first = Math.max(0, from - row.number);
  const last = Math.min(row.texts.length - 1, to - row.number);
  if (order === "ASC") for (let index = first; index <= last; index += 1) yield { row, index };
  else for (let index = last; index >= first; index -= 1) yield { row, index };
}

const batchRowOf = ([number, time, peer, ordinal, state, , written]: Row, texts: string): BatchRow => ({
  number: Number(number),
  time: Number(time),
  written: typeof written === "number" ? written : undefined,
  peer: String(peer),
  ordinal: ordinal === null ? undefined : Number(ordinal),
  state: state === null ? undefined : String(state),
  texts: texts.split("\n").slice(0, -1),
});
