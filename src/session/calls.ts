// One chat at a time (seed 003): whom we call, who calls us. To whoever calls meanwhile the answer is no.

import { ringBurst, ringsPerSecond } from "../core/limits.js";
import type { ChatEnd } from "../core/notice.js";
import { TokenBucket } from "../core/token-bucket.js";
import type { Connection } from "../ports.js";
import { PostedConnection } from "../reactor/posted.js";
import type { Reactor } from "../reactor/reactor.js";
import { encodeAnswer } from "../wire/dialects/numbered.js";
import { NumberedChat, type ChatEvents } from "./numbered-chat.js";
import { TurnedAway } from "./turned-away.js";

export interface CallsParts {
  readonly reactor: Reactor;
  readonly dial: (host: string) => Connection;
  readonly events: CallsEvents;
}

export interface CallsEvents extends ChatEvents {
  /** Somebody calls: our user is to be asked. */
  onRing(host: string): void;
}

export class Calls {
  readonly #parts: CallsParts;
  readonly #rings: TokenBucket;
  readonly #turnedAway: TurnedAway;
  #chat: NumberedChat | undefined;

  constructor(parts: CallsParts) {
    this.#parts = parts;
    this.#turnedAway = new TurnedAway(parts.reactor);
    this.#rings = new TokenBucket({ perSecond: ringsPerSecond, burst: ringBurst, nowMs: parts.reactor.now });
  }

  get busy(): boolean {
    return this.#chat !== undefined;
  }

  /** Our own address in the chat. */
  get ownHost(): string {
    return this.#chat?.ownHost ?? "";
  }

  call(host: string): void {
    if (this.busy) throw new Error("one chat at a time");
    const { reactor, dial } = this.#parts;
    this.#begin(new PostedConnection(reactor, dial(host)), true);
  }

  accept(connection: Connection): void {
    const { reactor, events } = this.#parts;
    if (this.busy || !this.#rings.take(reactor.now)) return this.#turnedAway.add(connection, encodeAnswer(false));
    this.#begin(new PostedConnection(reactor, connection), false);
    events.onRing(connection.remoteHost);
  }

  answer(accepted: boolean): void {
    this.#chat?.answer(accepted);
  }

  /** False: it was not taken. */
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
    this.#chat?.destroy();
    this.#chat = undefined;
    this.#turnedAway.close();
  }

  #begin(connection: Connection, caller: boolean): void {
    const { reactor, events } = this.#parts;
    const onOver = (end: ChatEnd, unsent: number, reason?: string): void => {
      this.#chat = undefined;
      events.onOver(end, unsent, reason);
    };
    this.#chat = new NumberedChat({ connection, reactor, caller, events: { ...passed(events), onOver } });
  }
}

/** The events may be methods of an object: a spread would lose them. */
const passed = (events: ChatEvents): Omit<ChatEvents, "onOver"> => ({
  onStarted: () => events.onStarted(),
  onMessage: (number, text) => events.onMessage(number, text),
  onStray: (text) => events.onStray(text),
  onSeen: (number) => events.onSeen(number),
  onSent: (number, text) => events.onSent(number, text),
  onCongested: (congested) => events.onCongested(congested),
});
