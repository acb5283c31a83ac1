// The door for programs of the same user on this machine: each that comes in gets a face of its own that speaks JSON lines.
// It promises that who reads slowly costs a bounded amount of memory and holds up nobody else.

import type { Audience } from "../../core/audience.js";
import { clientsMax } from "../../core/limits.js";
import type { Contact, Notice } from "../../core/notice.js";
import type { Received } from "../../core/record.js";
import type { Peer } from "../../core/types.js";
import { toUtf8 } from "../../core/utf8.js";
import type { Connection } from "../../ports.js";
import { eventLine } from "../json/events.js";
import { LocalClient, type LocalParts } from "./local-client.js";

export class LocalServer implements Audience {
  readonly #parts: LocalParts;
  readonly #clients = new Set<LocalClient>();
  #congested = false;
  #shut = false;

  constructor(parts: Omit<LocalParts, "rivals">) {
    this.#parts = { ...parts, rivals: this.#clients };
  }

  /** Its callbacks come in turns. */
  accept(connection: Connection): void {
    if (this.#shut || this.#clients.size >= clientsMax) return this.#turnAway(connection);
    const client = new LocalClient(connection, this.#parts, () => this.#clients.delete(client));
    this.#clients.add(client);
    if (this.#congested) client.congested(true);
  }

  /** Programs that speak to us. */
  get size(): number {
    return this.#clients.size;
  }

  /** Whether any program is owed an answer or an outcome. */
  get busy(): boolean {
    return [...this.#clients].some(({ busy }) => busy);
  }

  message({ number, batch }: Received): void {
    for (const client of this.#clients) client.arrived(number + batch.count - 1);
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

  /** From now on nobody's words are read; what was read is still answered. */
  stopReading(): void {
    this.#shut = true;
    for (const client of this.#clients) client.deafen();
  }

  /** Tells everybody how much of theirs was read, and that this is all. */
  close(): void {
    this.stopReading();
    for (const client of this.#clients) client.close();
  }

  #turnAway(connection: Connection): void {
    const ignore = (): void => undefined;
    connection.bind({ onOpen: ignore, onBytes: ignore, onDrain: ignore, onEnd: ignore, onClose: ignore });
    connection.write(toUtf8(eventLine("closing", this.#parts.clock.wallTime(), { read: 0 })));
    // The kernel has that line. Who never hangs up must not keep a place.
    connection.destroy();
  }
}
