// What a rendezvous server and its clients say to each other, both sides, as pure readers and writers.
// Answers have no frame, so a client has one question out at a time.

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

/** What was read of a client: its commands, the beginning of one more, and whether anything was none. */
export interface CommandsRead {
  readonly commands: readonly RendezvousCommand[];
  /** Four bytes at most. */
  readonly rest: Bytes;
  readonly broken: boolean;
}

/** `rest` is what the last call left. NULs between commands are padding. What follows a fault is not read. */
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
 * As many whole addresses as fit, the asker's among them wherever it stands. `addresses` are sorted as text. Older clients
 * have room for IPv4 only, and whoever asks over IPv4 can call nobody else.
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

/** One per connection. It holds at most one answer. */
export class AnswerReader {
  #awaited: Awaited | undefined = "greeting";
  #held = nothing;

  /** What was asked: nothing else may be out. */
  expect(awaited: Awaited): void {
    this.#awaited = awaited;
  }

  push(chunk: Bytes): readonly Answer[] {
    if (this.#awaited === undefined) return withoutNuls(chunk).length === 0 ? [] : [unasked];
    const bytes = this.#held.length === 0 ? chunk : concat([this.#held, chunk]);
    // What pads the last answer may come late; a list may begin with anything.
    const whole = this.#awaited === "list" ? bytes : withoutNuls(bytes);
    const size = sizes[this.#awaited];
    if (whole.length < size) {
      this.#held = whole.slice();
      return [];
    }
    return [this.#answer(whole.subarray(0, size)), ...this.push(whole.subarray(size))];
  }

  /** The time for an answer is over: a list that has an end is one, however short. */
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
    return { kind: "fault", reason: "an answer that is none of a rendezvous server's" };
  }
}

// The NUL behind a greeting is read as padding: a server that leaves it out is understood as well.
const sizes: Readonly<Record<Awaited, number>> = { greeting: 4, ack: 3, list: listBytes };

const unasked: Answer = { kind: "fault", reason: "an answer that nobody asked for" };

/** The bytes from the first that is no NUL on. */
function withoutNuls(bytes: Bytes): Bytes {
  const first = bytes.findIndex((byte) => byte !== 0);
  return first < 0 ? nothing : bytes.subarray(first);
}

/** What is no address is left out, and so is a last line that nothing ends: it may have been cut. */
function decodeList(bytes: Bytes): readonly string[] {
  const end = bytes.indexOf(0);
  const lines = fromUtf8(end < 0 ? bytes : bytes.subarray(0, end)).split("\n");
  if (end < 0) lines.pop();
  const addresses = lines.map((line) => canonicalAddress(line.trim())).filter((address) => address !== undefined);
  return [...new Set(addresses)];
}
