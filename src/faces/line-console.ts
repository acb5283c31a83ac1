// The seeds' console: lines in, lines out, one write per turn. It promises that nothing is printed that did not pass the
// sanitiser, that one message is one line, and that a reader who stops reading costs bounded memory.

import { cleanLine, cleanTexts, excerpt } from "../core/escape.js";
import { toNamedKey, type NamedKey } from "../core/known-key.js";
import {
  friendPrefixBytesMax,
  hintsPerTurnMax,
  lineBytesMax,
  screenCharsMax,
  screenHighWater,
  writeCharsMax,
} from "../core/limits.js";
import type { Notice, PeerStatus } from "../core/notice.js";
import { plural, splitOnce } from "../core/peer-table.js";
import type { HistoryMessage, HistoryQuery } from "../core/record.js";
import type { Batch, Bytes, Peer, PeerName, Result } from "../core/types.js";
import { fromUtf8, isUtf8, Utf8Writer } from "../core/utf8.js";
import type { Console } from "../ports.js";
import { LineFramer } from "../wire/line-framer.js";
import { parseLines, type Command } from "./command.js";
import { nearest, type Guess } from "../core/nearest.js";
import {
  banner,
  describe,
  help,
  historyLine,
  malformed,
  misuse,
  nothingFound,
  peersTable,
  unknownPeer,
} from "./words.js";

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
  trust(friend: string, key: NamedKey | undefined): readonly string[];
  /** What is known of a friend's key, or without a name, what friends need to know of ours. */
  keyOf(friend?: PeerName): readonly string[];
}

const notAKey = "/trust: expected a key of 64 hexadecimal digits or a fingerprint of 32 behind the name";
const overlongText = `A message longer than ${lineBytesMax} bytes was refused; split it into several.`;

const replacement = "\ufffd";
const notUtf8 = "Some of what was typed is no UTF-8 text; U+FFFD stands in its place.";

// A terminal that edits lines itself keeps this many bytes of one, the line feed included, and drops the rest in silence.
const terminalLineBytes = 4_096;
const cutByTerminal = `That line reached the terminal's limit of ${terminalLineBytes - 1} bytes and may have been cut; pipe longer ones in.`;
const endOfTyping = "Nothing more can be typed here. Messages still arrive; Ctrl-C ends the program.";

/** Whole lines, and the store number of the last message among them; 0 where there is none. */
interface Printed {
  readonly lines: string;
  readonly last: number;
}

export class LineConsole {
  readonly #console: Console;
  readonly #front: () => Front;
  readonly #framer = new LineFramer(lineBytesMax + friendPrefixBytesMax);
  /** Nothing is written while the console has not taken the last write: one buffer serves them all. */
  readonly #writer = new Utf8Writer();
  #screen: Printed[] = [];
  #screenChars = 0;
  /** The reader of stdout has not taken what was written. */
  #blocked = false;
  /** So much waits for it that nothing more should come in. */
  #full = false;
  #congested = false;
  #untold = 0;
  /** Store number of the last message in the write that the console has not taken, and in those that it took. */
  #writing = 0;
  #shown = 0;
  #hints = 0;
  /** It was said in this turn that something typed is not UTF-8. */
  #replaced = false;

  /** The front is asked for when needed: it is built after the face, which is its audience. */
  constructor(console: Console, front: () => Front) {
    this.#console = console;
    this.#front = front;
  }

  greet(port: number, peers: readonly Peer[]): void {
    this.#print(banner(port, peers));
  }

  // From the keyboard.

  onBytes(chunk: Bytes): void {
    if (this.#console.interactive && chunk.length === terminalLineBytes) this.#print([cutByTerminal]);
    const { blocks, overlong } = this.#framer.push(chunk);
    for (const lines of blocks) this.#read(lines);
    if (overlong > 0) this.#print([overlongText]);
  }

  /** A last line without a line feed is a line; the end of stdin is no reason to quit. */
  onEnd(): void {
    const lines = this.#framer.flush();
    if (lines.length > 0) this.#read(lines);
    if (this.#console.interactive) this.#print([endOfTyping]);
  }

  onDrain(): void {
    this.#blocked = false;
    this.#shown = Math.max(this.#shown, this.#writing);
  }

  // From the router.

  /** `number` is the store number of the first text. */
  message(from: PeerName, batch: Batch, number: number): void {
    const prefix = `${from} : `;
    const lines = `${prefix}${batch.texts.slice(0, -1).replaceAll("\n", `\n${prefix}`)}\n`;
    this.#write(lines, number + batch.count - 1);
  }

  /** Store number up to which the console has taken every message. */
  get shown(): number {
    return this.#shown;
  }

  notice(notice: Notice): void {
    this.#print(describe(notice, (name) => this.#hint(name)));
  }

  get blocked(): boolean {
    return this.#blocked;
  }

  congested(congested: boolean): void {
    this.#congested = congested;
    this.#regulate();
  }

  /** End of the turn: what was printed goes out in as few writes as are not too long. This is the one gate to the screen. */
  flush(): void {
    this.#hints = 0;
    this.#replaced = false;
    while (this.#screen.length > 0 && !this.#blocked) {
      this.#blocked = !this.#console.write(this.#writer.encode(cleanTexts(this.#takeOneWrite())));
      if (!this.#blocked) this.#shown = Math.max(this.#shown, this.#writing);
      if (this.#screen.length === 0) this.#tellUntold();
    }
    this.#limitIntake();
  }

  /** Long strings live in a part of the heap that is slow to get and to give back. */
  #takeOneWrite(): string {
    let chars = 0;
    const last = this.#screen.findIndex(({ lines }) => (chars += lines.length) >= writeCharsMax);
    const taken = this.#screen.splice(0, last < 0 ? this.#screen.length : last + 1);
    const text = taken.map(({ lines }) => lines).join("");
    this.#writing = taken.reduce((number, printed) => Math.max(number, printed.last), this.#writing);
    this.#screenChars -= text.length;
    return text;
  }

  /** The next write grows while the reader is at the last one, up to a bound; below it again, things come in again. */
  #limitIntake(): void {
    const full = this.#blocked && this.#screenChars >= screenHighWater;
    if (full === this.#full) return;
    this.#full = full;
    if (full) this.#front().pauseReading();
    else this.#front().resumeReading();
    this.#regulate();
  }

  #read(bytes: Bytes): void {
    const lines = fromUtf8(bytes);
    if (!this.#replaced && lines.includes(replacement) && !isUtf8(bytes)) {
      this.#replaced = true;
      this.#print([notUtf8]);
    }
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
    const [, command = "", words = ""] = /^(\S*)\s*(.*)$/s.exec(word) ?? [];
    if (command === "history") return this.#history(words);
    if (command === "trust" && words !== "") return this.#trust(words);
    if (command === "key" && words !== "") return this.#key(words);
    if (words !== "") return this.#print(misuse(command, word));
    if (command === "quit") return this.#front().quit();
    if (command === "help") return this.#print(help);
    if (command === "peers") return this.#print(peersTable(this.#front().status));
    if (command === "key") return this.#print(this.#front().keyOf());
    this.#print(misuse(command, word));
  }

  /** The first word may be a friend's name. */
  #history(words: string): void {
    const [first, rest] = splitOnce(words, " ");
    const peer = this.#member(first);
    const search = (peer === undefined ? words : rest).trim();
    const query = { ...(peer && { peer }), ...(search === "" ? {} : { search }) };
    const found = this.#front().history(query);
    if (!found.ok) return this.#print([found.message]);
    if (found.value.length > 0) return this.#print(found.value.map(historyLine));
    const meant = peer === undefined && first !== "" ? this.#hint(first) : undefined;
    this.#print([nothingFound(query), ...(meant?.close === true ? [`Did you mean /history ${meant.name}?`] : [])]);
  }

  #member(word: string): PeerName | undefined {
    return this.#front().names.find((name) => name === word.normalize("NFC"));
  }

  #key(word: string): void {
    const friend = this.#member(word);
    this.#print(friend === undefined ? unknownPeer(word, this.#hint(word)) : this.#front().keyOf(friend));
  }

  #trust(words: string): void {
    const [friend, rest] = splitOnce(words, " ");
    if (this.#member(friend) === undefined) return this.#print(unknownPeer(friend, this.#hint(friend)));
    const key = rest.trim() === "" ? undefined : toNamedKey(rest.trim());
    if (rest.trim() !== "" && key === undefined) return this.#print([notAKey]);
    this.#print(this.#front().trust(friend, key));
  }

  /** Looking through every name takes time; a file full of wrong names gets a few hints and not one per line. */
  #hint(name: string): Guess | undefined {
    this.#hints += 1;
    return this.#hints > hintsPerTurnMax ? undefined : nearest(name, this.#front().names);
  }

  /** When there is room again: the count itself must not be what finds none. */
  #tellUntold(): void {
    if (this.#untold === 0) return;
    const lines = plural(this.#untold, "line");
    this.#untold = 0;
    this.#print([`${lines} more could not be shown: too much was waiting for the screen.`]);
  }

  /** Own words. They wait for the screen up to a bound; beyond it they are counted. */
  #print(lines: readonly string[]): void {
    if (this.#screenChars > screenCharsMax) {
      this.#untold += lines.length;
      return;
    }
    this.#write(lines.map((line) => `${cleanLine(line)}\n`).join(""));
  }

  /** Whole lines: a write is cut only between them, and no CR is parted from its LF. */
  #write(lines: string, last = 0): void {
    this.#screen.push({ lines, last });
    this.#screenChars += lines.length;
  }

  /** stdin is read while the screen moves and no friend who is taking messages has enough waiting. */
  #regulate(): void {
    if (this.#full || this.#congested) this.#console.pause();
    else this.#console.resume();
  }
}
