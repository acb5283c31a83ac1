// `p2p flush`: what waits goes out now, to everybody who can be reached. The exit code says whether anything is left.

import { exitCode } from "../core/errors.js";
import { durationWord } from "../core/duration.js";
import { cleanJson, excerpt } from "../core/escape.js";
import { answerGraceMs, reachMs } from "../core/limits.js";
import { plural } from "../core/peer-table.js";
import type { FlushOptions } from "./options.js";
import type { Cancel, Clock, Connection } from "../ports.js";
import type { Ending, Running } from "../core/ending.js";
import { textOf, toldIn, type Told } from "./member-connection.js";
import { Reach, type OwnMember } from "./reach.js";

export interface FlushPorts {
  readonly clock: Clock;
  dial(): Connection;
  readonly own: OwnMember | undefined;
  print(line: string): void;
}

/** `onEnd` is called exactly once. */
export function startFlush(options: FlushOptions, ports: FlushPorts, onEnd: (ending: Ending) => void): Running {
  const flush = new Flush(options, ports, onEnd);
  flush.start();
  return { stop: () => flush.end({ code: exitCode.queued, message: "Interrupted; what waits still waits." }) };
}

class Flush {
  readonly #options: FlushOptions;
  readonly #ports: FlushPorts;
  readonly #onEnd: (ending: Ending) => void;
  readonly #reach: Reach;
  #timer: Cancel = () => undefined;
  #over = false;

  constructor(options: FlushOptions, ports: FlushPorts, onEnd: (ending: Ending) => void) {
    this.#options = options;
    this.#ports = ports;
    this.#onEnd = onEnd;
    this.#reach = new Reach(ports, {
      onOpen: () => this.#ask(),
      onLines: (lines) => this.#hear(lines),
      onDrain: () => undefined,
      // Nothing is lost by asking the next member once more.
      onClose: () => this.#over || this.#reach.dialAgain(),
      onNobody: () => this.end({ code: exitCode.unsent, message: "No member runs." }),
      onFailure: (ending) => this.end(ending),
    });
  }

  start(): void {
    this.#within(Math.max(reachMs, this.#options.deadlineMs));
    this.#reach.dial();
  }

  end(ending: Ending): void {
    if (this.#over) return;
    this.#over = true;
    this.#timer();
    this.#reach.leave(() => this.#onEnd(ending));
  }

  #ask(): void {
    this.#reach.line?.say({ do: "flush", deadline: durationWord(this.#options.deadlineMs) });
    this.#within(this.#options.deadlineMs + answerGraceMs);
  }

  #within(ms: number): void {
    this.#timer();
    this.#timer = this.#ports.clock.after(ms, () =>
      this.end({ code: exitCode.unsent, message: "The member does not answer." }),
    );
  }

  #hear(lines: string): void {
    for (const told of toldIn(lines)) {
      if (this.#over) return;
      if (told.event === "flush") this.#answered(told);
      if (told.event === "closing") return this.#reach.leaveForNext();
      if (told.event === "error") this.end({ code: exitCode.unsent, message: excerpt(textOf(told["text"]) ?? "") });
    }
  }

  #answered(told: Told): void {
    if (this.#options.json) this.#ports.print(cleanJson(JSON.stringify(told)));
    const left = Array.isArray(told["left"]) ? (told["left"] as readonly Left[]) : [];
    this.end(left.length === 0 ? { code: exitCode.stopped } : { code: codeOf(left), message: sentences(left) });
  }
}

interface Left {
  readonly to: string;
  readonly waiting: number;
  readonly state: string;
}

const troubles = ["key refused", "refuses our key"];

const codeOf = (left: readonly Left[]): number =>
  left.some(({ state }) => troubles.includes(state)) ? exitCode.notTrusted : exitCode.queued;

const sentences = (left: readonly Left[]): string =>
  left
    .map(
      ({ to, waiting, state }) => `${plural(waiting, "message")} to ${excerpt(to)} still waiting (${excerpt(state)}).`,
    )
    .join("\n");
