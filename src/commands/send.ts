// `p2p send FRIEND TEXT…`: passes messages to a member and waits for their outcome, which the exit code gives.
// It never passes a message twice: an ending member says how many it has read. If it dies without that, the outcome is unknown.

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
import { textOf, toldIn, type Request, type Told } from "./member-connection.js";
import { MemberDialer, type TemporaryMember } from "./member-dialer.js";
import { isAboutMessages, SendReport } from "./send-report.js";

export interface SendPorts {
  readonly clock: Clock;
  dial(): Connection;
  readonly temporary: TemporaryMember | undefined;
  /** Opens standard input. */
  input(): Pick<Console, "bind" | "pause" | "resume">;
  print(line: string): void;
}

/** `onEnd` is called exactly once. */
export function startSend(options: SendCommandOptions, ports: SendPorts, onEnd: (ending: Ending) => void): Running {
  const send = new Send(options, ports, onEnd);
  send.start();
  return { stop: () => send.stop() };
}

/** Messages in one write to the member. */
const linesAtOnce = 256;

class Send {
  readonly #options: SendCommandOptions;
  readonly #ports: SendPorts;
  readonly #onEnd: (ending: Ending) => void;
  readonly #dialer: MemberDialer;
  readonly #report: SendReport;
  readonly #framer = new LineFramer(lineBytesMax);
  readonly #deadlineAt: number;
  /** Messages that no earlier member has read. */
  #lines: string[] = [];
  /** How many of them were written to this member. */
  #sentCount = 0;
  #input: ReturnType<SendPorts["input"]> | undefined;
  #inputEnded = false;
  /** Whether the member has stored all messages: not asked yet, asked, or all stored. */
  #stored: "unasked" | "asked" | "all" = "unasked";
  /** A member that ended has stored some messages and not sent them. */
  #leftQueued = false;
  #timer: Cancel = () => undefined;
  #ended = false;

  constructor(options: SendCommandOptions, ports: SendPorts, onEnd: (ending: Ending) => void) {
    this.#options = options;
    this.#ports = ports;
    this.#onEnd = onEnd;
    this.#report = new SendReport(options);
    this.#deadlineAt = ports.clock.now() + options.deadlineMs;
    this.#dialer = new MemberDialer(ports, {
      onOpen: () => this.#sendLines(),
      onLines: (lines) => this.#hear(lines),
      onDrain: () => this.#sendLines(),
      onClose: (_, nothingTaken) => this.#handleLoss(nothingTaken),
      onAbsent: () => this.#end(exitCode.unsent, "The member is not running."),
      onFailure: ({ code, message }) => this.#end(code, message),
    });
  }

  start(): void {
    // A longer --deadline also gives the member more time to start.
    if (this.#answerLimitMs < Infinity)
      this.#timer = this.#ports.clock.after(this.#answerLimitMs, () => this.#timeOut());
    if (this.#options.text === undefined) this.#openInput();
    else this.#addLines([this.#options.text], true);
    this.#dialer.dial();
  }

  /** Stops at a signal. */
  stop(): void {
    if (this.#stored === "all") return this.#end(exitCode.queued, this.#report.explainLeftQueued());
    this.#end(
      exitCode.unsent,
      this.#sentCount > 0 ? this.#report.explainUnknown(this.#sentCount) : "Nothing was sent.",
    );
  }

  // Messages to the member.

  #openInput(): void {
    this.#input = this.#ports.input();
    this.#input.bind({
      onBytes: (chunk) => this.#readChunk(chunk),
      onEnd: () => this.#addLines(typedLines(this.#framer.flush()), true),
      onDrain: () => undefined,
      onReaderGone: () => undefined,
    });
  }

  #readChunk(chunk: Bytes): void {
    const { blocks, overlong } = this.#framer.push(chunk);
    if (overlong > 0) this.#report.refused(`a line has more than ${lineBytesMax} bytes`);
    for (const block of blocks) this.#addLines(typedLines(block), false);
  }

  #addLines(texts: readonly string[], last: boolean): void {
    for (const text of texts) if (text.trim() !== "" || this.#options.text !== undefined) this.#lines.push(text);
    this.#inputEnded ||= last;
    this.#sendLines();
  }

  /** Writes as many messages as the member takes. After the last one asks for the outcome, once. */
  #sendLines(): void {
    const { connection } = this.#dialer;
    if (connection === undefined) return;
    this.#timer();
    const { friend, id, expire } = this.#options;
    while (this.#sentCount < this.#lines.length && !connection.blocked) {
      const texts = this.#lines.slice(this.#sentCount, this.#sentCount + linesAtOnce);
      const requests = texts.map((text) => ({ to: friend, text, ...(id && { id }), ...(expire && { expire }) }));
      this.#sentCount += texts.length;
      // One write with the questions: if it fails, the member has read nothing.
      connection.sayAll([...requests, ...(this.#sentCount === this.#lines.length ? this.#questions() : [])]);
    }
    if (this.#sentCount < this.#lines.length) return this.#input?.pause();
    this.#input?.resume();
    connection.sayAll(this.#questions());
  }

  /** Asks for the outcome after the last message, once. Both stages at once: a temporary member stays while an answer is pending. */
  #questions(): readonly Request[] {
    if (!this.#inputEnded || this.#stored !== "unasked") return [];
    this.#stored = "asked";
    const { wait } = this.#options;
    const left = Math.max(0, this.#deadlineAt - this.#ports.clock.now());
    const deadline = left === Infinity ? {} : { deadline: durationWord(left) };
    this.#timer();
    if (left < Infinity) this.#timer = this.#ports.clock.after(left + answerGraceMs, () => this.#timeOut());
    return (wait === "queued" ? [wait] : ["queued", wait]).map((stage) => ({ do: "wait", for: stage, ...deadline }));
  }

  // Answers of the member.

  #hear(lines: string): void {
    for (const told of toldIn(lines)) if (!this.#ended) this.#handle(told);
  }

  #handle(told: Told): void {
    if (told.event === "wait") return this.#answered(told);
    if (told.event === "closing") return this.#handleClosing(Number(told["read"]));
    this.#report.record(told);
    if (this.#options.json && isAboutMessages(told)) this.#ports.print(cleanJson(JSON.stringify(told)));
  }

  #answered(told: Told): void {
    const code = Number(told["code"]);
    const stage = textOf(told["for"]);
    if (stage === "queued" && code === exitCode.stopped) this.#stored = "all";
    if (stage !== this.#options.wait) return;
    const left = code === exitCode.stopped && this.#leftQueued && this.#options.wait !== "queued";
    if (left) this.#end(exitCode.queued, this.#report.explainLeftQueued());
    else this.#endWithAnswer(told, code);
  }

  /** Adds the failures of lines that were refused here, which the member does not know. */
  #endWithAnswer(told: Told, code: number): void {
    const worse = this.#report.failed && code !== exitCode.notTrusted ? exitCode.unsent : code;
    this.#end(worse, this.#report.explain({ ...told, code: worse }));
  }

  /** The member is ending and has read `read` requests. Passes the remaining messages to the next member. */
  #handleClosing(read: number): void {
    const told = Math.min(this.#sentCount, read);
    this.#leftQueued ||= !this.#report.allReached(told);
    this.#lines = this.#lines.slice(told);
    this.#sentCount = 0;
    if (this.#stored === "all" || (this.#inputEnded && this.#lines.length === 0)) return this.#endWithoutAnswer();
    this.#stored = "unasked";
    this.#report.startNextMember();
    this.#dialer.closeAndRedial();
  }

  /** All messages were read and no member is left to ask: the events so far give the outcome. */
  #endWithoutAnswer(): void {
    if (this.#leftQueued) return this.#end(exitCode.queued, this.#report.explainLeftQueued());
    const code = this.#report.failed ? exitCode.unsent : exitCode.stopped;
    this.#end(code, this.#report.explain({ event: "wait", code }));
  }

  #handleLoss(nothingTaken: boolean): void {
    if (this.#ended) return;
    if (nothingTaken) {
      this.#sentCount = 0;
      this.#stored = "unasked";
      return this.#dialer.redialLater();
    }
    if (this.#stored === "all") {
      this.#leftQueued ||= !this.#report.allReached(this.#sentCount);
      return this.#endWithoutAnswer();
    }
    if (this.#sentCount === 0) return this.#dialer.redialLater();
    this.#end(exitCode.unsent, this.#report.explainUnknown(this.#sentCount));
  }

  get #answerLimitMs(): number {
    return Math.max(reachMs, this.#options.deadlineMs);
  }

  #timeOut(): void {
    if (this.#sentCount > 0) return this.#end(exitCode.unsent, this.#report.explainUnknown(this.#sentCount));
    this.#end(exitCode.unsent, `No member answered within ${this.#answerLimitMs / 1_000} s; nothing was sent.`);
  }

  #end(code: number, message: string | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#timer();
    this.#dialer.close(() => this.#onEnd(message === undefined ? { code } : { code, message }));
  }
}
