// Pure state machines for one message stream in each direction: OutStream decides which messages may be sent and which
// are retired; InStream detects repeated and missing messages.
//
//   OutStream:                         connect          position                   ack
//                         unconnected ────────▶ waiting ─────────▶ linked ──────────────┐
//                             ▲                                    │ ▲                  │
//                             └─────────── disconnect ─────────────┘ └──────────────────┘
//
// Ordinals count the messages to one friend over the lifetime of the store; sequence numbers count from the base of a
// stream.

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
 * goes-on: continue after the receiver's last message. begins: the first stream. readdressed: the stream was for another
 * key. anew: our store or the receiver's was lost or restored, so that equal numbers no longer mean equal messages.
 */
export type Resumption = "goes-on" | "begins" | "readdressed" | "anew";

interface Connected {
  /** Ordinal up to which messages were sent on this connection. */
  sent: number;
  /** Total bytes that the receiver granted on this connection. */
  granted: number;
  /** Bytes sent on this connection. */
  spent: number;
}

interface Mark {
  readonly record: Outgoing;
  readonly connected: Connected | undefined;
}

/** Supplies the tag of the batch that holds an ordinal, and names for new streams. */
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

  /** Whether the receiver has sent its position on this connection. */
  get linked(): boolean {
    return this.#connected !== undefined;
  }

  get unacknowledged(): number {
    return this.#connected === undefined ? 0 : this.#connected.sent - this.#record.retired;
  }

  /** The next ordinal to send on this connection. */
  get upNext(): number {
    return (this.#connected?.sent ?? this.#record.retired) + 1;
  }

  /** Bytes that may still be sent on this connection. */
  get credit(): number {
    return this.#connected === undefined ? 0 : this.#connected.granted - this.#connected.spent;
  }

  /** Appends `count` messages. Returns the ordinal of the first. */
  queue(count: number): number {
    const first = this.#record.next;
    this.#record = { ...this.#record, next: first + count };
    return first;
  }

  /** The connection is closed, or a new one has no position yet. */
  disconnected(): void {
    this.#connected = undefined;
  }

  /** Saves the state for `reset`, which undoes a turn that could not be stored. */
  mark(): Mark {
    return { record: this.#record, connected: this.#connected && { ...this.#connected } };
  }

  reset({ record, connected }: Mark): void {
    this.#record = record;
    this.#connected = connected;
  }

  /** The receiver with `key` sent its position: decides where to continue. */
  resume(position: PositionEvent, key: PublicKey, lookup: Lookup): Resumption {
    const resumption = this.#judge(position, key, lookup);
    if (resumption === "goes-on") this.#retireTo(this.#record.base + position.received, position.tag);
    else if (resumption !== "begins" || this.#record.stream === "") this.#beginStream(key, lookup.freshStream());
    this.#connected = { sent: this.#record.retired, granted: position.granted, spent: 0 };
    return resumption;
  }

  /** The event to send before the texts of this connection. */
  get announcement(): StreamEvent {
    return { kind: "stream", stream: this.#record.stream, from: this.#record.retired - this.#record.base + 1 };
  }

  /** Sequence number of an ordinal. */
  seqOf(ordinal: number): number {
    return ordinal - this.#record.base;
  }

  /** The next `count` messages are being sent: they use credit and can no longer be cancelled. */
  send(count: number, bytes: number): void {
    if (this.#connected === undefined || bytes > this.credit)
      throw new Error("sent without a position or enough credit");
    this.#connected.sent += count;
    this.#connected.spent += bytes;
    if (this.#connected.sent > this.#record.written) this.#record = { ...this.#record, written: this.#connected.sent };
  }

  /**
   * The next `count` messages are withdrawn. If all messages before them are acknowledged, retires them without a number in
   * the stream and returns true. Else returns false: they are sent as empty texts.
   */
  skip(count: number): boolean {
    const { base, retired, written } = this.#record;
    if (written > retired || (this.#connected?.sent ?? retired) > retired) return false;
    const to = retired + count;
    this.#record = { ...this.#record, base: base + count, retired: to, written: to };
    if (this.#connected !== undefined) this.#connected.sent = to;
    return true;
  }

  /** Returns the number of messages that the acknowledgement retired. */
  acknowledge(ack: AckEvent, lookup: Pick<Lookup, "tagAt">): Result<number> {
    const upTo = this.#record.base + ack.received;
    const { retired } = this.#record;
    if (this.#connected === undefined) return ok(0);
    if (upTo > this.#connected.sent || upTo < retired)
      return fault("an acknowledgement of messages that were not sent");
    this.#connected.granted = Math.max(this.#connected.granted, ack.granted);
    if (upTo > retired) this.#retireTo(upTo, lookup.tagAt(upTo) ?? noTag);
    return ok(upTo - retired);
  }

  #judge(position: PositionEvent, key: PublicKey, lookup: Lookup): Resumption {
    const { stream, base, retired, next } = this.#record;
    if (this.#record.key !== key) return stream === "" ? "begins" : "readdressed";
    if (position.stream !== stream) return retired === base ? "begins" : "anew";
    const at = base + position.received;
    if (at < retired || at >= next) return "anew";
    return position.received === 0 || this.#tagAt(at, lookup) === position.tag ? "goes-on" : "anew";
  }

  #tagAt(ordinal: number, lookup: Lookup): string | undefined {
    return ordinal === this.#record.retired ? this.#record.retiredTag : lookup.tagAt(ordinal);
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
  /** Whether the sender has announced its stream on this connection. */
  #announced = false;

  constructor(committed: Incoming) {
    this.#committed = committed;
    this.#current = committed;
  }

  /** The state on disk. Only this may be reported to the sender. */
  get committed(): Incoming {
    return this.#committed;
  }

  /** The state with this turn's messages. */
  get current(): Incoming {
    return this.#current;
  }

  /** Whether the sender has announced its stream on this connection. */
  get announced(): boolean {
    return this.#announced;
  }

  /** A new connection: no stream is announced yet. */
  connected(): void {
    this.#announced = false;
  }

  /** Returns "anew" if a new stream replaces one with messages: the sender's store or ours was lost or restored. */
  announce({ stream, from }: StreamEvent): Result<"goes-on" | "anew"> {
    const goesOn = stream === this.#current.stream;
    if (this.#announced || from !== (goesOn ? this.#current.received + 1 : 1))
      return fault("a stream that does not start at the next message");
    this.#announced = true;
    const stepped = !goesOn && this.#current.received > 0;
    if (!goesOn) this.#current = { stream, received: 0, tag: noTag };
    return ok(stepped ? "anew" : "goes-on");
  }

  /** Returns how many of these messages, from the first on, were received before. */
  take({ seq, tag }: Place, count: number): Result<number> {
    const expected = this.#current.received + 1;
    if (!this.#announced) return fault("messages before their stream was announced");
    if (seq > expected) return fault(`message ${String(seq)} instead of ${String(expected)}`);
    const last = seq + count - 1;
    if (last >= expected) this.#current = { ...this.#current, received: last, tag };
    return ok(Math.min(count, expected - seq));
  }

  commit(): void {
    this.#committed = this.#current;
  }

  /** The turn could not be stored: forgets its messages. */
  rollBack(): void {
    this.#current = this.#committed;
  }
}
