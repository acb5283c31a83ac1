// Sends texts to one peer in order: over a private line if the peer has one, else in the clear, one message at a time.
// Unsent texts are kept, counted and tried again. After a private line with the peer, nothing goes to it in the clear.

import { queueCharsMax, queueHighWater, queueMessagesMax } from "../core/limits.js";
import { clearTrustMs } from "../core/older-limits.js";
import type { Random } from "../ports.js";
import type { Reactor } from "../reactor/reactor.js";
import { Retry } from "../session/dialing.js";

/** The ways to reach the peer. */
export interface Routes {
  /** Hands the text to the private line, which keeps it until it is confirmed. False: there is no private line. */
  sayPrivately(text: string): boolean;
  /** Looks for a private line. Answered by `goPrivate` or `goClear`, possibly before this returns. */
  ask(): void;
  /** The first part of `text` that one clear message can carry. */
  portionOf(text: string): string;
  /** Sends one clear message. */
  carry(portion: string, events: CarryEvents): void;
}

export interface CarryEvents {
  /** The connection is open, and the message is about to be written. False: it must not be written any more. */
  readonly onLeaving: () => boolean;
  /** Called once: undefined if the message was sent, else the reason in plain words. */
  readonly onOutcome: (failure: string | undefined) => void;
}

export interface CorrespondenceParts {
  readonly reactor: Reactor;
  readonly random: Random;
  readonly routes: Routes;
  /** Messages are sent in the clear from now on. */
  readonly onClear: () => void;
  /** The private line is lost, and messages wait for a new one. Called once until there is a private line again. */
  readonly onHeld: (reason: string) => void;
  /** Called once per outage, and again if more messages wait than before. */
  readonly onFailed: (reason: string) => void;
}

/** idle: nothing is under way. asking: for a private line. carrying: a clear message. pausing: the last try failed. */
type State = "idle" | "asking" | "carrying" | "pausing";

export class Correspondence {
  readonly #parts: CorrespondenceParts;
  readonly #retry: Retry;
  #state: State = "idle";
  #texts: string[] = [];
  /** Index of the first waiting text. */
  #next = 0;
  #chars = 0;
  /** Time of the last failed search for a private line; undefined before it, and after a private line was found. */
  #clearSince: number | undefined;
  #toldClear = false;
  /** There was a private line with this peer. */
  #hadPrivateLine = false;
  #toldHeld = false;
  /** Number of waiting messages that the last `onFailed` reported. */
  #reported = 0;

  constructor(parts: CorrespondenceParts) {
    this.#parts = parts;
    this.#retry = new Retry(parts.reactor, parts.random, () => this.#ask());
  }

  get waiting(): number {
    return this.#texts.length - this.#next;
  }

  /** Whether the waiting messages may go out soon. */
  get progressing(): boolean {
    return this.waiting > 0 && this.#state !== "pausing";
  }

  /** Whether the keyboard should pause: many messages wait, and they are going out. */
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

  /** There is a private line, whichever side dialled it: waiting messages go there. */
  goPrivate(): void {
    this.#retry.cancel();
    this.#retry.forgive();
    this.#clearSince = undefined;
    this.#hadPrivateLine = true;
    this.#toldHeld = false;
    this.#reported = 0;
    if (this.#state !== "carrying") this.#goIdle();
  }

  /** There is no private line, for that reason. */
  goClear(reason: string): void {
    if (this.#state !== "asking") return;
    if (this.#hadPrivateLine) return this.#hold(reason);
    this.#clearSince = this.#parts.reactor.now;
    this.#carry();
  }

  cancel(): void {
    this.#retry.cancel();
  }

  #goIdle(): void {
    this.#state = "idle";
    this.#sendNext();
  }

  #sendNext(): void {
    if (this.#state !== "idle" || this.waiting === 0 || this.#sendPrivately()) return;
    if (this.#trustsClear) this.#carry();
    else this.#ask();
  }

  #sendPrivately(): boolean {
    while (this.waiting > 0) {
      if (!this.#parts.routes.sayPrivately(this.#head)) return false;
      this.#drop(this.#head.length);
    }
    return true;
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
    this.#state = "carrying";
    const portion = this.#parts.routes.portionOf(this.#head);
    this.#parts.routes.carry(portion, {
      onLeaving: () => this.#mayLeave(),
      onOutcome: (failure) => this.#outcome(portion, failure),
    });
  }

  /** Reports the clear mode only now: without a listener, nothing is sent in the clear. */
  #mayLeave(): boolean {
    if (this.#hadPrivateLine) return false;
    if (!this.#toldClear) this.#parts.onClear();
    this.#toldClear = true;
    return true;
  }

  #hold(reason: string): void {
    if (!this.#toldHeld) this.#parts.onHeld(reason);
    this.#toldHeld = true;
    this.#retry.dialled();
    this.#pause();
  }

  #outcome(portion: string, failure: string | undefined): void {
    if (failure !== undefined) return this.#fail(failure);
    this.#retry.forgive();
    this.#reported = 0;
    this.#drop(portion.length);
    this.#goIdle();
  }

  #fail(reason: string): void {
    this.#retry.dialled();
    this.#clearSince = undefined;
    this.#state = "idle";
    if (this.#sendPrivately()) return;
    if (this.waiting > this.#reported) this.#parts.onFailed(reason);
    this.#reported = this.waiting;
    this.#pause();
  }

  #pause(): void {
    this.#state = "pausing";
    this.#retry.schedule();
  }

  get #head(): string {
    return this.#texts[this.#next] ?? "";
  }

  /** Removes that many characters from the first text. */
  #drop(chars: number): void {
    this.#chars -= chars;
    if (chars < this.#head.length) this.#texts[this.#next] = this.#head.slice(chars);
    else this.#next += 1;
    if (this.#next < this.#texts.length / 2) return;
    this.#texts = this.#texts.slice(this.#next);
    this.#next = 0;
  }
}
