// Holds one numbered chat at a time, incoming or outgoing. Further callers are answered no. A call goes over a private line if
// the peer has one, else in the clear.

import { ringBurst, ringsPerSecond, unansweredMs, unattendedMs } from "../../core/older-limits.js";
import { TokenBucket } from "../../core/token-bucket.js";
import type { PublicKey } from "../../core/types.js";
import type { Connection } from "../../ports.js";
import type { Reactor } from "../../reactor/reactor.js";
import type { Timer } from "../../reactor/timer-wheel.js";
import { clearNumbered, privateNumbered } from "../../wire/dialects/numbered.js";
import type { PrivateLine } from "../private-line.js";
import { TurnedAway } from "../turned-away.js";
import { NumberedChat, type ChatEvents, type OnOver } from "./chat.js";

export interface CallsParts {
  readonly reactor: Reactor;
  /** The callbacks of dialled connections run in turns. */
  readonly dial: (host: string) => Connection;
  /** undefined: calls are always in the clear. */
  readonly line: Pick<PrivateLine, "key" | "dial"> | undefined;
  /** The private port of peers. */
  readonly securePort: number;
  readonly events: CallsEvents;
}

export interface CallsEvents extends ChatEvents {
  /** An incoming call: the user is to be asked. */
  onRing(host: string): void;
  /** The chat that starts is in the clear although private calls are enabled. */
  onClear(): void;
  /** The chat that starts is encrypted. */
  onPrivate(theirKey: PublicKey, ownKey: PublicKey): void;
  onStarted(): void;
  onOver(...over: Parameters<OnOver>): void;
}

/** How a chat begins. */
interface Beginning {
  readonly connection: Connection;
  readonly caller: boolean;
  readonly privately: boolean;
  /** Takes the place of a call that reached no private line. */
  readonly orElse?: () => boolean;
}

export class Calls {
  readonly #parts: CallsParts;
  readonly #rings: TokenBucket;
  readonly #turnedAway: TurnedAway;
  #chat: NumberedChat | undefined;
  /** Runs until the call is answered. */
  #timer: Timer | undefined;
  #tooLate = false;
  #held = false;

  constructor(parts: CallsParts) {
    this.#parts = parts;
    this.#turnedAway = new TurnedAway(parts.reactor);
    this.#rings = new TokenBucket({ perSecond: ringsPerSecond, burst: ringBurst, nowMs: parts.reactor.now });
  }

  /** The chat or the call under way. */
  get chat(): NumberedChat | undefined {
    return this.#chat;
  }

  call(host: string): void {
    if (this.#chat !== undefined) throw new Error("one chat at a time");
    this.#expectAnswer(unansweredMs);
    const { line, securePort: port } = this.#parts;
    const dial = line?.dial({ host, port });
    if (dial === undefined) return this.#callInClear(host);
    const orElse = (): boolean => {
      if (!dial.found) this.#callInClear(host);
      return !dial.found;
    };
    this.#begin({ connection: dial.connection, caller: true, privately: true, orElse });
  }

  /** Takes an incoming call; the callbacks of `connection` run in turns. */
  accept(connection: Connection, privately: boolean): void {
    if (this.#crosses(connection)) return this.#joinCrossing(connection, privately);
    if (this.#chat !== undefined || !this.#rings.take(this.#parts.reactor.now))
      return this.#turnedAway.add(connection, (privately ? privateNumbered : clearNumbered).answer(false));
    this.#expectAnswer(unattendedMs);
    this.#begin({ connection, caller: false, privately });
    this.#parts.events.onRing(connection.remoteHost);
  }

  /** Pauses or resumes reading: the screen is full or not. */
  hold(held: boolean): void {
    this.#held = held;
    this.#chat?.hold(held);
  }

  destroy(): void {
    this.#timer?.cancel();
    this.#chat?.destroy();
    this.#chat = undefined;
    this.#turnedAway.close();
  }

  #callInClear(host: string): void {
    this.#begin({ connection: this.#parts.dial(host), caller: true, privately: false });
  }

  #expectAnswer(withinMs: number): void {
    this.#tooLate = false;
    this.#timer = this.#parts.reactor.wheel.after(withinMs, () => {
      this.#tooLate = true;
      this.#chat?.exit();
    });
  }

  #crosses({ remoteHost, localHost }: Connection): boolean {
    return this.#chat?.calling === true && this.#chat.host === remoteHost && localHost !== remoteHost;
  }

  /**
   * Two peers that call each other are connected without a question: both keep the call from the smaller address. The peer
   * that keeps its own call writes nothing on the other one, and our program gives that one up as its caller. An older
   * program does not give it up, and may ask its user about our call after this chat.
   */
  #joinCrossing(connection: Connection, privately: boolean): void {
    if (connection.localHost < connection.remoteHost) return this.#turnedAway.add(connection, undefined);
    this.#chat?.destroy();
    this.#begin({ connection, caller: false, privately });
    this.#chat?.answer(true);
  }

  #begin({ connection, caller, privately, orElse }: Beginning): void {
    const { reactor, events } = this.#parts;
    const onStarted = (): void => {
      this.#timer?.cancel();
      this.#tellPrivacy(privately ? connection.contact?.key : undefined);
      events.onStarted();
    };
    const onOver: OnOver = (end, unsent, reason) => {
      if (end === "unreachable" && orElse?.() === true) return;
      this.#chat = undefined;
      this.#timer?.cancel();
      events.onOver(this.#tooLate ? "unanswered" : end, unsent, reason);
    };
    this.#chat = new NumberedChat({ connection, reactor, caller, privately, events, onStarted, onOver });
    if (this.#held) this.#chat.hold(true);
  }

  #tellPrivacy(key: PublicKey | undefined): void {
    const { line, events } = this.#parts;
    if (line === undefined) return;
    if (key === undefined) events.onClear();
    else events.onPrivate(key, line.key);
  }
}
