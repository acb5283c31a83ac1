// Parses option values. An invalid one throws a `UsageError` that names the expected form.

import { canonicalAddress, canonicalHostName, formatEndpoint, parseEndpoint, parsePort } from "../core/address.js";
import { parseDuration } from "../core/duration.js";
import { excerpt } from "../core/escape.js";
import { toNamedKey, type NamedKey } from "../core/known-key.js";
import { nameRule, toPeerName } from "../core/peer-name.js";
import { parseSeconds } from "../core/row-attributes.js";
import { parseTimePoint, type TimePoint } from "../core/time-point.js";
import type { Endpoint } from "../core/types.js";

export class UsageError extends Error {}

export function toFolder(word: string | undefined): string | undefined {
  if (word === "") throw new UsageError("--state-dir: expected a folder, found nothing");
  return word;
}

/** A group's name is also a folder name, so the rule for peer names applies. */
export function toGroup(word: string): string {
  const group = toPeerName(word);
  if (group === undefined) throw new UsageError(`--group: expected a name (${nameRule}), found "${excerpt(word)}"`);
  return group;
}

export function toKey(word: string): NamedKey {
  const key = toNamedKey(word);
  if (key === undefined)
    throw new UsageError(
      `p2p trust: expected a key of 64 hexadecimal digits or a fingerprint of 32, found "${excerpt(word)}"`,
    );
  return key;
}

export function toTimePoint(word: string): TimePoint {
  const point = parseTimePoint(word);
  if (point === undefined)
    throw new UsageError(
      `--since: expected a date (2026-03-01), a time (2026-03-01T12:00:00Z) or an age (2h, 7d), found "${excerpt(word)}"`,
    );
  return point;
}

export function toLimit(word: string): number {
  if (!/^[1-9]\d{0,8}$/.test(word))
    throw new UsageError(`--limit: expected a number of messages, 1 or more, found "${excerpt(word)}"`);
  return Number(word);
}

export function toPort(word: string, option = "--port"): number {
  const port = parsePort(word);
  if (port === undefined)
    throw new UsageError(`${option}: expected a number from 1 to 65535, found "${excerpt(word)}"`);
  return port;
}

export function toAddress(word: string, option = "--listen"): string {
  const address = canonicalAddress(word);
  if (address === undefined) throw new UsageError(`${option}: expected an IP address, found "${excerpt(word)}"`);
  return address;
}

/** `10.1.2.0:1255,10.1.3.0:6555`, without duplicates. */
export function toEndpoints(words: string, option: string): readonly Endpoint[] {
  const endpoints = words.split(",").map((word) => {
    const endpoint = parseEndpoint(word.trim(), 0);
    if (!endpoint.ok) throw new UsageError(`${option}: expected IP:PORT,IP:PORT,…, found "${excerpt(word)}"`);
    return { host: endpoint.value.host, port: endpoint.value.port };
  });
  return [...new Map(endpoints.map((endpoint) => [formatEndpoint(endpoint), endpoint])).values()];
}

/** An address or a host name, with an optional port. */
export function toServer(word: string, defaultPort: number, option: string): Endpoint {
  const [, name = "", portWord] = /^([^:[\]]+)(?::(\d{1,5}))?$/.exec(word) ?? [];
  const literal = parseEndpoint(word, defaultPort);
  if (literal.ok) return { host: literal.value.host, port: literal.value.port };
  const host = canonicalHostName(name);
  if (host === undefined)
    throw new UsageError(`${option}: expected an address or a host name, found "${excerpt(word)}"`);
  return { host, port: portWord === undefined ? defaultPort : toPort(portWord, option) };
}

/** Parses `10.1.2.0=Namita,10.1.3.0=Prerak`. */
export function toNames(words: string, option: string): ReadonlyMap<string, string> {
  return new Map(
    words.split(",").map((word) => {
      const [, address = "", name = ""] = /^\s*([^=\s]+)\s*=\s*(\S.*?)\s*$/.exec(word) ?? [];
      const host = canonicalAddress(address);
      if (host === undefined)
        throw new UsageError(`${option}: expected ADDRESS=NAME,ADDRESS=NAME,…, found "${excerpt(word)}"`);
      return [host, name] as const;
    }),
  );
}

export function toCount(word: string, option: string): number {
  if (!/^[1-9]\d{0,8}$/.test(word))
    throw new UsageError(`${option}: expected a number, 1 or more, found "${excerpt(word)}"`);
  return Number(word);
}

/** Number of a message. `expected` is the start of the error message, with the option's name. */
export function toSeq(word: string, expected: string): number {
  if (!/^[1-9]\d{0,14}$/.test(word)) throw new UsageError(`${expected}, found "${excerpt(word)}"`);
  return Number(word);
}

/** `10s` in milliseconds. */
export function toDuration(word: string, option: string): number {
  const duration = parseDuration(word);
  if (duration === undefined)
    throw new UsageError(`${option}: expected 500ms, 10s, 2m or 1h, found "${excerpt(word)}"`);
  return duration;
}

export function toIdleMs(word: string): number {
  const seconds = parseSeconds(word);
  if (seconds === undefined)
    throw new UsageError(`--idle-timeout: expected seconds (120, 0.5, or 0 for never), found "${excerpt(word)}"`);
  return seconds * 1_000;
}
