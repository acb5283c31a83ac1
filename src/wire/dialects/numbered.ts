// The numbered chat: `#1:hello`, `ACK1`, `/exit`, and nothing that ends a frame. A write of the other side's usually
// arrives by itself; what arrives together is told apart as far as it can be. It refuses nothing: what is no frame is a stray.

import type { Bytes } from "../../core/types.js";
import { fromUtf8, toUtf8, utf8Bytes } from "../../core/utf8.js";

/** Messages with their prefix are no longer: the older program's buffer. */
export const numberedBytesMax = 99;

export type NumberedEvent =
  | { readonly kind: "message"; readonly number: number; readonly text: string }
  | { readonly kind: "seen"; readonly number: number }
  | { readonly kind: "exit" }
  /** Bytes that have no number and are no word of this format. */
  | { readonly kind: "stray"; readonly text: string };

// The way out.

/** The callee's answer is one byte. */
export const encodeAnswer = (yes: boolean): Bytes => toUtf8(yes ? "y" : "n");
export const encodeMessage = (number: number, text: string): Bytes => toUtf8(`${prefix(number)}${text}`);
export const encodeSeen = (numbers: readonly number[]): Bytes => toUtf8(numbers.map((n) => `ACK${n}`).join(""));
export const encodeExit = (): Bytes => toUtf8("/exit");

const prefix = (number: number): string => `#${number}:`;

/** As much of `text` as one message of this number can carry, never part of a character; and what is left. */
export function portion(number: number, text: string, bytesMax = numberedBytesMax): readonly [string, string] {
  const room = bytesMax - prefix(number).length;
  if (utf8Bytes(text.slice(0, room + 1)) <= room) return [text, ""];
  let [at, bytes] = [0, 0];
  for (const character of text) {
    bytes += utf8Bytes(character);
    if (bytes > room) break;
    at += character.length;
  }
  return [text.slice(0, at), text.slice(at)];
}

// The way in.

// A count that outgrows nine digits is none.
const message = /^#(\d{1,9}):/;
const seen = /^ACK(\d{1,9})/;
/** What may be the beginning of a frame's head. */
const beginning = /^(?:#\d{0,9}|A|AC|ACK|\/|\/e|\/ex|\/exi)$/;
const exit = /^\/exit[\r\n]*$/;

export class NumberedDecoder {
  #held = "";
  /** Our message that the other side has not acknowledged: the one number that tells an acknowledgement from a text's end. */
  #awaited: number | undefined;

  await(number: number | undefined): void {
    this.#awaited = number;
  }

  /** Whether the beginning of a frame waits for its rest. */
  get unfinished(): boolean {
    return this.#held !== "";
  }

  /** C programs may end a write with NULs: each begins anew behind them. */
  push(chunk: Bytes): readonly NumberedEvent[] {
    const writes = `${this.#held}${fromUtf8(chunk)}`.split("\0");
    this.#held = "";
    return writes.flatMap((write, index) => [...this.#frames(write, index === writes.length - 1)]);
  }

  /** After quiet, or at the end of the connection: no rest comes. */
  flush(): readonly NumberedEvent[] {
    const held = this.#held;
    this.#held = "";
    return [...this.#frames(held, false)];
  }

  *#frames(write: string, last: boolean): Iterable<NumberedEvent> {
    for (let rest = write; rest !== "";) {
      if (last && this.#mayGoOn(rest)) return void (this.#held = rest);
      const head = seen.exec(rest) ?? message.exec(rest);
      if (head === null) return yield* exit.test(rest) ? [{ kind: "exit" } as const] : stray(rest);
      const number = Number(head[1]);
      const body = rest.slice(head[0].length);
      if (head[0].startsWith("#")) {
        const end = endOfText(body, number);
        yield* this.#texts(number, body.slice(0, end));
        rest = body.slice(end);
      } else {
        yield { kind: "seen", number };
        rest = body;
      }
    }
  }

  #mayGoOn(rest: string): boolean {
    const [, digits] = /^ACK(\d*)$/.exec(rest) ?? [];
    const awaited = this.#awaited === undefined ? "" : String(this.#awaited);
    return beginning.test(rest) || (digits !== undefined && digits !== awaited && awaited.startsWith(digits));
  }

  /** An acknowledgement that came right behind a text is told from it by its number. */
  *#texts(number: number, text: string): Iterable<NumberedEvent> {
    const behind = this.#awaited === undefined ? "" : `ACK${this.#awaited}`;
    const acknowledged = behind !== "" && text.endsWith(behind);
    const own = acknowledged ? text.slice(0, -behind.length) : text;
    yield { kind: "message", number, text: withoutLineEnd(own) };
    if (acknowledged) yield { kind: "seen", number: this.#awaited as number };
  }
}

/** The next message has the next number: its head ends a text that came together with it. */
function endOfText(body: string, number: number): number {
  const next = body.indexOf(prefix(number + 1));
  return next < 0 ? body.length : next;
}

const withoutLineEnd = (text: string): string => text.replace(/[\r\n]+$/, "");

function stray(rest: string): readonly NumberedEvent[] {
  const text = withoutLineEnd(rest);
  return text === "" ? [] : [{ kind: "stray", text }];
}
