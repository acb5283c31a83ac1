// A wire format: its bytes, and the traits that sessions obey without knowing any dialect by name.

import type { Bytes, DialectName } from "../core/types.js";
import type { WireEvent } from "./event.js";

export interface DialectTraits {
  /** How the other side is known: by a key that it proves, by the address that it comes from, or by what its texts say. */
  readonly identity: "key" | "address" | "sender";
  /** The most we may ever tell the user: that the kernel took a message, or that the other side acknowledged it. */
  readonly claim: "written" | "acknowledged";
  /**
   * Which connections carry messages: one alone, each of several, those alone that the sender dialled, or one for each
   * message.
   */
  readonly transport: "one" | "several" | "dialled" | "one-shot";
  /** The most bytes of text in one write, which then holds one text or a part of one; undefined where texts flow. */
  readonly portionBytes?: number;
  /** At least this long between two writes: the other side takes what arrives together for one message. */
  readonly spacingMs?: number;
  /** Whether a side says bye before its FIN. */
  readonly farewell: boolean;
  /** An unended message counts as whole after this much quiet; undefined where it never does. */
  readonly quietMs?: number;
  /** An unended message must end within this, however its bytes drip; undefined where other deadlines see to that. */
  readonly unfinishedMs?: number;
  /** After our FIN: destroy when the other side stays this long. */
  readonly lingerMs: number;
}

/** Reads one connection. It never throws and holds at most one unended message. */
export interface Decoder {
  /** Whether an unended message waits for its end. While none does, and nothing was wrong, another decoder may go on. */
  readonly unfinished: boolean;
  push(chunk: Bytes): readonly WireEvent[];
  /** After quiet, or at the end of the connection: what is there counts as whole. */
  flush(): readonly WireEvent[];
}

/** Whom our texts say that they are from, where a dialect's texts do. */
export interface Self {
  readonly name: string;
  /** Where answers to us go. */
  readonly host: string;
  readonly port: number;
}

export interface Dialect {
  readonly name: DialectName;
  readonly traits: DialectTraits;
  /** `begun`: another one has read the connection's first bytes. */
  decoder(begun?: boolean): Decoder;
  /** The bytes of one write. They are valid until the next call, unless `keep` comes first. */
  encode(events: readonly WireEvent[]): Bytes;
  /** The kernel has not taken the bytes of the last call yet. */
  keep(): void;
}
