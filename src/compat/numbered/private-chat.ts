// One numbered chat on a private line between two copies of this program. Its texts match the frames of the clear protocol:
// `call`, `y` or `n`, `#1:hello`, `/exit`. The line confirms them; it may close when idle and open again during the chat.
//
//   calling ──y, call──▶ talking ──/exit, the line is gone──▶ over
//   ringing ──answer(true)──▶ talking

import { lineBytesMax } from "../../core/limits.js";
import type { ChatEnd } from "../../core/notice.js";
import type { PublicKey } from "../../core/types.js";
import type { Chat, ChatEvents } from "./chat.js";
import { portion } from "../../wire/dialects/numbered.js";

/** The chat's access to the private line. */
export interface PrivateRoute {
  readonly host: string;
  readonly ownHost: string;
  /** The key of the peer on the line; undefined before the first connection. */
  readonly key: PublicKey | undefined;
  /** Calls `onConfirmed` when the peer has the text. False: nothing was sent; the line is being opened. */
  say(text: string, onConfirmed: () => void): boolean;
  onPrivate(key: PublicKey): void;
}

type Phase = "calling" | "ringing" | "talking" | "over";

export const callWord = "call";
const exitWord = "/exit";

export class PrivateChat implements Chat {
  readonly #way: PrivateRoute;
  readonly #events: ChatEvents;
  #phase: Phase;
  #key: PublicKey | undefined;
  /** Texts that wait for the line to open. */
  #waiting: { readonly text: string; readonly say: () => void }[] = [];
  #sent = 0;
  #unconfirmed = 0;
  #leaving = false;

  constructor(way: PrivateRoute, caller: boolean, events: ChatEvents) {
    this.#way = way;
    this.#events = events;
    this.#phase = caller ? "calling" : "ringing";
    this.#key = way.key;
  }

  /** Sends the caller's first word. */
  call(): void {
    if (this.#phase === "calling") this.#tell(callWord);
  }

  get host(): string {
    return this.#way.host;
  }

  get ownHost(): string {
    return this.#way.ownHost;
  }

  /** Whether no private line was found yet: then the call may still be made in the clear. */
  get untouched(): boolean {
    return this.#phase === "calling" && this.#key === undefined;
  }

  // Requests of the user.

  answer(accepted: boolean): void {
    if (this.#phase !== "ringing") return;
    this.#tell(accepted ? "y" : "n");
    if (accepted) this.#start();
    else this.#finish("left");
  }

  say(text: string): boolean {
    let rest = text.replaceAll("\0", "");
    do {
      const number = (this.#sent += 1);
      const [part, more] = portion(number, rest, lineBytesMax);
      this.#events.onSent(number, part);
      this.#tell(`#${number}:${part}`, () => this.#events.onSeen(number));
      rest = more;
    } while (rest !== "");
    return true;
  }

  exit(): void {
    if (this.#phase === "ringing") return this.answer(false);
    this.#leaving = true;
    if (this.#phase === "calling" || this.#unconfirmed === 0) this.#leave();
  }

  hold(): void {
    // The private line grants credit only when the screen has taken the messages.
  }

  destroy(): void {
    this.#phase = "over";
    this.#waiting = [];
  }

  // Events of the line.

  /** The line is open, for the first time or again. */
  onLine(): void {
    const known = this.#key;
    this.#key = this.#way.key;
    if (known !== undefined && known !== this.#key) return this.onGone("another program answers there");
    for (const { say } of this.#waiting.splice(0)) say();
  }

  /** False: the chat is over, and the text does not belong to it. */
  hear(text: string): boolean {
    if (this.#phase === "talking" && text === callWord) this.#finish("closed");
    if (this.#phase === "over") return false;
    if (text === exitWord) this.#finish("closed");
    else if (this.#phase === "calling") this.#hearAnswer(text);
    else this.#hearText(text);
    return true;
  }

  /** The line is lost. */
  onGone(reason: string): void {
    if (this.#phase !== "over") this.#finish(this.#phase === "calling" ? "unreachable" : "closed", reason);
  }

  /** A peer that calls us while we call it counts as a yes. */
  #hearAnswer(text: string): void {
    if (text === "y" || text === callWord) this.#start();
    else this.#finish("denied");
  }

  #hearText(text: string): void {
    const [head = "", digits = ""] = /^#(\d{1,9}):/.exec(text) ?? [];
    if (head === "") this.#events.onStray(text);
    else this.#events.onMessage(Number(digits), text.slice(head.length));
  }

  #start(): void {
    this.#phase = "talking";
    if (this.#key !== undefined) this.#way.onPrivate(this.#key);
    this.#events.onStarted();
  }

  #tell(text: string, onConfirmed: () => void = () => undefined): void {
    this.#unconfirmed += 1;
    const say = (): boolean => this.#way.say(text, () => this.#confirm(onConfirmed));
    if (!say()) this.#waiting.push({ text, say: () => void say() });
  }

  #confirm(onConfirmed: () => void): void {
    if (this.#phase === "over") return;
    onConfirmed();
    this.#unconfirmed -= 1;
    if (this.#leaving && this.#unconfirmed === 0) this.#leave();
  }

  #leave(): void {
    if (this.#phase === "over") return;
    this.#tell(exitWord);
    this.#finish("left");
  }

  #finish(end: ChatEnd, reason?: string): void {
    if (this.#phase === "over") return;
    this.#phase = "over";
    this.#events.onOver(end, this.#waiting.filter(({ text }) => text.startsWith("#")).length, reason);
  }
}
