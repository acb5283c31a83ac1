// The interface of a wire format: its codec, and the traits that sessions obey without knowing any dialect by name.

import type { Bytes, DialectName } from "../core/types.js";
import type { WireEvent } from "./event.js";

export interface DialectTraits {
  /** How the peer is identified: by a proven key, by its address, or by the sender name in its texts. */
  readonly identity: "key" | "address" | "sender";
  /** The strongest outcome to report for a message: the kernel took it, or the peer acknowledged it. */
  readonly claim: "written" | "acknowledged";
  /**
   * Which connections carry messages. one: a single connection. several: each of several. dialled: only those that the
   * sender dialled. one-shot: one connection per message.
   */
  readonly transport: "one" | "several" | "dialled" | "one-shot";
  /**
   * Maximum bytes of text in one write, which then holds one text or a part of one; undefined if a write may hold many
   * texts.
   */
  readonly portionBytes?: number;
  /** Minimum time between two writes, for peers that read bytes that arrive together as one message. */
  readonly spacingMs?: number;
  /** Whether a side sends a bye before its FIN. */
  readonly farewell: boolean;
  /** An unfinished message counts as complete after this quiet time; undefined: it never does. */
  readonly quietMs?: number;
  /** Deadline for an unfinished message, however slowly its bytes arrive; undefined if other deadlines apply. */
  readonly unfinishedMs?: number;
  /** How long to wait for the peer's FIN after ours before the connection is destroyed. */
  readonly lingerMs: number;
}

/** Decodes the bytes of one connection. It never throws and buffers at most one unfinished message. */
export interface Decoder {
  /** Whether a message is unfinished. If not, and if there was no fault, another decoder may take over. */
  readonly unfinished: boolean;
  push(chunk: Bytes): readonly WireEvent[];
  /** Called after a quiet time or at the end of the connection: the buffered message counts as complete. */
  flush(): readonly WireEvent[];
}

/** The sender that our texts name, in dialects whose texts name one. */
export interface Self {
  readonly name: string;
  /** The address for answers to us. */
  readonly host: string;
  readonly port: number;
}

export interface Dialect {
  readonly name: DialectName;
  readonly traits: DialectTraits;
  /** `begun`: another decoder has read the connection's first bytes. */
  decoder(begun?: boolean): Decoder;
  /** Encodes the bytes of one write. They are valid until the next call, unless `keep` is called first. */
  encode(events: readonly WireEvent[]): Bytes;
  /** Keeps the bytes of the last call valid, because the kernel has not taken them yet. */
  keep(): void;
}
