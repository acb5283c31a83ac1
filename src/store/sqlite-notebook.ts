// The store's tables about single messages. A friend without rows in them costs no query.

import { stateOf } from "./message-state.js";
import type { MessageState, Note, Withdrawal, Withdrawn } from "../core/record.js";
import { without, type Span } from "../core/span.js";
import type { PeerName } from "../core/types.js";
import type { Notebook } from "../ports.js";
import { boundTexts, query, readTexts, type Database } from "../platform/sqlite.js";

const tables = ["note", "expiry", "withdrawn"];

/** Selects the distinct names in a table's first column, with one index lookup each. */
const peersSql = (table: string): string => `WITH RECURSIVE found (peer) AS (
  SELECT min(peer) FROM ${table}
  UNION ALL SELECT (SELECT min(peer) FROM ${table} WHERE peer > found.peer) FROM found WHERE found.peer IS NOT NULL
) SELECT peer FROM found WHERE peer IS NOT NULL`;

const statements = (database: Database) => ({
  putNote: query(database, "INSERT OR REPLACE INTO note VALUES (?, ?, ?)"),
  notes: query(
    database,
    "SELECT ordinal, id FROM note WHERE peer = ? AND ordinal BETWEEN ? AND ? ORDER BY ordinal LIMIT ?",
  ),
  named: query(database, "SELECT ordinal FROM note WHERE peer = ? AND id = ? ORDER BY ordinal"),
  dropNotes: query(database, "DELETE FROM note WHERE peer = ? AND ordinal BETWEEN ? AND ?"),
  putExpiry: query(database, "INSERT OR REPLACE INTO expiry VALUES (?, ?, ?, ?)"),
  nextExpiry: query(database, "SELECT expires FROM expiry WHERE peer = ? ORDER BY expires LIMIT 1"),
  expiring: query(database, "SELECT first, last FROM expiry WHERE peer = ? AND expires <= ?"),
  dropExpiries: query(database, "DELETE FROM expiry WHERE peer = ? AND expires <= ?"),
  withdraw: query(database, "INSERT INTO withdrawn VALUES (?, ?, ?, ?)"),
  lengthen: query(database, "UPDATE withdrawn SET last = ?4 WHERE peer = ?1 AND last = ?2 - 1 AND first = ?3"),
  before: query(
    database,
    "SELECT first, last, state FROM withdrawn WHERE peer = ? AND first < ? ORDER BY first DESC LIMIT 1",
  ),
  withdrawn: query(
    database,
    `SELECT max(first, ?2), min(last, ?3), state FROM withdrawn WHERE peer = ?1 AND last >= ?2 AND first <= ?3
       AND first >= coalesce((SELECT first FROM withdrawn WHERE peer = ?1 AND first <= ?2 ORDER BY first DESC LIMIT 1), 0)
     ORDER BY first`,
  ),
  numberOf: query(
    database,
    "SELECT number + ?2 - ordinal, count > ?2 - ordinal FROM batch WHERE peer = ?1 AND ordinal <= ?2 ORDER BY ordinal DESC LIMIT 1",
  ),
  ordinalOf: query(
    database,
    "SELECT ordinal + ?1 - number, count > ?1 - number, peer FROM batch WHERE number <= ?1 ORDER BY number DESC LIMIT 1",
  ),
  retired: query(database, "SELECT retired FROM outgoing WHERE peer = ?"),
  claim: query(
    database,
    "SELECT from_ordinal, acknowledges FROM claim WHERE peer = ? AND from_ordinal <= ? ORDER BY from_ordinal DESC LIMIT 1",
  ),
});

export class SqliteNotebook implements Notebook {
  readonly #sql: ReturnType<typeof statements>;
  readonly #write: (work: () => unknown) => void;
  /** Friends that may have rows in these tables. */
  readonly #peers = new Set<PeerName>();

  /** `write` runs its argument in the turn's transaction. */
  constructor(database: Database, write: (work: () => unknown) => void) {
    this.#sql = statements(database);
    this.#write = write;
    for (const table of tables)
      for (const [peer] of query(database, peersSql(table)).all()) this.#peers.add(peer as PeerName);
  }

  putNote(peer: PeerName, { ordinal, id }: Note): void {
    this.#put(peer, () => this.#sql.putNote.run(peer, ordinal, boundTexts(id)));
  }

  notes(peer: PeerName, { first, last }: Span, max: number): readonly Note[] {
    if (!this.#peers.has(peer)) return [];
    const rows = this.#sql.notes.all(peer, first, last, max);
    return rows.map(([ordinal, id]) => ({ ordinal: Number(ordinal), id: readTexts(id) }));
  }

  named(peer: PeerName, id: string): readonly number[] {
    return this.#sql.named.all(peer, boundTexts(id)).map(([ordinal]) => Number(ordinal));
  }

  dropNotes(peer: PeerName, { first, last }: Span): void {
    this.#write(() => this.#sql.dropNotes.run(peer, first, last));
  }

  putExpiry(peer: PeerName, { first, last }: Span, expires: number): void {
    this.#put(peer, () => this.#sql.putExpiry.run(peer, Math.floor(expires), first, last));
  }

  nextExpiry(peer: PeerName): number | undefined {
    const row = this.#peers.has(peer) ? this.#sql.nextExpiry.get(peer) : undefined;
    return row && Number(row[0]);
  }

  expiring(peer: PeerName, time: number): readonly Span[] {
    const rows = this.#sql.expiring.all(peer, Math.floor(time));
    return rows.map(([first, last]) => ({ first: Number(first), last: Number(last) }));
  }

  dropExpiries(peer: PeerName, time: number): void {
    this.#write(() => this.#sql.dropExpiries.run(peer, Math.floor(time)));
  }

  withdraw(peer: PeerName, span: Span, state: Withdrawal): readonly Span[] {
    const fresh = without(span, this.withdrawn(peer, span));
    this.#put(peer, () => {
      for (const each of fresh) this.#withdraw(peer, each, state);
    });
    return fresh;
  }

  withdrawn(peer: PeerName, { first, last }: Span): readonly Withdrawn[] {
    if (!this.#peers.has(peer)) return [];
    const rows = this.#sql.withdrawn.all(peer, first, last);
    return rows.map(([from, to, state]) => ({ first: Number(from), last: Number(to), state: state as Withdrawal }));
  }

  numberOf(peer: PeerName, ordinal: number): number | undefined {
    const [number, holds] = this.#sql.numberOf.get(peer, ordinal) ?? [];
    return holds === 1 ? Number(number) : undefined;
  }

  ordinalOf(peer: PeerName, number: number): number | undefined {
    const [ordinal, holds, owner] = this.#sql.ordinalOf.get(number) ?? [];
    return holds === 1 && owner === peer && ordinal !== null ? Number(ordinal) : undefined;
  }

  stateOf(peer: PeerName, ordinal: number): MessageState {
    const [gone] = this.withdrawn(peer, { first: ordinal, last: ordinal });
    if (gone !== undefined) return gone.state;
    const [from, yes] = this.#sql.claim.get(peer, ordinal) ?? [];
    const claims = from === undefined ? [] : [{ from: Number(from), acknowledges: yes === 1 }];
    return stateOf(ordinal, Number(this.#sql.retired.get(peer)?.[0] ?? 0), claims);
  }

  #put(peer: PeerName, work: () => unknown): void {
    this.#peers.add(peer);
    this.#write(work);
  }

  /** Extends the previous span if it is adjacent and has the same state. */
  #withdraw(peer: PeerName, { first, last }: Span, state: Withdrawal): void {
    const [from, to, before] = this.#sql.before.get(peer, first) ?? [];
    if (before === state && Number(to) === first - 1) this.#sql.lengthen.run(peer, first, Number(from), last);
    else this.#sql.withdraw.run(peer, first, last, state);
  }
}
