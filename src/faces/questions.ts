// Questions of one program that have no answer yet: each gets it when it can be given, or when the asker will not wait longer.

import { questionsMax } from "../core/limits.js";
import { fault, ok, type Result } from "../core/types.js";

/** Calls back after so many milliseconds. */
export type After = (delayMs: number, run: () => void) => Cancellable;

interface Cancellable {
  cancel(): void;
}

interface Question {
  over(): boolean;
  answer(): void;
  late: boolean;
  readonly timer: Cancellable | undefined;
}

export class Questions {
  readonly #after: After;
  #asked: Question[] = [];

  constructor(after: After) {
    this.#after = after;
  }

  get open(): boolean {
    return this.#asked.length > 0;
  }

  /** `longestMs` may be Infinity. The timer only marks the question: its turn's end answers. */
  ask(longestMs: number, over: () => boolean, answer: () => void): Result<null> {
    if (this.#asked.length >= questionsMax) return fault(`${questionsMax} questions have no answer yet`);
    const timer = longestMs === Infinity ? undefined : this.#after(longestMs, () => (question.late = true));
    const question: Question = { over, answer, late: false, timer };
    this.#asked.push(question);
    return ok(null);
  }

  /** End of a turn. In the order in which they were asked. True: one was answered. */
  look(): boolean {
    const before = this.#asked.length;
    for (let first = this.#asked[0]; first !== undefined && (first.late || first.over()); first = this.#asked[0]) {
      this.#asked.shift();
      first.timer?.cancel();
      first.answer();
    }
    return this.#asked.length < before;
  }

  forget(): void {
    for (const { timer } of this.#asked) timer?.cancel();
    this.#asked = [];
  }
}
