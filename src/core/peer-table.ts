// Parses the group file: a count, then name and address of each member, separated by white space.
// It reports one error with file, line and what was expected; it never accepts a part of a table.

import { parseGroupLine, type Conversation } from "./group-lines.js";
import { isAddress, isNotUnicast, parseEndpoint, parseNamedEndpoint, portExpected } from "./address.js";
import { excerpt } from "./escape.js";
import { tableBytesMax } from "./limits.js";
import { nearest } from "./nearest.js";
import { nameRule, toPeerName } from "./peer-name.js";
import {
  attributeNames,
  laterAttributeNames,
  resolveAttributes,
  type AttributeName,
  type Attributes,
} from "./row-attributes.js";
import { RowConflicts } from "./row-conflicts.js";
import {
  fault,
  ok,
  type Bytes,
  type DialectName,
  type Endpoint,
  type Peer,
  type PeerName,
  type PublicKey,
  type Result,
} from "./types.js";

/** Values for rows that do not set their own. */
export interface TableDefaults {
  readonly port: number;
  readonly dialect: DialectName;
  /** 0 for never. */
  readonly idleMs: number;
}

export class PeerTable {
  readonly peers: readonly Peer[];
  /** The conversations of the group lines. */
  readonly conversations: readonly Conversation[];
  /** Parts of the file that this version ignores, as sentences for the user. */
  readonly remarks: readonly string[];
  readonly #byName: ReadonlyMap<string, Peer>;
  readonly #byKey: ReadonlyMap<PublicKey, Peer>;

  constructor(peers: readonly Peer[], conversations: readonly Conversation[] = [], remarks: readonly string[] = []) {
    this.peers = peers;
    this.conversations = conversations;
    this.remarks = remarks;
    this.#byName = new Map(peers.map((peer) => [peer.name, peer]));
    this.#byKey = new Map(peers.flatMap((peer) => (peer.key === undefined ? [] : [[peer.key, peer] as const])));
  }

  /** Finds a member by a name in any Unicode normal form. */
  find(name: string): Peer | undefined {
    return this.#byName.get(name) ?? this.#byName.get(name.normalize("NFC"));
  }

  /** The member whose row has this key. */
  withKey(key: PublicKey): Peer | undefined {
    return this.#byKey.get(key);
  }

  /**
   * The member whose name was probably meant by a mistyped one, for a hint. Names are case-sensitive, and a guess is
   * never used.
   */
  meant(name: string): Peer | undefined {
    const names = this.peers.map((peer) => peer.name);
    const guess = nearest(name.normalize("NFC"), names);
    return guess?.close === true ? this.find(guess.name) : undefined;
  }
}

interface Token {
  readonly text: string;
  readonly line: number;
  /** Whether it is the first word of its line. */
  readonly first: boolean;
}

/** `file` is the file name for error messages. */
export function parsePeerTable(file: string, content: Bytes, defaults: TableDefaults): Result<PeerTable> {
  const text = decode(content);
  if (!text.ok) return fault(`${file}:${text.message}`);
  const reader = new TableReader(file, text.value, defaults);
  const table = reader.read();
  return table.ok ? table : fault(`${file}:${String(reader.line)}: ${table.message}`);
}

/** A fault's message begins with the line number. */
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

/** Decodes line by line: a search for U+FFFD would also find one that the file really contains. */
function firstBadLine(content: Bytes): number {
  let line = 1;
  for (let start = 0; start < content.length; line += 1) {
    const end = endOfLine(content, start);
    if (strictUtf8(content.subarray(start, end)) === undefined) return line;
    start = end;
  }
  return line;
}

/** The index after the line feed, or after a carriage return without a line feed. */
function endOfLine(content: Bytes, start: number): number {
  let at = start;
  while (at < content.length && content[at] !== 10 && (content[at] !== 13 || content[at + 1] === 10)) at += 1;
  return Math.min(content.length, at + 1);
}

/** Splits at white space; a `#` at the beginning of a word comments out the rest of the line. */
function tokenize(text: string): Token[] {
  return text.split(/\r\n|\n|\r/).flatMap((line, index) => {
    const words = line.match(/\S+/g) ?? [];
    const comment = words.findIndex((word) => word.startsWith("#"));
    return (comment < 0 ? words : words.slice(0, comment)).map((word, at) => ({
      text: word,
      line: index + 1,
      first: at === 0,
    }));
  });
}

class TableReader {
  readonly #file: string;
  readonly #tokens: readonly Token[];
  readonly #defaults: TableDefaults;
  readonly #peers: Peer[] = [];
  readonly #lineOfName = new Map<string, number>();
  readonly #conflicts = new RowConflicts();
  readonly #conversations: Conversation[] = [];
  readonly #remarks: string[] = [];
  #next = 0;
  /** The current line; after a fault, its line. */
  line = 1;

  constructor(file: string, text: string, defaults: TableDefaults) {
    this.#file = file;
    this.#tokens = tokenize(text);
    this.#defaults = defaults;
    this.line = Math.max(1, text.trimEnd().split("\n").length);
  }

  read(): Result<PeerTable> {
    if (this.#tokens.length === 0) return fault("expected the number of peers, found an empty file");
    const count = this.#readCount();
    if (!count.ok) return count;
    while (this.#next < this.#tokens.length) {
      const read = this.#atGroupLine(count.value) ? this.#readGroupLine() : this.#readRow();
      if (!read.ok) return read;
    }
    if (this.#peers.length === count.value) return ok(new PeerTable(this.#peers, this.#conversations, this.#remarks));
    this.line = count.line;
    const rows = `expected ${plural(count.value, "peer")} as the count says, found ${this.#peers.length}`;
    return fault(this.#peers.length < count.value ? `${rows}${this.#suspect()}` : rows);
  }

  /** A hint for a count that is too small: if a row has no address, the next name was read as its host. */
  #suspect(): string {
    const taken = this.#peers.find(({ host }) => !isAddress(host) && !host.includes("."));
    return taken === undefined ? "" : `; "${taken.host}" was read as ${taken.name}'s host, is an address missing?`;
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
    this.#peers.push(peer);
    this.line = line;
    const host = checkHost(peer);
    return host.ok ? this.#conflicts.add(peer, line) : host;
  }

  /** Whether a group line begins here. Before the last row, `group` is a member's name. */
  #atGroupLine(count: number): boolean {
    const token = this.#tokens[this.#next];
    return this.#peers.length >= count && token?.first === true && token.text === "group";
  }

  #readGroupLine(): Result<null> {
    const words: string[] = [];
    this.#take();
    while (this.#tokens[this.#next]?.first === false) words.push(this.#take()?.text ?? "");
    const find = (name: string): PeerName | undefined =>
      toPeerName(name) && this.#peers.find((peer) => peer.name === toPeerName(name))?.name;
    const conversation = parseGroupLine(words, find, this.#conversations);
    if (!conversation.ok) return conversation;
    this.#conversations.push(conversation.value);
    this.#remark(`the conversation "${conversation.value.name}" is known, but this version cannot send to it`);
    return ok(null);
  }

  #remark(text: string): void {
    this.#remarks.push(`${this.#file}:${String(this.line)}: ${text}.`);
  }

  #readName(): Result<PeerName> {
    const token = this.#take();
    const name = toPeerName(token?.text ?? "");
    if (name === undefined) return fault(`expected a name (${nameRule}), found ${found(token)}`);
    const earlier = this.#lineOfName.get(name);
    if (earlier !== undefined)
      return fault(`expected a new name, found "${name}" again (first on line ${String(earlier)})`);
    this.#lineOfName.set(name, this.line);
    return ok(name);
  }

  #readAddress(name: PeerName): Result<Endpoint & { readonly ownPort: boolean }> {
    const token = this.#take();
    if (token === undefined) return fault(`expected an IP address after "${name}", found ${found(token)}`);
    const literal = parseEndpoint(token.text, this.#defaults.port);
    if (literal.ok) return literal;
    const named = parseNamedEndpoint(token.text, this.#defaults.port);
    if (named.ok && !this.#addressFollows()) return named;
    const badPort = [literal, named].find((endpoint) => !endpoint.ok && endpoint.message === portExpected);
    const address = `expected an IP address${!named.ok && /^[^:[]*[a-z][^:]*(?::[^:]*)?$/i.test(token.text) ? " or a host name" : ""}`;
    return fault(`${badPort === undefined ? address : portExpected} after "${name}", found ${found(token)}`);
  }

  /** If an address follows, the current word is the next row's name, not a host: this row has no address. */
  #addressFollows(): boolean {
    const next = this.#tokens[this.#next];
    return next !== undefined && parseEndpoint(next.text, this.#defaults.port).ok;
  }

  #readAttributes(): Result<Attributes> {
    const words = new Map<AttributeName, string>();
    const seen = new Set<string>();
    while (this.#tokens[this.#next]?.text.includes("=") === true) {
      const token = this.#take();
      const [word, value] = splitOnce(token?.text ?? "", "=");
      if (laterAttributeNames.includes(word)) {
        if (seen.has(word)) return fault(`expected each attribute once, found "${word}" again`);
        seen.add(word);
        this.#remark(`${word}= is accepted, but this version does nothing with it`);
        continue;
      }
      const name = attributeNames.find((each) => each === word);
      if (name === undefined)
        return fault(`expected ${attributeNames.map((each) => `${each}=…`).join(" or ")}, found ${found(token)}`);
      if (words.has(name)) return fault(`expected each attribute once, found "${name}" again`);
      words.set(name, value);
    }
    return resolveAttributes(words, this.#defaults);
  }
}

/** Allows host names only in secure rows: other dialects identify the sender by the address. */
function checkHost({ name, host, dialect }: Peer): Result<null> {
  if (isNotUnicast(host)) return fault(`expected the address of one machine after "${name}", found "${host}"`);
  if (dialect === "secure" || isAddress(host)) return ok(null);
  return fault(
    `expected an IP address after "${name}", found "${host}": in the ${dialect} dialect the address identifies the sender, and only a secure row may name a host`,
  );
}

/**
 * Gives every member its own address in 127.0.0.0/8 by its position, so that a whole group runs on one machine.
 * 127.0.0.x is not used: other local programs connect from 127.0.0.1.
 */
export function onLoopback(table: PeerTable): PeerTable {
  const peers = table.peers.map((peer, index) => ({ ...peer, host: loopbackAddress(index + 1) }));
  return new PeerTable(peers, table.conversations, table.remarks);
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
