// stdin and stdout of a terminal, with Node's line editor. Output goes above the typed line, which stays with its cursor; each change
// is one write. A paste of several lines is one event.

import readline from "node:readline";
import { PassThrough, Readable, type Writable } from "node:stream";
import type { ReadStream, WriteStream } from "node:tty";
import { interruptPauseMs, typedLinesKept } from "../core/limits.js";
import type { Bytes } from "../core/types.js";
import type { Completion, ConsoleEvents, Terminal, TypedLines } from "../ports.js";
import { Drawing } from "./drawing.js";
import { KeySplitter, type Key } from "./key-splitter.js";
import { NodeConsole } from "./node-console.js";

export interface TerminalParts {
  readonly stdin: ReadStream;
  readonly stdout: Writable & Pick<WriteStream, "columns" | "rows">;
  /** Stops the program, as the terminal would in its usual mode. */
  suspend(): void;
  /** Monotonic, in milliseconds. */
  now(): number;
  /** Ctrl-C twice in a row: ends at once. */
  quitNow(): void;
  /** The terminal is gone: its window was closed. */
  gone(): void;
}

const pasteMode = { on: "\u001b[?2004h", off: "\u001b[?2004l" };
const letters = new Intl.Segmenter();
const interruptKey = "\u0003";
const bell = "\u0007";
const erase = "\r\u001b[J";
const up = (rows: number): string => (rows > 0 ? `\u001b[${rows}A` : "");

/** Used for terminals of unknown size. */
const usualColumns = 80;
const usualRows = 24;

export class ReadlineTerminal implements Terminal {
  readonly interactive = true;
  readonly #parts: TerminalParts;
  readonly #console: NodeConsole;
  readonly #splitter = new KeySplitter();
  readonly #keys = new Readable({ read: () => undefined });
  readonly #drawing: Drawing;
  #editor: readline.Interface | undefined;
  #events: ConsoleEvents | undefined;
  #lines: TypedLines | undefined;
  #prompt = "";
  #asking = false;
  /** Rows above the prompt that the next write replaces. */
  #retracted = 0;
  /** When Ctrl-C was pressed; cleared by any other key. */
  #interruptedAt = -Infinity;
  /** Keys that wait for a completion or a question. */
  #held: Key[] = [];
  #holding = false;
  #closed = false;

  constructor(parts: TerminalParts) {
    this.#parts = parts;
    this.#console = new NodeConsole({ stdin: new PassThrough(), stdout: parts.stdout });
    this.#drawing = new Drawing(this.columns, () => this.#flush());
  }

  get columns(): number {
    return this.#parts.stdout.columns || usualColumns;
  }

  get height(): number {
    return this.#parts.stdout.rows || usualRows;
  }

  remember(lines: TypedLines): void {
    this.#lines = lines;
  }

  bind(events: ConsoleEvents): void {
    const { stdin, stdout } = this.#parts;
    this.#events = events;
    this.#console.bind(events);
    this.#editor = this.#openEditor();
    stdin.setRawMode(true).setEncoding("utf8");
    stdin.on("data", (typed: string) => this.#type(typed));
    stdin.on("end", () => this.#lose());
    stdin.on("error", () => this.#lose());
    stdout.on("resize", () => this.#resize());
    this.#drawing.write(pasteMode.on);
    this.#editor.prompt();
  }

  /** Prints lines above the typed one. */
  write(chunk: Bytes): boolean {
    const editor = this.#editor;
    if (editor === undefined) return this.#console.write(chunk);
    const rows = this.#rowsAbove;
    this.#drawing.write(up(rows + this.#retracted) + erase);
    this.#retracted = 0;
    const before = this.#drawing.take();
    this.#redraw(rows);
    return this.#console.write(Buffer.concat([Buffer.from(before), chunk, Buffer.from(this.#drawing.take())]));
  }

  retract(rows: number): boolean {
    if (this.#editor === undefined || rows + this.#rowsAbove + 1 >= this.height) return false;
    this.#retracted = rows;
    return true;
  }

  prompt(words: string, question = false): void {
    this.#prompt = words;
    this.#asking = question;
    const editor = this.#editor;
    if (editor === undefined) return;
    const rows = this.#rowsAbove;
    this.#drawing.write(up(rows) + erase);
    editor.setPrompt(words);
    this.#redraw(rows);
  }

  ring(): void {
    this.#drawing.write(bell);
  }

  restore(draft: string): void {
    if (draft === "") return;
    this.#editor?.write(null, { ctrl: true, name: "a" });
    this.#editor?.write(draft);
    this.#editor?.write(null, { ctrl: true, name: "e" });
  }

  pause(): void {
    this.#parts.stdin.pause();
  }

  resume(): void {
    this.#parts.stdin.resume();
  }

  /** Call it when the stopped program continues: the shell has changed the terminal's modes. */
  again(): void {
    if (this.#editor === undefined) return;
    this.#parts.stdin.setRawMode(false).setRawMode(true);
    this.#drawing.write(`${pasteMode.on}\r`);
    this.#redraw(this.#rowsAbove);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#leave();
  }

  #openEditor(): readline.Interface {
    const editor = readline.createInterface({
      ...{ input: this.#keys, output: this.#drawing, terminal: true, prompt: this.#prompt },
      tabSize: 1, // as it is drawn
      ...{ history: [...(this.#lines?.earlier ?? [])].reverse(), historySize: typedLinesKept },
      removeHistoryDuplicates: true,
      completer: (before: string, done: Completed) => this.#complete(before, done),
    });
    editor.on("line", (text) => this.#enter(text));
    editor.on("history", (lines) => {
      if (this.#asking) lines.shift();
    });
    editor.on("SIGINT", () => this.#interrupt());
    editor.on("SIGTSTP", () => this.#suspend());
    editor.on("close", () => this.#end());
    return editor;
  }

  /** Rows of prompt and line above the cursor's row. */
  get #rowsAbove(): number {
    return this.#editor?.getCursorPos().rows ?? 0;
  }

  /** Draws prompt and line below the current output. The editor first goes up by `rows`, so go down before. */
  #redraw(rows: number): void {
    this.#drawing.write("\n".repeat(rows));
    this.#editor?.prompt(true);
  }

  // Keys.

  #type(typed: string): void {
    this.#held.push(...this.#splitter.split(typed));
    this.#feed();
  }

  #feed(): void {
    while (!this.#holding && this.#editor !== undefined) {
      const next = this.#held.shift();
      if (next === undefined) return;
      if (next.kind === "paste" || next.text !== interruptKey) this.#interruptedAt = -Infinity;
      if (next.kind === "paste") this.#paste(next.text);
      else this.#press(next.text);
    }
  }

  #press(key: string): void {
    // Note the row of the line's end before the editor drops the line.
    if (key === "\r" || key === "\n") this.#toEnd();
    const times = key === "\u007f" || key === "\b" ? this.#pointsBehind : 1;
    for (let time = 0; time < times; time += 1) this.#keys.emit("data", key);
  }

  /** UTF-16 units of the grapheme left of the cursor; the editor deletes single code points. */
  get #pointsBehind(): number {
    const { line = "", cursor = 0 } = this.#editor ?? {};
    const letter = letters.segment(line.slice(0, cursor)).containing(cursor - 1)?.segment ?? "";
    return Math.max(Array.from(letter).length, 1);
  }

  #toEnd(): void {
    this.#editor?.write(null, { ctrl: true, name: "e" });
    this.#endRow = this.#rowsAbove;
  }

  /** The row of the line's end when Enter was pressed. */
  #endRow = 0;

  /** Erases the typed line: the client shows it with its state. */
  #enter(text: string): void {
    // The editor has moved to the row below the line.
    this.#drawing.write(up(this.#endRow + 1) + erase);
    this.#editor?.prompt();
    this.#events?.onTyped?.({ kind: "line", text });
    if (text.trim() !== "" && !this.#asking) this.#lines?.add(text);
  }

  #paste(text: string): void {
    const editor = this.#editor;
    if (editor === undefined) return;
    const lines = text.replace(/[\r\n]+$/, "").split(/\r\n|\r|\n/);
    // eslint-disable-next-line no-control-regex -- control characters that cannot be typed cannot be pasted, except TAB
    const clean = lines.map((line) => line.replace(/[\0-\x08\x0a-\x1f\x7f-\x9f]/g, ""));
    if (clean.length === 1) return editor.write(clean[0] ?? "");
    const draft = editor.line;
    this.#clearLine();
    this.#events?.onTyped?.({ kind: "paste", lines: [draft + (clean[0] ?? ""), ...clean.slice(1)], draft });
    this.#hold();
  }

  #clearLine(): void {
    this.#editor?.write(null, { ctrl: true, name: "e" });
    this.#editor?.write(null, { ctrl: true, name: "u" });
  }

  #interrupt(): void {
    const now = this.#parts.now();
    if (now - this.#interruptedAt <= interruptPauseMs) return this.#parts.quitNow();
    this.#interruptedAt = now;
    const cleared = this.#editor?.line !== "";
    this.#clearLine();
    this.#events?.onTyped?.({ kind: "interrupt", cleared });
  }

  #complete(before: string, done: Completed): void {
    this.#holding = true;
    const answer = ({ typed, candidates }: Completion): void => {
      done(null, [[...candidates], typed]);
      // The editor continues in a promise of its own.
      this.#hold();
    };
    this.#events?.onTyped?.({ kind: "complete", before, answer });
  }

  /** Keys wait until the program's turn is over: by then it has asked its question, if any. */
  #hold(): void {
    this.#holding = true;
    setImmediate(() => {
      this.#holding = false;
      this.#feed();
    });
  }

  /** Leaves the half-typed line on the screen; it is drawn again when the program continues. */
  #suspend(): void {
    this.#drawing.write(`${pasteMode.off}\r\n`);
    this.#flush();
    this.#parts.stdin.setRawMode(false);
    this.#parts.suspend();
  }

  /** After a resize the terminal has folded the line again, and moved the cursor with it. */
  #resize(): void {
    if (this.#editor === undefined) return;
    const before = this.#rowsAbove;
    this.#drawing.columns = this.columns;
    this.#drawing.write(up(this.#rowsFolded) + erase);
    this.#redraw(before);
    this.#events?.onTyped?.({ kind: "resize" });
  }

  /** After a line that fills its row the cursor stays on that row. One row too many would erase a message. */
  get #rowsFolded(): number {
    const editor = this.#editor;
    const { rows = 0, cols = 0 } = editor?.getCursorPos() ?? {};
    return editor !== undefined && cols === 0 && editor.cursor === editor.line.length ? Math.max(rows - 1, 0) : rows;
  }

  /** Ctrl-D on an empty line. */
  #end(): void {
    this.#leave();
    this.#events?.onEnd();
  }

  /** In raw mode no key ends the input. */
  #lose(): void {
    this.#parts.gone();
    this.#editor = undefined;
    this.#events?.onEnd();
  }

  /** Ends the input: removes the prompt and gives line editing back to the terminal. */
  #leave(): void {
    const editor = this.#editor;
    if (editor === undefined) return;
    this.#drawing.write(up(this.#rowsAbove) + erase + pasteMode.off);
    this.#flush();
    this.#editor = undefined;
    editor.close();
    this.#drawing.take();
    this.#parts.stdin.setRawMode(false);
  }

  #flush(): void {
    const drawn = this.#drawing.take();
    if (drawn !== "") this.#parts.stdout.write(drawn);
  }
}

type Completed = (error: null, result: [string[], string]) => void;
