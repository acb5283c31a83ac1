// One member of a group: the built program in a process of its own. No process outlives the tests.

import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { Test } from "tap";
import { Heard } from "./heard.js";
import { inTime } from "./patience.js";

/** The repository, relative to .build/test/e2e/kit. */
export const projectFolder = fileURLToPath(new URL("../../../../", import.meta.url));
export const program = `${projectFolder}dist/p2p.js`;

export const readyLine = "You can now send and receive messages.";

export interface MemberOptions {
  /** Its name in failures. */
  readonly name: string;
  readonly args: readonly string[];
  /** A wrapper command: `ip netns exec Alice`, or a shell that redirects and then becomes the program. */
  readonly through?: readonly string[];
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A line as a user would have seen it at this member's terminal. */
export interface Entry {
  readonly by: "typed" | "printed";
  readonly line: string;
}

const running = new Set<Member>();
const endAll = (): void => {
  for (const member of running) member.signal("SIGKILL");
};
// The default state folder of a member: never the user's own.
const stateHome = mkdtempSync(path.join(os.tmpdir(), "p2p-e2e-state-"));
process.once("exit", () => {
  endAll();
  rmSync(stateHome, { recursive: true, force: true, maxRetries: 3 });
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(1));
// The test runner's signal that the time is over. It then prints its report; its next signal ends this process at once.
process.on("SIGALRM", endAll);

export class Member {
  readonly name: string;
  readonly transcript: Entry[] = [];
  readonly stdout: Heard;
  readonly stderr: Heard;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #exit: Promise<Exit>;

  constructor({ name, args, through = [] }: MemberOptions) {
    this.name = name;
    this.stdout = new Heard(`${name}'s stdout`, (line) => this.transcript.push({ by: "printed", line }));
    this.stderr = new Heard(`${name}'s stderr`);
    const [command, ...words] = [...through, process.execPath, program, ...args];
    this.#child = spawn(command!, words, {
      cwd: projectFolder,
      stdio: "pipe",
      env: { ...process.env, XDG_STATE_HOME: stateHome },
    });
    running.add(this);
    this.#exit = this.#listen();
  }

  /** Starts a member that is ended after the test, also after a failure. */
  static start(t: Test, options: MemberOptions): Member {
    const member = new Member(options);
    t.teardown(() => (member.alive ? member.stop("SIGKILL") : undefined));
    return member;
  }

  get pid(): number {
    return this.#child.pid!;
  }

  get alive(): boolean {
    return running.has(this);
  }

  /** Resident memory in bytes, from /proc. */
  get residentBytes(): number {
    const [, kibibytes] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${this.pid}/status`, "utf8")) ?? [];
    return Number(kibibytes) * 1_024;
  }

  async ready(): Promise<this> {
    await this.sees(readyLine);
    return this;
  }

  say(line: string): void {
    this.transcript.push({ by: "typed", line });
    this.#child.stdin.write(`${line}\n`);
  }

  /** Writes as fast as the member reads; resolves when the pipe has taken everything. */
  async feed(chunks: Iterable<string | Buffer>): Promise<void> {
    for (const chunk of chunks) if (!this.#child.stdin.write(chunk)) await once(this.#child.stdin, "drain");
  }

  endInput(): void {
    this.#child.stdin.end();
  }

  async sees(expected: string | RegExp, times = 1): Promise<void> {
    await this.stdout.sees(expected, times).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${this.name}'s stderr:\n${this.stderr.tail()}`);
    });
  }

  /** Stops reading its output, like a pager that waits for a key. */
  stopReading(): void {
    this.#child.stdout.pause();
  }

  goOnReading(): void {
    this.#child.stdout.resume();
  }

  /** Closes the reading end of its stdout. */
  closeOutput(): void {
    this.#child.stdout.destroy();
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async ended(): Promise<Exit> {
    return inTime(this.#exit, () => `${this.name} to end\n${this.stdout.tail()}\n${this.stderr.tail()}`);
  }

  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<Exit> {
    this.signal(signal);
    return this.ended();
  }

  async #listen(): Promise<Exit> {
    this.#child.stdout.on("data", (chunk: Buffer) => this.stdout.add(chunk));
    this.#child.stderr.on("data", (chunk: Buffer) => this.stderr.add(chunk));
    // The member may end while we write; the test notices that by its own waits.
    this.#child.stdin.on("error", () => undefined);
    this.#child.once("exit", () => running.delete(this));
    const [code, signal] = (await once(this.#child, "close")) as [Exit["code"], Exit["signal"]];
    return { code, signal };
  }
}
