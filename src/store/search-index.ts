// The word index of the history. It is filled between turns, and maps words to store numbers.

import { firstOf, restOf } from "../core/batch.js";
import type { Batch } from "../core/types.js";
import { batchFrom, firstNumber, query, readTexts, type Database, type Query } from "../platform/sqlite.js";

export interface IndexBudget {
  readonly messages: number;
  readonly chars: number;
}

/** All messages up to this store number are in the index. */
export const indexedUpTo = (database: Database): number =>
  firstNumber(database, "SELECT value FROM mark WHERE name = 'indexed'");

/**
 * Indexes at least one message and then as many as the budget allows, in a separate transaction. True: there is more.
 * The index can be rebuilt, so its commits don't wait for the disk; the write-ahead log still keeps their order.
 */
export function indexWords(database: Database, budget: IndexBudget): boolean {
  try {
    database.exec("PRAGMA synchronous = NORMAL; BEGIN IMMEDIATE");
    const { end, more } = insertFrom(database, indexedUpTo(database) + 1, budget);
    query(database, "UPDATE mark SET value = ? WHERE name = 'indexed'").run(end - 1);
    database.exec("COMMIT");
    return more;
  } finally {
    if (database.isTransaction) database.exec("ROLLBACK");
    database.exec("PRAGMA synchronous = FULL");
  }
}

function insertFrom(
  database: Database,
  begin: number,
  budget: IndexBudget,
): { readonly end: number; readonly more: boolean } {
  const next = query(database, `SELECT number, count, texts FROM batch WHERE ${batchFrom("number", "?1")} LIMIT 1`);
  const insert = wordsInserter(database, "words");
  let [end, messages, chars] = [begin, budget.messages, budget.chars];
  while (messages > 0 && chars > 0) {
    const part = partFrom(next, end, { messages, chars });
    if (part === undefined) return { end, more: false };
    insert(part.number, part.batch.texts.split("\n").slice(0, -1));
    end = part.number + part.batch.count;
    [messages, chars] = [messages - part.batch.count, chars - part.batch.texts.length];
  }
  return { end, more: next.get(end) !== undefined };
}

interface Part {
  readonly number: number;
  readonly batch: Batch;
}

function partFrom(next: Query, from: number, budget: IndexBudget): Part | undefined {
  const [first, count, texts] = next.get(from) ?? [];
  if (first === undefined) return undefined;
  const number = Math.max(Number(first), from);
  const rest = restOf({ texts: readTexts(texts), count: Number(count) }, from - Number(first));
  const fitting = firstOf(rest, budget);
  return { number, batch: fitting.count > 0 ? fitting : firstOf(rest, { messages: 1, chars: Infinity }) };
}

/** Returns a function that adds consecutive texts to a word table, the first under store number `first`. */
export function wordsInserter(database: Database, table: string): (first: number, texts: readonly string[]) => void {
  const insert = query(database, `INSERT INTO ${table} (rowid, text) VALUES (?, ?)`);
  // The SQLite library cuts bound text at the first NUL.
  return (first, texts) => texts.forEach((text, index) => insert.run(first + index, text.replaceAll("\0", " ")));
}
