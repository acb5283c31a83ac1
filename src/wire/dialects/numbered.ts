// Codec of the numbered chat: `#1:hello`, `ACK1`, `/exit`, without a frame end. Each write of the peer usually arrives
// by itself; writes that arrive together are separated where possible. Bytes that are not a frame become a stray event.

import type { Bytes } from "../../core/types.js";
import { fromUtf8, toUtf8, utf8Bytes } from "../../core/utf8.js";

/** Maximum bytes of a message with its prefix: the older program's buffer. */
export const numberedBytesMax = 99;

export type NumberedEvent =
  | { readonly kind: "message"; readonly number: number; readonly text: string }
  | { readonly kind: "seen"; readonly number: number }
  | { readonly kind: "exit" }
  /** Bytes that are not a frame of this format. */
  | { readonly kind: "stray"; readonly text: string };

// Encoding.

/** The callee's answer to a call, one byte. */
export const encodeAnswer = (yes: boolean): Bytes => toUtf8(yes ? "y" : "n");
export const encodeMessage = (number: number, text: string): Bytes => toUtf8(`${prefix(number)}${text}`);
export const encodeSeen = (numbers: readonly number[]): Bytes => toUtf8(numbers.map((n) => `ACK${n}`).join(""));
export const encodeExit = (): Bytes => toUtf8("/exit");

const prefix = (number: number): string => `#${number}:`;

/** Splits `text` between characters into the part that fits into message `number` and the rest. */
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

// Decoding.

// A number has at most nine digits.
const message = /^#(\d{1,9}):/;
const seen = /^ACK(\d{1,9})/;
/** An incomplete frame head. */
const beginning = /^(?:#\d{0,9}|A|AC|ACK|\/|\/e|\/ex|\/exi)$/;
const exit = /^\/exit[\r\n]*$/;

export class NumberedDecoder {
  #held = "";
  /**
   * Our unacknowledged message. Only its number distinguishes an acknowledgement after a text from the end of the text.
   */
  #awaited: number | undefined;

  await(number: number | undefined): void {
    this.#awaited = number;
  }

  /** Whether a frame is incomplete. */
  get unfinished(): boolean {
    return this.#held !== "";
  }

  /** C programs may end a write with NULs, so each NUL separates two writes. */
  push(chunk: Bytes): readonly NumberedEvent[] {
    const writes = `${this.#held}${fromUtf8(chunk)}`.split("\0");
    this.#held = "";
    return writes.flatMap((write, index) => [...this.#frames(write, index === writes.length - 1)]);
  }

  /** Called after a quiet time or at the end of the connection: an incomplete frame counts as text. */
  flush(): readonly NumberedEvent[] {
    const held = this.#held;
    this.#held = "";
    return [...this.#frames(held, false)];
  }

  *#frames(write: string, last: boolean): Iterable<NumberedEvent> {
    for (let rest = write; rest !== "";) {
      if (last && this.#isIncomplete(rest)) return void (this.#held = rest);
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

  #isIncomplete(rest: string): boolean {
    const [, digits] = /^ACK(\d*)$/.exec(rest) ?? [];
    const awaited = this.#awaited === undefined ? "" : String(this.#awaited);
    return beginning.test(rest) || (digits !== undefined && digits !== awaited && awaited.startsWith(digits));
  }

  /** Separates a text from an acknowledgement that arrived directly after it, by the acknowledged number. */
  *#texts(number: number, text: string): Iterable<NumberedEvent> {
    const behind = this.#awaited === undefined ? "" : `ACK${this.#awaited}`;
    const acknowledged = behind !== "" && text.endsWith(behind);
    const own = acknowledged ? text.slice(0, -behind.length) : text;
    yield { kind: "message", number, text: withoutLineEnd(own) };
    if (acknowledged) yield { kind: "seen", number: this.#awaited as number };
  }
}

/** The head of the next number ends a text that arrived together with the next message. */
function endOfText(body: string, number: number): number {
  const next = body.indexOf(prefix(number + 1));
  return next < 0 ? body.length : next;
}

const withoutLineEnd = (text: string): string => text.replace(/[\r\n]+$/, "");

function stray(rest: string): readonly NumberedEvent[] {
  const text = withoutLineEnd(rest);
  return text === "" ? [] : [{ kind: "stray", text }];
}
