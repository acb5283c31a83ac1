// `p2p send FRIEND TEXT…`: hands messages to a member and waits until it is known what became of them. The exit code says it.
// It hands nothing over twice: what a member has read of us it tells at its end, and where it cannot, nobody guesses.

import type { SendCommandOptions } from "./options.js";
import { exitCode } from "../core/errors.js";
import { durationWord } from "../core/duration.js";
import { cleanJson } from "../core/escape.js";
import { answerGraceMs, lineBytesMax, reachMs } from "../core/limits.js";
import type { Bytes } from "../core/types.js";
import type { Cancel, Clock, Connection, Console } from "../ports.js";
import { typedLines } from "../clients/typed.js";
import { LineFramer } from "../wire/line-framer.js";
import type { Ending, Running } from "../core/ending.js";
import { textOf, toldIn, type Told } from "./member-connection.js";
import { Reach, type OwnMember } from "./reach.js";
import { isAbout, SendReport } from "./send-report.js";

export interface SendPorts {
  readonly clock: Clock;
  dial(): Connection;
  readonly own: OwnMember | undefined;
  /** Standard input, for who reads it. */
  input(): Pick<Console, "bind" | "pause" | "resume">;
  print(line: string): void;
}

/** `onEnd` is called exactly once. */
export function startSend(options: SendCommandOptions, ports: SendPorts, onEnd: (ending: Ending) => void): Running {
  const send = new Send(options, ports, onEnd);
  send.start();
  return { stop: () => send.stop() };
}

class Send {
  readonly #options: SendCommandOptions;
  readonly #ports: SendPorts;
  readonly #onEnd: (ending: Ending) => void;
  readonly #reach: Reach;
  readonly #report: SendReport;
  readonly #framer = new LineFramer(lineBytesMax);
  readonly #deadlineAt: number;
  /** Said to this member, or to be said to it: all that nobody is known to have read. */
  #lines: string[] = [];
  /** How many of them this member was told. */
  #said = 0;
  #input: ReturnType<SendPorts["input"]> | undefined;
  #inputOver = false;
  /** What of it the member has: nothing was asked yet, it was asked, all of it is on its disk. */
  #kept: "unasked" | "asked" | "all" = "unasked";
  /** A member that ended has some of it on its disk. */
  #behind = false;
  #timer: Cancel = () => undefined;
  #over = false;

  constructor(options: SendCommandOptions, ports: SendPorts, onEnd: (ending: Ending) => void) {
    this.#options = options;
    this.#ports = ports;
    this.#onEnd = onEnd;
    this.#report = new SendReport(options);
    this.#deadlineAt = ports.clock.now() + options.deadlineMs;
    this.#reach = new Reach(ports, {
      onOpen: () => this.#hand(),
      onLines: (lines) => this.#hear(lines),
      onDrain: () => this.#hand(),
      onClose: () => this.#lost(),
      onNobody: () => this.#end(exitCode.unsent, "No member runs."),
      onFailure: ({ code, message }) => this.#end(code, message),
    });
  }

  start(): void {
    // A wish to wait longer holds for a member that is slow to start as well.
    if (this.#patienceMs < Infinity) this.#timer = this.#ports.clock.after(this.#patienceMs, () => this.#tooLate());
    if (this.#options.text === undefined) this.#readInput();
    else this.#take([this.#options.text], true);
    this.#reach.dial();
  }

  /** Asked to stop by a signal. */
  stop(): void {
    if (this.#kept === "all") return this.#end(exitCode.queued, this.#report.leftBehind());
    this.#end(exitCode.unsent, this.#said > 0 ? this.#report.unknown(this.#said) : "Nothing was sent.");
  }

  // What is to be said.

  #readInput(): void {
    this.#input = this.#ports.input();
    this.#input.bind({
      onBytes: (chunk) => this.#typed(chunk),
      onEnd: () => this.#take(typedLines(this.#framer.flush()), true),
      onDrain: () => undefined,
      onReaderGone: () => undefined,
    });
  }

  #typed(chunk: Bytes): void {
    const { blocks, overlong } = this.#framer.push(chunk);
    if (overlong > 0) this.#report.refused(`a line has more than ${lineBytesMax} bytes`);
    for (const block of blocks) this.#take(typedLines(block), false);
  }

  #take(texts: readonly string[], last: boolean): void {
    for (const text of texts) if (text.trim() !== "" || this.#options.text !== undefined) this.#lines.push(text);
    this.#inputOver ||= last;
    this.#hand();
  }

  /** As much as the member takes; then, once, the question what became of it. */
  #hand(): void {
    const { line } = this.#reach;
    if (line === undefined) return;
    this.#timer();
    while (this.#said < this.#lines.length && !line.blocked) this.#sayNext();
    if (this.#said < this.#lines.length) return this.#input?.pause();
    this.#input?.resume();
    if (!this.#inputOver || this.#kept !== "unasked") return;
    this.#kept = "asked";
    // Both at once: a member for a moment stays as long as it owes an answer.
    this.#ask("queued");
    if (this.#options.wait !== "queued") this.#ask(this.#options.wait);
  }

  #sayNext(): void {
    const { friend, id, expire } = this.#options;
    const text = this.#lines[this.#said] as string;
    this.#said += 1;
    this.#reach.line?.say({ to: friend, text, ...(id && { id }), ...(expire && { expire }) });
  }

  #ask(stage: SendCommandOptions["wait"]): void {
    const left = Math.max(0, this.#deadlineAt - this.#ports.clock.now());
    const deadline = left === Infinity ? {} : { deadline: durationWord(left) };
    this.#reach.line?.say({ do: "wait", for: stage, ...deadline });
    this.#timer();
    if (left < Infinity) this.#timer = this.#ports.clock.after(left + answerGraceMs, () => this.#tooLate());
  }

  // What the member says.

  #hear(lines: string): void {
    for (const told of toldIn(lines)) if (!this.#over) this.#obey(told);
  }

  #obey(told: Told): void {
    if (told.event === "wait") return this.#answered(told);
    if (told.event === "closing") return this.#goOn(Number(told["read"]));
    this.#report.take(told);
    if (this.#options.json && isAbout(told)) this.#ports.print(cleanJson(JSON.stringify(told)));
  }

  #answered(told: Told): void {
    const code = Number(told["code"]);
    const stage = textOf(told["for"]);
    if (stage === "queued" && code === exitCode.stopped) this.#kept = "all";
    if (stage !== this.#options.wait) return;
    const left = code === exitCode.stopped && this.#behind && this.#options.wait !== "queued";
    if (left) this.#end(exitCode.queued, this.#report.leftBehind());
    else this.#judge(told, code);
  }

  /** What was refused here the member knows nothing of. */
  #judge(told: Told, code: number): void {
    const worse = this.#report.failed && code !== exitCode.notTrusted ? exitCode.unsent : code;
    this.#end(worse, this.#report.sentence({ ...told, code: worse }));
  }

  /** The member ends. What it has read it has told us of; the rest goes to the next one. */
  #goOn(read: number): void {
    const told = Math.min(this.#said, read);
    this.#behind ||= !this.#report.reached(told);
    this.#lines = this.#lines.slice(told);
    this.#said = 0;
    if (this.#kept === "all" || (this.#inputOver && this.#lines.length === 0)) return this.#endWithoutAnswer();
    this.#kept = "unasked";
    this.#report.nextMember();
    this.#reach.leaveForNext();
  }

  /** Nothing is left to say, and nobody left to ask: what the members told of our messages is the answer. */
  #endWithoutAnswer(): void {
    if (this.#behind) return this.#end(exitCode.queued, this.#report.leftBehind());
    const code = this.#report.failed ? exitCode.unsent : exitCode.stopped;
    this.#end(code, this.#report.sentence({ event: "wait", code }));
  }

  #lost(): void {
    if (this.#over) return;
    if (this.#kept === "all") {
      this.#behind ||= !this.#report.reached(this.#said);
      return this.#endWithoutAnswer();
    }
    if (this.#said === 0) return this.#reach.dialAgain();
    this.#end(exitCode.unsent, this.#report.unknown(this.#said));
  }

  get #patienceMs(): number {
    return Math.max(reachMs, this.#options.deadlineMs);
  }

  #tooLate(): void {
    if (this.#said > 0) return this.#end(exitCode.unsent, this.#report.unknown(this.#said));
    this.#end(exitCode.unsent, `No member answered within ${this.#patienceMs / 1_000} s; nothing was sent.`);
  }

  #end(code: number, message: string | undefined): void {
    if (this.#over) return;
    this.#over = true;
    this.#timer();
    this.#reach.leave(() => this.#onEnd(message === undefined ? { code } : { code, message }));
  }
}
