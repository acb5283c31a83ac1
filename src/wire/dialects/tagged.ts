// The tagged dialect: `ip:port team text`, one message on a connection of its own, ended by the FIN.
// What the text says of the sender counts, not where it comes from.

import { canonicalAddress, formatEndpoint, isAllAddresses, parsePort } from "../../core/address.js";
import { unfinishedLineMs } from "../../core/limits.js";
import {
  oneShotLingerMs,
  senderNameCharsMax,
  taggedBytesMax,
  taggedQuietMs,
  taggedWriteBytesMax,
} from "../../core/older-limits.js";
import type { Dialect, Self } from "../dialect.js";
import type { Sender } from "../event.js";
import { frameBytes, framed, prefixedDialect, type Said } from "./prefixed.js";

// Bare or in brackets, on one line or on several. One program announces itself with a connect of its own before the message,
// and waits for an answer to it.
const pattern = new RegExp(
  String.raw`^(\d{1,5}\nCONNECT\n)?<?(\[[^\]\s]{2,60}\]|[\d.]{7,15}):(\d{1,5})>?\s+(?:@\s*)?<?(\S{1,${String(senderNameCharsMax)}}?)>?\s([^]*)$`,
);

/** A team as it stands on the wire: a space would end it. */
const teamOf = (name: string): string => name.trim().replace(/\s+/g, "-");

export function taggedDialect(self: Self): Dialect {
  const frame = framed(`${formatEndpoint(self)} ${teamOf(self.name)} `);
  return prefixedDialect({
    name: "tagged",
    traits: {
      identity: "sender",
      claim: "written",
      transport: "one-shot",
      portionBytes: taggedWriteBytesMax - frameBytes(frame),
      farewell: false,
      quietMs: taggedQuietMs,
      unfinishedMs: unfinishedLineMs,
      lingerMs: oneShotLingerMs,
    },
    bytesMax: taggedBytesMax,
    endedBy: "quiet",
    read,
    frame,
    sendsEmpty: true,
  });
}

function read(message: string): Said {
  const [, announced, host = "", port = "", name = "", text = ""] = pattern.exec(message) ?? [];
  const from = senderOf(host, parsePort(port), name);
  if (from === undefined) return { text: message };
  return announced === undefined ? { text, from } : { text, from, reply: "Message received" };
}

/** Who does not know his own address says 0.0.0.0: then the connection's counts. */
function senderOf(host: string, port: number | undefined, name: string): Sender | undefined {
  const address = canonicalAddress(host.replace(/^\[|\]$/g, ""));
  if (address === undefined || port === undefined) return undefined;
  return isAllAddresses(address) ? { name, port } : { name, host: address, port };
}
