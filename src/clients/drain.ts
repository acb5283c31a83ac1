// `--drain`: after the end of standard input, waits for the outcomes of all messages, then ends the program. Friends with
// key trouble are not waited for: the user has to act first.

import type { SendTracker } from "./send-tracker.js";

interface Cancellable {
  cancel(): void;
}

export interface DrainParts {
  readonly tracker: SendTracker;
  readonly after: (delayMs: number, run: () => void) => Cancellable;
  /** The longest wait, in milliseconds; Infinity waits without a limit. */
  readonly longestMs: number;
  /** Whether waiting messages are kept on disk for the next run. */
  readonly kept: boolean;
  /** Whether we refuse the friend's key, or the friend refuses ours. */
  readonly distrusted: (name: string) => boolean;
  readonly end: (code: number) => void;
}

export class Drain {
  readonly #parts: DrainParts;
  #deadline: Cancellable | undefined;
  #state: "before" | "waiting" | "over" = "before";

  constructor(parts: DrainParts) {
    this.#parts = parts;
  }

  /** Call at the end of input: no message follows. */
  begin(): void {
    if (this.#state !== "before") return;
    this.#state = "waiting";
    const { after, longestMs } = this.#parts;
    if (longestMs !== Infinity) this.#deadline = after(longestMs, () => this.#end());
  }

  /** End of a turn: ends the program if nothing is left to wait for. */
  check(): void {
    if (this.#state !== "waiting") return;
    const { tracker, distrusted } = this.#parts;
    if (tracker.open.every((name) => distrusted(name))) this.#end();
  }

  #end(): void {
    if (this.#state !== "waiting") return;
    this.#state = "over";
    this.#deadline?.cancel();
    const { tracker, distrusted, kept, end } = this.#parts;
    end(tracker.exitCode({ distrusted, kept }));
  }
}
