// The word index of the history, filled between turns: message texts go in, nothing but store numbers comes out.

import { firstOf, restOf } from "../core/batch.js";
import type { Batch } from "../core/types.js";
import { batchFrom, firstNumber, query, readTexts, type Database, type Query } from "../platform/sqlite.js";

export interface Room {
  readonly messages: number;
  readonly chars: number;
}

/** Everything up to this store number is in the index. */
export const indexedUpTo = (database: Database): number =>
  firstNumber(database, "SELECT value FROM mark WHERE name = 'indexed'");

/**
 * Indexes at least one message and then as many as there is room for, in a transaction of its own. True: there is more.
 * The index can be filled again, so its commits do not wait for the disk; the log keeps their order all the same.
 */
export function indexWords(database: Database, room: Room): boolean {
  try {
    database.exec("PRAGMA synchronous = NORMAL; BEGIN IMMEDIATE");
    const { end, more } = insertFrom(database, indexedUpTo(database) + 1, room);
    query(database, "UPDATE mark SET value = ? WHERE name = 'indexed'").run(end - 1);
    database.exec("COMMIT");
    return more;
  } finally {
    if (database.isTransaction) database.exec("ROLLBACK");
    database.exec("PRAGMA synchronous = FULL");
  }
}

function insertFrom(database: Database, begin: number, room: Room): { readonly end: number; readonly more: boolean } {
  const next = query(database, `SELECT number, count, texts FROM batch WHERE ${batchFrom("number", "?1")} LIMIT 1`);
  const insert = wordsInserter(database, "words");
  let [end, messages, chars] = [begin, room.messages, room.chars];
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

function partFrom(next: Query, from: number, room: Room): Part | undefined {
  const [first, count, texts] = next.get(from) ?? [];
  if (first === undefined) return undefined;
  const number = Math.max(Number(first), from);
  const rest = restOf({ texts: readTexts(texts), count: Number(count) }, from - Number(first));
  const fitting = firstOf(rest, room);
  return { number, batch: fitting.count > 0 ? fitting : firstOf(rest, { messages: 1, chars: Infinity }) };
}

/** Puts texts into a table of words, each under its own store number. */
export function wordsInserter(database: Database, table: string): (first: number, texts: readonly string[]) => void {
  const insert = query(database, `INSERT INTO ${table} (rowid, text) VALUES (?, ?)`);
  // The library binds text up to the first NUL.
  return (first, texts) => texts.forEach((text, index) => insert.run(first + index, text.replaceAll("\0", " ")));
}
