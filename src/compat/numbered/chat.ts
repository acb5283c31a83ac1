// One numbered chat, from the call to the end: numbered messages, stop and wait. It promises that no two of our frames
// travel together where the other side has not shown that it read the first, for older programs lose the second.
//
//   calling ──y──▶ talking ──our /exit──▶ leaving ──▶ over
//   ringing ──answer(true)──▶ talking          any ──their /exit, end of connection──▶ over

import { reasonOf } from "../../core/errors.js";
import { dialMs, queueCharsMax, queueHighWater, queueMessagesMax } from "../../core/limits.js";
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
  encodeAnswer,
  encodeExit,
  encodeMessage,
  encodeSeen,
  NumberedDecoder,
  portion,
  type NumberedEvent,
} from "../../wire/dialects/numbered.js";

/** A chat as our user has it, however its texts travel. */
export interface Chat {
  readonly host: string;
  /** Our own address in it. */
  readonly ownHost: string;
  /** We called, and nothing was heard of them yet. */
  readonly untouched: boolean;
  answer(accepted: boolean): void;
  /** False: too much is waiting already, and this was not taken. */
  say(text: string): boolean;
  /** What was said goes out first. */
  exit(): void;
  /** Not read for a while: the screen is full. */
  hold(held: boolean): void;
  /** At once, without a word. */
  destroy(): void;
}

export interface ChatEvents {
  onStarted(): void;
  onMessage(number: number, text: string): void;
  /** What they said without a number. */
  onStray(text: string): void;
  /** They acknowledged this message of ours. */
  onSeen(number: number): void;
  onSent(number: number, text: string): void;
  /** So much waits for them that nothing more should be said, or no longer. */
  onCongested(congested: boolean): void;
  /** Once and last. `unsent` messages of ours did not go out. */
  onOver(end: ChatEnd, unsent: number, reason?: string): void;
}

export interface ChatParts {
  readonly connection: Connection;
  readonly reactor: Reactor;
  readonly caller: boolean;
  readonly events: ChatEvents;
}

type Phase = "calling" | "ringing" | "talking" | "leaving" | "over";

const nothing: Bytes = new Uint8Array(0);
const yes = [0x79, 0x59];

export class NumberedChat implements Chat, ConnectionEvents {
  readonly #parts: ChatParts;
  readonly #decoder = new NumberedDecoder();
  #phase: Phase;
  #stood: boolean;
  /** What a caller said before he was answered. */
  #early = nothing;
  #texts: string[] = [];
  #chars = 0;
  #congested = false;
  #sent = 0;
  #sentAt = -Infinity;
  #awaited: number | undefined;
  readonly #unseen = new Set<number>();
  /** Their messages that we have not acknowledged. */
  #owed: number[] = [];
  #ownSeenAt = -Infinity;
  #blocked = false;
  #held = false;
  #timer: Timer | undefined;
  #quiet: Timer | undefined;

  constructor(parts: ChatParts) {
    this.#parts = parts;
    this.#stood = !parts.caller;
    this.#phase = parts.caller ? "calling" : "ringing";
    if (parts.caller) this.#timer = parts.reactor.wheel.after(dialMs, () => this.#closed("ETIMEDOUT"));
    parts.connection.bind(this);
  }

  get host(): string {
    return this.#parts.connection.remoteHost;
  }

  get ownHost(): string {
    return this.#parts.connection.localHost;
  }

  get untouched(): boolean {
    return this.#phase === "calling";
  }

  // What our user wants.

  answer(accepted: boolean): void {
    if (this.#phase !== "ringing") return;
    this.#write(encodeAnswer(accepted));
    if (!accepted) return this.#leave();
    this.#ownSeenAt = this.#now;
    this.#start(this.#early);
  }

  say(text: string): boolean {
    if (this.#texts.length >= queueMessagesMax || this.#chars >= queueCharsMax) return false;
    const own = text.replaceAll("\0", "");
    this.#texts.push(own);
    this.#chars += own.length;
    this.#regulate();
    this.#goOn();
    return true;
  }

  exit(): void {
    if (this.#phase === "talking") this.#phase = "leaving";
    else if (this.#phase === "ringing") return this.answer(false);
    else if (this.#phase === "calling") return this.#finish("left");
    this.#goOn();
  }

  hold(held: boolean): void {
    this.#held = held;
    this.#regulate();
  }

  destroy(): void {
    this.#phase = "over";
    this.#stopTimers();
    this.#parts.connection.destroy();
  }

  // What the connection says.

  onOpen(): void {
    this.#stood = true;
    this.#timer?.cancel();
  }

  onBytes(chunk: Bytes): void {
    if (this.#phase === "calling") this.#hearAnswer(chunk);
    else if (this.#phase === "ringing") this.#keepEarly(chunk);
    else if (this.#phase !== "over") this.#hear(chunk);
  }

  onDrain(): void {
    this.#blocked = false;
    this.#regulate();
    this.#goOn();
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
    this.#obey(this.#decoder.flush());
    this.#finish(this.#stood ? "closed" : "unreachable", code);
  }

  #hearAnswer(chunk: Bytes): void {
    if (yes.includes(chunk[0] ?? 0)) this.#start(chunk.subarray(1));
    else this.#finish("denied");
  }

  #keepEarly(chunk: Bytes): void {
    this.#early = concat([this.#early, chunk]);
    if (this.#early.length > ringingBytesMax) this.#finish("closed");
  }

  #start(first: Bytes): void {
    this.#phase = "talking";
    this.#early = nothing;
    this.#parts.events.onStarted();
    if (first.length > 0) this.#hear(first);
    this.#goOn();
  }

  #hear(chunk: Bytes): void {
    this.#quiet?.cancel();
    this.#obey(this.#decoder.push(chunk));
    if (this.#decoder.unfinished) this.#quiet = this.#parts.reactor.wheel.after(numberedQuietMs, () => this.#onQuiet());
    this.#goOn();
  }

  #onQuiet(): void {
    this.#obey(this.#decoder.flush());
    this.#goOn();
  }

  #obey(events: readonly NumberedEvent[]): void {
    for (const event of events) if (this.#phase !== "over") this.#take(event);
  }

  #take(event: NumberedEvent): void {
    switch (event.kind) {
      case "message":
        this.#owed.push(event.number);
        return this.#parts.events.onMessage(event.number, event.text);
      case "seen":
        return this.#takeSeen(event.number);
      case "stray":
        return this.#parts.events.onStray(event.text);
      case "exit":
        return this.#finish("closed");
    }
  }

  /** What was never sent, or was acknowledged before, is nothing to tell. */
  #takeSeen(number: number): void {
    if (this.#awaited === number) this.#await(undefined);
    if (this.#unseen.delete(number)) this.#parts.events.onSeen(number);
  }

  // What we say.

  /** Sends what may be sent now, and comes back when more may. */
  #goOn(): void {
    if (this.#phase !== "talking" && this.#phase !== "leaving") return;
    this.#acknowledge();
    const wait = this.#sendInMs();
    if (this.#blocked || wait === undefined) return;
    if (wait > 0) return this.#comeBackIn(wait);
    if (this.#texts.length === 0) return this.#leave();
    this.#sendNext();
    this.#comeBackIn(numberedAckWaitMs);
  }

  /** At once, unless a message of ours is just on its way, or is due: who talks without end must not silence us. */
  #acknowledge(): void {
    if (this.#ourTurn || this.#owed.length === 0 || this.#blocked) return;
    const wait = Math.max(
      this.#awaited === undefined ? 0 : this.#sentAt + numberedSpacingMs - this.#now,
      this.#owed.length === 1 ? 0 : this.#ownSeenAt + numberedSpacingMs - this.#now,
    );
    if (wait > 0) return this.#comeBackIn(wait);
    // Whoever sends that many together needs no care.
    this.#write(encodeSeen(this.#owed.splice(0, this.#owed.length > numberedOwedMax ? Infinity : 1)));
    this.#ownSeenAt = this.#now;
    if (this.#owed.length > 0) this.#comeBackIn(numberedSpacingMs);
  }

  /** We have something to say, and have acknowledged since we last did. */
  get #ourTurn(): boolean {
    const answered = this.#awaited === undefined || this.#now >= this.#sentAt + numberedAckWaitMs;
    return this.#texts.length > 0 && answered && this.#ownSeenAt > this.#sentAt;
  }

  /** Until the next message or our `/exit`; undefined where there is none, or something else comes first. */
  #sendInMs(): number | undefined {
    if (this.#owed.length > 0 && !this.#ourTurn) return undefined;
    if (this.#texts.length === 0 && this.#phase === "talking") return undefined;
    const answered = this.#awaited === undefined ? 0 : this.#sentAt + numberedAckWaitMs - this.#now;
    return Math.max(0, answered, this.#ownSeenAt + numberedSpacingMs - this.#now);
  }

  #sendNext(): void {
    const number = (this.#sent += 1);
    const [first, rest] = portion(number, this.#texts.shift() ?? "");
    if (rest !== "") this.#texts.unshift(rest);
    this.#chars = this.#texts.length === 0 ? 0 : this.#chars - first.length;
    this.#sentAt = this.#now;
    this.#await(number);
    this.#expectSeen(number);
    this.#write(encodeMessage(number, first));
    this.#parts.events.onSent(number, first);
    this.#regulate();
  }

  #expectSeen(number: number): void {
    this.#unseen.add(number);
    this.#unseen.delete(number - numberedUnseenMax);
  }

  #await(number: number | undefined): void {
    this.#awaited = number;
    this.#decoder.await(number);
  }

  /** `/exit`, where they have not said it, and our end. */
  #leave(): void {
    if (this.#phase === "leaving") this.#write(encodeExit());
    this.#finish("left");
  }

  #finish(end: ChatEnd, code?: string): void {
    const { connection, reactor, events } = this.#parts;
    this.#phase = "over";
    this.#stopTimers();
    connection.resume();
    if (this.#stood && code === undefined) connection.end();
    else connection.destroy();
    this.#timer = reactor.wheel.after(exitLingerMs, () => connection.destroy());
    events.onOver(end, this.#texts.length, code === undefined ? undefined : reasonOf(code));
  }

  #write(bytes: Bytes): void {
    this.#blocked = !this.#parts.connection.write(bytes);
    this.#regulate();
  }

  /** Who takes nothing is not read, and who says too much waits. */
  #regulate(): void {
    const { connection, events } = this.#parts;
    if (this.#phase === "over") return;
    if (this.#held || this.#blocked) connection.pause();
    else connection.resume();
    const congested = this.#chars >= queueHighWater || this.#texts.length >= queueMessagesMax / 2;
    if (congested !== this.#congested) events.onCongested(congested);
    this.#congested = congested;
  }

  #comeBackIn(delayMs: number): void {
    this.#timer?.cancel();
    this.#timer = this.#parts.reactor.wheel.after(delayMs, () => this.#goOn());
  }

  #stopTimers(): void {
    this.#timer?.cancel();
    this.#quiet?.cancel();
  }

  get #now(): number {
    return this.#parts.reactor.now;
  }
}
