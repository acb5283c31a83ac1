// `p2p follow`: incoming messages as a stream of lines. It outlives the member: when that comes again it goes on behind the last
// line that was written here, or with `--as`, even in another life of its own, behind the last that was confirmed.

import type { FollowOptions } from "./options.js";
import { exitCode } from "../core/errors.js";
import { cleanJson, cleanLine, cleanTexts, excerpt } from "../core/escape.js";
import { followAgainMs, lineBytesMax } from "../core/limits.js";
import type { Bytes } from "../core/types.js";
import { fromUtf8, toUtf8 } from "../core/utf8.js";
import type { Cancel, Clock, Connection, Console } from "../ports.js";
import { LineFramer } from "../wire/line-framer.js";
import type { Ending, Running } from "../core/ending.js";
import { MemberConnection, refusalOf, textOf, toldIn, type Told } from "./member-connection.js";

export interface FollowPorts {
  readonly clock: Clock;
  dial(): Connection;
  readonly console: Console;
  /** A word for standard error. */
  warn(message: string): void;
}

/** `onEnd` is called exactly once. */
export function startFollow(options: FollowOptions, ports: FollowPorts, onEnd: (ending: Ending) => void): Running {
  const follow = new Follow(options, ports, onEnd);
  follow.start();
  return { stop: () => follow.stop() };
}

class Follow {
  readonly #options: FollowOptions;
  readonly #ports: FollowPorts;
  readonly #onEnd: (ending: Ending) => void;
  readonly #typed = new LineFramer(lineBytesMax);
  #line: MemberConnection | undefined;
  /** The member on the line has answered: it knows where we stand. */
  #following = false;
  /** Where the next life of the member has to begin; undefined before the first answer. */
  #from: number | undefined;
  /** Number of the last message that was written, and of the last that standard output has taken. */
  #written = 0;
  #taken = 0;
  /** What the user confirmed last. A member that dies may not have heard it, so the next one is told again. */
  #confirmed: string | undefined;
  #waited = false;
  #blocked = false;
  #over = false;
  #timer: Cancel = () => undefined;

  constructor(options: FollowOptions, ports: FollowPorts, onEnd: (ending: Ending) => void) {
    this.#options = options;
    this.#ports = ports;
    this.#onEnd = onEnd;
  }

  start(): void {
    const { as, autoAck } = this.#options;
    this.#ports.console.bind({
      onBytes: (chunk) => this.#type(chunk),
      onEnd: () => undefined,
      onDrain: () => this.#drained(),
      onReaderGone: () => this.#end({ code: exitCode.stopped }),
    });
    if (as === undefined || autoAck) this.#ports.console.pause();
    this.#dial();
  }

  stop(): void {
    this.#end({ code: exitCode.stopped });
  }

  // The member.

  #dial(): void {
    let opened = false;
    const line = new MemberConnection(this.#ports.dial(), {
      onOpen: () => {
        opened = true;
        this.#line = line;
        this.#ask(line);
      },
      onLines: (lines) => this.#hear(lines),
      onDrain: () => undefined,
      onClose: (code) => {
        this.#line = undefined;
        this.#following = false;
        if (!opened) this.#absent(code);
        this.#dialAgain();
      },
    });
  }

  #absent(code: string | undefined): void {
    if (refusalOf(code) === "broken")
      return this.#end({ code: exitCode.unsent, message: `The member's socket cannot be used (${code ?? ""}).` });
    if (this.#options.forget) return this.#end({ code: exitCode.unsent, message: "No member runs: start it first." });
    if (!this.#waited) this.#ports.warn("No member runs; waiting for one.");
    this.#waited = true;
  }

  #dialAgain(): void {
    if (this.#over) return;
    this.#timer = this.#ports.clock.after(followAgainMs, () => this.#dial());
  }

  #ask(line: MemberConnection): void {
    this.#waited = true;
    const { as, from, forget } = this.#options;
    if (forget) return line.say({ do: "forget", as });
    line.say({ do: "follow", from: this.#from === undefined ? String(from) : String(this.#from), ...(as && { as }) });
  }

  #hear(lines: string): void {
    if (this.#over) return;
    if (this.#options.json && onlyMessages(lines) && numberOf(lines) > this.#written) return this.#pass(lines);
    const messages: Told[] = [];
    for (const told of toldIn(lines))
      if (told.event !== "message") this.#obey(told);
      else if (Number(told["seq"]) > this.#written) messages.push(told);
    if (messages.length > 0) this.#show(messages);
  }

  #obey(told: Told): void {
    if (told.event === "forget") return this.#end({ code: exitCode.stopped });
    if (told.event === "following") this.#begun(Number(told["from"]), Number(told["newest"]));
    if (told.event !== "error") return;
    const message = excerpt(textOf(told["text"]) ?? "");
    if (message.startsWith("ack:")) this.#refusedAck(message);
    else this.#end({ code: exitCode.unsent, message });
  }

  /** A number that was too high must not confirm what comes later. */
  #refusedAck(message: string): void {
    this.#confirmed = undefined;
    this.#ports.warn(message);
  }

  #begun(from: number, newest: number): void {
    this.#following = true;
    this.#from ??= from;
    if (newest < this.#written) this.#countAnew(newest);
    this.#confirm();
  }

  #countAnew(newest: number): void {
    this.#ports.warn("The member counts its messages anew: its store was lost or restored.");
    this.#written = newest;
    if (Number(this.#confirmed) > newest) this.#confirmed = undefined;
  }

  /** Lines that are for our reader just as they are. */
  #pass(lines: string): void {
    this.#write(lines, numberOf(lines.slice(lines.lastIndexOf("\n", lines.length - 2) + 1)));
  }

  #show(messages: readonly Told[]): void {
    const print = this.#options.json ? asJson : asText;
    this.#write(messages.map(print).join(""), Number(messages.at(-1)?.["seq"]));
  }

  // The reader.

  #write(lines: string, last: number): void {
    this.#written = last;
    this.#from = last + 1;
    this.#blocked = !this.#ports.console.write(toUtf8(lines)) || this.#blocked;
    if (this.#blocked) this.#line?.pause();
    else this.#take();
  }

  #drained(): void {
    this.#blocked = false;
    this.#take();
    this.#line?.resume();
  }

  #take(): void {
    if (this.#taken === this.#written) return;
    this.#taken = this.#written;
    if (!this.#options.autoAck) return;
    this.#confirmed = String(this.#taken);
    this.#confirm();
  }

  // What is confirmed.

  #type(chunk: Bytes): void {
    for (const block of this.#typed.push(chunk).blocks)
      for (const line of fromUtf8(block).split("\n").slice(0, -1)) this.#command(line.trim());
  }

  #command(line: string): void {
    if (line === "") return;
    const [, seq] = /^ack (\d{1,16})$/.exec(line) ?? [];
    if (seq === undefined) return this.#ports.warn(`Expected ack and a number, found "${excerpt(line)}".`);
    this.#confirmed = seq;
    this.#confirm();
  }

  #confirm(): void {
    if (this.#confirmed === undefined || !this.#following) return;
    this.#line?.say({ do: "ack", seq: this.#confirmed });
  }

  #end(ending: Ending): void {
    if (this.#over) return;
    this.#over = true;
    this.#timer();
    this.#line?.leave();
    this.#onEnd(ending);
  }
}

const messageHead = '{"event":"message"';
const otherEvent = /^\{"event":"(?!message")/m;

const onlyMessages = (lines: string): boolean => lines.startsWith(messageHead) && !otherEvent.test(lines);

/** Of the first line. */
const numberOf = (lines: string): number => Number(/"seq":"(\d+)"/.exec(lines)?.[1] ?? 0);

const asText = ({ from, text }: Told): string =>
  cleanTexts(`${cleanLine(textOf(from) ?? "")} : ${(textOf(text) ?? "").replaceAll("\n", " ")}\n`);

const asJson = (told: Told): string => `${cleanJson(JSON.stringify(told))}\n`;
