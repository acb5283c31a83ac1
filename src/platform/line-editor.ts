// One line while it is being typed, where the terminal does not edit it for us. Pure: keys in; lines, signals and what is to
// be drawn out. Lines end, grow and shrink as at a terminal; there is no moving back in them.

import { lineBytesMax } from "../core/limits.js";

export type SignalKey = "SIGINT" | "SIGQUIT" | "SIGTSTP";

export interface Typed {
  /** Whole lines, without line feeds. */
  readonly lines: readonly string[];
  readonly signals: readonly SignalKey[];
  /** Nothing more will be typed. */
  readonly ended: boolean;
}

const signalKeys: Readonly<Record<string, SignalKey>> = {
  "\u0003": "SIGINT",
  "\u001a": "SIGTSTP",
  "\u001c": "SIGQUIT",
};

// What a terminal sends for keys that are no characters: cursor keys, function keys, and what encloses a paste.
const keySequence = /\u001b(?:\[[\u0020-\u003f]*[\u0040-\u007e]?|O.?|.)?/gsu; // eslint-disable-line no-control-regex -- these keys are control characters

export class LineEditor {
  #line = "";
  #ended = false;

  /** What was typed of the line so far. */
  get line(): string {
    return this.#line;
  }

  clear(): void {
    this.#line = "";
  }

  type(keys: string): Typed {
    const lines: string[] = [];
    const signals: SignalKey[] = [];
    for (const key of keys.replace(keySequence, "")) {
      const signal = signalKeys[key];
      if (key === "\r" || key === "\n") lines.push(this.#take());
      else if (signal !== undefined) signals.push(signal);
      else this.#edit(key);
    }
    return { lines, signals, ended: this.#ended };
  }

  #take(): string {
    const line = this.#line;
    this.#line = "";
    return line;
  }

  #edit(key: string): void {
    if (key === "\u007f" || key === "\b") this.#line = Array.from(this.#line).slice(0, -1).join("");
    else if (key === "\u0015") this.#line = "";
    else if (key === "\u0017") this.#line = this.#line.replace(/\S*\s*$/, "");
    else if (key === "\u0004") this.#ended ||= this.#line === "";
    // A line that is too long is refused as a whole: one character more than the bound tells.
    else if ((key === "\t" || key >= " ") && this.#line.length <= lineBytesMax) this.#line += key;
  }
}
