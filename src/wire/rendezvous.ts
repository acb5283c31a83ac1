// The protocol between a rendezvous server and its clients, both sides, as pure readers and writers.
// Answers have no framing, so a client has at most one unanswered command.

import { canonicalAddress } from "../core/address.js";
import { concat } from "../core/bytes.js";
import type { Bytes } from "../core/types.js";
import { fromUtf8, toUtf8 } from "../core/utf8.js";

export type RendezvousCommand = "ping" | "list";

const listBytes = 99;

const nothing: Bytes = new Uint8Array(0);
const words = { connected: toUtf8("CONN\0"), disconnected: toUtf8("DISC\0"), ack: toUtf8("ACK") } as const;
const commandBytes: Readonly<Record<RendezvousCommand, Bytes>> = { ping: toUtf8("PING\0"), list: toUtf8("LIST\0") };
const commands: readonly RendezvousCommand[] = ["ping", "list"];
const commandLength = 5;

export const greeting: Bytes = words.connected;
export const refusal: Bytes = words.disconnected;
export const acknowledgement: Bytes = words.ack;

// The server's side.

/** Commands read from a client, the bytes of an unfinished one, and whether invalid bytes were found. */
export interface CommandsRead {
  readonly commands: readonly RendezvousCommand[];
  /** At most four bytes. */
  readonly rest: Bytes;
  readonly broken: boolean;
}

/**
 * `rest` is the unfinished command of the last call. NULs between commands are padding. Bytes after invalid ones are
 * ignored.
 */
export function readCommands(rest: Bytes, chunk: Bytes): CommandsRead {
  const bytes = rest.length === 0 ? chunk : concat([rest, chunk]);
  const read: RendezvousCommand[] = [];
  for (let at = 0; at < bytes.length;) {
    const left = Math.min(commandLength, bytes.length - at);
    const command = commands.find((each) => begins(bytes.subarray(at, at + left), commandBytes[each]));
    if (bytes[at] === 0) at += 1;
    else if (command === undefined) return { commands: read, rest: nothing, broken: true };
    else if (left < commandLength) return { commands: read, rest: bytes.slice(at), broken: false };
    else {
      read.push(command);
      at += commandLength;
    }
  }
  return { commands: read, rest: nothing, broken: false };
}

/** Whether `whole` begins with `part`. */
const begins = (part: Bytes, whole: Bytes): boolean => part.every((byte, at) => byte === whole[at]);

/**
 * Encodes as many whole addresses as fit, always including the asker's. `addresses` must be sorted as text. A client
 * that asks over IPv4 gets IPv4 addresses only: older clients have room for no others, and it could not reach them.
 */
export function encodeList(addresses: readonly string[], asker: string): Bytes {
  const bytes = new Uint8Array(listBytes);
  bytes.set(toUtf8(listed(addresses, asker).join("")));
  return bytes;
}

function listed(addresses: readonly string[], asker: string): readonly string[] {
  const own = `${asker}\n`;
  const lines: string[] = [];
  let room = listBytes - 1 - own.length;
  let after = false;
  for (const address of addresses) {
    const other = address !== asker;
    if (address.includes(":") && !asker.includes(":")) continue;
    if (other && address.length + 1 > room) break;
    lines.push(`${address}\n`);
    if (other) room -= address.length + 1;
    else after = true;
  }
  return after || room < 0 ? lines : [...lines, own];
}

// The client's side.

export const encodeCommand = (command: RendezvousCommand): Bytes => commandBytes[command];

export type Awaited = "greeting" | "ack" | "list";

export type Answer =
  | { readonly kind: "connected" | "full" | "ack" }
  | { readonly kind: "list"; readonly addresses: readonly string[] }
  | { readonly kind: "fault"; readonly reason: string };

/** Reads the answers on one connection. It buffers at most one answer. */
export class AnswerReader {
  #awaited: Awaited | undefined = "greeting";
  #held = nothing;

  /** Sets the expected answer; no other may be outstanding. */
  expect(awaited: Awaited): void {
    this.#awaited = awaited;
  }

  push(chunk: Bytes): readonly Answer[] {
    if (this.#awaited === undefined) return withoutNuls(chunk).length === 0 ? [] : [unexpected];
    const bytes = this.#held.length === 0 ? chunk : concat([this.#held, chunk]);
    // Padding of the last answer may come late; a list may begin with any byte, including NUL.
    const whole = this.#awaited === "list" ? bytes : withoutNuls(bytes);
    const size = sizes[this.#awaited];
    if (whole.length < size) {
      this.#held = whole.slice();
      return [];
    }
    return [this.#answer(whole.subarray(0, size)), ...this.push(whole.subarray(size))];
  }

  /** Called after the time limit for an answer: a list that is terminated counts as complete, however short. */
  giveUp(): Answer | undefined {
    return this.#awaited === "list" && this.#held.includes(0) ? this.#answer(this.#held) : undefined;
  }

  #answer(bytes: Bytes): Answer {
    const awaited = this.#awaited;
    this.#awaited = undefined;
    this.#held = nothing;
    if (awaited === "list") return { kind: "list", addresses: decodeList(bytes) };
    if (begins(bytes, awaited === "ack" ? words.ack : words.connected))
      return { kind: awaited === "ack" ? "ack" : "connected" };
    if (awaited === "greeting" && begins(bytes, words.disconnected)) return { kind: "full" };
    return { kind: "fault", reason: "an answer that is not from a rendezvous server" };
  }
}

// The NUL after a greeting is read as padding, so a server that omits it is understood too.
const sizes: Readonly<Record<Awaited, number>> = { greeting: 4, ack: 3, list: listBytes };

const unexpected: Answer = { kind: "fault", reason: "an unexpected answer" };

/** The bytes without leading NULs. */
function withoutNuls(bytes: Bytes): Bytes {
  const first = bytes.findIndex((byte) => byte !== 0);
  return first < 0 ? nothing : bytes.subarray(first);
}

/** Drops lines that are not addresses, and an unterminated last line, which may be cut off. */
function decodeList(bytes: Bytes): readonly string[] {
  const end = bytes.indexOf(0);
  const lines = fromUtf8(end < 0 ? bytes : bytes.subarray(0, end)).split("\n");
  if (end < 0) lines.pop();
  const addresses = lines.map((line) => canonicalAddress(line.trim())).filter((address) => address !== undefined);
  return [...new Set(addresses)];
}
