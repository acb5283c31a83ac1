// The SQLite library: loaded when first needed, for it costs half as much as starting Node does; and words for its faults.

import { createRequire } from "node:module";
import type { DatabaseSyncInstance, DatabaseSyncOptions } from "@photostructure/sqlite";
import { fault, ok, type Result } from "../core/types.js";

export type Database = DatabaseSyncInstance;
type Library = typeof import("@photostructure/sqlite");
export type Value = string | number | null | Uint8Array;
export type Row = readonly Value[];

/** A statement whose rows come as arrays: half the time of objects. */
export interface Query {
  all(...values: Value[]): Row[];
  get(...values: Value[]): Row | undefined;
  /** The read is under way until the loop ends, also by a break. */
  iterate(...values: Value[]): IterableIterator<Row>;
  run(...values: Value[]): unknown;
}

/** How long a statement waits for another program that holds the database: a check point takes a fraction of it. */
const busyMs = 5_000;

/** By SQLite's result codes, https://sqlite.org/rescode.html. */
const words: Readonly<Record<number, string>> = {
  3: "not permitted",
  5: "another program holds the database",
  6: "another program holds the database",
  7: "out of memory",
  8: "the disk or the file is read-only",
  10: "the disk reports an error",
  11: "the database is damaged",
  13: "the disk is full",
  14: "the database cannot be opened",
  18: "a row is too large",
  26: "the file is not a database",
  // The shared memory beside the log could not grow: that, too, is a full disk.
  4874: "the disk is full",
};

interface SqliteError {
  readonly errcode: number;
}

export const isSqliteError = (error: unknown): error is SqliteError =>
  error instanceof Error && "errcode" in error && typeof error.errcode === "number";

/** What SQLite reports, in plain words. What it does not report, and what only we can have done wrong, is thrown on. */
export function wordsFor(error: unknown): string {
  if (!isSqliteError(error)) throw error;
  const found = words[error.errcode] ?? words[error.errcode & 0xff];
  if (found === undefined) throw error as unknown as Error;
  return found;
}

let library: Library | undefined;

export function openDatabase(path: string, options: DatabaseSyncOptions): Result<Database> {
  try {
    library ??= createRequire(import.meta.url)("@photostructure/sqlite") as Library;
  } catch {
    return fault(
      "the library @photostructure/sqlite is missing or not made for this machine; run `npm ci`, or start with --no-store",
    );
  }
  try {
    return ok(new library.DatabaseSync(path, { timeout: busyMs, ...options }));
  } catch (error) {
    return openingFault(path, error);
  }
}

/** By result code: damaged, no database, and a statement that does not compile, for the tables are not as we made them. */
const damages: ReadonlySet<number> = new Set([1, 11, 26]);

/** What stands in the way of opening a file, with what to do about it. */
export function openingFault(path: string, error: unknown): Result<never> {
  const code = isSqliteError(error) ? error.errcode & 0xff : 0;
  if (!damages.has(code))
    return fault(`${path} cannot be used: ${wordsFor(error)}; see to that, or name another folder with --state-dir`);
  const found = code === 1 ? "its tables are damaged" : wordsFor(error);
  return fault(
    `${path} cannot be used (${found}); it was left as it is: put a copy back, or move it away to begin anew`,
  );
}

export function query(database: Database, sql: string): Query {
  const statement = database.prepare(sql);
  statement.setReturnArrays(true);
  return statement;
}

export function firstNumber(database: Database, sql: string): number {
  return Number(query(database, sql).get()?.[0] ?? 0);
}

// The library binds text up to the first NUL, and a friend may send one: such texts are stored as bytes.
export const boundTexts = (texts: string): Value => (texts.includes("\0") ? new TextEncoder().encode(texts) : texts);

export const readTexts = (value: Value | undefined): string =>
  value instanceof Uint8Array ? new TextDecoder().decode(value) : String(value);

/** A condition: the batches that hold message `from` or later ones, by the ordinal or store number of their first. */
export const batchFrom = (column: "number" | "ordinal", from: string, which = "true"): string =>
  `${which} AND ${column} >= coalesce((SELECT first FROM (SELECT ${column} AS first, count FROM batch
     WHERE ${which} AND ${column} <= ${from} ORDER BY ${column} DESC LIMIT 1) WHERE first + count > ${from}), ${from})
   ORDER BY ${column}`;
