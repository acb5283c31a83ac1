// Our place at a rendezvous server: connected for as long as the server can be reached, pinged, asked for its list.
// It promises that one question is out at a time, for answers have no frame; and that its loss concerns nobody else.

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
  /** The server has greeted us and answered. */
  onOnline(): void;
  /** For the first time since it answered, or ever; it is tried again. */
  onOffline(reason: string): void;
  onList(addresses: readonly string[]): void;
  /** A list was asked for, and does not come. */
  onNoList(reason: string): void;
}

export interface RegistrationParts {
  readonly reactor: Reactor;
  readonly random: Random;
  /** Its callbacks come in turns. */
  readonly dial: () => Connection;
  readonly events: RendezvousEvents;
}

export class RendezvousRegistration {
  readonly #parts: RegistrationParts;
  readonly #retry: Retry;
  #visit: Visit | undefined;
  #listWanted = false;
  /** undefined before the first try has shown anything. */
  #online: boolean | undefined;
  #reason = "not connected yet";

  constructor(parts: RegistrationParts) {
    this.#parts = parts;
    this.#retry = new Retry(parts.reactor, parts.random, () => this.start());
  }

  start(): void {
    const { reactor, dial } = this.#parts;
    this.#retry.dialled();
    this.#visit = new Visit(dial(), reactor, {
      onAnswered: () => this.#onAnswered(),
      onList: (addresses) => this.#onList(addresses),
      onOver: (reason) => this.#onOver(reason),
    });
  }

  /** Answered by `onList` or `onNoList`, once for all that ask meanwhile. */
  list(): void {
    if (this.#online === false) return this.#parts.events.onNoList(this.#reason);
    if (!this.#listWanted) this.#visit?.list();
    this.#listWanted = true;
  }

  stop(): void {
    this.#retry.cancel();
    this.#visit?.leave();
    this.#visit = undefined;
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

  #onOver(reason: string): void {
    this.#visit = undefined;
    this.#reason = reason;
    this.#retry.schedule();
    const { events } = this.#parts;
    if (this.#online !== false) events.onOffline(reason);
    this.#online = false;
    if (this.#listWanted) events.onNoList(reason);
    this.#listWanted = false;
  }
}

interface VisitEvents {
  /** To a ping. */
  onAnswered(): void;
  onList(addresses: readonly string[]): void;
  onOver(reason: string): void;
}

/** One connection to the server, from the dial on. */
class Visit implements ConnectionEvents {
  readonly #connection: Connection;
  readonly #reactor: Reactor;
  readonly #events: VisitEvents;
  readonly #reader = new AnswerReader();
  #asked: RendezvousCommand | "greeting" | undefined = "greeting";
  #pingDueAt = 0;
  #listWanted = false;
  #over = false;
  /** For the answer, or until the next ping. */
  #timer: Timer;

  constructor(connection: Connection, reactor: Reactor, events: VisitEvents) {
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

  leave(): void {
    this.#over = true;
    this.#timer.cancel();
    this.#connection.destroy();
  }

  onOpen(): void {
    this.#timer.cancel();
    this.#timer = this.#giveUpIn(rendezvousAnswerMs);
  }

  onBytes(chunk: Bytes): void {
    for (const answer of this.#reader.push(chunk)) if (!this.#over) this.#take(answer);
  }

  onDrain(): void {
    // Commands are five bytes.
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
        return this.#goOn();
      case "ack":
        this.#events.onAnswered();
        return this.#goOn();
      case "list":
        this.#events.onList(answer.addresses);
        return this.#goOn();
    }
  }

  /** The last question was answered. */
  #goOn(): void {
    this.#asked = undefined;
    this.#askNext();
  }

  #askNext(): void {
    if (this.#asked !== undefined || this.#over) return;
    if (this.#reactor.now >= this.#pingDueAt) this.#ask("ping");
    else if (this.#listWanted) this.#ask("list");
    else this.#rest();
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

  #rest(): void {
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
    if (this.#over) return;
    this.leave();
    this.#events.onOver(reason);
  }
}
