// The messages that a query is about, one after the other in both directions: straight from the batches, or by the words
// in them: those that the member has indexed, and those of the rest, indexed here in memory and forgotten at once.

import type { HistoryQuery } from "../core/record.js";
import { firstNumber, query, readTexts, type Database, type Query, type Row } from "../platform/sqlite.js";
import { wordsTable } from "./schema.js";
import { indexedUpTo, wordsInserter } from "./search-index.js";

/** Rows and characters that are read at once: enough to forget what a read costs, and little to hold. */
const pageRows = 512;
const pageChars = 1_048_576;

export interface BatchRow {
  readonly number: number;
  readonly time: number;
  readonly peer: string;
  /** Undefined for what was received. */
  readonly ordinal: number | undefined;
  readonly state: string | undefined;
  readonly texts: readonly string[];
}

/** Message `index` of a batch. */
export interface Found {
  readonly row: BatchRow;
  readonly index: number;
}

interface Asked extends Pick<HistoryQuery, "peer" | "since" | "depth"> {
  /** For FTS5; empty: every message. */
  readonly match: string;
}

type Order = "ASC" | "DESC";

/** Store numbers, both ends included. */
interface Span {
  readonly from: number;
  readonly to: number;
}

const columns = "number, time, peer, ordinal, state, texts";
const wanted = "coalesce(peer = ?1, true) AND coalesce(time >= ?2, true)";

// Where neither friend nor time is asked for, a match need not be looked up to know that it is wanted.
const wordsSql = (table: string, order: Order): string => `SELECT rowid FROM ${table} WHERE ${table} MATCH ?5
  AND rowid BETWEEN ?3 AND ?4 AND (coalesce(?1, ?2) IS NULL OR
    (SELECT ${wanted} FROM batch WHERE number <= ${table}.rowid ORDER BY number DESC LIMIT 1))
  ORDER BY rowid ${order} LIMIT ?6`;

export class HistorySource {
  readonly #database: Database;
  readonly #asked: Asked;
  readonly #batchAt: Query;
  readonly #rest: Span;
  /** Store number of the oldest message that is looked at. */
  readonly #floor: number;
  /** The batch that was looked at last: the next message is often in it, too. */
  #held: BatchRow | undefined;

  constructor(database: Database, asked: Asked) {
    this.#database = database;
    this.#asked = asked;
    this.#batchAt = query(database, `SELECT ${columns} FROM batch WHERE number <= ? ORDER BY number DESC LIMIT 1`);
    // What arrives from now on is not part of the answer, and what is indexed from now on counts as not indexed.
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

  /** Oldest first, from store number `from` on. */
  *ascending(start: number): Generator<Found> {
    const from = Math.max(start, this.#floor);
    const [indexed, rest] = this.#parts(from);
    if (this.#asked.match === "") yield* this.#all("ASC", { from, to: rest.to });
    else {
      yield* this.#matching("ASC", indexed);
      yield* this.#matchingRest("ASC", rest);
    }
  }

  *descending(): Generator<Found> {
    const [indexed, rest] = this.#parts(this.#floor);
    if (this.#asked.match === "") yield* this.#all("DESC", { from: this.#floor, to: rest.to });
    else {
      yield* this.#matchingRest("DESC", rest);
      yield* this.#matching("DESC", indexed);
    }
  }

  #parts(from: number): readonly [Span, Span] {
    const { from: middle, to } = this.#rest;
    return [
      { from, to: middle - 1 },
      { from: Math.max(from, middle), to },
    ];
  }

  *#all(order: Order, span: Span): Generator<Found> {
    for (const page of this.#pages(order, span)) for (const row of page) yield* messagesOf(row, order, span);
  }

  /** Batches that hold messages of the span, a page at a time; no read is under way while a page is out. */
  *#pages(order: Order, span: Span): Generator<readonly BatchRow[]> {
    const rows = query(
      this.#database,
      `SELECT ${columns} FROM batch WHERE ${wanted} AND number BETWEEN ?3 AND ?4 ORDER BY number ${order}`,
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

  *#matching(order: Order, span: Span): Generator<Found> {
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

  *#matchingRest(order: Order, span: Span): Generator<Found> {
    const matches = query(this.#database, wordsSql("rest", order));
    const insert = wordsInserter(this.#database, "temp.rest");
    for (const page of this.#pages(order, span)) {
      // Filled and asked without a pause: another answer on this connection uses the same table.
      this.#database.exec("BEGIN; INSERT INTO temp.rest (rest) VALUES ('delete-all')");
      for (const row of page) insert(row.number, row.texts);
      this.#database.exec("COMMIT");
      for (const number of this.#numbers(matches, span, -1)) yield* this.#found(number);
    }
  }

  #numbers(matches: Query, { from, to }: Span, rowsMax: number): readonly number[] {
    return matches.all(...this.#filter(), from, to, this.#asked.match, rowsMax).map(([number]) => Number(number));
  }

  *#found(number: number): Generator<Found> {
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
    return [this.#asked.peer ?? null, this.#asked.since ?? null];
  }
}

const holds = (row: BatchRow | undefined, number: number): boolean =>
  row !== undefined && row.number <= number && number < row.number + row.texts.length;

function* messagesOf(row: BatchRow, order: Order, { from, to }: Span): Generator<Found> {
  const first = Math.max(0, from - row.number);
  const last = Math.min(row.texts.length - 1, to - row.number);
  if (order === "ASC") for (let index = first; index <= last; index += 1) yield { row, index };
  else for (let index = last; index >= first; index -= 1) yield { row, index };
}

const batchRowOf = ([number, time, peer, ordinal, state]: Row, texts: string): BatchRow => ({
  number: Number(number),
  time: Number(time),
  peer: String(peer),
  ordinal: ordinal === null ? undefined : Number(ordinal),
  state: state === null ? undefined : String(state),
  texts: texts.split("\n").slice(0, -1),
});
