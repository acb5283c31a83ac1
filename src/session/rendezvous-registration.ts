// Keeps this program registered at a rendezvous server: stays connected, pings it and asks for its list.
// It has at most one command unanswered at a time, because answers have no framing. Losing the server affects nothing else.

import { reasonOf } from "../core/errors.js";
import { dialMs } from "../core/limits.js";
import { pingMs, rendezvousAnswerMs } from "../core/older-limits.js";
import type { Bytes } from "../core/types.js";
import type { Connection, ConnectionEvents, Random } from "../ports.js";
import type { Reactor } from "../reactor/reactor.js";
import type { Timer } from "../reactor/timer-wheel.js";
import { AnswerReader, encodeCommand, type Answer, type RendezvousCommand } from "../wire/rendezvous.js";
import { Retry } from "./dialing.js";

export interface RendezvousEvents {
  /** The server has sent its greeting and answered a ping. */
  onOnline(): void;
  /** The first failure since the server last answered, or since the start. Dialling goes on. */
  onOffline(reason: string): void;
  onList(addresses: readonly string[]): void;
  /** A requested list will not come. */
  onNoList(reason: string): void;
}

export interface RegistrationParts {
  readonly reactor: Reactor;
  readonly random: Random;
  /** The callbacks of the connection run in turns. */
  readonly dial: () => Connection;
  readonly events: RendezvousEvents;
}

export class RendezvousRegistration {
  readonly #parts: RegistrationParts;
  readonly #retry: Retry;
  #connection: ServerConnection | undefined;
  #listWanted = false;
  /** Undefined until the first dial has succeeded or failed. */
  #online: boolean | undefined;
  #reason = "not connected yet";

  constructor(parts: RegistrationParts) {
    this.#parts = parts;
    this.#retry = new Retry(parts.reactor, parts.random, () => this.start());
  }

  start(): void {
    const { reactor, dial } = this.#parts;
    this.#retry.dialled();
    this.#connection = new ServerConnection(dial(), reactor, {
      onAnswered: () => this.#onAnswered(),
      onList: (addresses) => this.#onList(addresses),
      onClosed: (reason) => this.#onClosed(reason),
    });
  }

  /** `onList` or `onNoList` follows, once for all requests made meanwhile. */
  list(): void {
    if (this.#online === false) return this.#parts.events.onNoList(this.#reason);
    if (!this.#listWanted) this.#connection?.list();
    this.#listWanted = true;
  }

  stop(): void {
    this.#retry.cancel();
    this.#connection?.close();
    this.#connection = undefined;
  }

  #onAnswered(): void {
    this.#retry.forgive();
    if (this.#online === true) return;
    this.#online = true;
    this.#parts.events.onOnline();
  }

  #onList(addresses: readonly string[]): void {
    this.#listWanted = false;
    this.#parts.events.onList(addresses);
  }

  #onClosed(reason: string): void {
    this.#connection = undefined;
    this.#reason = reason;
    this.#retry.schedule();
    const { events } = this.#parts;
    if (this.#online !== false) events.onOffline(reason);
    this.#online = false;
    if (this.#listWanted) events.onNoList(reason);
    this.#listWanted = false;
  }
}

interface ServerConnectionEvents {
  /** The server answered a ping. */
  onAnswered(): void;
  onList(addresses: readonly string[]): void;
  onClosed(reason: string): void;
}

/** One connection to the server, from the dial to its end. */
class ServerConnection implements ConnectionEvents {
  readonly #connection: Connection;
  readonly #reactor: Reactor;
  readonly #events: ServerConnectionEvents;
  readonly #reader = new AnswerReader();
  #asked: RendezvousCommand | "greeting" | undefined = "greeting";
  #pingDueAt = 0;
  #listWanted = false;
  #closed = false;
  /** Limits the wait for an answer, or waits for the next ping. */
  #timer: Timer;

  constructor(connection: Connection, reactor: Reactor, events: ServerConnectionEvents) {
    this.#connection = connection;
    this.#reactor = reactor;
    this.#events = events;
    this.#timer = this.#giveUpIn(dialMs);
    connection.bind(this);
  }

  list(): void {
    this.#listWanted = true;
    this.#askNext();
  }

  close(): void {
    this.#closed = true;
    this.#timer.cancel();
    this.#connection.destroy();
  }

  onOpen(): void {
    this.#timer.cancel();
    this.#timer = this.#giveUpIn(rendezvousAnswerMs);
  }

  onBytes(chunk: Bytes): void {
    for (const answer of this.#reader.push(chunk)) if (!this.#closed) this.#take(answer);
  }

  onDrain(): void {
    // Commands are five bytes, so a write never waits.
  }

  onEnd(): void {
    this.#fail("it closed the connection");
  }

  onClose(code?: string): void {
    this.#fail(code === undefined ? "it closed the connection" : reasonOf(code));
  }

  #take(answer: Answer): void {
    this.#timer.cancel();
    switch (answer.kind) {
      case "full":
        return this.#fail("it is full");
      case "fault":
        return this.#fail(answer.reason);
      case "connected":
        return this.#onAnswer();
      case "ack":
        this.#events.onAnswered();
        return this.#onAnswer();
      case "list":
        this.#events.onList(answer.addresses);
        return this.#onAnswer();
    }
  }

  /** The last command was answered. */
  #onAnswer(): void {
    this.#asked = undefined;
    this.#askNext();
  }

  #askNext(): void {
    if (this.#asked !== undefined || this.#closed) return;
    if (this.#reactor.now >= this.#pingDueAt) this.#ask("ping");
    else if (this.#listWanted) this.#ask("list");
    else this.#sleepUntilPing();
  }

  #ask(command: RendezvousCommand): void {
    this.#timer.cancel();
    if (command === "ping") this.#pingDueAt = this.#reactor.now + pingMs;
    else this.#listWanted = false;
    this.#asked = command;
    this.#reader.expect(command === "ping" ? "ack" : "list");
    this.#timer = this.#giveUpIn(rendezvousAnswerMs);
    this.#connection.write(encodeCommand(command));
  }

  #sleepUntilPing(): void {
    this.#timer.cancel();
    this.#timer = this.#reactor.wheel.after(this.#pingDueAt - this.#reactor.now, () => this.#askNext());
  }

  #giveUpIn(delayMs: number): Timer {
    return this.#reactor.wheel.after(delayMs, () => this.#giveUp());
  }

  #giveUp(): void {
    const late = this.#reader.giveUp();
    if (late === undefined) this.#fail("no answer");
    else this.#take(late);
  }

  #fail(reason: string): void {
    if (this.#closed) return;
    this.close();
    this.#events.onClosed(reason);
  }
}
