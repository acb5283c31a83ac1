// The named dialect: `sender/text`, LF, NUL, on a lasting connection that carries one direction only.
// Its programs read once per wake-up, so each message is one write, some time after the last one.

import { lingerMs, unendedQuietMs, unfinishedLineMs } from "../../core/limits.js";
import { namedBytesMax, namedSpacingMs, namedWriteBytesMax, senderNameCharsMax } from "../../core/older-limits.js";
import type { Dialect, Self } from "../dialect.js";
import { frameBytes, framed, prefixedDialect, type Said } from "./prefixed.js";

const pattern = new RegExp(String.raw`^([^/]{1,${String(senderNameCharsMax)}})/([^]*)$`);

export function namedDialect(self: Self): Dialect {
  const frame = framed(`${self.name}/`, "\n\0");
  return prefixedDialect({
    name: "named",
    traits: {
      identity: "sender",
      claim: "written",
      transport: "dialled",
      portionBytes: namedWriteBytesMax - frameBytes(frame),
      spacingMs: namedSpacingMs,
      farewell: false,
      quietMs: unendedQuietMs,
      unfinishedMs: unfinishedLineMs,
      lingerMs,
    },
    bytesMax: namedBytesMax,
    endedBy: "marks",
    read,
    frame,
    sendsEmpty: true,
  });
}

function read(message: string): Said {
  const [, name, text = ""] = pattern.exec(message) ?? [];
  return name === undefined ? { text: message } : { text, from: { name } };
}
