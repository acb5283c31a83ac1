// Codec of the older systems' messages: plain text after a prefix that names the sender. A descriptor for each dialect.
// Messages without a valid prefix are passed on without a sender, and the length of a message is bounded.

import { batchOf } from "../../core/batch.js";
import { concat } from "../../core/bytes.js";
import type { Bytes } from "../../core/types.js";
import { fromUtf8, toUtf8 } from "../../core/utf8.js";
import type { Decoder, Dialect, DialectTraits } from "../dialect.js";
import type { Sender, WireEvent } from "../event.js";
import { HeldBytes } from "../held-bytes.js";

const nul = 0;
const lineFeed = 10;

/** A decoded message. It may have several lines. */
export interface Said {
  readonly text: string;
  readonly from?: Sender;
  /** The answer that the sender expects on the same connection. */
  readonly reply?: string;
}

export interface Descriptor {
  readonly name: Dialect["name"];
  readonly traits: DialectTraits;
  /** Maximum bytes of an incoming message. */
  readonly bytesMax: number;
  /**
   * quiet: the first NUL, the connection's end or a quiet time ends a message. marks: each NUL and each line feed does
   * too.
   */
  readonly endedBy: "quiet" | "marks";
  /** Decodes a message; undefined for a valid one with an empty text that is not shown. */
  read(message: string): Said | undefined;
  /** Text before and after each of our texts. */
  readonly frame: Frame;
  /** Whether an empty text is a message. */
  readonly sendsEmpty: boolean;
}

export interface Frame {
  readonly before: string;
  readonly after: string;
}

const nuls = /\0/g;

/** Bytes added to each of our texts. */
export const frameBytes = ({ before, after }: Frame): number => toUtf8(before + after).length;

/** Removes NULs from the prefix, because a NUL would end the message. */
export const framed = (before: string, after = ""): Frame => ({ before: before.replace(nuls, ""), after });

export function prefixedDialect(descriptor: Descriptor): Dialect {
  return {
    name: descriptor.name,
    traits: descriptor.traits,
    decoder: () => (descriptor.endedBy === "quiet" ? new QuietDecoder(descriptor) : new MarksDecoder(descriptor)),
    encode: (events) =>
      toUtf8(events.map((event) => (event.kind === "texts" ? encoded(event.batch.texts, descriptor) : "")).join("")),
    keep: () => undefined,
  };
}

function encoded(texts: string, { frame, sendsEmpty }: Descriptor): string {
  const lines = texts.slice(0, -1).replace(nuls, "").split("\n");
  const sent = lines.filter((line) => sendsEmpty || line !== "");
  return sent.map((line) => frame.before + line + frame.after).join("");
}

function fault({ bytesMax }: Descriptor): WireEvent {
  return { kind: "fault", reason: `a message longer than ${String(bytesMax)} bytes` };
}

/** Each line of a message becomes a text of the batch. */
const textsEvent = ({ text, from, reply }: Said): WireEvent => ({
  kind: "texts",
  batch: batchOf(`${text}\n`),
  ...(from && { from }),
  ...(reply !== undefined && { reply }),
});

/**
 * Reads until the first NUL, the end or a quiet time. Bytes after a NUL are padding or old memory of older programs.
 */
class QuietDecoder implements Decoder {
  readonly #descriptor: Descriptor;
  readonly #held: HeldBytes;
  /** True after the message has ended: further bytes are dropped until a quiet time. */
  #skipping = false;

  constructor(descriptor: Descriptor) {
    this.#descriptor = descriptor;
    this.#held = new HeldBytes(descriptor.bytesMax);
  }

  get unfinished(): boolean {
    return this.#skipping || this.#held.length > 0;
  }

  push(chunk: Bytes): readonly WireEvent[] {
    if (this.#skipping) return [];
    const rest = this.#held.length === 0 ? withoutLeadingNuls(chunk) : chunk;
    const end = rest.indexOf(nul);
    const piece = end < 0 ? rest : rest.subarray(0, end);
    const overlong = piece.length > this.#held.room;
    this.#held.add(piece.subarray(0, this.#held.room));
    if (overlong) return [...this.#finish(), fault(this.#descriptor)];
    return end < 0 ? [] : this.#finish();
  }

  flush(): readonly WireEvent[] {
    const events = this.#held.length > 0 ? this.#finish() : [];
    this.#skipping = false;
    return events;
  }

  #finish(): readonly WireEvent[] {
    this.#skipping = true;
    const message = withoutEndMarks(fromUtf8(this.#held.take()));
    const said = message === "" ? undefined : this.#descriptor.read(message);
    return said === undefined ? [] : [textsEvent(said)];
  }
}

function withoutLeadingNuls(chunk: Bytes): Bytes {
  let start = 0;
  while (chunk[start] === nul) start += 1;
  return chunk.subarray(start);
}

const endWord = "\n<end>";

/** A loop, because a regular expression for trailing line feeds takes quadratic time on text full of line feeds. */
function withoutLineEnds(message: string): string {
  let end = message.length;
  while (end > 0 && (message[end - 1] === "\n" || message[end - 1] === "\r")) end -= 1;
  return message.slice(0, end);
}

function withoutEndMarks(message: string): string {
  const ended = withoutLineEnds(message);
  return ended.endsWith(endWord) ? withoutLineEnds(ended.slice(0, -endWord.length)) : ended;
}

/** Splits at each NUL and each line feed. Empty pieces are not messages. */
class MarksDecoder implements Decoder {
  readonly #descriptor: Descriptor;
  readonly #held: HeldBytes;

  constructor(descriptor: Descriptor) {
    this.#descriptor = descriptor;
    this.#held = new HeldBytes(descriptor.bytesMax);
  }

  get unfinished(): boolean {
    return this.#held.length > 0;
  }

  push(chunk: Bytes): readonly WireEvent[] {
    const { bytesMax } = this.#descriptor;
    // Split the chunk, so that only its first and last message can be too long.
    if (chunk.length > bytesMax)
      return [...this.push(chunk.subarray(0, bytesMax)), ...this.push(chunk.subarray(bytesMax))];
    const marks = marksIn(chunk);
    const head = chunk.subarray(0, marks?.first);
    if (head.length > this.#held.room) return this.#overflow(head);
    const body = marks === undefined ? nothing : concat([this.#held.take(), chunk.subarray(0, marks.last)]);
    this.#held.add(marks === undefined ? chunk : chunk.subarray(marks.last + 1));
    return this.#read(body);
  }

  flush(): readonly WireEvent[] {
    return this.#read(this.#held.take());
  }

  #overflow(head: Bytes): readonly WireEvent[] {
    this.#held.add(head.subarray(0, this.#held.room));
    return [...this.flush(), fault(this.#descriptor)];
  }

  #read(body: Bytes): readonly WireEvent[] {
    const messages = body.length === 0 ? [] : fromUtf8(body).split(markRun).map(withoutLineEnds);
    return joined(messages.flatMap((message) => (message === "" ? [] : (this.#descriptor.read(message) ?? []))));
  }
}

const nothing: Bytes = new Uint8Array(0);
const markRun = /[\n\0]+/;

/** The indexes of the first and the last mark. */
function marksIn(chunk: Bytes): { readonly first: number; readonly last: number } | undefined {
  const last = Math.max(chunk.lastIndexOf(nul), chunk.lastIndexOf(lineFeed));
  if (last < 0) return undefined;
  const firsts = [chunk.indexOf(nul), chunk.indexOf(lineFeed)].filter((at) => at >= 0);
  return { first: Math.min(...firsts), last };
}

/** Joins consecutive messages of one sender into one batch. */
function joined(all: readonly Said[]): readonly WireEvent[] {
  const runs: { from: Sender | undefined; texts: string[] }[] = [];
  for (const { text, from } of all) {
    const run = runs.at(-1);
    if (run !== undefined && run.from?.name === from?.name) run.texts.push(text);
    else runs.push({ from, texts: [text] });
  }
  return runs.map(({ from, texts }) => textsEvent({ text: texts.join("\n"), ...(from && { from }) }));
}
