// Codec of the older systems' messages: plain text after a prefix that names the sender. A descriptor for each dialect.
// Messages without a valid prefix are passed on without a sender, and the length of a message is bounded.

import { batchOf } from "../../core/batch.js";
import type { Bytes } from "../../core/types.js";
import { fromUtf8, toUtf8 } from "../../core/utf8.js";
import type { Decoder, Dialect, DialectTraits } from "../dialect.js";
import type { Sender, WireEvent } from "../event.js";
import { HeldBytes } from "../held-bytes.js";
import { LineFramer } from "../line-framer.js";

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

/** Splits at each NUL and each line feed. Empty pieces are not messages. A message that is too long is dropped. */
class MarksDecoder implements Decoder {
  readonly #descriptor: Descriptor;
  readonly #framer: LineFramer;

  constructor(descriptor: Descriptor) {
    this.#descriptor = descriptor;
    this.#framer = new LineFramer(descriptor.bytesMax);
  }

  get unfinished(): boolean {
    return this.#framer.unfinished;
  }

  push(chunk: Bytes): readonly WireEvent[] {
    const { blocks, overlong } = this.#framer.push(chunk.map((byte) => (byte === nul ? lineFeed : byte)));
    const events = blocks.flatMap((block) => this.#read(block));
    return overlong === 0 ? events : [...events, fault(this.#descriptor)];
  }

  flush(): readonly WireEvent[] {
    return this.#read(this.#framer.flush());
  }

  #read(block: Bytes): readonly WireEvent[] {
    const messages = fromUtf8(block).split("\n").map(withoutLineEnds);
    return joined(messages.flatMap((message) => (message === "" ? [] : (this.#descriptor.read(message) ?? []))));
  }
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
