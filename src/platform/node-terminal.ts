// stdin and stdout of a terminal, in raw mode, for programs that ask questions. It draws the typed line itself, so that output goes
// above it and the question with the half-typed answer stays below.

import { PassThrough, type Writable } from "node:stream";
import type { ReadStream } from "node:tty";
import type { Bytes } from "../core/types.js";
import type { Console, ConsoleEvents } from "../ports.js";
import { LineEditor, type SignalKey } from "./line-editor.js";
import { NodeConsole } from "./node-console.js";

export interface TerminalParts {
  readonly stdin: ReadStream;
  readonly stdout: Writable & { readonly columns?: number };
  /** Sends the signal that the terminal would send for this key in its usual mode. */
  signal(name: SignalKey): void;
  /** The terminal is gone: its window was closed. */
  gone(): void;
}

export class NodeTerminal implements Console {
  readonly interactive = true;
  readonly #parts: TerminalParts;
  readonly #lines = new PassThrough();
  readonly #console: NodeConsole;
  readonly #editor = new LineEditor((line) => this.#isOneRow(this.#question + line));
  #question = "";
  /** The question that a signal interrupted, until there is another. */
  #interrupted = "";
  /** The last line of the screen, and the moves back to the cursor if it is not at the end. */
  #drawn = "";

  constructor(parts: TerminalParts) {
    this.#parts = parts;
    this.#console = new NodeConsole({ stdin: this.#lines, stdout: parts.stdout });
  }

  bind(events: ConsoleEvents): void {
    const { stdin } = this.#parts;
    this.#console.bind(events);
    stdin.setRawMode(true).setEncoding("utf8");
    stdin.on("data", (keys: string) => this.#type(keys));
    stdin.on("end", () => this.#lose());
    stdin.on("error", () => this.#lose());
  }

  /** Prints lines above the typed one. */
  write(chunk: Bytes): boolean {
    const erasing = this.#erasing();
    this.#drawn = this.#standing;
    return this.#console.write(Buffer.concat([Buffer.from(erasing), chunk, Buffer.from(this.#drawn)]));
  }

  prompt(question: string): void {
    this.#question = question;
    this.#interrupted = question;
    this.#draw();
  }

  pause(): void {
    this.#console.pause();
  }

  resume(): void {
    this.#console.resume();
  }

  /** Call it when the stopped program continues: the shell has changed the terminal's modes. */
  again(): void {
    this.#parts.stdin.setRawMode(false).setRawMode(true);
    this.prompt(this.#interrupted);
  }

  /** In raw mode no key ends the input. */
  #lose(): void {
    this.#parts.gone();
    this.#lines.end();
  }

  /** Draws the part left of the cursor twice, which puts the cursor in its place. */
  get #standing(): string {
    const { line, before } = this.#editor;
    return this.#question + line + (before === line ? "" : `\r${this.#question}${before}`);
  }

  #type(keys: string): void {
    // Key by key: a paste may hold several lines, and each must be shown.
    const { lines, signals, ended } = this.#editor.type(keys);
    for (const line of lines) this.#enter(line);
    this.#draw();
    for (const name of signals) this.#signal(name);
    if (ended) this.#lines.end();
  }

  #enter(line: string): void {
    this.#parts.stdout.write(`${this.#change(this.#question + line)}\n`);
    this.#leave();
    if (this.#lines.writable) this.#lines.write(`${line}\n`);
  }

  /** Leaves the typed text on the screen and drops it, as at any terminal. */
  #signal(name: SignalKey): void {
    this.#editor.clear();
    if (this.#drawn !== "") this.#parts.stdout.write("\n");
    this.#interrupted = this.#question;
    this.#leave();
    this.#parts.signal(name);
  }

  /** Gives up the last line of the screen; the program asks the next question. */
  #leave(): void {
    this.#drawn = "";
    this.#question = "";
  }

  #draw(): void {
    const standing = this.#standing;
    if (standing === this.#drawn) return;
    this.#parts.stdout.write(this.#change(standing));
    this.#drawn = standing;
  }

  /** Changes the last line of the screen to `next`. */
  #change(next: string): string {
    return next.startsWith(this.#drawn) ? next.slice(this.#drawn.length) : this.#erasing() + next;
  }

  /** Text that may take more than one row stays on the screen: only the terminal knows how wide its characters are. */
  #erasing(): string {
    if (this.#drawn === "") return "";
    const [text = ""] = this.#drawn.split("\r");
    return this.#isOneRow(text) ? "\r\u001b[K" : "\n";
  }

  #isOneRow(text: string): boolean {
    return /^[ -~]*$/.test(text) && text.length < (this.#parts.stdout.columns ?? 0);
  }
}
