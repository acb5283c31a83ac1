// The server for other programs of the same user on this machine: each connection gets its own client that speaks JSON lines.
// A slow reader costs bounded memory and blocks no other program.

import type { Audience } from "../../core/audience.js";
import { clientsMax } from "../../core/limits.js";
import type { Contact, Notice } from "../../core/notice.js";
import type { Origin } from "../../core/outcome.js";
import type { Received, Sent } from "../../core/record.js";
import type { Peer } from "../../core/types.js";
import { toUtf8 } from "../../core/utf8.js";
import type { Connection } from "../../ports.js";
import { eventLine } from "../json/events.js";
import { LocalClient, type LocalParts } from "./local-client.js";

export class LocalServer implements Audience {
  readonly #parts: LocalParts;
  readonly #clients = new Set<LocalClient>();
  #congested = false;
  #stopped = false;

  constructor(parts: Omit<LocalParts, "clients">) {
    this.#parts = { ...parts, clients: this.#clients };
  }

  /** The connection's callbacks must run in turns of the reactor. */
  accept(connection: Connection): void {
    if (this.#stopped || this.#clients.size >= clientsMax) return this.#reject(connection);
    const client = new LocalClient(connection, this.#parts, () => this.#clients.delete(client));
    this.#clients.add(client);
    if (this.#congested) client.congested(true);
  }

  /** Number of connected programs. */
  get size(): number {
    return this.#clients.size;
  }

  /** Whether any program waits for an answer or an outcome. */
  get busy(): boolean {
    return [...this.#clients].some(({ busy }) => busy);
  }

  message({ number, batch }: Received): void {
    const last = number + batch.count - 1;
    for (const client of this.#clients) client.arrived(last);
  }

  wantsOwn(origin: Origin | undefined): boolean {
    for (const client of this.#clients) if (client.wantsOwn(origin)) return true;
    return false;
  }

  own(sent: Sent, origin: Origin | undefined): void {
    for (const client of this.#clients) if (client.wantsOwn(origin)) client.own(sent);
  }

  notice(notice: Notice): void {
    for (const client of this.#clients) client.notice(notice);
  }

  connected(peer: Peer, contact: Contact | undefined): void {
    for (const client of this.#clients) client.connected(peer, contact);
  }

  congested(congested: boolean): void {
    this.#congested = congested;
    for (const client of this.#clients) client.congested(congested);
  }

  /** End of the turn, after its commit. */
  flush(): void {
    for (const client of this.#clients) client.flush();
  }

  /** Reads no more requests. Those that were read are still answered. */
  stopReading(): void {
    this.#stopped = true;
    for (const client of this.#clients) client.stopReading();
  }

  /** Tells each program how many of its lines were read, and closes its connection. */
  close(): void {
    this.stopReading();
    for (const client of this.#clients) client.close();
  }

  #reject(connection: Connection): void {
    const ignore = (): void => undefined;
    connection.bind({ onOpen: ignore, onBytes: ignore, onDrain: ignore, onEnd: ignore, onClose: ignore });
    connection.write(toUtf8(eventLine("closing", this.#parts.clock.wallTime(), { read: 0 })));
    // The kernel has the line. Waiting for the program to close would occupy a connection.
    connection.destroy();
  }
}
