// The tables of the store, as a list of migrations. `PRAGMA user_version` is the number of migrations applied.
// Files of other programs, damaged files and files of a newer p2p are detected without writing to them.

import { queueMessagesMax } from "../core/limits.js";
import { fault, ok, type Result } from "../core/types.js";
import { firstNumber, openDatabase, openingFault, query, type Database } from "../platform/sqlite.js";

/** "p2p1" in ASCII: distinguishes our file from SQLite files of other programs. */
const applicationId = 0x70327031;

/** Used for the index on disk and for a search's temporary index: both must split texts in the same way. */
export const tokenizer = "tokenize='unicode61 remove_diacritics 2'";

/** Contentless: the index holds words and store numbers, not the texts. */
export const wordsTable = (name: string): string =>
  `CREATE VIRTUAL TABLE IF NOT EXISTS ${name} USING fts5(text, content='', columnsize=0, ${tokenizer})`;

// `batch`: received if `ordinal` is null, else sent. `state` overrides the state derived from retirement. `sender` is
// the
//   standing of the sender's key. `texts` is TEXT, or BLOB if a text contains a NUL.
// `note`: the caller's name of a message, until its final outcome was reported.
// `expiry`: the time after which messages are not sent any more.
// `withdrawn`: messages that are not sent any more, as spans of ordinals, so that withdrawing a million changes one
//   row.
// `reader`: the last message that a following program has confirmed.
// `batch.written`: when the friend wrote received messages, as the friend's program says.
// `typed`: messages with a kind, by the store number of the first batch that holds one. `batch.typed` is that number;
//   the batch holds what screens show, one text, which is empty if there is nothing to show.
// Never edit a released migration; add one.
const migrations: readonly string[] = [
  `CREATE TABLE batch (
     number INTEGER PRIMARY KEY, count INTEGER NOT NULL, time INTEGER NOT NULL, peer TEXT NOT NULL,
     ordinal INTEGER, tag TEXT, state TEXT, texts ANY NOT NULL
   ) STRICT;
   CREATE UNIQUE INDEX batch_out ON batch (peer, ordinal) WHERE ordinal IS NOT NULL;
   CREATE INDEX batch_in ON batch (number) WHERE ordinal IS NULL;
   CREATE TABLE outgoing (
     peer TEXT PRIMARY KEY, stream TEXT NOT NULL, key TEXT, base INTEGER NOT NULL, retired INTEGER NOT NULL,
     retired_tag TEXT NOT NULL, written INTEGER NOT NULL, next INTEGER NOT NULL, acknowledges INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE claim (
     peer TEXT, from_ordinal INTEGER, acknowledges INTEGER NOT NULL, PRIMARY KEY (peer, from_ordinal)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE incoming (
     key TEXT PRIMARY KEY, stream TEXT NOT NULL, received INTEGER NOT NULL, tag TEXT NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE mark (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
   INSERT INTO mark VALUES ('shown', 0), ('indexed', 0);
   ${wordsTable("words")};`,
  `ALTER TABLE batch ADD COLUMN sender TEXT;
   CREATE TABLE note (peer TEXT, ordinal INTEGER, id ANY NOT NULL, PRIMARY KEY (peer, ordinal)) STRICT, WITHOUT ROWID;
   CREATE TABLE expiry (
     peer TEXT, expires INTEGER, first INTEGER, last INTEGER NOT NULL, PRIMARY KEY (peer, expires, first)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE withdrawn (
     peer TEXT, first INTEGER, last INTEGER NOT NULL, state TEXT NOT NULL, PRIMARY KEY (peer, first)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE reader (name TEXT PRIMARY KEY, confirmed INTEGER NOT NULL) STRICT, WITHOUT ROWID;`,
  `ALTER TABLE batch ADD COLUMN written INTEGER;
   ALTER TABLE batch ADD COLUMN typed INTEGER;
   CREATE TABLE typed (
     number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind INTEGER NOT NULL, silent INTEGER NOT NULL,
     conversation ANY NOT NULL, author TEXT NOT NULL, chain TEXT NOT NULL, author_number INTEGER NOT NULL,
     written INTEGER NOT NULL, to_author TEXT, to_chain TEXT, to_number INTEGER,
     fallback ANY NOT NULL, body BLOB NOT NULL, signature BLOB NOT NULL, raw BLOB NOT NULL
   ) STRICT;
   CREATE INDEX typed_kind ON typed (kind, number);
   CREATE INDEX batch_typed ON batch (typed) WHERE typed IS NOT NULL;`,
];

/** An SQL condition for batches: no message with a kind that has nothing to show. */
export const isVisible = "(typed IS NULL OR texts <> char(10))";

const rawBytes = (row: "new" | "old"): string =>
  `coalesce((SELECT length(raw) FROM typed WHERE number = ${row}.typed), 0)`;

/**
 * For a store in memory: `queued` counts the characters that wait for each friend, and messages are dropped once they
 * are retired. Of messages with a kind, only the newest ids are kept. A rollback undoes this with the rest.
 */
export const dropDone = `CREATE TEMP TABLE queued (peer TEXT PRIMARY KEY, chars INTEGER NOT NULL);
  CREATE TEMP TRIGGER sent AFTER INSERT ON main.batch WHEN new.ordinal IS NOT NULL BEGIN
    INSERT INTO queued VALUES (new.peer, length(new.texts) + ${rawBytes("new")})
      ON CONFLICT (peer) DO UPDATE SET chars = chars + excluded.chars;
  END;
  CREATE TEMP TRIGGER dropped AFTER DELETE ON main.batch WHEN old.ordinal IS NOT NULL BEGIN
    UPDATE queued SET chars = chars - length(old.texts) - ${rawBytes("old")} WHERE peer = old.peer;
    UPDATE typed SET fallback = '', body = x'', signature = x'', raw = x''
      WHERE number = old.typed AND NOT EXISTS (SELECT 1 FROM batch WHERE typed = old.typed);
  END;
  CREATE TEMP TRIGGER noted AFTER INSERT ON main.typed BEGIN
    DELETE FROM typed WHERE number <= new.number - ${queueMessagesMax}
      AND NOT EXISTS (SELECT 1 FROM batch WHERE typed = typed.number);
  END;
  CREATE TEMP TRIGGER retired AFTER INSERT ON main.outgoing BEGIN
    DELETE FROM batch WHERE peer = new.peer AND ordinal <= new.retired AND ordinal + count <= new.retired + 1;
  END`;

// Reads the root of each table and the newest batch, which is near the end of the file: a cheap check for truncated
// files.
const probe = `SELECT (SELECT length(texts) FROM batch ORDER BY number DESC LIMIT 1),
  (SELECT ordinal FROM batch INDEXED BY batch_out WHERE ordinal IS NOT NULL LIMIT 1), (SELECT base FROM outgoing LIMIT 1),
  (SELECT acknowledges FROM claim LIMIT 1), (SELECT received FROM incoming LIMIT 1), (SELECT value FROM mark LIMIT 1)`;

/** Whether a file, which an older p2p may have written, has messages with a kind and times of writing. */
export const hasTypedMessages = (database: Database): boolean => firstNumber(database, "PRAGMA user_version") >= 3;

/** Checks that this program can use the file. `ok(false)`: the file is empty. */
export function checkSchema(database: Database, path: string): Result<boolean> {
  try {
    const version = firstNumber(database, "PRAGMA user_version");
    const tables = firstNumber(database, "SELECT count(*) FROM sqlite_schema");
    if (version === 0 && tables === 0) return ok(false);
    if (firstNumber(database, "PRAGMA application_id") !== applicationId)
      return fault(`${path} is another program's database; it was left as it is: move it away`);
    if (version > migrations.length)
      return fault(`${path} was written by a newer p2p (version ${version}); it was left as it is: update p2p`);
    query(database, probe).get();
    return ok(true);
  } catch (error) {
    return openingFault(path, error);
  }
}

/** The same check over a separate read-only connection, which does not write even when it closes. */
export function checkFile(path: string): Result<boolean> {
  const opened = openDatabase(path, { readOnly: true });
  if (!opened.ok) return opened;
  const checked = checkSchema(opened.value, path);
  opened.value.close();
  return checked;
}

/** Applies missing migrations in one transaction, up to the newest or to version `to`. Throws SQLite's errors. */
export function migrate(database: Database, to = migrations.length): void {
  const version = firstNumber(database, "PRAGMA user_version");
  if (version >= to) return;
  const steps = migrations.slice(version, to).join("");
  database.exec(`BEGIN IMMEDIATE; ${steps}
    PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${to}; COMMIT`);
}
