// A terminal window: tmux draws the program's output as rows of text that the test reads, and the test presses keys.

import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import type { Test } from "tap";
import { program } from "./member.js";
import { until } from "./patience.js";

/** A reason to skip, or false. */
export const whyNoWindow =
  spawnSync("tmux", ["-V"]).status === 0 && spawnSync("bash", ["--version"]).status === 0
    ? false
    : "tmux or bash is missing, which make the terminal";

export interface WindowOptions {
  readonly columns: number;
  readonly rows?: number;
  readonly env?: Readonly<Record<string, string>>;
}

const readyWords = /You can now send and receive messages\./;

/** One tmux server for each window, with a shell in it; both are ended after the test. */
export class Window {
  readonly #folder = mkdtempSync(path.join(os.tmpdir(), "p2p-window-"));
  readonly #rows: number;

  constructor(t: Test, { columns, rows = 24, env = {} }: WindowOptions) {
    this.#rows = rows;
    const size = ["-x", String(columns), "-y", String(rows)];
    const home = { LC_ALL: "C.UTF-8", TZ: "UTC", PS1: "sh> ", XDG_STATE_HOME: this.#folder, ...env };
    const words = Object.entries(home).map(([name, value]) => `${name}=${value}`);
    this.#tmux([
      "-f",
      "/dev/null",
      "-u",
      ...["start-server", ";", "set-option", "-g", "history-limit", "50000", ";"],
      "new-session",
      "-d",
      ...size,
      ...["env", "-u", "NO_COLOR"],
      ...words,
      "bash",
      "--norc",
      "--noprofile",
    ]);
    t.teardown(() => {
      spawnSync("tmux", ["-S", this.#socket, "kill-server"]);
      rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
    });
  }

  /** Starts the program, and waits for its prompt. */
  async runs(args: readonly string[], env: Readonly<Record<string, string>> = {}, ready = readyWords): Promise<this> {
    const words = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    // The file has the process id: the window's shell offers no other way to learn it.
    const line = `clear; env ${words.join(" ")} bash -c 'echo $$ >${this.#pidFile}; exec "$0" "$@"'`;
    this.enters([line, process.execPath, program, ...args].join(" "));
    await this.sees(ready);
    return this;
  }

  get pid(): number {
    return Number(readFileSync(this.#pidFile, "utf8"));
  }

  /** Types letters, without Enter. */
  types(text: string): void {
    this.#tmux(["send-keys", "-l", "--", text]);
  }

  enters(line: string): void {
    this.types(line);
    this.presses("Enter");
  }

  /** Presses keys by tmux's names: `Tab`, `C-c`, `Up`. */
  presses(...keys: readonly string[]): void {
    this.#tmux(["send-keys", ...keys]);
  }

  pastes(text: string): void {
    execFileSync("tmux", ["-S", this.#socket, "load-buffer", "-"], { input: text });
    this.#tmux(["paste-buffer", "-p", "-r"]);
  }

  /** Resizes the window; resolves when its programs got the signal. */
  async resizes(columns: number): Promise<void> {
    this.#tmux(["resize-window", "-x", String(columns), "-y", String(this.#rows)]);
    const device = this.#tmux(["display-message", "-p", "#{pane_tty}"]).trim();
    const size = (): string => execFileSync("stty", ["-F", device, "size"], { encoding: "utf8" });
    await until(
      () => size() === `${this.#rows} ${columns}\n`,
      () => `${columns} columns, found ${size()}`,
    );
  }

  /** Closes the window, like a click on its close button. */
  closes(): void {
    this.#tmux(["kill-server"]);
  }

  /** The rows on the screen, without the empty ones at the end and without trailing spaces. */
  get rows(): readonly string[] {
    return this.#tmux(["capture-pane", "-p"]).trimEnd().split("\n");
  }

  /** All rows, including those that have scrolled off. */
  get scrolled(): readonly string[] {
    return this.#tmux(["capture-pane", "-p", "-S", "-"]).trimEnd().split("\n");
  }

  /** The screen with its colour codes. */
  get colours(): string {
    return this.#tmux(["capture-pane", "-e", "-p"]);
  }

  /** The position of the cursor, from 0. */
  get cursor(): { readonly column: number; readonly row: number } {
    const [column, row] = this.#tmux(["display-message", "-p", "#{cursor_x} #{cursor_y}"]).split(" ").map(Number);
    return { column: column!, row: row! };
  }

  /** Resolves when the rows on the screen, joined by line feeds, match. */
  async sees(expected: RegExp): Promise<void> {
    await until(
      () => expected.test(this.rows.join("\n")),
      () => `${String(expected)} on the screen\n${this.rows.join("\n")}`,
    );
  }

  get #socket(): string {
    return path.join(this.#folder, "tmux");
  }

  get #pidFile(): string {
    return path.join(this.#folder, "pid");
  }

  #tmux(words: readonly string[]): string {
    return execFileSync("tmux", ["-S", this.#socket, ...words], { encoding: "utf8" });
  }
}
