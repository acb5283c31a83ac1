// What a wire format says once its bytes are understood.

import type { Batch } from "../core/types.js";

/** Messages. Where the dialect counts them, `at` says which ones they are. */
export interface TextsEvent {
  readonly kind: "texts";
  readonly batch: Batch;
  readonly at?: Place;
  /** Where the text itself says who speaks; undefined where it should and does not. */
  readonly from?: Sender;
  /** What its sender waits for on the same connection. */
  readonly reply?: string;
}

/** Who a text says that it is from. Nothing proves it. */
export interface Sender {
  readonly name: string;
  /** Where answers go. For a missing host the address stands that the connection came from. */
  readonly host?: string;
  readonly port?: number;
}

export interface Place {
  /** Sequence number of the first text in its stream, from 1 on. */
  readonly seq: number;
  /** Of the batch, 16 hexadecimal digits. */
  readonly tag: string;
  /** Bytes of the texts on the wire, line feeds included: what they cost of the credit. */
  readonly bytes: number;
}

/** Where the receiver of a stream stands: the last message that its disk has, and the credit it grants from there. */
export interface PositionEvent {
  readonly kind: "position";
  /** 32 hexadecimal digits; all zero for none. */
  readonly stream: string;
  readonly received: number;
  readonly tag: string;
  /** Bytes of texts that the sender may send on this connection, in all. */
  readonly granted: number;
}

/** The sender's texts on this connection belong to that stream and begin with that sequence number. */
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

/** What delivery says and hears; a dialect without acknowledgements knows texts alone. */
export type DeliveryEvent = TextsEvent | PositionEvent | StreamEvent | AckEvent;

export type ByeReason = "idle" | "quit" | "replaced";

export type WireEvent =
  | DeliveryEvent
  /** The sender begins nothing new, and ends the connection when both have said it. */
  | { readonly kind: "bye"; readonly reason: ByeReason }
  /** The other side broke the protocol; its connection ends, and no other. */
  | { readonly kind: "fault"; readonly reason: string };
