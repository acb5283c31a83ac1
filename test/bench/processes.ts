// The processes of a bench. Each is known by its pid, and is gone at the end whatever happens.

import { spawn, type ChildProcess, type StdioOptions } from "node:child_process";
import type { Readable } from "node:stream";

const patienceMs = 60_000;
const running = new Set<Running>();

/** A child whose stdout, where it is a pipe of ours, and whose descriptor 3 are listened to. */
export class Running {
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;
  #heard = "";
  #over = false;
  #look: () => void = () => undefined;

  constructor(child: ChildProcess) {
    this.#child = child;
    for (const stream of [child.stdout, child.stdio[3]]) this.#listen(stream as Readable | null | undefined);
    this.ended = new Promise((resolve) => child.on("close", () => resolve(this.#end())));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** The first match in what was said since the last match. Rejects when the child ends or stays silent. */
  until(pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(this.#silence(pattern)), patienceMs);
      this.#look = () => {
        const match = pattern.exec(this.#heard);
        if (match === null && !this.#over) return;
        clearTimeout(timer);
        this.#look = () => undefined;
        if (match === null) return reject(this.#silence(pattern));
        this.#heard = this.#heard.slice(match.index + match[0].length);
        resolve(match);
      };
      this.#look();
    });
  }

  get over(): boolean {
    return this.#over;
  }

  /** The child's next message over IPC. */
  answer(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(this.#silence("a message")), patienceMs);
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

  /** Where its stdin is a pipe of ours. */
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
      this.#heard += piece;
      this.#look();
    });
  }

  #end(): void {
    this.#over = true;
    running.delete(this);
    this.#look();
  }

  #silence(wanted: RegExp | string): Error {
    const command = this.#child.spawnargs.slice(0, 3).join(" ");
    return new Error(`${command} ${this.#over ? "ended" : "waited"} without saying ${String(wanted)}`);
  }
}

export type Command = readonly [program: string, ...words: string[]];

export function start([program, ...words]: Command, stdio: StdioOptions): Running {
  const child = new Running(spawn(program, words, { stdio }));
  running.add(child);
  return child;
}

/** A process of the bench itself, such as `feeder`: a file beside this one. */
export function helper(file: string, ...words: (string | number)[]): Command {
  return [process.execPath, new URL(`${file}.js`, import.meta.url).pathname, ...words.map(String)];
}

export function killAll(): void {
  for (const child of running) child.signal("SIGKILL");
}
