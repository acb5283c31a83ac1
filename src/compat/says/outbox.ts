// Sends texts to one peer in order, one at a time: over a private line if the peer has one, else in the clear. Unsent texts
// are kept, counted and tried again. After a private line with the peer, nothing goes to it in the clear.

import { queueCharsMax, queueHighWater, queueMessagesMax } from "../../core/limits.js";
import { clearTrustMs } from "../../core/older-limits.js";
import type { Random } from "../../ports.js";
import type { Reactor } from "../../reactor/reactor.js";
import { Retry } from "../../session/dialing.js";

/** The ways to reach the peer. */
export interface Routes {
  /** Whether a private line to the peer is open. */
  isLineOpen(): boolean;
  /** Sends the text on the private line. `confirmed` or `lineLost` follows. */
  sayPrivately(text: string): void;
  /** Looks for a private line. `lineOpened` or `noLine` follows, possibly before this returns. */
  ask(): void;
  /** The first part of `text` that one message can carry. */
  portionOf(text: string, privately: boolean): string;
  /** Sends one clear message. */
  carry(portion: string, events: CarryEvents): void;
}

export interface CarryEvents {
  /** The connection is open, and the message is about to be written. False: it must not be written any more. */
  readonly onLeaving: () => boolean;
  /** Called once: undefined if the message was sent, else the reason in plain words. */
  readonly onOutcome: (failure: string | undefined) => void;
}

export interface OutboxParts {
  readonly reactor: Reactor;
  readonly random: Random;
  readonly routes: Routes;
  /** Messages are sent in the clear from now on. */
  readonly onClear: () => void;
  /** There was a private line, and messages wait for a new one. Called once until there is a private line again. */
  readonly onHeld: (reason: string) => void;
  /** Called once per outage, and again if more messages wait than before. */
  readonly onFailed: (reason: string) => void;
}

/**
 * idle: nothing is under way. asking: for a private line. private: a text waits for its confirmation. clear: a clear message
 * is being sent. pausing: the last try failed.
 */
type State = "idle" | "asking" | "private" | "clear" | "pausing";

export class Outbox {
  readonly #parts: OutboxParts;
  readonly #retry: Retry;
  #state: State = "idle";
  #texts: string[] = [];
  #chars = 0;
  /** The part of the first text that is under way. */
  #portion = "";
  /** Time of the last failed search for a private line; undefined before it, and after a private line was found. */
  #clearSince: number | undefined;
  #toldClear = false;
  #hadPrivateLine = false;
  #toldHeld = false;
  /** Number of waiting messages that the last `onFailed` reported. */
  #reported = 0;

  constructor(parts: OutboxParts) {
    this.#parts = parts;
    this.#retry = new Retry(parts.reactor, parts.random, () => this.#ask());
  }

  /** Number of texts that were not sent, or not confirmed on a private line. */
  get waiting(): number {
    return this.#texts.length;
  }

  /** Whether the waiting texts may go out soon. */
  get progressing(): boolean {
    return this.waiting > 0 && this.#state !== "pausing";
  }

  /** Whether the keyboard should pause: many texts wait, and they are going out. */
  get congested(): boolean {
    return this.#chars > queueHighWater && this.progressing;
  }

  /** Takes a text that is not empty. False: too much waits already. */
  say(text: string): boolean {
    if (this.waiting >= queueMessagesMax || this.#chars + text.length > queueCharsMax) return false;
    this.#texts.push(text);
    this.#chars += text.length;
    if (this.#state === "pausing") this.#retry.hasten();
    else this.#sendNext();
    return true;
  }

  cancel(): void {
    this.#retry.cancel();
  }

  // From the private line.

  /** There is a private line, whichever side dialled it, or there was one before. */
  lineOpened(): void {
    this.#clearSince = undefined;
    this.#hadPrivateLine = true;
    this.#toldHeld = false;
    this.#reported = 0;
    if (this.#state !== "asking" && this.#state !== "pausing") return;
    this.#retry.cancel();
    this.#goOn();
  }

  /** `found`: there is one, but it did not open. */
  noLine(reason: string, found: boolean): void {
    if (this.#state !== "asking") return;
    this.#hadPrivateLine ||= found;
    if (this.#hadPrivateLine) return this.#hold(reason);
    this.#clearSince = this.#parts.reactor.now;
    this.#carry();
  }

  /** The peer has the text. */
  confirmed(): void {
    if (this.#state === "private") this.#sent();
  }

  lineLost(): void {
    if (this.#state !== "private") return;
    if (this.#parts.routes.isLineOpen()) return this.#goOn();
    this.#pause();
  }

  // Sending.

  #goOn(): void {
    this.#state = "idle";
    this.#sendNext();
  }

  #sendNext(): void {
    if (this.#state !== "idle" || this.waiting === 0) return;
    if (this.#parts.routes.isLineOpen()) {
      this.#state = "private";
      this.#portion = this.#parts.routes.portionOf(this.#head, true);
      this.#parts.routes.sayPrivately(this.#portion);
    } else if (this.#trustsClear) this.#carry();
    else this.#ask();
  }

  /** Our program may have replaced an older one: we ask again from time to time and after each failure. */
  get #trustsClear(): boolean {
    return this.#clearSince !== undefined && this.#parts.reactor.now - this.#clearSince < clearTrustMs;
  }

  #ask(): void {
    this.#state = "asking";
    this.#clearSince = undefined;
    this.#parts.routes.ask();
  }

  #carry(): void {
    this.#state = "clear";
    this.#portion = this.#parts.routes.portionOf(this.#head, false);
    this.#parts.routes.carry(this.#portion, {
      onLeaving: () => this.#mayLeave(),
      onOutcome: (failure) => (failure === undefined ? this.#sent() : this.#fail(failure)),
    });
  }

  /** Reports the clear mode only now: without a listener, nothing is sent in the clear. */
  #mayLeave(): boolean {
    if (this.#hadPrivateLine) return false;
    if (!this.#toldClear) this.#parts.onClear();
    this.#toldClear = true;
    return true;
  }

  #sent(): void {
    const rest = this.#head.slice(this.#portion.length);
    this.#retry.forgive();
    this.#reported = 0;
    this.#chars -= this.#portion.length;
    if (rest === "") this.#texts.shift();
    else this.#texts[0] = rest;
    this.#goOn();
  }

  #hold(reason: string): void {
    if (!this.#toldHeld) this.#parts.onHeld(reason);
    this.#toldHeld = true;
    this.#pause();
  }

  #fail(reason: string): void {
    if (this.#hadPrivateLine) return this.#goOn();
    this.#clearSince = undefined;
    if (this.waiting > this.#reported) this.#parts.onFailed(reason);
    this.#reported = this.waiting;
    this.#pause();
  }

  #pause(): void {
    this.#state = "pausing";
    this.#retry.dialled();
    this.#retry.schedule();
  }

  get #head(): string {
    return this.#texts[0] ?? "";
  }
}
