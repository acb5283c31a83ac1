// The tagged dialect: `ip:port team text`, one message per connection, ended by the FIN.
// The text names the sender; the remote address is not used.

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

// The address may be bare or in angle brackets, on one line or several. One program sends a CONNECT line before the
// message and waits for an answer.
const pattern = new RegExp(
  String.raw`^(\d{1,5}\nCONNECT\n)?<?(\[[^\]\s]{2,60}\]|[\d.]{7,15}):(\d{1,5})>?\s+(?:@\s*)?<?(\S{1,${String(senderNameCharsMax)}}?)>?\s([^]*)$`,
);

/** The team name on the wire. It cannot contain spaces, because a space ends it. */
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

/** A sender that does not know its own address sends 0.0.0.0; the connection's remote address is then used. */
function senderOf(host: string, port: number | undefined, name: string): Sender | undefined {
  const address = canonicalAddress(host.replace(/^\[|\]$/g, ""));
  if (address === undefined || port === undefined) return undefined;
  return isAllAddresses(address) ? { name, port } : { name, host: address, port };
}
