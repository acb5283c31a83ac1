// One numbered chat, from the call to the end: numbered messages, stop and wait. It leaves a pause between two frames
// unless the peer has shown that it read the first, because older programs lose a second frame in one read. On a private line
// the peer is our own program, and is given up if it answers nothing.
//
//   calling ──y──▶ talking ──our /exit──▶ leaving ──▶ over
//   ringing ──answer(true)──▶ talking          any ──their /exit, end of connection──▶ over

import { reasonOf } from "../../core/errors.js";
import { answerMs, dialMs, queueCharsMax, queueHighWater, queueMessagesMax } from "../../core/limits.js";
import {
  exitLingerMs,
  numberedAckWaitMs,
  numberedOwedMax,
  numberedQuietMs,
  numberedSpacingMs,
  numberedUnseenMax,
  ringingBytesMax,
} from "../../core/older-limits.js";
import { concat } from "../../core/bytes.js";
import type { ChatEnd } from "../../core/notice.js";
import type { Bytes } from "../../core/types.js";
import type { Connection, ConnectionEvents } from "../../ports.js";
import type { Reactor } from "../../reactor/reactor.js";
import type { Timer } from "../../reactor/timer-wheel.js";
import {
  clearNumbered,
  privateNumbered,
  type NumberedCodec,
  type NumberedEvent,
  type NumberedReader,
} from "../../wire/dialects/numbered.js";

export interface ChatEvents {
  onMessage(number: number, text: string): void;
  /** The peer sent a text without a number. */
  onStray(text: string): void;
  /** The peer acknowledged this message of ours. */
  onSeen(number: number): void;
  onSent(number: number, text: string): void;
  /** Too much waits to be sent: the source should pause; or not any more. */
  onCongested(congested: boolean): void;
}

/** `unsent`: the number of our messages that were not sent. */
export type OnOver = (end: ChatEnd, unsent: number, reason?: string) => void;

export interface ChatParts {
  readonly connection: Connection;
  readonly reactor: Reactor;
  readonly caller: boolean;
  /** The connection is encrypted, and the peer is our own program. */
  readonly privately: boolean;
  readonly events: ChatEvents;
  readonly onStarted: () => void;
  /** Called once, as the last event. */
  readonly onOver: OnOver;
}

type Phase = "calling" | "ringing" | "talking" | "leaving" | "over";

const nothing: Bytes = new Uint8Array(0);

export class NumberedChat implements ConnectionEvents {
  readonly #parts: ChatParts;
  readonly #codec: NumberedCodec;
  readonly #reader: NumberedReader;
  #phase: Phase;
  #connected: boolean;
  /** Bytes from a caller before the answer. */
  #early = nothing;
  #texts: string[] = [];
  #chars = 0;
  #congested = false;
  #sent = 0;
  #sentAt = -Infinity;
  #awaited: number | undefined;
  readonly #unseen = new Set<number>();
  /** The peer's messages that we have not acknowledged. */
  #owed: number[] = [];
  #ownSeenAt = -Infinity;
  #blocked = false;
  #held = false;
  #timer: Timer | undefined;
  #quiet: Timer | undefined;
  /** On a private line: the peer must send something while it owes an acknowledgement, and we do while we do not read. */
  #watch: Timer | undefined;
  #pulse: Timer | undefined;

  constructor(parts: ChatParts) {
    this.#parts = parts;
    this.#connected = !parts.caller;
    this.#phase = parts.caller ? "calling" : "ringing";
    this.#codec = parts.privately ? privateNumbered : clearNumbered;
    this.#reader = this.#codec.reader(parts.caller);
    if (parts.caller) this.#timer = parts.reactor.wheel.after(dialMs, () => this.#closed("ETIMEDOUT"));
    parts.connection.bind(this);
  }

  get host(): string {
    return this.#parts.connection.remoteHost;
  }

  /** Our own address in the chat. */
  get ownHost(): string {
    return this.#parts.connection.localHost;
  }

  /** We called, and the peer has not answered yet. */
  get calling(): boolean {
    return this.#phase === "calling";
  }

  /** The next message has the number after this one. */
  continueAfter(number: number): void {
    this.#sent = number;
  }

  // Requests of the user.

  answer(accepted: boolean): void {
    if (this.#phase !== "ringing") return;
    this.#write(this.#codec.answer(accepted));
    if (!accepted) return this.#leave();
    this.#ownSeenAt = this.#now;
    this.#start();
    const early = this.#early;
    this.#early = nothing;
    this.#hear(early);
  }

  /** False: too much is waiting already, and this was not taken. */
  say(text: string): boolean {
    if (this.#texts.length >= queueMessagesMax || this.#chars >= queueCharsMax) return false;
    const own = text.replaceAll("\0", "");
    this.#texts.push(own);
    this.#chars += own.length;
    this.#regulate();
    this.#sendNextFrame();
    return true;
  }

  /** Ends the chat after the waiting messages were sent. */
  exit(): void {
    if (this.#phase === "talking") this.#phase = "leaving";
    else if (this.#phase === "ringing") return this.answer(false);
    else if (this.#phase === "calling") return this.#finish("left");
    this.#sendNextFrame();
  }

  /** Pauses or resumes reading: the screen is full or not. */
  hold(held: boolean): void {
    this.#held = held;
    this.#regulate();
    if (held) this.#showLife();
  }

  /** Ends at once and sends nothing. */
  destroy(): void {
    this.#phase = "over";
    this.#stopTimers();
    this.#parts.connection.destroy();
  }

  // Events of the connection.

  onOpen(): void {
    this.#connected = true;
    this.#timer?.cancel();
  }

  onBytes(chunk: Bytes): void {
    if (this.#phase === "ringing") this.#keepEarly(chunk);
    else if (this.#phase !== "over") this.#hear(chunk);
  }

  onDrain(): void {
    this.#blocked = false;
    this.#regulate();
    this.#sendNextFrame();
  }

  onEnd(): void {
    this.#closed();
  }

  onClose(code?: string): void {
    this.#timer?.cancel();
    this.#closed(code);
  }

  #closed(code?: string): void {
    if (this.#phase === "over") return;
    this.#handle(this.#reader.flush());
    this.#finish(this.#connected ? "closed" : "unreachable", code);
  }

  #keepEarly(chunk: Bytes): void {
    this.#early = concat([this.#early, chunk]);
    if (this.#early.length > ringingBytesMax) this.#finish("closed");
  }

  #start(): void {
    this.#phase = "talking";
    this.#parts.onStarted();
    this.hold(this.#held);
  }

  #hear(chunk: Bytes): void {
    this.#quiet?.cancel();
    this.#handle(this.#reader.push(chunk));
    if (this.#watch?.pending === true) this.#watchPeer();
    if (this.#reader.unfinished) this.#quiet = this.#parts.reactor.wheel.after(numberedQuietMs, () => this.#onQuiet());
    this.#sendNextFrame();
  }

  #onQuiet(): void {
    this.#handle(this.#reader.flush());
    this.#sendNextFrame();
  }

  #handle(events: readonly NumberedEvent[]): void {
    for (const event of events) if (this.#phase !== "over") this.#handleOne(event);
  }

  #handleOne(event: NumberedEvent): void {
    if (this.#phase === "calling") return this.#hearAnswer(event);
    switch (event.kind) {
      case "message":
        this.#owed.push(event.number);
        return this.#parts.events.onMessage(event.number, event.text);
      case "seen":
        return this.#handleSeen(event.number);
      case "stray":
        return this.#parts.events.onStray(event.text);
      case "exit":
        return this.#finish("closed");
      case "answer":
        return undefined;
    }
  }

  #hearAnswer(event: NumberedEvent): void {
    if (event.kind === "answer" && event.accepted) this.#start();
    else this.#finish("denied");
  }

  /** Ignores acknowledgements of messages that were never sent or were acknowledged before. */
  #handleSeen(number: number): void {
    if (this.#awaited === number) this.#await(undefined);
    if (this.#unseen.delete(number)) this.#parts.events.onSeen(number);
  }

  // Sending.

  /** Sends the next frame if it may be sent now, and sets a timer for the next one. */
  #sendNextFrame(): void {
    if (this.#phase !== "talking" && this.#phase !== "leaving") return;
    this.#acknowledge();
    const wait = this.#sendInMs();
    if (this.#blocked || wait === undefined) return;
    if (wait > 0) return this.#sendAfter(wait);
    if (this.#texts.length === 0) return this.#leave();
    this.#sendNext();
    this.#sendAfter(numberedAckWaitMs);
  }

  /** Acknowledges at once, unless our message was just sent or is due: a peer that sends without pause must not silence us. */
  #acknowledge(): void {
    if (this.#ourTurn || this.#owed.length === 0 || this.#blocked) return;
    const wait = Math.max(
      this.#awaited === undefined ? 0 : this.#sentAt + numberedSpacingMs - this.#now,
      this.#owed.length === 1 ? 0 : this.#ownSeenAt + numberedSpacingMs - this.#now,
    );
    if (wait > 0) return this.#sendAfter(wait);
    // A peer that sends that many at once can also read several acknowledgements at once.
    this.#write(this.#codec.seen(this.#owed.splice(0, this.#owed.length > numberedOwedMax ? Infinity : 1)));
    this.#ownSeenAt = this.#now;
    if (this.#owed.length > 0) this.#sendAfter(numberedSpacingMs);
  }

  /** A message waits, and we have acknowledged one since our last message. */
  get #ourTurn(): boolean {
    const answered = this.#awaited === undefined || this.#now >= this.#sentAt + numberedAckWaitMs;
    return this.#texts.length > 0 && answered && this.#ownSeenAt > this.#sentAt;
  }

  /** Time until the next message or our `/exit`; undefined: there is none, or an acknowledgement comes first. */
  #sendInMs(): number | undefined {
    if (this.#owed.length > 0 && !this.#ourTurn) return undefined;
    if (this.#texts.length === 0 && this.#phase === "talking") return undefined;
    const answered = this.#awaited === undefined ? 0 : this.#sentAt + numberedAckWaitMs - this.#now;
    return Math.max(0, answered, this.#ownSeenAt + numberedSpacingMs - this.#now);
  }

  #sendNext(): void {
    const number = (this.#sent += 1);
    const [first, rest] = this.#codec.portion(number, this.#texts.shift() ?? "");
    if (rest !== "") this.#texts.unshift(rest);
    this.#chars = this.#texts.length === 0 ? 0 : this.#chars - first.length;
    this.#sentAt = this.#now;
    this.#await(number);
    this.#expectSeen(number);
    this.#write(this.#codec.message(number, first));
    if (this.#watch?.pending !== true) this.#watchPeer();
    this.#parts.events.onSent(number, first);
    this.#regulate();
  }

  #expectSeen(number: number): void {
    this.#unseen.add(number);
    this.#unseen.delete(number - numberedUnseenMax);
  }

  #await(number: number | undefined): void {
    this.#awaited = number;
    this.#reader.await(number);
  }

  /** Sends `/exit` if the user asked for the end, then closes. */
  #leave(): void {
    if (this.#phase === "leaving") this.#write(this.#codec.exit());
    this.#finish("left");
  }

  #finish(end: ChatEnd, code?: string): void {
    const { connection, reactor, onOver } = this.#parts;
    this.#phase = "over";
    this.#stopTimers();
    connection.resume();
    if (this.#connected && code === undefined) connection.end();
    else connection.destroy();
    this.#timer = reactor.wheel.after(exitLingerMs, () => connection.destroy());
    onOver(end, this.#texts.length, code === undefined ? undefined : reasonOf(code));
  }

  #watchPeer(): void {
    this.#watch?.cancel();
    if (!this.#parts.privately || this.#unseen.size === 0) return;
    this.#watch = this.#parts.reactor.wheel.after(answerMs, () => this.#closed("ETIMEDOUT"));
  }

  #showLife(): void {
    const pulse = this.#codec.pulse();
    if (pulse === undefined || this.#phase !== "talking" || !this.#held) return;
    if (!this.#blocked) this.#write(pulse);
    this.#pulse?.cancel();
    this.#pulse = this.#parts.reactor.wheel.after(answerMs / 4, () => this.#showLife());
  }

  #write(bytes: Bytes): void {
    this.#blocked = !this.#parts.connection.write(bytes);
    this.#regulate();
  }

  /**
   * Stops reading from a peer that takes no bytes, but not before the call was answered; asks the source of texts to pause
   * when too much waits.
   */
  #regulate(): void {
    const { connection, events } = this.#parts;
    if (this.#phase === "over") return;
    const answered = this.#phase === "talking" || this.#phase === "leaving";
    if (answered && (this.#held || this.#blocked)) connection.pause();
    else connection.resume();
    const congested = this.#chars >= queueHighWater || this.#texts.length >= queueMessagesMax / 2;
    if (congested !== this.#congested) events.onCongested(congested);
    this.#congested = congested;
  }

  #sendAfter(delayMs: number): void {
    this.#timer?.cancel();
    this.#timer = this.#parts.reactor.wheel.after(delayMs, () => this.#sendNextFrame());
  }

  #stopTimers(): void {
    for (const timer of [this.#timer, this.#quiet, this.#watch, this.#pulse]) timer?.cancel();
  }

  get #now(): number {
    return this.#parts.reactor.now;
  }
}
