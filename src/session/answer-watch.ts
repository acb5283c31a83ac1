// Whether a connection that owes an answer says anything at all. One that swallows what it is given is as good as gone.

import { answerMs } from "../core/limits.js";
import type { Reactor } from "../reactor/reactor.js";
import type { Timer } from "../reactor/timer-wheel.js";

export class AnswerWatch {
  readonly #reactor: Reactor;
  readonly #onSilence: () => void;
  #timer: Timer | undefined;
  #expecting = false;
  /** When something was heard last, or the waiting began. */
  #since = 0;

  constructor(reactor: Reactor, onSilence: () => void) {
    this.#reactor = reactor;
    this.#onSilence = onSilence;
  }

  expect(answer: boolean): void {
    if (answer && !this.#expecting) this.#since = this.#reactor.now;
    this.#expecting = answer;
    if (answer && this.#timer?.pending !== true) this.#arm(answerMs);
  }

  heard(): void {
    this.#since = this.#reactor.now;
  }

  cancel(): void {
    this.#expecting = false;
    this.#timer?.cancel();
  }

  #arm(delayMs: number): void {
    this.#timer = this.#reactor.wheel.after(delayMs, () => this.#check());
  }

  #check(): void {
    if (!this.#expecting) return;
    const left = this.#since + answerMs - this.#reactor.now;
    if (left > 0) return this.#arm(left);
    this.#expecting = false;
    this.#onSilence();
  }
}
