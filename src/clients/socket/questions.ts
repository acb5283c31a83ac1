// Questions of one program that have no answer yet: each gets it when it can be given, or when the asker will not wait longer.

import { questionsMax } from "../../core/limits.js";
import { fault, ok, type Result } from "../../core/types.js";

/** Calls back after so many milliseconds. */
export type After = (delayMs: number, run: () => void) => Cancellable;

interface Cancellable {
  cancel(): void;
}

interface Question {
  readonly over: () => boolean;
  readonly answer: () => void;
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

  /** End of a turn. In the order of asking, of those that are over. True: one was answered. */
  look(): boolean {
    const done = this.#asked.filter((question) => question.late || question.over());
    this.#asked = this.#asked.filter((question) => !done.includes(question));
    for (const { timer, answer } of done) {
      timer?.cancel();
      answer();
    }
    return done.length > 0;
  }

  forget(): void {
    for (const { timer } of this.#asked) timer?.cancel();
    this.#asked = [];
  }
}
