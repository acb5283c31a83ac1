// The store: one SQLite file, one row per batch, one transaction per turn.
// Committed data survives a crash. A failed write makes the turn's commit fail; the next turn starts a new transaction.
// In memory, for `--no-store`, it keeps only what waits to be sent, and that is bounded.

import { newClaim } from "./message-state.js";
import { firstOf, restOf } from "../core/batch.js";
import { queueCharsMax, queueMessagesMax, storedMessagesMax } from "../core/limits.js";
import type { SenderKey } from "../core/outcome.js";
import type { Capacity, Entry, Incoming, Outgoing, Received, Sent, Waiting } from "../core/record.js";
import { charsOf, type TypedMessage } from "../core/typed-message.js";
import { emptied, without, type Span } from "../core/span.js";
import { fault, ok, type Batch, type PeerName, type PublicKey, type Result } from "../core/types.js";
import { checkWritable, makePrivateFile } from "../platform/database-file.js";
import type { Notebook, Store } from "../ports.js";
import { SqliteNotebook } from "./sqlite-notebook.js";
import { SqliteTypedMessages } from "./sqlite-typed-messages.js";
import { checkFile, dropDone, isVisible, migrate } from "./schema.js";
import { indexWords } from "./search-index.js";
import {
  batchFrom,
  boundTexts,
  firstNumber,
  openDatabase,
  openingFault,
  query,
  readTexts,
  wordsFor,
  type Database,
  type Query,
  type Row,
} from "../platform/sqlite.js";

/** The most rows per read. A turn's batch has at most 2 MiB. */
const readRowsMax = 64;

// The log file is truncated to this size after a checkpoint; otherwise it would keep its largest size.
const logBytesKept = 16_777_216;

// Most of a busy turn is one long text, and larger pages mean fewer writes. The page size only applies to a new file.
// A checkpoint runs every 500 pages (4 MiB).
const setUp = `PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY;
  PRAGMA wal_autocheckpoint = 500; PRAGMA journal_size_limit = ${logBytesKept}`;

const waitingSql = `SELECT ordinal, count, texts, typed, tag, time FROM batch
  WHERE ${batchFrom("ordinal", "?2", "peer = ?1")} LIMIT ?3`;
const receivedSql = `SELECT number, count, texts, typed, peer, time, sender, written FROM batch
  WHERE ${batchFrom("number", "?1", `ordinal IS NULL AND ${isVisible}`)} LIMIT ?2`;

const sentSql = `SELECT number, count, texts, peer, time FROM batch
  WHERE ${batchFrom("number", "?1", `ordinal IS NOT NULL AND ${isVisible}`)} LIMIT ?2`;

const statements = (database: Database) => ({
  begin: query(database, "BEGIN IMMEDIATE"),
  commit: query(database, "COMMIT"),
  rollback: query(database, "ROLLBACK"),
  append: query(
    database,
    `INSERT INTO batch (number, count, time, peer, ordinal, tag, sender, written, typed, texts)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  ),
  waiting: query(database, waitingSql),
  received: query(database, receivedSql),
  sent: query(database, sentSql),
  tagAt: query(
    database,
    "SELECT tag, ordinal + count FROM batch WHERE peer = ? AND ordinal <= ? ORDER BY ordinal DESC LIMIT 1",
  ),
  sentAt: query(database, "SELECT time FROM batch WHERE peer = ? AND ordinal <= ? ORDER BY ordinal DESC LIMIT 1"),
  outgoing: query(
    database,
    "SELECT stream, key, base, retired, retired_tag, written, next, acknowledges FROM outgoing WHERE peer = ?",
  ),
  putOutgoing: query(database, "INSERT OR REPLACE INTO outgoing VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"),
  lastClaim: query(database, "SELECT acknowledges FROM claim WHERE peer = ? ORDER BY from_ordinal DESC LIMIT 1"),
  putClaim: query(database, "INSERT OR REPLACE INTO claim VALUES (?, ?, ?)"),
  incoming: query(database, "SELECT stream, received, tag FROM incoming WHERE key = ?"),
  putIncoming: query(database, "INSERT OR REPLACE INTO incoming VALUES (?, ?, ?, ?)"),
  setShown: query(database, "UPDATE mark SET value = ? WHERE name = 'shown'"),
  confirmed: query(database, "SELECT confirmed FROM reader WHERE name = ?"),
  confirm: query(database, "INSERT OR REPLACE INTO reader VALUES (?, ?)"),
  forget: query(database, "DELETE FROM reader WHERE name = ?"),
  readers: query(database, "SELECT count(*) FROM reader"),
});

/** Characters are limited by the disk only. */
const diskCapacity: Capacity = { messages: storedMessagesMax, chars: Infinity };
const memoryCapacity: Capacity = { messages: queueMessagesMax, chars: queueCharsMax };

export class SqliteStore implements Store {
  readonly capacity: Capacity;
  readonly notebook: Notebook;
  readonly typedMessages: SqliteTypedMessages;
  readonly #database: Database;
  readonly #sql: ReturnType<typeof statements>;
  /** Only in memory. */
  readonly #waitingChars: Query | undefined;
  #nextNumber: number;
  /** Greatest store number appended in this turn. */
  #appended: number;
  /** Greatest store number committed. */
  #newest: number;
  #shown: number;
  #shownAtCommit: number;
  #inTransaction = false;
  /** Why this turn cannot be committed. */
  #failure: string | undefined;

  /** In memory: `database` is bounded and must have the triggers of `dropDone`. */
  protected constructor(database: Database, inMemory: boolean) {
    this.#database = database;
    this.capacity = inMemory ? memoryCapacity : diskCapacity;
    this.#waitingChars = inMemory ? query(database, "SELECT chars FROM queued WHERE peer = ?") : undefined;
    this.#sql = statements(database);
    this.notebook = new SqliteNotebook(database, (work) => this.#write(work));
    this.typedMessages = new SqliteTypedMessages(database);
    this.#nextNumber = firstNumber(database, "SELECT number + count FROM batch ORDER BY number DESC LIMIT 1") || 1;
    this.#appended = this.#newest = this.#nextNumber - 1;
    this.#shown = firstNumber(database, "SELECT value FROM mark WHERE name = 'shown'");
    this.#shownAtCommit = this.#shown;
  }

  /**
   * Creates the file if it is missing; the folder must exist. The caller must hold the lock, so that no other process
   * writes.
   */
  static open(path: string): Result<SqliteStore> {
    const usable = makeOrCheck(path);
    if (!usable.ok) return usable;
    const opened = openDatabase(path, {});
    if (!opened.ok) return opened;
    try {
      opened.value.exec(setUp);
      migrate(opened.value);
      return ok(new SqliteStore(opened.value, false));
    } catch (error) {
      opened.value.close();
      return openingFault(path, error);
    }
  }

  /** A store that ends with the program: it keeps only messages that wait to be sent. */
  static inMemory(): Result<SqliteStore> {
    const opened = openDatabase(":memory:", {});
    if (!opened.ok) return opened;
    migrate(opened.value);
    opened.value.exec(dropDone);
    return ok(new SqliteStore(opened.value, true));
  }

  outgoing(peer: PeerName): Outgoing | undefined {
    const row = this.#sql.outgoing.get(peer);
    return row === undefined ? undefined : outgoingOf(row);
  }

  putOutgoing(peer: PeerName, outgoing: Outgoing): void {
    const { stream, key, base, retired, retiredTag, written, next, acknowledges } = outgoing;
    checkCounts(base, retired, written, next);
    this.#write(() => {
      this.#noteClaim(peer, outgoing);
      const claim = Number(acknowledges);
      this.#sql.putOutgoing.run(peer, stream, key ?? null, base, retired, retiredTag, written, next, claim);
    });
  }

  incoming(key: PublicKey): Incoming | undefined {
    const row = this.#sql.incoming.get(key);
    return row && { stream: String(row[0]), received: Number(row[1]), tag: String(row[2]) };
  }

  putIncoming(key: PublicKey, { stream, received, tag }: Incoming): void {
    checkCounts(received);
    this.#write(() => this.#sql.putIncoming.run(key, stream, received, tag));
  }

  append(entry: Entry): number {
    checkEntry(entry);
    const number = this.#nextNumber;
    this.#nextNumber += entry.batch.count;
    this.#appended = this.#nextNumber - 1;
    if (this.#waitingChars !== undefined && this.#isDone(entry)) this.#noteId(number, entry.typed);
    else this.#write(() => this.#insert(number, entry));
    return number;
  }

  #insert(number: number, entry: Entry): void {
    const { peer, batch, typed } = entry;
    const [ordinal, tag, sender, written] =
      entry.direction === "out"
        ? [entry.ordinal, entry.tag, null, null]
        : [null, null, entry.key, entry.written ?? null];
    const place = typed === undefined ? null : this.typedMessages.add(number, typed);
    const time = Math.floor(entry.time);
    this.#sql.append.run(
      ...[number, batch.count, time, peer, ordinal, tag, sender, written, place, boundTexts(batch.texts)],
    );
  }

  /** In memory: of a message that does not wait, only the id is kept. */
  #noteId(number: number, typed: TypedMessage | undefined): void {
    if (typed === undefined) return;
    const nothing = new Uint8Array(0);
    const id = { ...typed, fallback: "", body: nothing, signature: nothing, raw: nothing };
    this.#write(() => this.typedMessages.add(number, id));
  }

  waiting(peer: PeerName, from: number, chars: number): readonly Waiting[] {
    const first = Math.max(from, (this.outgoing(peer)?.retired ?? 0) + 1);
    const read = (at: number, rows: number): Row[] => this.#sql.waiting.all(peer, at, rows);
    const page = this.#readPage(read, first, chars).map(({ number, batch, typed, row }) => ({
      ...{ ordinal: number, tag: String(row[4]), time: Number(row[5]), batch },
      ...(typed && { typed }),
    }));
    return this.#emptied(peer, page);
  }

  waitingChars(peer: PeerName): number {
    return Number(this.#waitingChars?.get(peer)?.[0] ?? 0);
  }

  tagAt(peer: PeerName, ordinal: number): string | undefined {
    const [tag, end] = this.#sql.tagAt.get(peer, ordinal) ?? [];
    const waits = Number(end) > ordinal && ordinal > (this.outgoing(peer)?.retired ?? 0);
    return waits ? String(tag) : undefined;
  }

  waitingSince(peer: PeerName): number | undefined {
    const { retired = 0, next = 1 } = this.outgoing(peer) ?? {};
    const [time] = this.#sql.sentAt.get(peer, retired + 1) ?? [];
    return retired + 1 < next ? Number(time) : undefined;
  }

  received(above: number, chars: number): readonly Received[] {
    const read = (at: number, rows: number): Row[] => this.#sql.received.all(at, rows);
    return this.#readPage(read, above + 1, chars).map(({ number, batch, typed, row }) => ({
      ...{ number, batch },
      peer: row[4] as PeerName,
      time: Number(row[5]),
      // Rows from older versions have no sender.
      key: (row[6] ?? "none") as SenderKey,
      ...(row[7] !== null && { written: Number(row[7]) }),
      ...(typed && { typed }),
    }));
  }

  sentMessages(number: number, count: number): readonly Sent[] {
    const sent: Sent[] = [];
    for (let from = number; from < number + count;) {
      const [row] = this.#sql.sent.all(from, 1);
      const first = Number(row?.[0]);
      if (row === undefined || !(first < number + count)) break;
      const whole = { texts: readTexts(row[2]), count: Number(row[1]) };
      const rest = restOf(whole, from - first);
      const batch = firstOf(rest, { messages: number + count - Math.max(from, first), chars: Infinity });
      sent.push({ number: Math.max(from, first), peer: row[3] as PeerName, batch, time: Number(row[4]) });
      from = Math.max(from, first) + rest.count;
    }
    return sent;
  }

  get newest(): number {
    return this.#newest;
  }

  get shown(): number {
    return this.#shown;
  }

  setShown(number: number): void {
    checkCounts(number);
    this.#shown = number;
    this.#write(() => this.#sql.setShown.run(number));
  }

  confirmed(reader: string): number | undefined {
    const row = this.#sql.confirmed.get(reader);
    return row && Number(row[0]);
  }

  confirm(reader: string, number: number): void {
    checkCounts(number);
    this.#write(() => this.#sql.confirm.run(reader, number));
  }

  forget(reader: string): void {
    this.#write(() => this.#sql.forget.run(reader));
  }

  get readers(): number {
    return Number(this.#sql.readers.get()?.[0]);
  }

  commit(): Result<null> {
    if (!this.#inTransaction && this.#failure === undefined) {
      this.#newest = this.#appended;
      return ok(null);
    }
    this.#write(() => this.#sql.commit.run());
    const failure = this.#failure;
    if (failure !== undefined) this.rollback();
    this.#inTransaction = false;
    this.#shownAtCommit = this.#shown;
    this.#newest = this.#appended;
    return failure === undefined ? ok(null) : fault(failure);
  }

  /**
   * Adds committed messages to the search index, at least one and then as many as `room` allows; only between turns.
   * True: there is more. A full disk is not an error here, because a search reads messages that are not in the index. In
   * memory there is no search.
   */
  indexSome(room: { readonly messages: number; readonly chars: number }): boolean {
    if (this.#waitingChars !== undefined) return false;
    if (this.#inTransaction) return true;
    try {
      return indexWords(this.#database, room);
    } catch (error) {
      wordsFor(error);
      if (this.#database.isTransaction) this.#sql.rollback.run();
      return false;
    }
  }

  /** Undoes the turn's writes. */
  rollback(): void {
    this.#shown = this.#shownAtCommit;
    this.#appended = this.#newest;
    this.#failure = undefined;
    this.#inTransaction = false;
    // If the disk is full, SQLite has already rolled back.
    if (this.#database.isTransaction) this.#sql.rollback.run();
  }

  /** Limits the file's size. A turn that needs more pages fails as if the disk were full. */
  limitPages(pages: number): void {
    checkCounts(pages);
    this.#database.exec(`PRAGMA max_page_count = ${pages}`);
  }

  /** Closes the file without committing. */
  close(): void {
    if (!this.#database.isOpen) return;
    if (this.#database.isTransaction) this.#sql.rollback.run();
    // The library keeps the file open until our statements are garbage-collected, so SQLite's checkpoint at the last
    // close may not happen. Run it here, unless a reader blocks it.
    this.#database.exec("PRAGMA busy_timeout = 0; PRAGMA wal_checkpoint(TRUNCATE)");
    this.#database.close();
  }

  /**
   * Runs a write in the turn's transaction. After one failed write, does nothing: the whole turn will be rolled back.
   */
  #write(work: () => unknown): void {
    if (this.#failure !== undefined) return;
    try {
      if (!this.#inTransaction) this.#sql.begin.run();
      this.#inTransaction = true;
      work();
    } catch (error) {
      this.#failure = wordsFor(error);
    }
  }

  /** Whether these messages need not wait to be sent. */
  #isDone(entry: Entry): boolean {
    return (
      entry.direction === "in" || entry.ordinal + entry.batch.count <= (this.outgoing(entry.peer)?.retired ?? 0) + 1
    );
  }

  /**
   * Reads the first batch, if any, and at most `chars` characters of further batches. `read` returns rows that begin
   * with number, count, texts and typed. Each read asks only for as many rows as are likely to fit.
   */
  #readPage(read: (from: number, rows: number) => Row[], first: number, chars: number): PageRow[] {
    const page: PageRow[] = [];
    let [room, from, rows, largest] = [Infinity, first, 1, 1];
    for (;;) {
      const found = read(from, rows);
      for (const row of found) {
        const whole = { texts: readTexts(row[2]), count: Number(row[1]) };
        const number = Math.max(Number(row[0]), from);
        const batch = restOf(whole, from - Number(row[0]));
        const typed = row[3] === null ? undefined : this.typedMessages.stored(Number(row[3]));
        const size = charsOf({ batch, typed });
        if (size > room) return page;
        room = page.length === 0 ? chars : room - size;
        largest = Math.max(largest, whole.texts.length, size);
        page.push({ number, batch, typed, row });
        from = number + batch.count;
      }
      if (found.length < rows) return page;
      rows = Math.max(1, Math.min(readRowsMax, rows * 2, Math.floor(room / largest)));
    }
  }

  #emptied(peer: PeerName, page: readonly Waiting[]): readonly Waiting[] {
    const [from, to] = [page[0], page.at(-1)];
    if (from === undefined || to === undefined) return page;
    const gone = this.notebook.withdrawn(peer, { first: from.ordinal, last: to.ordinal + to.batch.count - 1 });
    return gone.length === 0 ? page : page.map((each) => withdrawnFrom(each, gone));
  }

  #noteClaim(peer: PeerName, after: Outgoing): void {
    const last = this.#sql.lastClaim.get(peer);
    const claim = newClaim(this.outgoing(peer), after, last && { acknowledges: last[0] === 1 });
    if (claim !== undefined) this.#sql.putClaim.run(peer, claim.from, Number(claim.acknowledges));
  }
}

/**
 * Creates the file with private permissions (SQLite's log gets the same), or checks that it can be written and used.
 */
function makeOrCheck(path: string): Result<unknown> {
  const made = makePrivateFile(path);
  if (!made.ok) return fault(unwritable(path, made.message));
  if (made.value === "made") return made;
  const writable = checkWritable(path);
  return writable.ok ? checkFile(path) : fault(unwritable(path, writable.message));
}

const unwritable = (path: string, code: string): string =>
  `${path} cannot be written (${code}); make it writable, name another folder with --state-dir, or start with --no-store`;

const outgoingOf = ([stream, key, base, retired, retiredTag, written, next, acknowledges]: Row): Outgoing => ({
  stream: String(stream),
  key: key === null ? undefined : (key as PublicKey),
  base: Number(base),
  retired: Number(retired),
  retiredTag: String(retiredTag),
  written: Number(written),
  next: Number(next),
  acknowledges: acknowledges === 1,
});

/** The typed message goes with the text that stands for it. */
function withdrawnFrom({ ordinal, tag, time, batch, typed }: Waiting, gone: readonly Span[]): Waiting {
  const left = emptied({ ordinal, batch }, gone);
  const stays = typed !== undefined && without({ first: ordinal, last: ordinal }, gone).length > 0;
  return { ordinal, tag, time, batch: left, ...(stays && { typed }) };
}

interface PageRow {
  readonly number: number;
  readonly batch: Batch;
  readonly typed: TypedMessage | undefined;
  readonly row: Row;
}

// The types allow NaN and fractions, which the SQLite library would store as null or as they are.
function checkCounts(...values: readonly number[]): void {
  for (const value of values) if (!Number.isSafeInteger(value) || value < 0) throw new Error(`not a count: ${value}`);
}

function checkEntry(entry: Entry): void {
  checkCounts(entry.batch.count, Math.floor(entry.time), entry.direction === "out" ? entry.ordinal : 1);
  if (entry.batch.count < 1 || !entry.batch.texts.endsWith("\n")) throw new Error("not a batch");
}
