// What is said to one other, in order: over a private line where they have one, else in the clear, one message at a time.
// It promises that nothing is lost in silence: what did not go out waits, is tried again, and is counted; and that to whom
// there was a private line in this run, nothing goes in the clear any more.

import { queueCharsMax, queueHighWater, queueMessagesMax } from "../core/limits.js";
import { clearTrustMs } from "../core/older-limits.js";
import type { Random } from "../ports.js";
import type { Reactor } from "../reactor/reactor.js";
import { Retry } from "../session/dialing.js";

/** The ways to the other. */
export interface Routes {
  /** Over the private line, which keeps it from then on. False: none was found. */
  sayPrivately(text: string): boolean;
  /** Looks for one. Answered by `goPrivate` or `goClear`, possibly before this returns. */
  ask(): void;
  /** The first part of `text` that one clear message can carry. */
  portionOf(text: string): string;
  /** One clear message. */
  carry(portion: string, events: CarryEvents): void;
}

export interface CarryEvents {
  /** The connection stands, and the message leaves now. False: it must not any more. */
  readonly onLeaving: () => boolean;
  /** Told once: undefined, or in plain words why it did not go out. */
  readonly onOutcome: (failure: string | undefined) => void;
}

export interface CorrespondenceParts {
  readonly reactor: Reactor;
  readonly random: Random;
  readonly routes: Routes;
  /** What leaves from now on can be read on the way. */
  readonly onClear: () => void;
  /** There was a private line and is none now: what waits goes on waiting for one. Said once until one stands again. */
  readonly onHeld: (reason: string) => void;
  /** Said once per outage, and again when more has come to wait since. */
  readonly onFailed: (reason: string) => void;
}

/** rest: nothing is under way. asking: for a private line. carrying: a clear message. pausing: the last try failed. */
type State = "rest" | "asking" | "carrying" | "pausing";

export class Correspondence {
  readonly #parts: CorrespondenceParts;
  readonly #retry: Retry;
  #state: State = "rest";
  #texts: string[] = [];
  /** Where the texts begin that still wait. */
  #next = 0;
  #chars = 0;
  /** When there was no private line to be found; undefined before, and once there was one. */
  #clearSince: number | undefined;
  #toldClear = false;
  /** There was a private line. */
  #confidential = false;
  #toldHeld = false;
  #announced = 0;

  constructor(parts: CorrespondenceParts) {
    this.#parts = parts;
    this.#retry = new Retry(parts.reactor, parts.random, () => this.#ask());
  }

  get waiting(): number {
    return this.#texts.length - this.#next;
  }

  /** Whether waiting a little may get rid of what waits. */
  get progressing(): boolean {
    return this.waiting > 0 && this.#state !== "pausing";
  }

  /** Whether the keyboard should pause: much waits, and it is going out. */
  get congested(): boolean {
    return this.#chars > queueHighWater && this.progressing;
  }

  /** A text that is not empty. False: too much waits already. */
  say(text: string): boolean {
    if (this.waiting >= queueMessagesMax || this.#chars + text.length > queueCharsMax) return false;
    this.#texts.push(text);
    this.#chars += text.length;
    if (this.#state === "pausing") this.#retry.hasten();
    else this.#goOn();
    return true;
  }

  /** A private line was found, or they found ours: what waits goes there. */
  goPrivate(): void {
    this.#retry.cancel();
    this.#retry.forgive();
    this.#clearSince = undefined;
    this.#confidential = true;
    this.#toldHeld = false;
    this.#announced = 0;
    if (this.#state !== "carrying") this.#rest();
  }

  /** There is none, for that reason. */
  goClear(reason: string): void {
    if (this.#state !== "asking") return;
    if (this.#confidential) return this.#hold(reason);
    this.#clearSince = this.#parts.reactor.now;
    this.#carry();
  }

  cancel(): void {
    this.#retry.cancel();
  }

  #rest(): void {
    this.#state = "rest";
    this.#goOn();
  }

  #goOn(): void {
    if (this.#state !== "rest" || this.waiting === 0 || this.#sendPrivately()) return;
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

  /** An older program may be replaced by one of ours: from time to time, and after each failure, we ask again. */
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

  /** It is not said sooner: where nobody listens, nothing is in the clear. */
  #mayLeave(): boolean {
    if (this.#confidential) return false;
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
    this.#announced = 0;
    this.#drop(portion.length);
    this.#rest();
  }

  #fail(reason: string): void {
    this.#retry.dialled();
    this.#clearSince = undefined;
    this.#state = "rest";
    if (this.#sendPrivately()) return;
    if (this.waiting > this.#announced) this.#parts.onFailed(reason);
    this.#announced = this.waiting;
    this.#pause();
  }

  #pause(): void {
    this.#state = "pausing";
    this.#retry.schedule();
  }

  get #head(): string {
    return this.#texts[this.#next] ?? "";
  }

  /** So many characters of the first text are done with. */
  #drop(chars: number): void {
    this.#chars -= chars;
    if (chars < this.#head.length) this.#texts[this.#next] = this.#head.slice(chars);
    else this.#next += 1;
    if (this.#next < this.#texts.length / 2) return;
    this.#texts = this.#texts.slice(this.#next);
    this.#next = 0;
  }
}
