// Dispatcher of the Reactor pattern (Schmidt et al., POSA2). The demultiplexer is epoll in libuv's poll phase; tasks
// that adapters post during a poll are dispatched here in one turn: listener, stdin, client sockets, then timers. It
// promises that no handler runs inside another and that a handler that throws fails only its own source.

import { turnTasksMax } from "../core/limits.js";
import type { Cancel, Clock, Log } from "../ports.js";
import type { Pace } from "./pace.js";
import { TimerWheel } from "./timer-wheel.js";

/** In dispatch order. The timer lane also carries signals, a new group file and `/quit`. */
export const sources = ["listener", "stdin", "connection", "timer"] as const;
export type Source = (typeof sources)[number];

export interface Task {
  run(): void;
  /** Called if `run` throws, after the error was logged. */
  fail?(): void;
}

interface Lane {
  readonly source: Source;
  tasks: Task[];
}

export class Reactor {
  readonly wheel: TimerWheel;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #lanes: Readonly<Record<Source, Lane>>;
  readonly #inOrder: readonly Lane[];
  readonly #hooks: (() => void)[] = [];
  readonly #pace: Pace | undefined;
  #armed = false;
  /** Cancels the delay of a turn for connections alone; undefined if no turn is delayed. */
  #gathering: Cancel | undefined;
  #closed = false;
  #turnTime: number | undefined;
  #turns = 0;

  /** `pace` limits the rate of turns for few arrivals; without it a turn runs as soon as a task is posted. */
  constructor(clock: Clock, log: Log, pace?: Pace) {
    this.#clock = clock;
    this.#log = log;
    this.#pace = pace;
    this.#inOrder = sources.map((source) => ({ source, tasks: [] }));
    this.#lanes = Object.fromEntries(this.#inOrder.map((lane) => [lane.source, lane])) as Record<Source, Lane>;
    this.wheel = new TimerWheel(clock, (run) => this.#postWheel(run));
  }

  /** The time of this turn, in milliseconds of the steady clock: read once per turn, not once per message. */
  get now(): number {
    return this.#turnTime ?? this.#clock.now();
  }

  get turns(): number {
    return this.#turns;
  }

  /** Queues `task` for the next turn. */
  post(source: Source, task: Task): void {
    const { tasks } = this.#lanes[source];
    tasks.push(task);
    if (source !== "connection" || tasks.length >= turnTasksMax) this.#arm();
    else this.#gather();
  }

  /** `hook` runs at the end of every turn, in the order of registration. */
  atEndOfTurn(hook: () => void): void {
    this.#hooks.push(hook);
  }

  /** Stops for good: all timers are cancelled, and tasks posted from now on do not run. */
  close(): void {
    this.#closed = true;
    this.#gathering?.();
    this.wheel.clear();
  }

  /** Requests a turn for connections, delayed by the pace. A turn for another source runs these tasks earlier. */
  #gather(): void {
    if (this.#armed || this.#closed || this.#gathering !== undefined) return;
    const delayMs = this.#pace?.delay(this.#clock.now()) ?? 0;
    if (delayMs === 0) this.#arm();
    else this.#gathering = this.#clock.after(delayMs, () => this.#arm());
  }

  #arm(): void {
    if (this.#armed || this.#closed) return;
    this.#armed = true;
    this.#gathering?.();
    this.#gathering = undefined;
    this.#clock.endOfPoll(() => this.#turn());
  }

  #turn(): void {
    this.#armed = false;
    if (this.#closed) return;
    this.#turnTime = this.#clock.now();
    this.#turns += 1;
    for (const lane of this.#inOrder) this.#dispatch(lane);
    for (const hook of this.#hooks) this.#guard("hook", { run: hook });
    this.#turnTime = undefined;
  }

  /** Runs the tasks queued at the start. Tasks posted meanwhile or beyond the bound wait for the next turn. */
  #dispatch(lane: Lane): void {
    const tasks = lane.tasks;
    if (tasks.length === 0) return;
    lane.tasks = tasks.splice(turnTasksMax);
    for (const task of tasks) this.#guard(lane.source, task);
    if (lane.tasks.length > 0) this.#arm();
  }

  /** If a callback throws, the remaining due timers run in the next turn. */
  #postWheel(run: () => void): void {
    this.post("timer", { run, fail: () => this.#postWheel(run) });
  }

  #guard(source: string, task: Task): void {
    if (!this.#attempt(source, task, "run")) this.#attempt(source, task, "fail");
  }

  #attempt(source: string, task: Task, step: "run" | "fail"): boolean {
    try {
      task[step]?.();
      return true;
    } catch (error) {
      this.#log.error("handler-threw", {
        source,
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
      return false;
    }
  }
}
