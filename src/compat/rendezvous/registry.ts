// The clients of a rendezvous server: one for each address, until it disconnects or is silent for too long.
// Memory for each is bounded: a client that sends garbage, sends too much or does not read the answers is dropped.

import { concat } from "../../core/bytes.js";
import { clientCommandsMax, clientSilenceMs } from "../../core/older-limits.js";
import type { ClientLeft } from "../../core/notice.js";
import type { Bytes } from "../../core/types.js";
import type { Connection, ConnectionEvents } from "../../ports.js";
import type { Reactor } from "../../reactor/reactor.js";
import {
  acknowledgement,
  encodeList,
  greeting,
  readCommands,
  refusal,
  type RendezvousCommand,
} from "../../wire/rendezvous.js";
import { TurnedAway } from "../turned-away.js";

export interface RegistryEvents {
  onCome(host: string): void;
  onGo(host: string, why: ClientLeft): void;
  onTurnedAway(host: string): void;
}

export interface RegistryParts {
  readonly reactor: Reactor;
  readonly clientsMax: number;
  readonly events: RegistryEvents;
}

export class Registry {
  readonly #parts: RegistryParts;
  readonly #clients = new Map<string, Client>();
  /** The same addresses, kept sorted as text: lists are requested far more often than clients connect. */
  readonly #sorted: string[] = [];
  readonly #turnedAway: TurnedAway;

  constructor(parts: RegistryParts) {
    this.#parts = parts;
    this.#turnedAway = new TurnedAway(parts.reactor);
  }

  get size(): number {
    return this.#clients.size;
  }

  /** The callbacks of the connection run in turns. */
  accept(connection: Connection): void {
    const { reactor, clientsMax, events } = this.#parts;
    const host = connection.remoteHost;
    const older = this.#clients.get(host);
    if (older === undefined && this.#clients.size >= clientsMax) return this.#turnAway(connection);
    if (older !== undefined) this.#drop(older, "replaced");
    const client = new Client(connection, reactor, {
      list: () => encodeList(this.#sorted, host),
      onLeft: (why) => this.#drop(client, why),
    });
    this.#clients.set(host, client);
    this.#sorted.splice(this.#indexOf(host), 0, host);
    events.onCome(host);
    client.greet();
  }

  /** Closes all connections without events. */
  close(): void {
    for (const client of this.#clients.values()) client.leave();
    this.#turnedAway.close();
    this.#clients.clear();
    this.#sorted.length = 0;
  }

  #drop(client: Client, why: ClientLeft): void {
    if (this.#clients.get(client.host) !== client) return;
    client.leave();
    this.#clients.delete(client.host);
    this.#sorted.splice(this.#indexOf(client.host), 1);
    this.#parts.events.onGo(client.host, why);
  }

  /** Index of an address in `#sorted`, or the index to insert it at. */
  #indexOf(host: string): number {
    let [low, high] = [0, this.#sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#sorted[middle] as string) < host) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #turnAway(caller: Connection): void {
    this.#parts.events.onTurnedAway(caller.remoteHost);
    this.#turnedAway.add(caller, refusal);
  }
}

interface ClientEvents {
  list(): Bytes;
  onLeft(why: ClientLeft): void;
}

const none: Bytes = new Uint8Array(0);

/** One client. Traffic only sets a timestamp; a timer checks it once in a silence period. */
class Client implements ConnectionEvents {
  readonly #connection: Connection;
  readonly #reactor: Reactor;
  readonly #events: ClientEvents;
  #rest = none;
  #heardAt: number;
  /** Since the last check. */
  #commands = 0;
  #timer;

  constructor(connection: Connection, reactor: Reactor, events: ClientEvents) {
    this.#connection = connection;
    this.#reactor = reactor;
    this.#events = events;
    this.#heardAt = reactor.now;
    this.#timer = this.#checkIn(clientSilenceMs);
    connection.bind(this);
  }

  get host(): string {
    return this.#connection.remoteHost;
  }

  greet(): void {
    this.#write(greeting);
  }

  leave(): void {
    this.#timer.cancel();
    this.#connection.destroy();
  }

  onOpen(): void {
    // Accepted connections are open from the start.
  }

  onBytes(chunk: Bytes): void {
    const { commands, rest, broken } = readCommands(this.#rest, chunk);
    this.#rest = rest;
    this.#commands += commands.length;
    if (commands.length > 0) this.#heardAt = this.#reactor.now;
    if (broken) this.#events.onLeft("garbage");
    else if (this.#commands > clientCommandsMax) this.#events.onLeft("flood");
    else if (commands.length > 0) this.#write(concat(commands.map((command) => this.#answer(command))));
  }

  onDrain(): void {
    // Slow readers were dropped already.
  }

  onEnd(): void {
    this.#events.onLeft("closed");
  }

  onClose(): void {
    this.#events.onLeft("closed");
  }

  #answer(command: RendezvousCommand): Bytes {
    return command === "ping" ? acknowledgement : this.#events.list();
  }

  /** The kernel has room for thousands of answers: a client that fills it reads none. */
  #write(bytes: Bytes): void {
    if (!this.#connection.write(bytes)) this.#events.onLeft("deaf");
  }

  #checkIn(delayMs: number) {
    return this.#reactor.wheel.after(delayMs, () => this.#checkSilence());
  }

  #checkSilence(): void {
    const leftMs = this.#heardAt + clientSilenceMs - this.#reactor.now;
    this.#commands = 0;
    if (leftMs > 0) this.#timer = this.#checkIn(leftMs);
    else this.#events.onLeft("silent");
  }
}
