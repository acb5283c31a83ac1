// The SQLite library, loaded when first needed, because that takes half of Node's own start; and words for its errors.

import { createRequire } from "node:module";
import type { DatabaseSyncInstance, DatabaseSyncOptions } from "@photostructure/sqlite";
import { fault, ok, type Result } from "../core/types.js";

export type Database = DatabaseSyncInstance;
type Library = typeof import("@photostructure/sqlite");
export type Value = string | number | null | Uint8Array;
export type Row = readonly Value[];

/** A statement whose rows come as arrays, which takes half the time of objects. */
export interface Query {
  all(...values: Value[]): Row[];
  get(...values: Value[]): Row | undefined;
  /** The read lasts until the loop ends, also by a break. */
  iterate(...values: Value[]): IterableIterator<Row>;
  run(...values: Value[]): unknown;
}

/** How long a statement waits for another program that holds the database: a checkpoint takes a fraction of it. */
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
  // The shared-memory file beside the log could not grow: the disk is full as well.
  4874: "the disk is full",
};

interface SqliteError {
  readonly errcode: number;
}

export const isSqliteError = (error: unknown): error is SqliteError =>
  error instanceof Error && "errcode" in error && typeof error.errcode === "number";

/** SQLite's error in plain words. Rethrows other errors, and those that only a mistake of this program can cause. */
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
    return fault("the library @photostructure/sqlite is missing or not made for this machine; run `npm ci`");
  }
  try {
    return ok(new library.DatabaseSync(path, { timeout: busyMs, ...options }));
  } catch (error) {
    return openingFault(path, error);
  }
}

/** Result codes of damage: damaged file, no database, and a statement that does not compile because the tables have changed. */
const damages: ReadonlySet<number> = new Set([1, 11, 26]);

/** Says why a file cannot be opened, and what the user can do. */
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

export const readBytes = (value: Value | undefined): Uint8Array =>
  value instanceof Uint8Array ? value : new Uint8Array(0);

/** An SQL condition for the batches that hold message `from` or later ones, by ordinal or store number of their first message. */
export const batchFrom = (column: "number" | "ordinal", from: string, which = "true"): string =>
  `${which} AND ${column} >= coalesce((SELECT first FROM (SELECT ${column} AS first, count FROM batch
     WHERE ${which} AND ${column} <= ${from} ORDER BY ${column} DESC LIMIT 1) WHERE first + count > ${from}), ${from})
   ORDER BY ${column}`;
