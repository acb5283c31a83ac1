// The line dialect: UTF-8 text and LF, nothing else. The remote address identifies the sender.
// It has no acknowledgements: "sent" means that the kernel took the message.

import { batchOf } from "../../core/batch.js";
import { lineBytesMax, lingerMs, unendedQuietMs, unfinishedLineMs } from "../../core/limits.js";
import type { Bytes } from "../../core/types.js";
import { fromUtf8, Utf8Writer } from "../../core/utf8.js";
import type { Decoder, Dialect } from "../dialect.js";
import type { WireEvent } from "../event.js";
import { LineFramer } from "../line-framer.js";

class LineDecoder implements Decoder {
  readonly #framer = new LineFramer(lineBytesMax);

  get unfinished(): boolean {
    return this.#framer.unfinished;
  }

  push(chunk: Bytes): readonly WireEvent[] {
    const { blocks, overlong } = this.#framer.push(chunk);
    const events = blocks.map((lines) => textsEvent(fromUtf8(lines)));
    return overlong === 0 ? events : [...events, tooLong];
  }

  flush(): readonly WireEvent[] {
    const line = fromUtf8(this.#framer.flush());
    return /^\0*\n?$/.test(line) ? [] : [textsEvent(line)];
  }
}

const tooLong: WireEvent = { kind: "fault", reason: `a line longer than ${String(lineBytesMax)} bytes` };

const textsEvent = (texts: string): WireEvent => ({ kind: "texts", batch: batchOf(withoutNuls(texts)) });

/**
 * C programs end strings with NUL: leading NULs belong to the line before, and a NUL after text hides the rest of its
 * line.
 */
function withoutNuls(texts: string): string {
  if (!texts.includes("\0")) return texts;
  return texts
    .replace(/^\0+/, "")
    .replace(/\n\0+/g, "\n")
    .replace(/\0[^\n]*/g, "");
}

const writer = new Utf8Writer();

/** Joins the texts of all events, usually one. Other events have no bytes in this dialect. */
function textsOf(events: readonly WireEvent[]): string {
  let texts = "";
  for (const event of events) if (event.kind === "texts") texts += event.batch.texts;
  return texts;
}

export const lineDialect: Dialect = {
  name: "line",
  traits: {
    identity: "address",
    claim: "written",
    transport: "several",
    farewell: false,
    quietMs: unendedQuietMs,
    unfinishedMs: unfinishedLineMs,
    lingerMs,
  },
  decoder: () => new LineDecoder(),
  encode: (events) => writer.encode(textsOf(events)),
  keep: () => writer.keep(),
};
