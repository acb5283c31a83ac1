// One connection of a session, with its decoder and the deadlines of an unfinished message.
// It turns bytes into wire events; the session decides what they mean.

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
  onOpen(link: Link): void;
  onTraffic(link: Link): void;
  onWireEvent(link: Link, event: WireEvent): void;
  onDrain(link: Link): void;
  onEnd(link: Link): void;
  /** `reason`, in plain words, if something broke. Called exactly once, after all other events. */
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
 * dialling: not connected yet. open: may carry messages. detached: read, not written, until the peer speaks again.
 * closing: a bye was sent or received; started exchanges finish. finished: our FIN is sent and we go on reading. closed.
 */
type Phase = "dialling" | "open" | "detached" | "closing" | "finished" | "closed";

/** State from the first byte of a message until it has ended and no timer is pending for it. */
interface Reading {
  readonly decoder: Decoder;
  lastBytesAt: number;
  unfinishedSince: number;
  timer?: Timer;
}

/** State of the ending, once it has begun. */
interface Ending {
  byeSaid: boolean;
  byeHeard: boolean;
  /** We have destroyed the connection: ignore events posted before its close arrives. */
  destroyed: boolean;
  /** What the peer did. */
  reason?: string;
  brokeAfterWrite: boolean;
  timer?: Timer;
}

export class Link implements Candidate, ConnectionEvents {
  readonly dialled: boolean;
  readonly #connection: Connection;
  readonly #dialect: Dialect;
  readonly #reactor: Reactor;
  readonly #events: LinkEvents;
  /** Undefined between messages: there may be thousands of connections, and most are quiet. */
  #reading: Reading | undefined;
  #phase: Phase;
  #openedAt = 0;
  #remoteEnded = false;
  #everHeard = false;
  #everWrote = false;
  #paused = 0;
  /** Undefined until the ending begins. */
  #ending: Ending | undefined;

  constructor({ connection, dialect, reactor, dialled, events }: LinkParts) {
    this.#connection = connection;
    this.#dialect = dialect;
    this.#reactor = reactor;
    this.#events = events;
    this.dialled = dialled;
    this.#phase = dialled ? "dialling" : "open";
    this.#openedAt = reactor.now;
    connection.bind(this);
  }

  get openedAt(): number {
    return this.#openedAt;
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

  /** A bye was sent or received; started exchanges finish. */
  get closing(): boolean {
    return this.#phase === "closing" && !this.#remoteEnded && !this.#destroyed;
  }

  get usable(): boolean {
    return this.#phase === "open" && !this.#remoteEnded && !this.#destroyed;
  }

  get detached(): boolean {
    return this.#phase === "detached";
  }

  /** Our FIN is sent, after everything that was written. */
  get finishing(): boolean {
    return this.#phase === "finished";
  }

  /** Our FIN is sent; the peer's has not arrived yet. */
  get draining(): boolean {
    return this.#phase === "finished" && !this.#remoteEnded;
  }

  /** Whether it broke after we wrote messages, some of which may not have arrived. */
  get brokeAfterWrite(): boolean {
    return this.#ending?.brokeAfterWrite === true;
  }

  /** Whether any bytes went in either direction. */
  get everUsed(): boolean {
    return this.#everHeard || this.#everWrote;
  }

  write(chunk: Bytes): boolean {
    this.#everWrote = true;
    return this.#connection.write(chunk);
  }

  detach(): void {
    if (this.#phase === "open") this.#phase = "detached";
  }

  reattach(): void {
    if (this.#phase === "detached") this.#phase = "open";
  }

  /** Sends a bye: we start nothing new, but still answer earlier messages. */
  sayBye(reason: ByeReason): void {
    if (this.#phase !== "open" && this.#phase !== "closing") return this.finish();
    const ending = this.#startedEnding;
    if (ending.byeSaid) return;
    ending.byeSaid = true;
    this.#startClosing();
    this.#connection.write(this.#dialect.encode([{ kind: "bye", reason }]));
    if (ending.byeHeard) this.finish();
  }

  /** Ends with a bye if the dialect has one, else with our FIN. */
  leave(reason: ByeReason): void {
    if (this.#dialect.traits.farewell && this.usable) this.sayBye(reason);
    else this.finish();
  }

  /** The peer starts nothing new. */
  receiveBye(): void {
    const ending = this.#startedEnding;
    ending.byeHeard = true;
    this.#startClosing();
    if (ending.byeSaid) this.finish();
  }

  /** Flushes, sends our FIN and goes on reading; destroys the connection if the peer does not end within the linger time. */
  finish(): void {
    if (this.#phase === "dialling") return this.destroy();
    if (this.#phase === "finished" || this.#phase === "closed") return;
    this.#phase = "finished";
    this.#connection.end();
    this.#linger();
  }

  /** Starts the linger timer too, which ends a close that neither side completes. */
  #startClosing(): void {
    if (this.#phase !== "open") return;
    this.#phase = "closing";
    this.#linger();
  }

  destroy(): void {
    this.#startedEnding.destroyed = true;
    if (this.#phase !== "closed") this.#connection.destroy();
  }

  /** Destroys the connection because of what the peer did; `reason` in plain words. */
  break(reason: string): void {
    this.#startedEnding.reason ??= reason;
    this.destroy();
  }

  /** Counted: reading resumes when each `pause` has had its `resume`. */
  pause(): void {
    this.#paused += 1;
    if (this.#paused === 1) this.#connection.pause();
  }

  resume(): void {
    this.#paused -= 1;
    if (this.#paused > 0) return;
    // Restart both clocks of an unfinished line: the peer did not cause our pause.
    if (this.#reading !== undefined) this.#reading.lastBytesAt = this.#reading.unfinishedSince = this.#reactor.now;
    this.#connection.resume();
  }

  onOpen(): void {
    if (this.#phase !== "dialling" || this.#destroyed) return;
    this.#phase = "open";
    this.#openedAt = this.#reactor.now;
    this.#events.onOpen(this);
  }

  onBytes(chunk: Bytes): void {
    if (this.#phase === "closed" || this.#ending?.reason !== undefined) return;
    const reading = (this.#reading ??= this.#startReading());
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
    const ending = this.#startedEnding;
    if (ending.reason === undefined) this.#flush();
    ending.brokeAfterWrite =
      (this.#phase === "open" || this.#phase === "closing") && !this.#remoteEnded && this.#everWrote;
    this.#phase = "closed";
    this.#stopReading();
    ending.timer?.cancel();
    const reason = ending.reason ?? (code === undefined ? undefined : reasonOf(code));
    if (reason === undefined) this.#events.onClose(this);
    else this.#events.onClose(this, reason);
  }

  get #startedEnding(): Ending {
    return (this.#ending ??= { byeSaid: false, byeHeard: false, destroyed: false, brokeAfterWrite: false });
  }

  get #destroyed(): boolean {
    return this.#ending?.destroyed === true;
  }

  /** A decoder made later in the connection must not expect the dialect's greeting again. */
  #startReading(): Reading {
    return { decoder: this.#dialect.decoder(this.#everHeard), lastBytesAt: 0, unfinishedSince: 0 };
  }

  #flush(): void {
    const decoder = this.#stopReading();
    if (decoder !== undefined) this.#emit(decoder.flush());
  }

  /** Returns the decoder, which may hold an unfinished message. */
  #stopReading(): Decoder | undefined {
    const reading = this.#reading;
    this.#reading = undefined;
    reading?.timer?.cancel();
    return reading?.decoder;
  }

  #emit(events: readonly WireEvent[]): void {
    for (const event of events) this.#events.onWireEvent(this, event);
  }

  // One timer checks two timestamps, so a chunk that ends in the middle of a line does not touch it.
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

  // A paused connection may still hold bytes from the peer: its linger time starts when we read again.
  #linger(): void {
    const ending = this.#startedEnding;
    ending.timer?.cancel();
    ending.timer = this.#reactor.wheel.after(this.#dialect.traits.lingerMs, () => {
      if (this.#paused > 0) this.#linger();
      else this.destroy();
    });
  }
}
