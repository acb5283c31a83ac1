// `p2p flush`: sends waiting messages now, to all friends who can be reached. The exit code says whether messages are left.

import { exitCode } from "../core/errors.js";
import { durationWord } from "../core/duration.js";
import { cleanJson, excerpt } from "../core/escape.js";
import { answerGraceMs, reachMs } from "../core/limits.js";
import { plural } from "../core/peer-table.js";
import type { FlushOptions } from "./options.js";
import type { Cancel, Clock, Connection } from "../ports.js";
import type { Ending, Running } from "../core/ending.js";
import { textOf, toldIn, type Told } from "./member-connection.js";
import { MemberDialer, type TemporaryMember } from "./member-dialer.js";

export interface FlushPorts {
  readonly clock: Clock;
  dial(): Connection;
  readonly temporary: TemporaryMember | undefined;
  print(line: string): void;
}

/** `onEnd` is called exactly once. */
export function startFlush(options: FlushOptions, ports: FlushPorts, onEnd: (ending: Ending) => void): Running {
  const flush = new Flush(options, ports, onEnd);
  flush.start();
  return {
    stop: () =>
      flush.end({ code: exitCode.queued, message: "Interrupted. Messages that were not sent stay in the store." }),
  };
}

class Flush {
  readonly #options: FlushOptions;
  readonly #ports: FlushPorts;
  readonly #onEnd: (ending: Ending) => void;
  readonly #dialer: MemberDialer;
  #timer: Cancel = () => undefined;
  #ended = false;

  constructor(options: FlushOptions, ports: FlushPorts, onEnd: (ending: Ending) => void) {
    this.#options = options;
    this.#ports = ports;
    this.#onEnd = onEnd;
    this.#dialer = new MemberDialer(ports, {
      onOpen: () => this.#ask(),
      onLines: (lines) => this.#hear(lines),
      onDrain: () => undefined,
      // The request can be repeated safely, so ask the next member.
      onClose: () => this.#ended || this.#dialer.redialLater(),
      onAbsent: () => this.end({ code: exitCode.unsent, message: "The member is not running." }),
      onFailure: (ending) => this.end(ending),
    });
  }

  start(): void {
    this.#startTimer(Math.max(reachMs, this.#options.deadlineMs));
    this.#dialer.dial();
  }

  end(ending: Ending): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#timer();
    this.#dialer.close(() => this.#onEnd(ending));
  }

  #ask(): void {
    this.#dialer.connection?.say({ do: "flush", deadline: durationWord(this.#options.deadlineMs) });
    this.#startTimer(this.#options.deadlineMs + answerGraceMs);
  }

  #startTimer(ms: number): void {
    this.#timer();
    this.#timer = this.#ports.clock.after(ms, () =>
      this.end({ code: exitCode.unsent, message: "The member does not answer." }),
    );
  }

  #hear(lines: string): void {
    for (const told of toldIn(lines)) {
      if (this.#ended) return;
      if (told.event === "flush") this.#handleAnswer(told);
      if (told.event === "closing") return this.#dialer.closeAndRedial();
      if (told.event === "error") this.end({ code: exitCode.unsent, message: excerpt(textOf(told["text"]) ?? "") });
    }
  }

  #handleAnswer(told: Told): void {
    if (this.#options.json) this.#ports.print(cleanJson(JSON.stringify(told)));
    const left = Array.isArray(told["left"]) ? (told["left"] as readonly Left[]) : [];
    this.end(left.length === 0 ? { code: exitCode.stopped } : { code: codeOf(left), message: explainLeft(left) });
  }
}

interface Left {
  readonly to: string;
  readonly waiting: number;
  readonly state: string;
}

const keyStates = ["key refused", "refuses our key"];

const codeOf = (left: readonly Left[]): number =>
  left.some(({ state }) => keyStates.includes(state)) ? exitCode.notTrusted : exitCode.queued;

const explainLeft = (left: readonly Left[]): string =>
  left
    .map(
      ({ to, waiting, state }) => `${plural(waiting, "message")} to ${excerpt(to)} still waiting (${excerpt(state)}).`,
    )
    .join("\n");
