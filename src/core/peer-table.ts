// The group file: a count, then name and address of each member, any white space between.
// It promises one error that names file, line and what was expected; it never accepts half a table.

import { formatEndpoint, parseEndpoint } from "./address.js";
import { excerpt } from "./escape.js";
import { nameLengthMax, tableBytesMax } from "./limits.js";
import {
  fault,
  ok,
  type Bytes,
  type DialectName,
  type Endpoint,
  type IdlePolicy,
  type Peer,
  type PeerName,
  type Result,
} from "./types.js";

/** What holds for rows that do not say otherwise. */
export interface TableDefaults {
  readonly port: number;
  readonly dialect: DialectName;
  /** 0 for never. */
  readonly idleMs: number;
}

export class PeerTable {
  readonly peers: readonly Peer[];
  readonly #byName: ReadonlyMap<string, Peer>;

  constructor(peers: readonly Peer[]) {
    this.peers = peers;
    this.#byName = new Map(peers.map((peer) => [peer.name, peer]));
  }

  /** Any Unicode normal form finds the member. */
  find(name: string): Peer | undefined {
    return this.#byName.get(name) ?? this.#byName.get(name.normalize("NFC"));
  }
}

interface Token {
  readonly text: string;
  readonly line: number;
}

/** A row together with where it stands, while the file is being read. */
interface Row {
  readonly peer: Peer;
  readonly line: number;
}

export const dialectNames: readonly DialectName[] = ["line"];

const namePattern = /^[\p{L}\p{Nd}][\p{L}\p{M}\p{Nd}._-]*$/u;
const largestIdleSeconds = 31_536_000;

/** `file` is the name that errors give. */
export function parsePeerTable(file: string, content: Bytes, defaults: TableDefaults): Result<PeerTable> {
  const text = decode(content);
  if (!text.ok) return fault(`${file}:${text.message}`);
  const reader = new TableReader(text.value, defaults);
  const table = reader.read();
  return table.ok ? table : fault(`${file}:${String(reader.line)}: ${table.message}`);
}

/** The message begins with the line. */
function decode(content: Bytes): Result<string> {
  if (content.length > tableBytesMax)
    return fault(`1: expected a group file, found more than ${String(tableBytesMax)} bytes`);
  const text = strictUtf8(content);
  return text === undefined
    ? fault(`${String(firstBadLine(content))}: expected UTF-8 text, found other bytes`)
    : ok(text);
}

function strictUtf8(content: Bytes): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(content);
  } catch {
    return undefined;
  }
}

/** Whole lines are decoded, because a replacement character may honestly stand in the file. */
function firstBadLine(content: Bytes): number {
  let line = 1;
  for (let start = 0; start < content.length; line += 1) {
    const end = endOfLine(content, start);
    if (strictUtf8(content.subarray(start, end)) === undefined) return line;
    start = end;
  }
  return line;
}

/** After the line feed, or after the carriage return that stands alone. */
function endOfLine(content: Bytes, start: number): number {
  let at = start;
  while (at < content.length && content[at] !== 10 && (content[at] !== 13 || content[at + 1] === 10)) at += 1;
  return Math.min(content.length, at + 1);
}

/** Every white space separates; a `#` that begins a word hides the rest of its line. */
function tokenize(text: string): Token[] {
  return text.split(/\r\n|\n|\r/).flatMap((line, index) => {
    const words = line.match(/\S+/g) ?? [];
    const comment = words.findIndex((word) => word.startsWith("#"));
    return (comment < 0 ? words : words.slice(0, comment)).map((word) => ({ text: word, line: index + 1 }));
  });
}

class TableReader {
  readonly #tokens: readonly Token[];
  readonly #defaults: TableDefaults;
  readonly #rows: Row[] = [];
  readonly #lineOfName = new Map<string, number>();
  readonly #lineOfEndpoint = new Map<string, number>();
  readonly #lineOfLineHost = new Map<string, number>();
  #next = 0;
  /** Where reading stands; after a fault, where it is. */
  line = 1;

  constructor(text: string, defaults: TableDefaults) {
    this.#tokens = tokenize(text);
    this.#defaults = defaults;
    this.line = Math.max(1, text.trimEnd().split("\n").length);
  }

  read(): Result<PeerTable> {
    if (this.#tokens.length === 0) return fault("expected the number of peers, found an empty file");
    const count = this.#readCount();
    if (!count.ok) return count;
    while (this.#next < this.#tokens.length) {
      const row = this.#readRow();
      if (!row.ok) return row;
    }
    if (this.#rows.length === count.value) return ok(new PeerTable(this.#rows.map((row) => row.peer)));
    this.line = count.line;
    return fault(`expected ${plural(count.value, "peer")} as the count says, found ${String(this.#rows.length)}`);
  }

  #take(): Token | undefined {
    const token = this.#tokens[this.#next];
    if (token === undefined) return undefined;
    this.#next += 1;
    this.line = token.line;
    return token;
  }

  #readCount(): { ok: true; value: number; line: number } | { ok: false; message: string } {
    const token = this.#take();
    if (token === undefined || !/^\d{1,7}$/.test(token.text) || Number(token.text) === 0)
      return { ok: false, message: `expected the number of peers, found ${found(token)}` };
    return { ok: true, value: Number(token.text), line: token.line };
  }

  #readRow(): Result<null> {
    const name = this.#readName();
    if (!name.ok) return name;
    const address = this.#readAddress(name.value);
    if (!address.ok) return address;
    const line = this.line;
    const attributes = this.#readAttributes();
    if (!attributes.ok) return attributes;
    const peer = { name: name.value, ...address.value, ...attributes.value };
    this.#rows.push({ peer, line });
    this.line = line;
    return this.#checkUnique(peer, line);
  }

  #readName(): Result<PeerName> {
    const token = this.#take();
    const name = token?.text.normalize("NFC") ?? "";
    if (!namePattern.test(name) || Array.from(name).length > nameLengthMax)
      return fault(
        `expected a name (1 to ${String(nameLengthMax)} letters, digits, ".", "_" or "-", beginning with a letter or digit), found ${found(token)}`,
      );
    const earlier = this.#lineOfName.get(name);
    if (earlier !== undefined)
      return fault(`expected a new name, found "${name}" again (first on line ${String(earlier)})`);
    this.#lineOfName.set(name, this.line);
    return ok(name as PeerName);
  }

  #readAddress(name: PeerName): Result<Endpoint & { readonly ownPort: boolean }> {
    const token = this.#take();
    const wanted = `expected an IP address after "${name}", found ${found(token)}`;
    if (token === undefined) return fault(wanted);
    const endpoint = parseEndpoint(token.text, this.#defaults.port);
    if (endpoint.ok) return endpoint;
    return fault(
      endpoint.message.includes("port") && /\d:\d|\]:\d/.test(token.text) && !/address/.test(endpoint.message)
        ? `${endpoint.message} after "${name}", found ${found(token)}`
        : wanted,
    );
  }

  #readAttributes(): Result<Pick<Peer, "dialect" | "idle">> {
    const seen = new Map<string, string>();
    while (this.#tokens[this.#next]?.text.includes("=") === true) {
      const token = this.#take();
      const [word, value] = splitOnce(token?.text ?? "", "=");
      if (seen.has(word)) return fault(`expected each attribute once, found "${excerpt(word)}" again`);
      if (word !== "dialect" && word !== "idle") return fault(`expected dialect=… or idle=…, found ${found(token)}`);
      seen.set(word, value);
    }
    return this.#resolve(seen.get("dialect"), seen.get("idle"));
  }

  #resolve(dialectWord: string | undefined, idleWord: string | undefined): Result<Pick<Peer, "dialect" | "idle">> {
    const dialect = dialectNames.find((name) => name === (dialectWord ?? this.#defaults.dialect));
    if (dialect === undefined)
      return fault(`expected dialect=${dialectNames.join(" or dialect=")}, found "${excerpt(dialectWord ?? "")}"`);
    const idle = parseIdle(idleWord, this.#defaults.idleMs);
    return idle.ok ? ok({ dialect, idle: idle.value }) : idle;
  }

  #checkUnique(peer: Peer, line: number): Result<null> {
    const endpoint = formatEndpoint(peer);
    const same = this.#lineOfEndpoint.get(endpoint);
    if (same !== undefined)
      return fault(
        `expected an address and port of its own for "${peer.name}", found ${endpoint} again (first on line ${String(same)})`,
      );
    this.#lineOfEndpoint.set(endpoint, line);
    const neighbour = this.#lineOfLineHost.get(peer.host);
    if (neighbour !== undefined)
      return fault(
        `expected an address of its own for "${peer.name}", found ${peer.host} again (first on line ${String(neighbour)}): in the line dialect the address tells who is speaking`,
      );
    this.#lineOfLineHost.set(peer.host, line);
    return ok(null);
  }
}

function parseIdle(word: string | undefined, defaultMs: number): Result<IdlePolicy> {
  const byDefault: IdlePolicy = { kind: defaultMs === 0 ? "never" : "close", afterMs: defaultMs };
  if (word === undefined) return ok(byDefault);
  if (word === "never") return ok({ kind: "never", afterMs: 0 });
  if (word === "detach") return ok({ ...byDefault, kind: defaultMs === 0 ? "never" : "detach" });
  const seconds = parseSeconds(word);
  if (seconds === undefined)
    return fault(`expected idle=SECONDS, idle=detach or idle=never, found "idle=${excerpt(word)}"`);
  return ok({ kind: seconds === 0 ? "never" : "close", afterMs: seconds * 1_000 });
}

/** Seconds with an optional fraction, up to a year; undefined for anything else. */
export function parseSeconds(word: string): number | undefined {
  const seconds = /^\d+(\.\d+)?$|^\.\d+$/.test(word) ? Number(word) : NaN;
  return seconds <= largestIdleSeconds ? seconds : undefined;
}

/**
 * Gives every member an address of its own under 127.0.0.0/8 by its position, so that a whole group runs on one
 * machine. 127.0.0.x is left alone: other local programs speak from 127.0.0.1.
 */
export function onLoopback(table: PeerTable): PeerTable {
  return new PeerTable(table.peers.map((peer, index) => ({ ...peer, host: loopbackAddress(index + 1) })));
}

function loopbackAddress(position: number): string {
  const number = position + 65_536;
  return `127.${String((number >> 16) & 255)}.${String((number >> 8) & 255)}.${String(number & 255)}`;
}

export function splitOnce(text: string, separator: string): readonly [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + separator.length)];
}

const found = (token: Token | undefined): string =>
  token === undefined ? "the end of the file" : `"${excerpt(token.text)}"`;

export const plural = (count: number, noun: string): string => `${String(count)} ${noun}${count === 1 ? "" : "s"}`;
