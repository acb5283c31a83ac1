// `--drain`: at the end of standard input the program waits for the outcome of everything that was handed over, and ends.
// Whom we do not trust is not waited for: nothing would come of it without the user.

import type { SendTracker } from "./send-tracker.js";

interface Cancellable {
  cancel(): void;
}

export interface DrainParts {
  readonly tracker: SendTracker;
  readonly after: (delayMs: number, run: () => void) => Cancellable;
  /** The longest wait, in milliseconds; Infinity for as long as it takes. */
  readonly longestMs: number;
  /** Whether what still waits outlives the program. */
  readonly kept: boolean;
  /** Whether the friend's key, or ours at the friend's, stands in the way. */
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

  /** Nothing more is handed over. */
  begin(): void {
    if (this.#state !== "before") return;
    this.#state = "waiting";
    const { after, longestMs } = this.#parts;
    if (longestMs !== Infinity) this.#deadline = after(longestMs, () => this.#end());
  }

  /** End of a turn. */
  look(): void {
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
