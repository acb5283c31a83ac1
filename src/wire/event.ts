// The decoded events of wire formats.

import type { TypedMessage } from "../core/typed-message.js";
import type { Batch } from "../core/types.js";

/** Messages. `at` is their position in a stream, if the dialect numbers messages. */
export interface TextsEvent {
  readonly kind: "texts";
  readonly batch: Batch;
  readonly at?: Place;
  /** When they were written, in milliseconds since 1970 UTC, if the dialect tells. */
  readonly written?: number;
  /** The sender that the text names; undefined if it names none. */
  readonly from?: Sender;
  /** The answer that the sender expects on the same connection. */
  readonly reply?: string;
}

/** The sender that a text names. It is not proven. */
export interface Sender {
  readonly name: string;
  /** The address for answers. Without a host, answers go to the connection's remote address. */
  readonly host?: string;
  readonly port?: number;
}

export interface Place {
  /** Sequence number of the first text in its stream, from 1 on. */
  readonly seq: number;
  /** The batch's tag, 16 hexadecimal digits. */
  readonly tag: string;
  /** Bytes of the texts on the wire, line feeds included: the credit that they use. */
  readonly bytes: number;
}

/** One message with a kind. It takes one number of the stream, like a text. `at.bytes` is the length of `message.raw`. */
export interface EntryEvent {
  readonly kind: "entry";
  readonly at: Place;
  readonly message: TypedMessage;
}

/** The receiver's position in a stream: the last message on its disk, and the credit that it grants. */
export interface PositionEvent {
  readonly kind: "position";
  /** 32 hexadecimal digits; all zero for none. */
  readonly stream: string;
  readonly received: number;
  readonly tag: string;
  /** Total bytes of texts that the sender may send on this connection. */
  readonly granted: number;
}

/** The sender's texts on this connection belong to `stream` and begin with sequence number `from`. */
export interface StreamEvent {
  readonly kind: "stream";
  readonly stream: string;
  readonly from: number;
}

/** Everything up to `received` is on the receiver's disk; `granted` as in a position. */
export interface AckEvent {
  readonly kind: "ack";
  readonly received: number;
  readonly granted: number;
}

/** Events between delivery modules; a dialect without acknowledgements has only texts. */
export type DeliveryEvent = TextsEvent | EntryEvent | PositionEvent | StreamEvent | AckEvent;

export type ByeReason = "idle" | "quit" | "replaced";

export type WireEvent =
  | DeliveryEvent
  /** The sender begins nothing new, and ends the connection after both sides have sent it. */
  | { readonly kind: "bye"; readonly reason: ByeReason }
  /** The peer violated the protocol; only this connection ends. */
  | { readonly kind: "fault"; readonly reason: string };
