// The seeds' console: lines in, lines out. It promises that one message is one line.

import { excerpt } from "../core/escape.js";
import { toPublicKey } from "../core/known-key.js";
import { friendPrefixBytesMax, historyDepth, hintsPerTurnMax, lineBytesMax } from "../core/limits.js";
import type { Notice, PeerStatus } from "../core/notice.js";
import { splitOnce } from "../core/peer-table.js";
import type { HistoryMessage, HistoryQuery } from "../core/record.js";
import type { Batch, Bytes, Peer, PeerName, PublicKey, Result } from "../core/types.js";
import { fromUtf8 } from "../core/utf8.js";
import type { Console } from "../ports.js";
import { LineFramer } from "../wire/line-framer.js";
import { parseLines, type Command } from "./command.js";
import { nearest, type Guess } from "./nearest.js";
import { Screen } from "./screen.js";
import { banner, describe, help, historyLine, malformed, peersTable } from "./words.js";

/** What this face needs of the router and the daemon. */
export interface Front {
  readonly names: readonly PeerName[];
  readonly status: readonly PeerStatus[];
  send(to: string, batch: Batch): void;
  /** Whether messages should stop coming in, because their reader has stopped reading. */
  pauseReading(): void;
  resumeReading(): void;
  quit(): void;
  /** The last messages among those asked for, oldest first. The message says why there are none to be had. */
  history(query: HistoryQuery): Result<readonly HistoryMessage[]>;
  /** What is to be said of it, whether it was done or not. */
  trust(friend: string, key: PublicKey | undefined): readonly string[];
}

const nothingFound = `No such message among the last ${historyDepth}; p2p history looks through all.`;
const notAKey = "/trust: expected a key of 64 hexadecimal digits behind the name";
const overlongText = `A message longer than ${lineBytesMax} bytes was refused; split it into several.`;

// A terminal that edits lines itself keeps this many bytes of one, the line feed included, and drops the rest in silence.
const terminalLineBytes = 4_096;
const cutByTerminal = `That line reached the terminal's limit of ${terminalLineBytes - 1} bytes and may have been cut; pipe longer ones in.`;
const endOfTyping = "Nothing more can be typed here. Messages still arrive; Ctrl-C ends the program.";

export class LineConsole {
  readonly #console: Console;
  readonly #front: () => Front;
  readonly #framer = new LineFramer(lineBytesMax + friendPrefixBytesMax);
  readonly #screen: Screen;
  #congested = false;
  #hints = 0;

  /** The front is asked for when needed: it is built after the face, which is its audience. */
  constructor(console: Console, front: () => Front) {
    this.#console = console;
    this.#front = front;
    this.#screen = new Screen(console, (full) => this.#limitIntake(full));
  }

  greet(port: number, peers: readonly Peer[]): void {
    this.#print(banner(port, peers));
  }

  // From the keyboard.

  onBytes(chunk: Bytes): void {
    if (this.#console.interactive && chunk.length === terminalLineBytes) this.#print([cutByTerminal]);
    const { blocks, overlong } = this.#framer.push(chunk);
    for (const lines of blocks) this.#execute(fromUtf8(lines));
    if (overlong > 0) this.#print([overlongText]);
  }

  /** A last line without a line feed is a line; the end of stdin is no reason to quit. */
  onEnd(): void {
    const lines = this.#framer.flush();
    if (lines.length > 0) this.#execute(fromUtf8(lines));
    if (this.#console.interactive) this.#print([endOfTyping]);
  }

  onDrain(): void {
    this.#screen.onDrain();
  }

  // From the router.

  /** `number` is the store number of the first text. */
  message(from: PeerName, batch: Batch, number: number): void {
    const prefix = `${from} : `;
    const lines = `${prefix}${batch.texts.slice(0, -1).replaceAll("\n", `\n${prefix}`)}\n`;
    this.#screen.write(lines, number + batch.count - 1);
  }

  /** Store number up to which the console has taken every message. */
  get shown(): number {
    return this.#screen.shown;
  }

  notice(notice: Notice): void {
    this.#print(describe(notice, (name) => this.#hint(name)));
  }

  get blocked(): boolean {
    return this.#screen.blocked;
  }

  congested(congested: boolean): void {
    this.#congested = congested;
    this.#regulate();
  }

  /** End of the turn. */
  flush(): void {
    this.#hints = 0;
    this.#screen.flush();
  }

  #limitIntake(full: boolean): void {
    if (full) this.#front().pauseReading();
    else this.#front().resumeReading();
    this.#regulate();
  }

  #execute(lines: string): void {
    for (const command of parseLines(lines)) this.#obey(command);
  }

  #obey(command: Command): void {
    switch (command.kind) {
      case "send":
        return this.#front().send(command.to, command.batch);
      case "malformed":
        return this.#print([malformed]);
      case "empty":
        return this.#print([`An empty message to ${excerpt(command.to)} was not sent.`]);
      case "nul":
        return this.#print([`A message to ${excerpt(command.to)} with a NUL byte was not sent.`]);
      case "overlong":
        return this.#print([overlongText]);
      case "slash":
        return this.#slash(command.word);
    }
  }

  #slash(word: string): void {
    if (word === "quit") return this.#front().quit();
    if (word === "help") return this.#print(help);
    if (word === "peers") return this.#print(peersTable(this.#front().status));
    const [command, rest] = splitOnce(word, " ");
    if (command === "history") return this.#history(rest.trim());
    if (command === "trust" && rest.trim() !== "") return this.#trust(rest.trim());
    this.#print([`Unknown command : /${excerpt(word)}`, "Try /help"]);
  }

  /** The first word may be a friend's name. */
  #history(words: string): void {
    const [first, rest] = splitOnce(words, " ");
    const peer = this.#front().names.find((name) => name === first.normalize("NFC"));
    const search = (peer === undefined ? words : rest).trim();
    const found = this.#front().history({ ...(peer && { peer }), ...(search === "" ? {} : { search }) });
    if (!found.ok) return this.#print([found.message]);
    this.#print(found.value.length === 0 ? [nothingFound] : found.value.map(historyLine));
  }

  #trust(words: string): void {
    const [friend, rest] = splitOnce(words, " ");
    const key = rest.trim() === "" ? undefined : toPublicKey(rest.trim().replace(/^key=/, ""));
    if (rest.trim() !== "" && key === undefined) return this.#print([notAKey]);
    this.#print(this.#front().trust(friend, key));
  }

  /** Looking through every name takes time; a file full of wrong names gets a few hints and not one per line. */
  #hint(name: string): Guess | undefined {
    this.#hints += 1;
    return this.#hints > hintsPerTurnMax ? undefined : nearest(name, this.#front().names);
  }

  #print(lines: readonly string[]): void {
    this.#screen.print(lines);
  }

  /** stdin is read while the screen moves and no friend who is taking messages has enough waiting. */
  #regulate(): void {
    if (this.#screen.full || this.#congested) this.#console.pause();
    else this.#console.resume();
  }
}
