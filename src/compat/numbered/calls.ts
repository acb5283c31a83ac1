// Holds one numbered chat at a time, incoming or outgoing. Further callers are answered no.

import { ringBurst, ringsPerSecond, unansweredMs, unattendedMs } from "../../core/older-limits.js";
import type { ChatEnd } from "../../core/notice.js";
import { TokenBucket } from "../../core/token-bucket.js";
import type { Connection } from "../../ports.js";
import { PostedConnection } from "../../reactor/posted.js";
import type { Reactor } from "../../reactor/reactor.js";
import type { Timer } from "../../reactor/timer-wheel.js";
import { encodeAnswer } from "../../wire/dialects/numbered.js";
import { NumberedChat, type Chat, type ChatEvents } from "./chat.js";
import { TurnedAway } from "../turned-away.js";

export interface CallsParts {
  readonly reactor: Reactor;
  readonly dial: (host: string) => Connection;
  /** Calls over a private line; `callInClear` follows if the peer has none. undefined: calls are always in the clear. */
  readonly callPrivately: ((host: string, events: ChatEvents) => Chat) | undefined;
  readonly events: CallsEvents;
}

export interface CallsEvents extends ChatEvents {
  /** An incoming call: the user is to be asked. */
  onRing(host: string): void;
  /** The chat that starts is in the clear although private calls are enabled. */
  onClear(): void;
}

export class Calls {
  readonly #parts: CallsParts;
  readonly #rings: TokenBucket;
  readonly #turnedAway: TurnedAway;
  #chat: Chat | undefined;
  /** Runs until the call is answered. */
  #timer: Timer | undefined;
  #tooLate = false;

  constructor(parts: CallsParts) {
    this.#parts = parts;
    this.#turnedAway = new TurnedAway(parts.reactor);
    this.#rings = new TokenBucket({ perSecond: ringsPerSecond, burst: ringBurst, nowMs: parts.reactor.now });
  }

  get busy(): boolean {
    return this.#chat !== undefined;
  }

  /** Our own address in the chat; empty without a chat. */
  get ownHost(): string {
    return this.#chat?.ownHost ?? "";
  }

  call(host: string): void {
    if (this.busy) throw new Error("one chat at a time");
    const { callPrivately } = this.#parts;
    this.#expectAnswer(unansweredMs);
    if (callPrivately === undefined) this.callInClear(host);
    else this.#chat = callPrivately(host, this.#events(this.#parts.events));
  }

  /** Replaces a call that cannot be private. */
  callInClear(host: string): void {
    this.#begin(new PostedConnection(this.#parts.reactor, this.#parts.dial(host)), true);
  }

  accept(caller: Connection): void {
    const connection = new PostedConnection(this.#parts.reactor, caller);
    if (this.#crosses(connection)) return this.#joinCrossing(connection);
    if (!this.#mayRing()) return this.#turnedAway.add(connection, encodeAnswer(false));
    this.#expectAnswer(unattendedMs);
    this.#begin(connection, false);
    this.#parts.events.onRing(connection.remoteHost);
  }

  /** Takes an incoming private call. False: the line is busy, or calls come too often. */
  ring(chatWith: (events: ChatEvents) => Chat): boolean {
    if (!this.#mayRing()) return false;
    this.#expectAnswer(unattendedMs);
    this.#chat = chatWith(this.#events(this.#parts.events));
    this.#parts.events.onRing(this.#chat.host);
    return true;
  }

  answer(accepted: boolean): void {
    this.#chat?.answer(accepted);
  }

  /** False: there is no chat, or too much is waiting already. */
  say(text: string): boolean {
    return this.#chat?.say(text) ?? false;
  }

  exit(): void {
    this.#chat?.exit();
  }

  hold(held: boolean): void {
    this.#chat?.hold(held);
  }

  destroy(): void {
    this.#timer?.cancel();
    this.#chat?.destroy();
    this.#chat = undefined;
    this.#turnedAway.close();
  }

  #expectAnswer(withinMs: number): void {
    this.#tooLate = false;
    this.#timer = this.#parts.reactor.wheel.after(withinMs, () => {
      this.#tooLate = true;
      this.exit();
    });
  }

  #crosses({ remoteHost, localHost }: Connection): boolean {
    return this.#chat?.untouched === true && this.#chat.host === remoteHost && localHost !== remoteHost;
  }

  /**
   * Two peers that call each other are connected without a question: both keep the call from the smaller address. The peer
   * that keeps its own call writes nothing on the other one, and our program gives that one up as its caller. An older
   * program does not give it up, and may ask its user about our call after this chat.
   */
  #joinCrossing(connection: Connection): void {
    if (connection.localHost < connection.remoteHost) return this.#turnedAway.add(connection, undefined);
    this.#chat?.destroy();
    this.#begin(connection, false);
    this.answer(true);
  }

  #mayRing(): boolean {
    return !this.busy && this.#rings.take(this.#parts.reactor.now);
  }

  #begin(connection: Connection, caller: boolean): void {
    const { reactor, events, callPrivately } = this.#parts;
    const passed = this.#events(events);
    const onStarted = (): void => {
      if (callPrivately !== undefined) events.onClear();
      passed.onStarted();
    };
    this.#chat = new NumberedChat({ connection, reactor, caller, events: { ...passed, onStarted } });
  }

  /** Passes the events of a chat on, stops the timer, and forgets the chat at its end. */
  #events(events: ChatEvents): ChatEvents {
    return {
      onStarted: () => {
        this.#timer?.cancel();
        events.onStarted();
      },
      onMessage: (number, text) => events.onMessage(number, text),
      onStray: (text) => events.onStray(text),
      onSeen: (number) => events.onSeen(number),
      onSent: (number, text) => events.onSent(number, text),
      onCongested: (congested) => events.onCongested(congested),
      onOver: (end: ChatEnd, unsent: number, reason?: string) => {
        this.#chat = undefined;
        this.#timer?.cancel();
        events.onOver(this.#tooLate ? "unanswered" : end, unsent, reason);
      },
    };
  }
}
