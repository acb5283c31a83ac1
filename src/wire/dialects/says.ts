// The says dialect: `name[PORT:n] says: text`, one message per connection. Answers go to the remote address, port n.
// Its programs send no empty texts; empty texts are neither sent nor shown.

import { parsePort } from "../../core/address.js";
import { unfinishedLineMs } from "../../core/limits.js";
import {
  oneShotLingerMs,
  saysBytesMax,
  saysQuietMs,
  saysTextBytesMax,
  saysWriteBytesMax,
  senderNameCharsMax,
} from "../../core/older-limits.js";
import type { Dialect, Self } from "../dialect.js";
import { frameBytes, framed, prefixedDialect, type Said } from "./prefixed.js";

const pattern = new RegExp(String.raw`^(.{0,${String(senderNameCharsMax)}}?)\s?\[PORT:(\d{1,5})\] says: ?([^]*)$`);

export function saysDialect(self: Self): Dialect {
  const frame = framed(`${self.name}[PORT:${String(self.port)}] says: `, "\0");
  return prefixedDialect({
    name: "says",
    traits: {
      identity: "sender",
      claim: "written",
      transport: "one-shot",
      portionBytes: Math.min(saysTextBytesMax, saysWriteBytesMax - frameBytes(frame)),
      farewell: false,
      quietMs: saysQuietMs,
      unfinishedMs: unfinishedLineMs,
      lingerMs: oneShotLingerMs,
    },
    bytesMax: saysBytesMax,
    endedBy: "quiet",
    read,
    frame,
    sendsEmpty: false,
  });
}

function read(message: string): Said | undefined {
  const [, name, digits = "", text = ""] = pattern.exec(message) ?? [];
  const port = parsePort(digits);
  if (name === undefined || port === undefined) return { text: message };
  return text === "" ? undefined : { text, from: { name, port } };
}
