// stdin and stdout where a person sits at both. The line that is being typed is ours to draw, so that what is printed
// meanwhile comes above it and the question and the first letters of the answer stand below again.

import { PassThrough, type Writable } from "node:stream";
import type { ReadStream } from "node:tty";
import type { Bytes } from "../core/types.js";
import type { Console, ConsoleEvents } from "../ports.js";
import { LineEditor, type SignalKey } from "./line-editor.js";
import { NodeConsole } from "./node-console.js";

export interface TerminalParts {
  readonly stdin: ReadStream;
  readonly stdout: Writable & { readonly columns?: number };
  /** What the terminal would do when such a key is pressed, did it not leave keys to us. */
  signal(name: SignalKey): void;
  /** There is no terminal any more: its window was closed. */
  gone(): void;
}

export class NodeTerminal implements Console {
  readonly interactive = true;
  readonly #parts: TerminalParts;
  readonly #lines = new PassThrough();
  readonly #console: NodeConsole;
  readonly #editor = new LineEditor((line) => this.#isOneRow(this.#question + line));
  #question = "";
  /** The question that a signal came into, until there is another. */
  #interrupted = "";
  /** What stands on the last line of the screen, and the way back to the cursor where that is not at its end. */
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

  /** Lines, above the one that is being typed. */
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

  /** After the program was stopped and goes on: a shell has given the terminal its own modes. */
  again(): void {
    this.#parts.stdin.setRawMode(false).setRawMode(true);
    this.prompt(this.#interrupted);
  }

  /** No key ends a terminal's input while keys are left to us. */
  #lose(): void {
    this.#parts.gone();
    this.#lines.end();
  }

  /** What is left of the cursor is drawn twice: that leaves the cursor where it belongs. */
  get #standing(): string {
    const { line, before } = this.#editor;
    return this.#question + line + (before === line ? "" : `\r${this.#question}${before}`);
  }

  #type(keys: string): void {
    // Key by key: a paste may hold several lines, each of which is to be seen.
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

  /** What was typed so far is left standing and dropped, as at any terminal. */
  #signal(name: SignalKey): void {
    this.#editor.clear();
    if (this.#drawn !== "") this.#parts.stdout.write("\n");
    this.#interrupted = this.#question;
    this.#leave();
    this.#parts.signal(name);
  }

  /** The last line of the screen is ours no more; the next question is for the program to ask. */
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

  /** From what stands on the last line to `next`. */
  #change(next: string): string {
    return next.startsWith(this.#drawn) ? next.slice(this.#drawn.length) : this.#erasing() + next;
  }

  /** What takes more than one row, or may, is left standing: how wide characters are only the terminal knows. */
  #erasing(): string {
    if (this.#drawn === "") return "";
    const [text = ""] = this.#drawn.split("\r");
    return this.#isOneRow(text) ? "\r\u001b[K" : "\n";
  }

  #isOneRow(text: string): boolean {
    return /^[ -~]*$/.test(text) && text.length < (this.#parts.stdout.columns ?? 0);
  }
}
