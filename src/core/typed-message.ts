// A message with a kind, as it travels between members and lies in their stores. A plain text needs none of this: it is a line of a batch.

import type { Batch, Bytes, PublicKey } from "./types.js";

/** A message's place in its author's chain: the same in every store. */
export interface MessageReference {
  readonly author: PublicKey;
  /** Random name of one chain of the author, 32 hexadecimal digits. Direct messages use their stream. */
  readonly chain: string;
  /** From 1 on. */
  readonly number: number;
}

export interface TypedMessage {
  /** Random, 32 hexadecimal digits. A member that receives the same id again does not apply it again. */
  readonly id: string;
  /** Code of the kind, see `messageKinds`. Codes of newer versions are kept and shown by their fallback. */
  readonly kind: number;
  /** Not shown, and not counted as unread. */
  readonly silent: boolean;
  /** Name of the group, without `#`; empty between two members. */
  readonly conversation: string;
  readonly place: MessageReference;
  /** When its author wrote it, in milliseconds since 1970 UTC. A claim of the author. */
  readonly written: number;
  /** The message that it answers, corrects or cancels. */
  readonly refersTo: MessageReference | undefined;
  /** What programs show that do not know the kind: one line without its line feed, or nothing. */
  readonly fallback: string;
  /** By kind. */
  readonly body: Bytes;
  /** Empty, or the author's signature. */
  readonly signature: Bytes;
  /** All of the above as it came or goes on the wire, with what a newer version has added at its end. */
  readonly raw: Bytes;
}

/** What screens show of it: its fallback, as one text; an empty text if there is nothing to show. */
export const visibleText = ({ silent, fallback }: Pick<TypedMessage, "silent" | "fallback">): Batch => ({
  texts: silent ? "\n" : `${fallback}\n`,
  count: 1,
});

/** The memory that a batch or a message with a kind takes while it waits, in characters and bytes. */
export const charsOf = ({
  batch,
  typed,
}: {
  readonly batch: Batch;
  readonly typed?: TypedMessage | undefined;
}): number => (typed === undefined ? batch.texts.length : batch.texts.length + typed.raw.length);

/** Whether the batch is the empty text of a message with nothing to show. */
export const isInvisible = ({ texts }: Batch): boolean => texts === "\n";

/** The codes of the kinds that this version knows. */
export const messageKinds = { text: 1 } as const;
