// A console that asks one question at a time while messages arrive. Lines typed while no question is open wait for the next
// one. On a terminal the question and the typed part of the answer stay below everything else; elsewhere no message shares a
// line with a question.

import { parsePort, portExpected } from "../core/address.js";
import { cleanLine } from "../core/escape.js";
import { lineBytesMax, writeCharsMax } from "../core/limits.js";
import type { Bytes } from "../core/types.js";
import type { Console } from "../ports.js";
import { LineFramer } from "../wire/line-framer.js";
import { Screen } from "../clients/screen.js";
import { expected, typedLines } from "../clients/typed.js";

/** Takes an answer. Returns the reason to refuse it and to ask again; undefined: it was accepted. */
export type Take = (answer: string) => string | undefined;

export const portAnswer =
  (use: (port: number) => void): Take =>
  (answer) => {
    const port = parsePort(answer.trim());
    if (port === undefined) return expected(portExpected, answer.trim());
    use(port);
    return undefined;
  };

export abstract class QuestionConsole {
  readonly #console: Console;
  readonly #screen: Screen;
  readonly #framer = new LineFramer(lineBytesMax);
  #question: { readonly prompt: string; readonly take: Take } | undefined;
  /** Without a terminal: the question's line has not ended yet. */
  #open = false;
  /** Lines without a question, and their total length. */
  #early: string[] = [];
  #earlyChars = 0;
  #taking = false;
  #inputEnded = false;
  #held = false;

  constructor(console: Console) {
    this.#console = console;
    this.#screen = new Screen(console, (full) => {
      this.onFull(full);
      this.#regulate();
    });
  }

  /** The screen is so full that no messages should be read, or has room again. */
  protected abstract onFull(full: boolean): void;
  protected abstract onOverlong(): void;
  /** The input has ended, and the open question gets no answer. */
  protected abstract onNoAnswer(): void;

  get blocked(): boolean {
    return this.#screen.blocked;
  }

  /** Reads no input, or reads again. */
  hold(held: boolean): void {
    this.#held = held;
    this.#regulate();
  }

  onBytes(chunk: Bytes): void {
    const { blocks, overlong } = this.#framer.push(chunk);
    for (const block of blocks) this.#keep(block);
    this.proceed();
    if (overlong > 0) this.onOverlong();
  }

  onEnd(): void {
    this.#keep(this.#framer.flush());
    this.#inputEnded = true;
    this.proceed();
  }

  onDrain(): void {
    this.#screen.onDrain();
  }

  /** Called at the end of the turn. */
  flush(): void {
    this.#screen.flush();
    if (!this.#screen.blocked) this.#console.prompt?.(cleanLine(this.#question?.prompt ?? ""));
  }

  /** An empty prompt is not printed. */
  protected ask(prompt: string, take: Take): void {
    this.#question = { prompt, take };
    this.repeatQuestion();
  }

  /** Asks the open question again, below new text. */
  protected repeatQuestion(): void {
    const prompt = this.#question?.prompt ?? "";
    if (this.#console.prompt !== undefined || prompt === "") return;
    this.#endQuestion();
    this.#screen.write(prompt);
    this.#open = true;
  }

  /** No question is open now. */
  protected answered(): void {
    this.#question = undefined;
    this.#endQuestion();
  }

  /** Prints this program's own lines, with the limits of `Screen.print`. */
  protected print(...lines: readonly string[]): void {
    this.#endQuestion();
    this.#screen.print(lines);
  }

  /** Prints text from outside: whole lines. */
  protected write(lines: string): void {
    this.#endQuestion();
    this.#screen.write(lines);
  }

  #keep(block: Bytes): void {
    for (const line of typedLines(block)) {
      this.#early.push(line);
      this.#earlyChars += line.length;
    }
  }

  /** Takes the waiting answers while a question is open. */
  protected proceed(): void {
    if (this.#taking) return;
    this.#taking = true;
    while (this.#question !== undefined && this.#early.length > 0)
      this.#take(this.#question, this.#early.shift() ?? "");
    this.#taking = false;
    this.#regulate();
    if (this.#inputEnded && this.#question !== undefined) this.onNoAnswer();
  }

  #take({ prompt, take }: { readonly prompt: string; readonly take: Take }, answer: string): void {
    this.#earlyChars -= answer.length;
    this.answered();
    const refusal = take(answer);
    if (refusal === undefined) return;
    this.print(refusal);
    this.ask(prompt, take);
  }

  #endQuestion(): void {
    if (this.#open) this.#screen.write("\n");
    this.#open = false;
  }

  #regulate(): void {
    if (this.#held || this.#screen.full || this.#earlyChars >= writeCharsMax) this.#console.pause();
    else this.#console.resume();
  }
}
