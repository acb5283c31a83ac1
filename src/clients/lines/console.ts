// The console for plain lines: reads `friend/msg` lines and commands, and writes each message as exactly one line.

import { excerpt } from "../../core/escape.js";
import { friendPrefixBytesMax, hintsPerTurnMax, lineBytesMax } from "../../core/limits.js";
import { nearest, type Guess } from "../../core/nearest.js";
import type { Notice } from "../../core/notice.js";
import type { Received } from "../../core/record.js";
import type { SendOptions } from "../../core/outcome.js";
import type { Batch, Bytes, Peer } from "../../core/types.js";
import { fromUtf8, isUtf8 } from "../../core/utf8.js";
import type { Console } from "../../ports.js";
import { LineFramer } from "../../wire/line-framer.js";
import { parseLines, type Command } from "../command.js";
import type { Client } from "../../member/client.js";
import { otherNames, type MemberApi } from "../../member/api.js";
import type { SendTracker } from "../send-tracker.js";
import { Screen } from "../screen.js";
import { answerLines } from "../answer-lines.js";
import { SlashCommands } from "../slash.js";
import { banner, describe, help, malformed } from "../words.js";

/** Tracks the outcomes of messages, for the exit code. */
export interface Tracking {
  readonly tracker: SendTracker;
  /** Options for messages that are sent now. */
  sendOptions(): SendOptions;
}

const overlongText = `A message longer than ${lineBytesMax} bytes was refused; split it into several.`;

const replacement = "\ufffd";
const notUtf8 = "Some of the input is not UTF-8 text; U+FFFD replaces it.";

// A terminal in line mode keeps this many bytes of a line, the LF included, and silently drops the rest.
const terminalLineBytes = 4_096;
const cutByTerminal = `That line reached the terminal's limit of ${terminalLineBytes - 1} bytes and may have been cut; send longer lines through a pipe.`;
const endOfTyping = "The input has ended; nothing more can be sent. Messages still arrive; Ctrl-C ends the program.";

export class LineConsole implements Client {
  readonly #console: Console;
  readonly #api: () => MemberApi;
  readonly #tracking: Tracking | undefined;
  readonly #framer = new LineFramer(lineBytesMax + friendPrefixBytesMax);
  readonly #screen: Screen;
  readonly #slash: SlashCommands<string>;
  #congested = false;
  #hints = 0;
  /** This turn has already reported that input is not UTF-8. */
  #replaced = false;

  /** `api` is a function, because the API is built after its clients. */
  constructor(console: Console, api: () => MemberApi, tracking?: Tracking) {
    this.#console = console;
    this.#api = api;
    this.#tracking = tracking;
    this.#screen = new Screen(console, (full) => this.#limitIntake(full));
    this.#slash = new SlashCommands({
      ...{ api, help, render: answerLines, prompt: () => undefined },
      plain: (line) => line,
      say: (lines) => this.#print(lines),
    });
  }

  greet(port: number, peers: readonly Peer[]): void {
    this.#print(banner(port, peers));
  }

  // From the keyboard.

  onBytes(chunk: Bytes): void {
    if (this.#console.interactive && chunk.length === terminalLineBytes) this.#print([cutByTerminal]);
    const { blocks, overlong } = this.#framer.push(chunk);
    for (const lines of blocks) this.#read(lines);
    if (overlong > 0) this.#refuse(overlongText);
  }

  /** A last line without an LF counts as a line. The end of stdin does not end the program. */
  onEnd(): void {
    const lines = this.#framer.flush();
    if (lines.length > 0) this.#read(lines);
    if (this.#console.interactive) this.#print([endOfTyping]);
  }

  onDrain(): void {
    this.#screen.onDrain();
  }

  // From the member.

  message({ peer, batch, number }: Received): void {
    const prefix = `${peer} : `;
    const lines = `${prefix}${batch.texts.slice(0, -1).replaceAll("\n", `\n${prefix}`)}\n`;
    this.#screen.write(lines, number + batch.count - 1);
  }

  get shown(): number {
    return this.#screen.shown;
  }

  notice(notice: Notice): void {
    this.#print(describe(notice, (name) => this.#hint(name)));
  }

  connected(): void {
    // Not shown: the messages imply it.
  }

  get blocked(): boolean {
    return this.#screen.blocked;
  }

  congested(congested: boolean): void {
    this.#congested = congested;
    this.#regulate();
  }

  flush(): void {
    this.#hints = 0;
    this.#replaced = false;
    this.#screen.flush();
  }

  #limitIntake(full: boolean): void {
    if (full) this.#api().pauseReading();
    else this.#api().resumeReading();
    this.#regulate();
  }

  #read(bytes: Bytes): void {
    const lines = fromUtf8(bytes);
    if (!this.#replaced && lines.includes(replacement) && !isUtf8(bytes)) {
      this.#replaced = true;
      this.#print([notUtf8]);
    }
    for (const command of parseLines(lines)) this.#handle(command);
  }

  #handle(command: Command): void {
    switch (command.kind) {
      case "send":
        return this.#send(command.to, command.batch);
      case "malformed":
        return this.#refuse(malformed);
      case "empty":
        return this.#refuse(`An empty message to ${excerpt(command.to)} was not sent.`);
      case "nul":
        return this.#refuse(`A message to ${excerpt(command.to)} with a NUL byte was not sent.`);
      case "overlong":
        return this.#refuse(overlongText);
      case "slash":
        return this.#slash.run(command.word);
    }
  }

  #send(to: string, batch: Batch): void {
    const names = this.#api().send(to, batch, this.#tracking?.sendOptions());
    this.#tracking?.tracker.handedOver(names, batch.count);
  }

  #refuse(why: string): void {
    this.#tracking?.tracker.refused();
    this.#print([why]);
  }

  /** The nearest name. Limited per turn, because the search is slow and a file may hold many wrong names. */
  #hint(name: string): Guess | undefined {
    this.#hints += 1;
    return this.#hints > hintsPerTurnMax ? undefined : nearest(name, otherNames(this.#api()));
  }

  #print(lines: readonly string[]): void {
    this.#screen.print(lines);
  }

  /** Reads stdin unless the screen is full or the queue of a friend who takes messages is full. */
  #regulate(): void {
    if (this.#screen.full || this.#congested) this.#console.pause();
    else this.#console.resume();
  }
}
