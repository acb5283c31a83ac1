// Runs the console's commands, and answers lines that cannot be sent.

import { toNamedKey } from "../../core/known-key.js";
import { lineBytesMax } from "../../core/limits.js";
import { nearest, type Guess } from "../../core/nearest.js";
import { plural, splitOnce } from "../../core/peer-table.js";
import type { Cancellation } from "../../core/outcome.js";
import type { HistoryMessage, HistoryQuery } from "../../core/record.js";
import { parseTimePoint } from "../../core/time-point.js";
import type { PeerName, PublicKey } from "../../core/types.js";
import { otherNames, type MemberApi } from "../../member/api.js";
import { inChat, whyLines } from "../why.js";
import { nothingFound, unknownPeer } from "../words.js";
import { findCommand, type CommandName } from "./commands.js";
import { help, helpAbout } from "./help.js";
import { span, type Line, type TerminalCapabilities, type Style } from "./paint.js";
import { peersList } from "./peers-list.js";
import { tick } from "./ticks.js";
import type { LocalTime } from "./time-of-day.js";
import type { Intent } from "./typed-line.js";
import { verification, type Room } from "./verification.js";

export interface CommandHandlersParts {
  readonly capabilities: TerminalCapabilities;
  api(): MemberApi;
  columns(): number;
  height(): number;
  /** Runs after the turn of the command. */
  say(lines: readonly Line[]): void;
  /** The friend in the prompt. */
  last(): string | undefined;
  localTime(ms: number): LocalTime;
  nameStyle(name: string): Style;
}

function cancelled(friend: PeerName, { cancelled: count, late, reason }: Cancellation): string {
  const what =
    count === 0 ? `No message to ${friend} was cancelled` : `${plural(count, "message")} to ${friend} cancelled`;
  const why = reason === undefined ? "" : ` (${reason})`;
  return `${what}${why}${late === 0 ? "" : `; ${late} may be on the way already`}.`;
}

const notAKey = "/trust: expected a key of 64 hexadecimal digits or a fingerprint of 32 after the name";

/** The answer to a line that was not sent. */
const upBrings = "Up brings it back.";

const plain = (text: string): Line => [span(text)];
const plainly = (texts: readonly string[]): readonly Line[] => texts.map(plain);

export class CommandHandlers {
  readonly #parts: CommandHandlersParts;
  /** The keys that were shown to be compared: only a key that was seen can be confirmed. */
  readonly #compared = new Map<PeerName, PublicKey>();

  constructor(parts: CommandHandlersParts) {
    this.#parts = parts;
  }

  obey({ word, rest }: Extract<Intent, { readonly kind: "command" }>): readonly Line[] {
    const found = findCommand(word);
    if (found.kind === "several") return [plain(`/${word} may be ${found.names.join(" or ")}.`)];
    if (found.kind === "none") {
      const hint = found.meant === undefined ? "Try /help." : `Did you mean ${found.meant}?`;
      return [plain(`There is no command /${word}. ${hint}`)];
    }
    const { command } = found;
    if (rest !== "" && command.arguments.length === 0) return [plain(`Usage: ${command.usage}`)];
    return this.#doing[command.name](rest);
  }

  /** Explains why a line cannot be sent. */
  explain(intent: Exclude<Intent, { readonly kind: "message" | "turn" | "command" }>): readonly Line[] {
    switch (intent.kind) {
      case "nothing":
        return [];
      case "to-nobody":
        return [plain(`To which friend? Write the name first, as in ${this.#example}/hello. ${upBrings}`)];
      case "empty":
        return [plain(`An empty message to ${intent.to} was not sent.`)];
      case "overlong":
        return [plain(`A message longer than ${lineBytesMax} bytes was refused; split it into several. ${upBrings}`)];
      case "gap":
        return [plain(`A name is missing in "${intent.to}". Not sent; ${upBrings}`)];
      case "unknown":
        return [...this.#unknown(intent.name), plain(this.#unsent)];
    }
  }

  readonly #doing: Readonly<Record<CommandName, (rest: string) => readonly Line[]>> = {
    help: (rest) => (rest === "" ? help(this.#parts.capabilities, this.#parts.columns()) : helpAbout(rest)),
    peers: () => peersList(this.#api.status, this.#parts.columns(), (name) => this.#parts.nameStyle(name)),
    history: (rest) => this.#history(rest),
    why: (rest) => this.#withFriend(rest === "" ? (this.#parts.last() ?? "") : rest, (friend) => this.#why(friend)),
    key: (rest) =>
      rest === "" ? plainly(this.#api.keyOf()) : this.#withFriend(rest, (friend) => plainly(this.#api.keyOf(friend))),
    verify: (rest) => this.#verify(rest),
    trust: (rest) => this.#trust(rest),
    cancel: (rest) =>
      this.#withFriend(rest === "" ? (this.#parts.last() ?? "") : rest, (friend) => this.#cancel(friend)),
    quit: () => {
      this.#api.quit();
      return [];
    },
  };

  get #api(): MemberApi {
    return this.#parts.api();
  }

  get #room(): Room {
    return { capabilities: this.#parts.capabilities, columns: this.#parts.columns(), height: this.#parts.height() };
  }

  get #example(): string {
    return otherNames(this.#api)[0] ?? "Bob";
  }

  #verify(rest: string): readonly Line[] {
    const [word, answer] = splitOnce(rest, " ");
    return this.#withFriend(word, (friend) => {
      if (answer.trim().toLowerCase() === "yes") return this.#confirm(friend);
      if (answer.trim() !== "") return [plain(`Usage: /verify ${friend} [yes]`)];
      const comparison = this.#api.comparison(friend);
      if (!comparison.ok) return plainly(comparison.message.split("\n"));
      this.#compared.set(friend, comparison.value.theirs.key);
      return verification(comparison.value, this.#room);
    });
  }

  #confirm(friend: PeerName): readonly Line[] {
    const key = this.#compared.get(friend);
    return key === undefined ? [plain(`Compare first: /verify ${friend}`)] : plainly(this.#api.verify(friend, key));
  }

  #trust(rest: string): readonly Line[] {
    const [word, digits] = splitOnce(rest, " ");
    return this.#withFriend(word, (friend) => {
      const key = digits.trim() === "" ? undefined : toNamedKey(digits.trim());
      if (digits.trim() !== "" && key === undefined) return [plain(notAKey)];
      return plainly(this.#api.trust(friend, key));
    });
  }

  #cancel(friend: PeerName): readonly Line[] {
    this.#api.cancel(friend, "all", (done) => this.#parts.say([plain(cancelled(friend, done))]));
    return [];
  }

  #why(friend: PeerName): readonly Line[] {
    const account = this.#api.account(friend);
    if (account === undefined) return this.#unknown(friend);
    return plainly(whyLines(account, { ...inChat, time: (ms) => this.#moment(ms) }));
  }

  #moment(ms: number): string {
    const { day, time } = this.#parts.localTime(ms);
    return `${day} ${time}`;
  }

  /** The first word may be a friend's name. */
  #history(words: string): readonly Line[] {
    const [first, rest] = splitOnce(words, " ");
    const peer = this.#member(first);
    const search = (peer === undefined ? words : rest).trim();
    const query: HistoryQuery = { ...(peer && { peer }), ...(search === "" ? {} : { search }) };
    const found = this.#api.history(query);
    if (!found.ok) return [plain(found.message)];
    if (found.value.length > 0) return found.value.map((message) => this.#pastLine(message));
    const meant = peer === undefined && first !== "" ? nearest(first, otherNames(this.#api)) : undefined;
    return plainly([nothingFound(query), ...(meant?.close === true ? [`Did you mean /history ${meant.name}?`] : [])]);
  }

  #pastLine({ time, direction, peer, text, state }: HistoryMessage): Line {
    const point = parseTimePoint(time);
    const at = this.#parts.localTime(point?.kind === "at" ? point.ms : 0);
    const when = span(`${at.day} ${at.time} `, "quiet");
    const name = span(peer, this.#parts.nameStyle(peer));
    if (direction === "in" || state === "received") return [when, span("   "), name, span(" : ", "quiet"), span(text)];
    return [when, tick(state, this.#parts.capabilities), span(" "), span(`${peer}/`, "own"), span(text)];
  }

  #withFriend(word: string, act: (friend: PeerName) => readonly Line[]): readonly Line[] {
    const friend = this.#member(word);
    if (word === "") return [plain(`Which friend? ${otherNames(this.#api).join(", ")}`)];
    return friend === undefined ? this.#unknown(word) : act(friend);
  }

  #unknown(name: string): readonly Line[] {
    const guess: Guess | undefined = nearest(name, otherNames(this.#api));
    return plainly(unknownPeer(name, guess));
  }

  /** Follows the explanation of a line that looks like a message. */
  get #unsent(): string {
    const last = this.#parts.last();
    const way = last === undefined ? "" : ` To ${last} as it stands: @${last} and the text.`;
    return `Not sent; ${upBrings}${way}`;
  }

  #member(word: string): PeerName | undefined {
    return this.#api.names.find((name) => name === word.trim().normalize("NFC"));
  }
}
