// One direction to one friend, as pure machines: what may go out, what is retired, what was seen before.
//
//   OutStream, per connection:       stand            position                   ack
//                         (nothing) ───────▶ asked ───────────▶ linked ──────────────┐
//                             ▲                                 │ ▲                  │
//                             └────────────── lose ─────────────┘ └──────────────────┘
//
// Ordinals count the messages to one friend for as long as the store lives; sequence numbers count from the base of a stream.

import type { Incoming, Outgoing } from "../core/record.js";
import { fault, ok, type PublicKey, type Result } from "../core/types.js";
import type { AckEvent, Place, PositionEvent, StreamEvent } from "../wire/event.js";

export const noStream = "0".repeat(32);
export const noTag = "0".repeat(16);

export const emptyOutgoing: Outgoing = {
  stream: "",
  key: undefined,
  base: 0,
  retired: 0,
  retiredTag: noTag,
  written: 0,
  next: 1,
  acknowledges: false,
};

export const emptyIncoming: Incoming = { stream: noStream, received: 0, tag: noTag };

/**
 * goes-on: from where the receiver stands. begins: a first stream. readdressed: the stream was another key's.
 * anew: one of the two stepped back, so that equal numbers no longer mean equal messages.
 */
export type Resumption = "goes-on" | "begins" | "readdressed" | "anew";

interface Connected {
  /** Ordinal up to which messages went out on this connection. */
  sent: number;
  granted: number;
  spent: number;
}

interface Mark {
  readonly record: Outgoing;
  readonly connected: Connected | undefined;
}

/** What the machine asks of the messages: the tag of the batch that holds an ordinal, and a fresh stream's name. */
export interface Lookup {
  tagAt(ordinal: number): string | undefined;
  freshStream(): string;
}

export class OutStream {
  #record: Outgoing;
  #connected: Connected | undefined;

  constructor(record: Outgoing) {
    this.#record = record;
  }

  get record(): Outgoing {
    return this.#record;
  }

  get waiting(): number {
    return this.#record.next - 1 - this.#record.retired;
  }

  /** Whether the receiver has told where it stands. */
  get linked(): boolean {
    return this.#connected !== undefined;
  }

  get unacknowledged(): number {
    return this.#connected === undefined ? 0 : this.#connected.sent - this.#record.retired;
  }

  /** The ordinal that goes out next on this connection. */
  get upNext(): number {
    return (this.#connected?.sent ?? this.#record.retired) + 1;
  }

  /** Bytes that may still go out on this connection. */
  get credit(): number {
    return this.#connected === undefined ? 0 : this.#connected.granted - this.#connected.spent;
  }

  /** Messages join the end. Returns the ordinal of the first. */
  queue(count: number): number {
    const first = this.#record.next;
    this.#record = { ...this.#record, next: first + count };
    return first;
  }

  /** The connection is gone, or a new one has told nothing yet. */
  lose(): void {
    this.#connected = undefined;
  }

  /** Where this stands, for `reset`: what was chosen to go out and could not be stored has not happened. */
  mark(): Mark {
    return { record: this.#record, connected: this.#connected && { ...this.#connected } };
  }

  reset({ record, connected }: Mark): void {
    this.#record = record;
    this.#connected = connected;
  }

  /** The receiver with `key` tells where it stands. */
  resume(position: PositionEvent, key: PublicKey, look: Lookup): Resumption {
    const resumption = this.#judge(position, key, look);
    if (resumption === "goes-on") this.#retireTo(this.#record.base + position.received, position.tag);
    else if (resumption !== "begins" || this.#record.stream === "") this.#beginStream(key, look.freshStream());
    this.#connected = { sent: this.#record.retired, granted: position.granted, spent: 0 };
    return resumption;
  }

  /** What to say before the texts of this connection. */
  get announcement(): StreamEvent {
    return { kind: "stream", stream: this.#record.stream, from: this.#record.retired - this.#record.base + 1 };
  }

  /** Sequence number of an ordinal. */
  seqOf(ordinal: number): number {
    return ordinal - this.#record.base;
  }

  /** These go out now: they can no longer be cancelled, and they cost credit. */
  send(count: number, bytes: number): void {
    if (this.#connected === undefined || bytes > this.credit) throw new Error("sent without being allowed to");
    this.#connected.sent += count;
    this.#connected.spent += bytes;
    if (this.#connected.sent > this.#record.written) this.#record = { ...this.#record, written: this.#connected.sent };
  }

  /**
   * The next messages are not to be sent any more. Where nothing before them is on its way they are done with, and have no
   * number in the stream; else they go out as empty texts in their turn.
   */
  skip(count: number): boolean {
    const { base, retired, written } = this.#record;
    if (written > retired || (this.#connected?.sent ?? retired) > retired) return false;
    const to = retired + count;
    this.#record = { ...this.#record, base: base + count, retired: to, written: to };
    if (this.#connected !== undefined) this.#connected.sent = to;
    return true;
  }

  /** Returns how many messages that retired. */
  acknowledge(ack: AckEvent, look: Pick<Lookup, "tagAt">): Result<number> {
    const upTo = this.#record.base + ack.received;
    const { retired } = this.#record;
    if (this.#connected === undefined) return ok(0);
    if (upTo > this.#connected.sent || upTo < retired) return fault("an acknowledgement of what was not sent");
    this.#connected.granted = Math.max(this.#connected.granted, ack.granted);
    if (upTo > retired) this.#retireTo(upTo, look.tagAt(upTo) ?? noTag);
    return ok(upTo - retired);
  }

  #judge(position: PositionEvent, key: PublicKey, look: Lookup): Resumption {
    const { stream, base, retired, next } = this.#record;
    if (this.#record.key !== key) return stream === "" ? "begins" : "readdressed";
    if (position.stream !== stream) return retired === base ? "begins" : "anew";
    const at = base + position.received;
    if (at < retired || at >= next) return "anew";
    return position.received === 0 || this.#tagAt(at, look) === position.tag ? "goes-on" : "anew";
  }

  #tagAt(ordinal: number, look: Lookup): string | undefined {
    return ordinal === this.#record.retired ? this.#record.retiredTag : look.tagAt(ordinal);
  }

  #beginStream(key: PublicKey, stream: string): void {
    this.#record = { ...this.#record, stream, key, base: this.#record.retired, retiredTag: noTag };
  }

  #retireTo(ordinal: number, tag: string): void {
    if (ordinal > this.#record.retired) this.#record = { ...this.#record, retired: ordinal, retiredTag: tag };
  }
}

export class InStream {
  #committed: Incoming;
  #current: Incoming;
  /** Whether the sender has said on this connection which stream it sends. */
  #announced = false;

  constructor(committed: Incoming) {
    this.#committed = committed;
    this.#current = committed;
  }

  /** What the disk has: the only thing that may be told to the sender. */
  get committed(): Incoming {
    return this.#committed;
  }

  get current(): Incoming {
    return this.#current;
  }

  /** Whether the sender has said on this connection which stream it sends. */
  get announced(): boolean {
    return this.#announced;
  }

  /** A new connection has said nothing yet. */
  stand(): void {
    this.#announced = false;
  }

  /** Whether the sender begins a stream that follows another one: numbers begin anew, and one of the two stepped back. */
  announce({ stream, from }: StreamEvent): Result<"goes-on" | "anew"> {
    const goesOn = stream === this.#current.stream;
    if (this.#announced || from !== (goesOn ? this.#current.received + 1 : 1))
      return fault("a stream that does not begin where we stand");
    this.#announced = true;
    const stepped = !goesOn && this.#current.received > 0;
    if (!goesOn) this.#current = { stream, received: 0, tag: noTag };
    return ok(stepped ? "anew" : "goes-on");
  }

  /** How many of these messages were seen before, from the first on. */
  take({ seq, tag }: Place, count: number): Result<number> {
    const expected = this.#current.received + 1;
    if (!this.#announced) return fault("messages before the name of their stream");
    if (seq > expected) return fault(`message ${String(seq)} where ${String(expected)} was next`);
    const last = seq + count - 1;
    if (last >= expected) this.#current = { ...this.#current, received: last, tag };
    return ok(Math.min(count, expected - seq));
  }

  commit(): void {
    this.#committed = this.#current;
  }

  /** What could not be stored is as if it had not come. */
  rollBack(): void {
    this.#current = this.#committed;
  }
}
