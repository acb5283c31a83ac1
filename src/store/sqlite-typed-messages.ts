// The messages with a kind in the store. Their contents are stored once, under the store number of the first batch that
// holds the message.

import type { TypedMessage } from "../core/typed-message.js";
import type { PublicKey } from "../core/types.js";
import { boundTexts, query, readBytes, readTexts, type Database, type Row } from "../platform/sqlite.js";
import type { NumberedMessage, TypedMessages } from "../ports.js";

const columns = `id, kind, silent, conversation, author, chain, author_number, written, to_author, to_chain, to_number,
  fallback, body, signature, raw`;

const statements = (database: Database) => ({
  numberOf: query(database, "SELECT number FROM typed WHERE id = ?"),
  add: query(
    database,
    `INSERT INTO typed (number, ${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  ),
  stored: query(database, `SELECT ${columns} FROM typed WHERE number = ?`),
  at: query(
    database,
    `SELECT ${columns} FROM typed WHERE number =
       (SELECT typed FROM batch WHERE number = ?)`,
  ),
  ofKind: query(database, `SELECT ${columns}, number FROM typed WHERE kind = ? AND number > ? ORDER BY number LIMIT ?`),
});

export class SqliteTypedMessages implements TypedMessages {
  readonly #sql: ReturnType<typeof statements>;

  constructor(database: Database) {
    this.#sql = statements(database);
  }

  holds(id: string): boolean {
    return this.#sql.numberOf.get(id) !== undefined;
  }

  at(number: number): TypedMessage | undefined {
    const row = this.#sql.at.get(number);
    return row && messageOf(row);
  }

  ofKind(kind: number, above: number, max: number): readonly NumberedMessage[] {
    return this.#sql.ofKind.all(kind, above, max).map((row) => ({ number: Number(row[15]), message: messageOf(row) }));
  }

  /**
   * Inside a transaction: stores a message whose batch has the store number `number`, unless it is stored. Returns its
   * number in the table.
   */
  add(number: number, message: TypedMessage): number {
    const known = this.#sql.numberOf.get(message.id);
    if (known !== undefined) return Number(known[0]);
    const { id, kind, silent, conversation, place, written, refersTo, fallback, body, signature, raw } = message;
    this.#sql.add.run(
      ...[number, id, kind, Number(silent), boundTexts(conversation), place.author, place.chain, place.number, written],
      ...[refersTo?.author ?? null, refersTo?.chain ?? null, refersTo?.number ?? null],
      ...[boundTexts(fallback), body, signature, raw],
    );
    return number;
  }

  /** The message with that number in the table. */
  stored(number: number): TypedMessage | undefined {
    const row = this.#sql.stored.get(number);
    return row && messageOf(row);
  }
}

function messageOf(row: Row): TypedMessage {
  const [id, kind, silent, conversation, author, chain, number, written] = row;
  const [toAuthor = null, toChain, toNumber, fallback, body, signature, raw] = row.slice(8);
  return {
    id: String(id),
    kind: Number(kind),
    silent: silent === 1,
    conversation: readTexts(conversation),
    place: { author: author as PublicKey, chain: String(chain), number: Number(number) },
    written: Number(written),
    refersTo:
      toAuthor === null
        ? undefined
        : { author: toAuthor as PublicKey, chain: String(toChain), number: Number(toNumber) },
    fallback: readTexts(fallback),
    body: readBytes(body),
    signature: readBytes(signature),
    raw: readBytes(raw),
  };
}
