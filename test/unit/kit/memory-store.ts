// The production store on a database in memory, for tests: its commits can be made to fail, and its history can be read.

import type { MessageState } from "../../../src/core/record.js";
import { fault, type PeerName, type Result } from "../../../src/core/types.js";
import { openDatabase, query, readTexts, type Database, type Query, type Row } from "../../../src/platform/sqlite.js";
import { dropDone, isVisible, migrate } from "../../../src/store/schema.js";
import { SqliteStore } from "../../../src/store/sqlite-store.js";

export interface StoredMessage {
  readonly direction: "in" | "out";
  readonly peer: PeerName;
  readonly number: number;
  readonly text: string;
  readonly state: MessageState;
}

export class MemoryStore extends SqliteStore {
  /** While set, commits fail with this message. */
  failWith: string | undefined;
  readonly #database: Database;
  readonly #rows: Query;

  /** With `keepHistory` it is like a store on disk; without, like the store of `--no-store`. */
  constructor({ keepHistory }: { readonly keepHistory: boolean }) {
    const database = memoryDatabase();
    if (!keepHistory) database.exec(dropDone);
    super(database, !keepHistory);
    this.#database = database;
    this.#rows = query(
      database,
      `SELECT number, peer, ordinal, texts FROM batch WHERE number + count > ? AND number <= ? AND ${isVisible} ORDER BY number`,
    );
  }

  override commit(): Result<null> {
    if (this.failWith === undefined || !this.#database.isTransaction) return super.commit();
    this.rollback();
    return fault(this.failWith);
  }

  /** No test here searches. */
  override indexSome(): boolean {
    return false;
  }

  /** Kept messages with something to show, with store numbers from `first` to `last`, oldest first, including those of this turn. */
  history(first = 1, last = Infinity): readonly StoredMessage[] {
    const rows = this.#rows.all(first, Math.min(last, Number.MAX_SAFE_INTEGER));
    const all = rows.flatMap((row) => this.#messagesOf(row));
    return all.filter(({ number }) => number >= first && number <= last);
  }

  #messagesOf([first, name, start, texts]: Row): readonly StoredMessage[] {
    const peer = name as PeerName;
    const lines = readTexts(texts).split("\n").slice(0, -1);
    return lines.map((text, index) => {
      const place = { peer, number: Number(first) + index, text };
      if (start === null) return { direction: "in", state: "received", ...place };
      return { direction: "out", state: this.notebook.stateOf(peer, Number(start) + index), ...place };
    });
  }
}

function memoryDatabase(): Database {
  const opened = openDatabase(":memory:", {});
  if (!opened.ok) throw new Error(opened.message);
  migrate(opened.value);
  return opened.value;
}
