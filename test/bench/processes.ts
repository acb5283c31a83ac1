// Starts and controls the processes of a bench, and kills all of them at its end.

import { spawn, type ChildProcess, type StdioOptions } from "node:child_process";
import type { Readable } from "node:stream";

const waitMs = 60_000;
const running = new Set<Running>();

/** A child process. Its output on stdout (if piped) and on descriptor 3 is collected for `until`. */
export class Running {
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;
  #output = "";
  #over = false;
  #check: () => void = () => undefined;

  constructor(child: ChildProcess) {
    this.#child = child;
    for (const stream of [child.stdout, child.stdio[3]]) this.#listen(stream as Readable | null | undefined);
    this.ended = new Promise((resolve) => child.on("close", () => resolve(this.#end())));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** The first match in the output since the last match. Rejects if the child ends, or after the time limit. */
  until(pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(this.#missing(pattern)), waitMs);
      this.#check = () => {
        const match = pattern.exec(this.#output);
        if (match === null && !this.#over) return;
        clearTimeout(timer);
        this.#check = () => undefined;
        if (match === null) return reject(this.#missing(pattern));
        this.#output = this.#output.slice(match.index + match[0].length);
        resolve(match);
      };
      this.#check();
    });
  }

  get over(): boolean {
    return this.#over;
  }

  /** The child's next message over IPC. */
  answer(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(this.#missing("a message")), waitMs);
      this.#child.once("message", (message) => {
        clearTimeout(timer);
        resolve(message);
      });
    });
  }

  /** Sends `question` over IPC. */
  ask(question: number): Promise<unknown> {
    this.#child.send(question);
    return this.answer();
  }

  /** Writes to the child's stdin, if piped. */
  type(lines: string): void {
    this.#child.stdin?.write(lines);
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  async kill(): Promise<void> {
    this.signal("SIGKILL");
    await this.ended;
  }

  #listen(stream: Readable | null | undefined): void {
    stream?.setEncoding("utf8").on("data", (piece: string) => {
      this.#output += piece;
      this.#check();
    });
  }

  #end(): void {
    this.#over = true;
    running.delete(this);
    this.#check();
  }

  #missing(wanted: RegExp | string): Error {
    const command = this.#child.spawnargs.slice(0, 3).join(" ");
    return new Error(`${command} ${this.#over ? "ended" : "timed out"} without writing ${String(wanted)}`);
  }
}

export type Command = readonly [program: string, ...words: string[]];

export function start([program, ...words]: Command, stdio: StdioOptions): Running {
  const child = new Running(spawn(program, words, { stdio }));
  running.add(child);
  return child;
}

/** The command for a process of the bench itself, such as `feeder`: a file in this folder. */
export function helper(file: string, ...words: (string | number)[]): Command {
  return [process.execPath, new URL(`${file}.js`, import.meta.url).pathname, ...words.map(String)];
}

export function killAll(): void {
  for (const child of running) child.signal("SIGKILL");
}
