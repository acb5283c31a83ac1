// The client for a person at a terminal: a prompt with the last friend, times, colours, and a tick for the state of each
// message. It promises to ask about a possibly mistyped name or a paste, and never to send or run it by itself.

import { excerpt } from "../../core/escape.js";
import { bellPauseMs, hintsPerTurnMax, lateMs, lineBytesMax } from "../../core/limits.js";
import { nearest, type Guess } from "../../core/nearest.js";
import type { Notice } from "../../core/notice.js";
import type { Origin, Outcome } from "../../core/outcome.js";
import { plural } from "../../core/peer-table.js";
import type { Received, Sent } from "../../core/record.js";
import type { Peer, PeerName } from "../../core/types.js";
import { utf8Bytes } from "../../core/utf8.js";
import type { Terminal, Typed, TypedLines } from "../../ports.js";
import type { Client } from "../../member/client.js";
import { otherNames, type MemberApi } from "../../member/api.js";
import { SlashCommands } from "../slash.js";
import { banner, describe, help as helpAbout } from "../words.js";
import { explainUnsent, plain, terminalAnswers } from "./answers.js";
import { complete } from "./completion.js";
import { help } from "./help.js";
import { kindOf, styleOf } from "./notice-style.js";
import { OwnLine } from "./own-line.js";
import { colour, harmless, span, type Line, type Span, type TerminalCapabilities, type Style } from "./paint.js";
import { clipped } from "./columns.js";
import { ScreenLines } from "./screen-lines.js";
import { StatusLines } from "./status-lines.js";
import { Days, separatorLine, type LocalTime } from "./time-of-day.js";
import { everybody, lastNamed, onlyRecipient, recipients, understand, type Intent } from "./typed-line.js";
import { welcome, welcomeBack } from "./welcome.js";

export interface TerminalSettings {
  readonly self: PeerName;
  readonly capabilities: TerminalCapabilities;
  readonly bell: boolean;
  /** How long a typed message may wait before it is not sent any more, in milliseconds. */
  readonly expireMs?: number | undefined;
  readonly typedLines: TypedLines;
  /** The file of our secret key. */
  readonly keyFile: string;
  /** Milliseconds since 1970 UTC. */
  readonly wallTime: () => number;
  readonly localTime: (ms: number) => LocalTime;
}

/** Columns of time and tick: `16:05 ✓✓ `. */
const indent = 9;

const interrupted = "Ctrl-C again ends at once; Ctrl-D sends first what can be sent.";
const overlong = `A message longer than ${lineBytesMax} bytes was refused; split it into several.`;

interface Paste {
  readonly to: string;
  readonly texts: readonly string[];
  /** The text typed before the paste; it returns to the line if the paste is not sent. */
  readonly draft: string;
}

export class TerminalConsole implements Client {
  readonly #terminal: Terminal;
  readonly #api: () => MemberApi;
  readonly #settings: TerminalSettings;
  readonly #sheet: ScreenLines;
  readonly #slash: SlashCommands<Line>;
  readonly #days = new Days();
  readonly #status: StatusLines;
  readonly #colours = new Map<string, number>();
  /** Friends that were reported as unreachable. */
  readonly #missed = new Set<PeerName>();
  #last: string | undefined;
  #paste: Paste | undefined;
  #prompt = "";
  #ended = false;
  #hints = 0;
  #ring = false;
  #rung = -Infinity;

  constructor(terminal: Terminal, api: () => MemberApi, settings: TerminalSettings) {
    this.#terminal = terminal;
    this.#api = api;
    this.#settings = settings;
    const { capabilities } = settings;
    this.#status = new StatusLines();
    this.#sheet = new ScreenLines({
      ...{ terminal, capabilities, indent },
      onFull: (full) => this.#limitIntake(full),
      onLost: (own) => this.#status.note(own),
    });
    this.#slash = new SlashCommands({
      ...{ api, plain, prompt: () => this.#last },
      help: (about) => (about === undefined ? help(capabilities, terminal.columns) : helpAbout(about).map(plain)),
      render: terminalAnswers({
        ...{ capabilities, columns: () => terminal.columns, height: () => terminal.height },
        localTime: (ms) => settings.localTime(ms),
        nameStyle: (name) => this.#nameStyle(name),
      }),
      say: (lines) => this.#sheet.say(lines),
    });
    terminal.remember(settings.typedLines);
  }

  greet(port: number, peers: readonly Peer[]): void {
    peers.forEach(({ name }, index) => this.#colours.set(name, index));
    this.#last = lastNamed(
      this.#settings.typedLines.earlier,
      peers.map(({ name }) => name),
    );
    this.#sheet.say(banner(port, peers).map((text) => [span(text)]));
    this.#sheet.say(
      this.#settings.typedLines.first ? welcome({ ...this.#settings, peers }) : welcomeBack(this.#settings),
    );
  }

  // From the keyboard.

  onBytes(): void {
    // This terminal edits lines and passes them to `onTyped`.
  }

  onTyped(typed: Typed): void {
    switch (typed.kind) {
      case "line":
        return this.#paste === undefined ? this.#obey(typed.text) : this.#answer(typed.text);
      case "paste":
        return this.#askForPaste(typed.lines, typed.draft);
      case "interrupt":
        return this.#interrupt(typed.cleared);
      case "resize":
        return this.#sheet.forget();
      case "complete":
        return typed.answer(complete(typed.before, this.#api()));
    }
  }

  /** Ctrl-D, or the window was closed. */
  onEnd(): void {
    this.#ended = true;
    this.#api().quit();
  }

  onDrain(): void {
    this.#sheet.onDrain();
  }

  // From the router.

  message({ peer, batch, number, time, written }: Received): void {
    const at = this.#settings.localTime(time);
    const late = written === undefined ? [] : this.#lateness(at, time, written);
    const head = [span(`${at.time}    `, "quiet"), span(peer, this.#nameStyle(peer)), span(" : ", "quiet")];
    const lines = batch.texts
      .slice(0, -1)
      .split("\n")
      .map((text) => [...head, span(text), ...late]);
    this.#sheet.show([...this.#daySeparator(at), ...lines], number + batch.count - 1);
    this.#ring ||= this.#settings.bell && Math.abs(time - this.#rung) >= bellPauseMs;
    if (this.#ring) this.#rung = time;
  }

  /** What waited is marked with the time of writing, as the friend's clock has it. */
  #lateness({ day }: LocalTime, time: number, written: number): readonly Span[] {
    if (time - written < lateMs) return [];
    const at = this.#settings.localTime(written);
    return [span(`  (written ${at.day === day ? "" : `${at.day} `}${at.time})`, "quiet")];
  }

  notice(notice: Notice): void {
    if (notice.kind === "shown-late") return this.#sheet.say([separatorLine(plural(notice.count, "unread message"))]);
    if (notice.kind === "unread") return this.#sheet.say([separatorLine("unread messages")]);
    if (kindOf(notice) === "unreachable" && "peer" in notice && notice.peer && !this.#misses(notice.peer)) return;
    for (const text of describe(notice, (name) => this.#hint(name))) this.#say(text, styleOf(notice));
  }

  wantsOwn(origin: Origin | undefined): boolean {
    return origin?.client !== this;
  }

  /** A message that this person sent elsewhere. */
  own({ peer, batch, time }: Sent): void {
    const at = this.#settings.localTime(time);
    const head = [span(`${at.time}    `, "quiet"), span(`${peer}/`, "own")];
    const lines = batch.texts
      .slice(0, -1)
      .split("\n")
      .map((text) => [...head, span(text)]);
    if (!this.#sheet.blocked) this.#sheet.say([...this.#daySeparator(at), ...lines]);
  }

  /** The ticks show it. */
  connected({ name }: Peer): void {
    this.#missed.delete(name);
  }

  congested(): void {
    // No person types that fast.
  }

  get shown(): number {
    return this.#sheet.shown;
  }

  get blocked(): boolean {
    return this.#sheet.blocked;
  }

  /** End of the turn. */
  flush(): void {
    this.#hints = 0;
    this.#sheet.renew();
    this.#sheet.say(this.#status.take(this.#settings.capabilities));
    this.#sheet.flush();
    if (this.#sheet.blocked) return;
    if (this.#ring) this.#terminal.ring();
    this.#ring = false;
    this.#setPrompt();
  }

  /** Reports an absence once; the tick shows that a further line waits. False: it was reported before. */
  #misses(name: PeerName): boolean {
    const told = this.#missed.has(name);
    this.#missed.add(name);
    return !told;
  }

  #limitIntake(full: boolean): void {
    if (full) this.#api().pauseReading();
    else this.#api().resumeReading();
  }

  #obey(line: string): void {
    const intent = understand(line, { names: this.#api().names, last: this.#last });
    if (intent.kind === "message") return this.#send(intent.to, [intent.text]);
    if (intent.kind === "turn") return this.#turnTo(intent.to);
    if (intent.kind === "command") return this.#slash.run(intent.typed);
    this.#sheet.say(explainUnsent(intent, this.#api(), this.#last));
  }

  #turnTo(to: string): void {
    this.#last = onlyRecipient(to);
  }

  #send(to: string, texts: readonly string[]): void {
    const { localTime, wallTime, expireMs } = this.#settings;
    const expires = expireMs === undefined ? {} : { expires: wallTime() + expireMs };
    const names = to === everybody ? otherNames(this.#api()) : recipients(to);
    const at = localTime(wallTime());
    this.#sheet.say(this.#daySeparator(at));
    this.#last = onlyRecipient(to) ?? this.#last;
    for (const text of texts) {
      const own = new OwnLine({
        time: at.time,
        to,
        names,
        text,
        ...{ client: this, onChange: (line, outcome) => this.#tell(line, outcome) },
      });
      this.#sheet.own(own);
      this.#api().send(to, { texts: `${text}\n`, count: 1 }, { origin: own, ...expires });
    }
  }

  #tell(own: OwnLine, outcome: Outcome): void {
    if (!this.#sheet.change(own) && outcome.final) this.#status.note(own, outcome);
  }

  /** A cleared line needs no answer. */
  #interrupt(cleared: boolean): void {
    const asked = this.#paste !== undefined;
    this.#paste = undefined;
    if (asked) return this.#say("Nothing was sent.", "quiet");
    if (!cleared) this.#say(interrupted, "quiet");
  }

  // Pasted text.

  #askForPaste(lines: readonly string[], draft: string): void {
    const [first = "", ...rest] = lines;
    const intent = understand(first, { names: this.#api().names, last: this.#last });
    const { to, text } = addressee(intent, this.#last);
    if (to === undefined)
      return this.#refuse(draft, "Several lines were pasted, and for whom is not clear. Nothing was sent.");
    const texts = [text ?? first, ...rest].filter((each) => each.trim() !== "");
    if (texts.some((each) => utf8Bytes(each) > lineBytesMax)) return this.#refuse(draft, overlong);
    this.#paste = { to, texts, draft };
    this.#sheet.say([[span("Pasted: ", "quiet"), span(this.#beginningOf(texts[0] ?? ""))]]);
  }

  /** The beginning of the paste, on one row. */
  #beginningOf(text: string): string {
    const { capabilities } = this.#settings;
    return clipped(
      harmless(text.slice(0, lineBytesMax), capabilities),
      this.#terminal.columns - "Pasted: ...".length,
      "...",
    );
  }

  #answer(line: string): void {
    const { to, texts, draft } = this.#paste as Paste;
    this.#paste = undefined;
    if (/^\s*y(?:es)?\s*$/i.test(line)) return this.#send(to, texts);
    this.#refuse(draft, "Nothing was sent.", "quiet");
  }

  /** Puts the text typed before the paste back into the line. */
  #refuse(draft: string, words: string, style: Style = "alarm"): void {
    this.#terminal.restore(draft);
    this.#say(words, style);
  }

  // The prompt.

  #setPrompt(): void {
    const next = this.#ended ? "" : this.#promptWords();
    if (next === this.#prompt) return;
    this.#prompt = next;
    this.#terminal.prompt(next, this.#paste !== undefined);
  }

  #promptWords(): string {
    const { capabilities } = this.#settings;
    if (this.#paste !== undefined) {
      const { to, texts } = this.#paste;
      const count = plural(texts.length, "line");
      return harmless(`Send ${count} to ${to} as ${plural(texts.length, "message")}? [y/n, then Enter] `, capabilities);
    }
    const name = clipped(harmless(this.#last ?? "", capabilities), Math.floor(this.#terminal.columns / 3), "~");
    return `${colour(name, this.#last === undefined ? "plain" : this.#nameStyle(this.#last), capabilities)}> `;
  }

  #nameStyle(name: string): Style {
    const index = this.#colours.get(name);
    return index === undefined ? "strong" : { kind: "friend", colour: index };
  }

  #daySeparator(at: LocalTime): readonly Line[] {
    const { localTime, wallTime } = this.#settings;
    return this.#days.separator(at, localTime(wallTime()).day);
  }

  /** Cached, because a look at every name takes time. */
  #hint(name: string): Guess | undefined {
    this.#hints += 1;
    return this.#hints > hintsPerTurnMax ? undefined : nearest(excerpt(name), otherNames(this.#api()));
  }

  #say(text: string, style: Style): void {
    this.#sheet.say([[span(text, style)]]);
  }
}

/** Finds the receivers of pasted text by its first line with the text typed before it. A command in it is text, too. */
function addressee(
  intent: Intent,
  last: string | undefined,
): { readonly to: string | undefined; readonly text?: string } {
  if (intent.kind === "message") return { to: intent.to, text: intent.text };
  if (intent.kind === "empty" || intent.kind === "turn") return { to: intent.to, text: "" };
  return { to: intent.kind === "command" || intent.kind === "nothing" ? last : undefined };
}
