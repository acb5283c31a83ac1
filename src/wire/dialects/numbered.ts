// Codec of the numbered chat: `#1:hello`, `ACK1`, `/exit`, without a frame end. Each write of the peer usually arrives
// by itself; writes that arrive together are separated where possible. Bytes that are not a frame become a stray event.
// On a private line the same chat travels in frames of the secure dialect.

import { lineBytesMax } from "../../core/limits.js";
import type { Bytes } from "../../core/types.js";
import { fromUtf8, piecesOfText, toUtf8 } from "../../core/utf8.js";
import { batchOf } from "../../core/batch.js";
import type { WireEvent } from "../event.js";
import { secureDialect } from "./secure.js";

/** Maximum bytes of a message with its prefix: the older program's buffer. */
export const numberedBytesMax = 99;

export type NumberedEvent =
  /** The callee's answer to our call. */
  | { readonly kind: "answer"; readonly accepted: boolean }
  | { readonly kind: "message"; readonly number: number; readonly text: string }
  | { readonly kind: "seen"; readonly number: number }
  | { readonly kind: "exit" }
  /** Bytes that are not a frame of this format. */
  | { readonly kind: "stray"; readonly text: string };

/** Encodes and decodes a chat. */
export interface NumberedCodec {
  /** Splits a text into the part that fits into message `number` and the rest. */
  portion(number: number, text: string): readonly [string, string];
  answer(accepted: boolean): Bytes;
  message(number: number, text: string): Bytes;
  seen(numbers: readonly number[]): Bytes;
  exit(): Bytes;
  /** Says nothing but that we are alive; undefined if the format has no such frame. */
  pulse(): Bytes | undefined;
  reader(caller: boolean): NumberedReader;
}

/** Decodes one connection. It never throws. */
export interface NumberedReader {
  /** Whether a frame is incomplete, which counts as text after a quiet time. */
  readonly unfinished: boolean;
  /** Sets the number of our unacknowledged message. */
  await(number: number | undefined): void;
  push(chunk: Bytes): readonly NumberedEvent[];
  /** Called after a quiet time or at the end of the connection. */
  flush(): readonly NumberedEvent[];
}

const prefix = (number: number): string => `#${number}:`;

/** Splits between characters. */
function split(text: string, bytes: number): readonly [string, string] {
  const [first = ""] = piecesOfText(text.slice(0, bytes), bytes);
  return [first, text.slice(first.length)];
}

export const clearNumbered: NumberedCodec = {
  portion: (number, text) => split(text, numberedBytesMax - prefix(number).length),
  answer: (accepted) => toUtf8(accepted ? "y" : "n"),
  message: (number, text) => toUtf8(`${prefix(number)}${text}`),
  seen: (numbers) => toUtf8(numbers.map((number) => `ACK${number}`).join("")),
  exit: () => toUtf8("/exit"),
  pulse: () => undefined,
  reader: (caller) => new NumberedDecoder(caller),
};

// Decoding.

// A number has at most nine digits.
const message = /^#(\d{1,9}):/;
const seen = /^ACK(\d{1,9})/;
/** An incomplete frame head. */
const beginning = /^(?:#\d{0,9}|A|AC|ACK|\/|\/e|\/ex|\/exi)$/;
const exit = /^\/exit[\r\n]*$/;

export class NumberedDecoder implements NumberedReader {
  #held = "";
  /**
   * Our unacknowledged message. Only its number distinguishes an acknowledgement after a text from the end of the text.
   */
  #awaited: number | undefined;
  #calling: boolean;

  /** `calling`: the first byte answers our call. */
  constructor(calling = false) {
    this.#calling = calling;
  }

  await(number: number | undefined): void {
    this.#awaited = number;
  }

  get unfinished(): boolean {
    return this.#held !== "";
  }

  /** C programs may end a write with NULs, so each NUL separates two writes. */
  push(chunk: Bytes): readonly NumberedEvent[] {
    if (this.#calling && chunk.length > 0) {
      this.#calling = false;
      return [{ kind: "answer", accepted: /^y/i.test(fromUtf8(chunk)) }, ...this.push(chunk.subarray(1))];
    }
    const writes = `${this.#held}${fromUtf8(chunk)}`.split("\0");
    this.#held = "";
    return writes.flatMap((write, index) => [...this.#frames(write, index === writes.length - 1)]);
  }

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

// The private line.

const noTag = "0".repeat(16);
const encodePrivately = (events: readonly WireEvent[]): Bytes => new Uint8Array(secureDialect.encode(events));
const ack = (received: number): WireEvent => ({ kind: "ack", received, granted: 0 });
const bye: WireEvent = { kind: "bye", reason: "quit" };
/** Ready for the caller's messages. */
const ready: WireEvent = { kind: "position", stream: "0".repeat(32), received: 0, tag: noTag, granted: 0 };

export const privateNumbered: NumberedCodec = {
  portion: (_number, text) => split(text, lineBytesMax),
  answer: (accepted) => encodePrivately([accepted ? ready : bye]),
  message: (seq, text) =>
    encodePrivately([{ kind: "texts", batch: batchOf(`${text}\n`), at: { seq, tag: noTag, bytes: 0 } }]),
  seen: (numbers) => encodePrivately(numbers.map(ack)),
  exit: () => encodePrivately([bye]),
  pulse: () => encodePrivately([ack(0)]),
  reader: () => new PrivateDecoder(),
};

class PrivateDecoder implements NumberedReader {
  readonly unfinished = false;
  readonly #frames = secureDialect.decoder();

  await(): void {
    // Acknowledgements are frames of their own.
  }

  push(chunk: Bytes): readonly NumberedEvent[] {
    return this.#frames.push(chunk).flatMap(eventsOf);
  }

  flush(): readonly NumberedEvent[] {
    return [];
  }
}

function eventsOf(event: WireEvent): readonly NumberedEvent[] {
  switch (event.kind) {
    case "position":
      return [{ kind: "answer", accepted: true }];
    case "texts":
      return event.batch.texts
        .slice(0, -1)
        .split("\n")
        .map((text, index) => ({ kind: "message", number: (event.at?.seq ?? 0) + index, text }));
    case "ack":
      return [{ kind: "seen", number: event.received }];
    case "bye":
    case "fault":
      return [{ kind: "exit" }];
    default:
      return [];
  }
}
