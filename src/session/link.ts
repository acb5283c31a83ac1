// One connection under a session, with the decoder that reads it and the deadlines of its unended message.
// It turns bytes into wire events and ends; what they mean is the session's.

import { reasonOf } from "../core/errors.js";
import type { Contact } from "../core/notice.js";
import type { Bytes } from "../core/types.js";
import type { Connection, ConnectionEvents } from "../ports.js";
import type { Reactor } from "../reactor/reactor.js";
import type { Timer } from "../reactor/timer-wheel.js";
import type { Decoder, Dialect } from "../wire/dialect.js";
import type { ByeReason, WireEvent } from "../wire/event.js";
import type { Candidate } from "./crossing.js";

export interface LinkEvents {
  onStand(link: Link): void;
  onTraffic(link: Link): void;
  onWireEvent(link: Link, event: WireEvent): void;
  onDrain(link: Link): void;
  onEnd(link: Link): void;
  /** `reason` in plain words where something broke. Exactly once and always last. */
  onClose(link: Link, reason?: string): void;
}

export interface LinkParts {
  readonly connection: Connection;
  readonly dialect: Dialect;
  readonly reactor: Reactor;
  readonly dialled: boolean;
  readonly events: LinkEvents;
}

/**
 * dialling: not yet a connection. standing: may carry messages. detached: read, not written, until it speaks again.
 * parting: a bye was said or heard, and what is under way goes on. finished: our FIN is out and we go on reading. closed: gone.
 */
type Phase = "dialling" | "standing" | "detached" | "parting" | "finished" | "closed";

/** What it needs from a message's first byte until it has ended and no timer looks after it any more. */
interface Reading {
  readonly decoder: Decoder;
  lastBytesAt: number;
  unfinishedSince: number;
  timer?: Timer;
}

/** What is known of its end, once that has begun. */
interface Ending {
  byeSaid: boolean;
  byeHeard: boolean;
  /** We have destroyed it; its close is on the way, and what was posted before that counts no more. */
  doomed: boolean;
  /** What the other side did. */
  reason?: string;
  brokeWithWords: boolean;
  timer?: Timer;
}

export class Link implements Candidate, ConnectionEvents {
  readonly dialled: boolean;
  readonly #connection: Connection;
  readonly #dialect: Dialect;
  readonly #reactor: Reactor;
  readonly #events: LinkEvents;
  /** Undefined while nobody is in the middle of a message: most connections are quiet, and there may be thousands. */
  #reading: Reading | undefined;
  #phase: Phase;
  #stoodAt = 0;
  #remoteEnded = false;
  #everHeard = false;
  #everWrote = false;
  #paused = 0;
  /** Undefined for as long as it stands. */
  #ending: Ending | undefined;

  constructor({ connection, dialect, reactor, dialled, events }: LinkParts) {
    this.#connection = connection;
    this.#dialect = dialect;
    this.#reactor = reactor;
    this.#events = events;
    this.dialled = dialled;
    this.#phase = dialled ? "dialling" : "standing";
    this.#stoodAt = reactor.now;
    connection.bind(this);
  }

  get stoodAt(): number {
    return this.#stoodAt;
  }

  get dialect(): Dialect {
    return this.#dialect;
  }

  get contact(): Contact | undefined {
    return this.#connection.contact;
  }

  get preferred(): boolean | undefined {
    return this.contact?.preferred;
  }

  /** Whether a bye was said or heard, and what was under way goes on. */
  get parting(): boolean {
    return this.#phase === "parting" && !this.#remoteEnded && !this.#doomed;
  }

  get usable(): boolean {
    return this.#phase === "standing" && !this.#remoteEnded && !this.#doomed;
  }

  get detached(): boolean {
    return this.#phase === "detached";
  }

  /** Our FIN follows what was written. */
  get finishing(): boolean {
    return this.#phase === "finished";
  }

  /** Our FIN went first, and theirs is still to come. */
  get draining(): boolean {
    return this.#phase === "finished" && !this.#remoteEnded;
  }

  /** Whether it broke while it carried messages of ours, some of which may not have arrived. */
  get brokeWithWords(): boolean {
    return this.#ending?.brokeWithWords === true;
  }

  /** Whether anything was said on it in either direction. */
  get everUsed(): boolean {
    return this.#everHeard || this.#everWrote;
  }

  write(chunk: Bytes): boolean {
    this.#everWrote = true;
    return this.#connection.write(chunk);
  }

  detach(): void {
    if (this.#phase === "standing") this.#phase = "detached";
  }

  reattach(): void {
    if (this.#phase === "detached") this.#phase = "standing";
  }

  /** Says that nothing new will be begun. What was said before is still answered. */
  sayBye(reason: ByeReason): void {
    if (this.#phase !== "standing" && this.#phase !== "parting") return this.finish();
    const ending = this.#begunEnding;
    if (ending.byeSaid) return;
    ending.byeSaid = true;
    this.#part();
    this.#connection.write(this.#dialect.encode([{ kind: "bye", reason }]));
    if (ending.byeHeard) this.finish();
  }

  /** Ends in the dialect's way. */
  leave(reason: ByeReason): void {
    if (this.#dialect.traits.farewell && this.usable) this.sayBye(reason);
    else this.finish();
  }

  /** The other side begins nothing new. */
  hearBye(): void {
    const ending = this.#begunEnding;
    ending.byeHeard = true;
    this.#part();
    if (ending.byeSaid) this.finish();
  }

  /** Flush, FIN, read on; destroyed when the other side does not end within the dialect's linger time. */
  finish(): void {
    if (this.#phase === "dialling") return this.destroy();
    if (this.#phase === "finished" || this.#phase === "closed") return;
    this.#phase = "finished";
    this.#connection.end();
    this.#linger();
  }

  /** However it goes on: a parting that nobody ends is ended. */
  #part(): void {
    if (this.#phase !== "standing") return;
    this.#phase = "parting";
    this.#linger();
  }

  destroy(): void {
    this.#begunEnding.doomed = true;
    if (this.#phase !== "closed") this.#connection.destroy();
  }

  /** Ends the connection at once because of what the other side did. */
  break(reason: string): void {
    this.#begunEnding.reason ??= reason;
    this.destroy();
  }

  /** Counted: reading goes on when every pause was answered by a resume. */
  pause(): void {
    this.#paused += 1;
    if (this.#paused === 1) this.#connection.pause();
  }

  resume(): void {
    this.#paused -= 1;
    if (this.#paused > 0) return;
    // What came meanwhile is read now: our pause is not the sender's, so both clocks of an unended line begin anew.
    if (this.#reading !== undefined) this.#reading.lastBytesAt = this.#reading.unfinishedSince = this.#reactor.now;
    this.#connection.resume();
  }

  onOpen(): void {
    if (this.#phase !== "dialling" || this.#doomed) return;
    this.#phase = "standing";
    this.#stoodAt = this.#reactor.now;
    this.#events.onStand(this);
  }

  onBytes(chunk: Bytes): void {
    if (this.#phase === "closed" || this.#ending?.reason !== undefined) return;
    const reading = (this.#reading ??= this.#read());
    this.#everHeard = true;
    reading.lastBytesAt = this.#reactor.now;
    const wasUnfinished = reading.decoder.unfinished;
    this.#events.onTraffic(this);
    const events = reading.decoder.push(chunk);
    if (reading.decoder.unfinished) this.#watchUnfinished(reading, wasUnfinished && events.length === 0);
    else if (reading.timer?.pending !== true) this.#reading = undefined;
    this.#emit(events);
  }

  onDrain(): void {
    if (this.#phase !== "closed") this.#events.onDrain(this);
  }

  onEnd(): void {
    if (this.#phase === "closed") return;
    this.#remoteEnded = true;
    this.#flush();
    this.#events.onEnd(this);
  }

  onClose(code?: string): void {
    if (this.#phase === "closed") return;
    const ending = this.#begunEnding;
    if (ending.reason === undefined) this.#flush();
    ending.brokeWithWords =
      (this.#phase === "standing" || this.#phase === "parting") && !this.#remoteEnded && this.#everWrote;
    this.#phase = "closed";
    this.#stopReading();
    ending.timer?.cancel();
    const reason = ending.reason ?? (code === undefined ? undefined : reasonOf(code));
    if (reason === undefined) this.#events.onClose(this);
    else this.#events.onClose(this, reason);
  }

  get #begunEnding(): Ending {
    return (this.#ending ??= { byeSaid: false, byeHeard: false, doomed: false, brokeWithWords: false });
  }

  get #doomed(): boolean {
    return this.#ending?.doomed === true;
  }

  /** In a dialect that begins with a greeting, that comes whole: who reads on has it behind him. */
  #read(): Reading {
    return { decoder: this.#dialect.decoder(this.#everHeard), lastBytesAt: 0, unfinishedSince: 0 };
  }

  #flush(): void {
    const decoder = this.#stopReading();
    if (decoder !== undefined) this.#emit(decoder.flush());
  }

  /** What is unended there is the caller's. */
  #stopReading(): Decoder | undefined {
    const reading = this.#reading;
    this.#reading = undefined;
    reading?.timer?.cancel();
    return reading?.decoder;
  }

  #emit(events: readonly WireEvent[]): void {
    for (const event of events) this.#events.onWireEvent(this, event);
  }

  // One timer looks at two stamps: it is not touched by every chunk that ends in the middle of a line.
  #watchUnfinished(reading: Reading, sameLine: boolean): void {
    if (!sameLine) reading.unfinishedSince = this.#reactor.now;
    const { quietMs } = this.#dialect.traits;
    if (quietMs !== undefined && reading.timer?.pending !== true) this.#watchFor(quietMs, reading);
  }

  #watchFor(delayMs: number, reading: Reading): void {
    reading.timer = this.#reactor.wheel.after(delayMs, () => this.#checkUnfinished(reading));
  }

  #checkUnfinished(reading: Reading): void {
    if (!reading.decoder.unfinished) return void (this.#reading = undefined);
    const { quietMs = Infinity, unfinishedMs = Infinity } = this.#dialect.traits;
    const now = this.#reactor.now;
    if (this.#paused > 0) return this.#watchFor(quietMs, reading);
    if (now - reading.unfinishedSince >= unfinishedMs) return this.#cutOff();
    const quietLeft = reading.lastBytesAt + quietMs - now;
    if (quietLeft > 0) return this.#watchFor(quietLeft, reading);
    this.#flush();
  }

  #cutOff(): void {
    this.#flush();
    const limitMs = this.#dialect.traits.unfinishedMs ?? Infinity;
    this.break(`a line that took more than ${String(limitMs / 1_000)} s to end`);
  }

  // A paused connection may still hold what the other side sent: its time to linger starts when we read again.
  #linger(): void {
    const ending = this.#begunEnding;
    ending.timer?.cancel();
    ending.timer = this.#reactor.wheel.after(this.#dialect.traits.lingerMs, () => {
      if (this.#paused > 0) this.#linger();
      else this.destroy();
    });
  }
}
