// `p2p follow`: prints incoming messages as a stream of lines. It survives restarts of the member and then continues after the
// last line it wrote. With `--as` a new `p2p follow` continues after the last confirmed message.

import type { FollowOptions } from "./options.js";
import { exitCode } from "../core/errors.js";
import { cleanJson, cleanLine, cleanTexts, excerpt } from "../core/escape.js";
import { followRetryMs, lineBytesMax } from "../core/limits.js";
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
  /** Writes a line to standard error. */
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
  readonly #framer = new LineFramer(lineBytesMax);
  #connection: MemberConnection | undefined;
  /** The connected member has answered `follow`, so it accepts `ack`. */
  #following = false;
  /** First message to request when the member restarts; undefined before the first answer. */
  #from: number | undefined;
  /** Number of the last message passed to standard output. */
  #written = 0;
  /** Number of the last message that standard output has taken. */
  #taken = 0;
  /** The last confirmed number. A member that died may not have read it, so it is sent to the next one again. */
  #confirmed: string | undefined;
  #absenceTold = false;
  #blocked = false;
  #ended = false;
  #timer: Cancel = () => undefined;

  constructor(options: FollowOptions, ports: FollowPorts, onEnd: (ending: Ending) => void) {
    this.#options = options;
    this.#ports = ports;
    this.#onEnd = onEnd;
  }

  start(): void {
    const { as, autoAck } = this.#options;
    this.#ports.console.bind({
      onBytes: (chunk) => this.#readInput(chunk),
      onEnd: () => undefined,
      onDrain: () => this.#handleDrain(),
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
    const connection = new MemberConnection(this.#ports.dial(), {
      onOpen: () => {
        opened = true;
        this.#connection = connection;
        this.#ask(connection);
      },
      onLines: (lines) => this.#hear(lines),
      onDrain: () => undefined,
      onClose: (code) => {
        this.#connection = undefined;
        this.#following = false;
        if (!opened) this.#handleAbsence(code);
        this.#redialLater();
      },
    });
  }

  #handleAbsence(code: string | undefined): void {
    if (refusalOf(code) === "broken")
      return this.#end({ code: exitCode.unsent, message: `Cannot use the member's socket (${code ?? ""}).` });
    if (this.#options.forget)
      return this.#end({ code: exitCode.unsent, message: "The member is not running: start it first." });
    if (!this.#absenceTold) this.#ports.warn("The member is not running; waiting for it to start.");
    this.#absenceTold = true;
  }

  #redialLater(): void {
    if (this.#ended) return;
    this.#timer = this.#ports.clock.after(followRetryMs, () => this.#dial());
  }

  #ask(connection: MemberConnection): void {
    this.#absenceTold = true;
    const { as, from, forget } = this.#options;
    if (forget) return connection.say({ do: "forget", as });
    connection.say({
      do: "follow",
      from: this.#from === undefined ? String(from) : String(this.#from),
      ...(as && { as }),
    });
  }

  #hear(lines: string): void {
    if (this.#ended) return;
    if (this.#options.json && onlyMessages(lines) && numberOf(lines) > this.#written) return this.#passThrough(lines);
    const messages: Told[] = [];
    for (const told of toldIn(lines))
      if (told.event !== "message") this.#handle(told);
      else if (Number(told["seq"]) > this.#written) messages.push(told);
    if (messages.length > 0) this.#show(messages);
  }

  #handle(told: Told): void {
    if (told.event === "forget") return this.#end({ code: exitCode.stopped });
    if (told.event === "following") this.#handleFollowing(Number(told["from"]), Number(told["newest"]));
    if (told.event !== "error") return;
    const message = excerpt(textOf(told["text"]) ?? "");
    if (message.startsWith("ack:")) this.#handleRefusedAck(message);
    else this.#end({ code: exitCode.unsent, message });
  }

  /** The number was too high. Drop it, or it would confirm later messages. */
  #handleRefusedAck(message: string): void {
    this.#confirmed = undefined;
    this.#ports.warn(message);
  }

  #handleFollowing(from: number, newest: number): void {
    this.#following = true;
    this.#from ??= from;
    if (newest < this.#written) this.#restartNumbering(newest);
    this.#confirm();
  }

  #restartNumbering(newest: number): void {
    this.#ports.warn("The member's message numbers started again: its store was lost or restored.");
    this.#written = newest;
    if (Number(this.#confirmed) > newest) this.#confirmed = undefined;
  }

  /** Writes lines without parsing them. */
  #passThrough(lines: string): void {
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
    if (this.#blocked) this.#connection?.pause();
    else this.#noteTaken();
  }

  #handleDrain(): void {
    this.#blocked = false;
    this.#noteTaken();
    this.#connection?.resume();
  }

  #noteTaken(): void {
    if (this.#taken === this.#written) return;
    this.#taken = this.#written;
    if (!this.#options.autoAck) return;
    this.#confirmed = String(this.#taken);
    this.#confirm();
  }

  // Confirmation.

  #readInput(chunk: Bytes): void {
    for (const block of this.#framer.push(chunk).blocks)
      for (const line of fromUtf8(block).split("\n").slice(0, -1)) this.#readCommand(line.trim());
  }

  #readCommand(line: string): void {
    if (line === "") return;
    const [, seq] = /^ack (\d{1,16})$/.exec(line) ?? [];
    if (seq === undefined) return this.#ports.warn(`Expected ack N, found "${excerpt(line)}".`);
    this.#confirmed = seq;
    this.#confirm();
  }

  #confirm(): void {
    if (this.#confirmed === undefined || !this.#following) return;
    this.#connection?.say({ do: "ack", seq: this.#confirmed });
  }

  #end(ending: Ending): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#timer();
    this.#connection?.close();
    this.#onEnd(ending);
  }
}

const messageHead = '{"event":"message"';
const otherEvent = /^\{"event":"(?!message")/m;

const onlyMessages = (lines: string): boolean => lines.startsWith(messageHead) && !otherEvent.test(lines);

/** Message number in the first line. */
const numberOf = (lines: string): number => Number(/"seq":"(\d+)"/.exec(lines)?.[1] ?? 0);

const asText = ({ from, text }: Told): string =>
  cleanTexts(`${cleanLine(textOf(from) ?? "")} : ${(textOf(text) ?? "").replaceAll("\n", " ")}\n`);

const asJson = (told: Told): string => `${cleanJson(JSON.stringify(told))}\n`;
