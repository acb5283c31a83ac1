// Open questions of one local program: each is answered when its condition holds, or at its deadline.

import { questionsMax } from "../../core/limits.js";
import { fault, ok, type Result } from "../../core/types.js";

/** Calls `run` after `delayMs`, unless it is cancelled. */
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

  /** `longestMs` may be Infinity. The timer only marks the question; the end of that turn answers it. */
  ask(longestMs: number, over: () => boolean, answer: () => void): Result<null> {
    if (this.#asked.length >= questionsMax) return fault(`${questionsMax} questions are still unanswered`);
    const timer = longestMs === Infinity ? undefined : this.#after(longestMs, () => (question.late = true));
    const question: Question = { over, answer, late: false, timer };
    this.#asked.push(question);
    return ok(null);
  }

  /** End of a turn: answers the questions that are over or late, in the order of asking. True: at least one was answered. */
  answerReady(): boolean {
    const done = this.#asked.filter((question) => question.late || question.over());
    this.#asked = this.#asked.filter((question) => !done.includes(question));
    for (const { timer, answer } of done) {
      timer?.cancel();
      answer();
    }
    return done.length > 0;
  }

  cancelAll(): void {
    for (const { timer } of this.#asked) timer?.cancel();
    this.#asked = [];
  }
}
