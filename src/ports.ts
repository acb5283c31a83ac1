// Interfaces to the outside world: clock, network, console, files, randomness, log. Adapters in platform/ and in the
// simulation implement them; no other code does I/O.

import type { Bytes } from "./core/types.js";
import type { Contact } from "./core/notice.js";
import type { KnownKey, KnownKeys, RefusedKey } from "./core/known-key.js";
import type {
  Capacity,
  Entry,
  HistoryMessage,
  HistoryQuery,
  Incoming,
  MessageState,
  Note,
  Outgoing,
  Received,
  Sent,
  Waiting,
  Withdrawal,
  Withdrawn,
} from "./core/record.js";
import type { Span } from "./core/span.js";
import type { TypedMessage } from "./core/typed-message.js";
import type { PeerName, PublicKey, Result } from "./core/types.js";

export interface Clock {
  /** Milliseconds on a clock that never goes back; fractions allowed, the origin is arbitrary. */
  now(): number;
  /** Milliseconds since 1970 UTC. It may jump in both directions, so it is used for records only. */
  wallTime(): number;
  /** Calls back once, `delayMs` or more from now. An adapter may call slightly early; the caller must check. */
  after(delayMs: number, callback: () => void): Cancel;
  /** Calls back once, after the callbacks of everything that is ready in this poll phase. */
  endOfPoll(callback: () => void): void;
}
export type Cancel = () => void;

/** Every callback comes from the event loop, never from inside a call of a method of the connection. */
export interface ConnectionEvents {
  /** A dialled connection is open. An accepted connection is open from the start and gets no such call. */
  onOpen(): void;
  onBytes(chunk: Bytes): void;
  /** The kernel has taken everything that was written. */
  onDrain(): void;
  /** The peer's FIN: it writes no more, and may continue to read. */
  onEnd(): void;
  /** Exactly once and always last. `code` is a system error code if the connection failed. */
  onClose(code?: string): void;
}

export interface Connection {
  /** Canonical address of the peer. */
  readonly remoteHost: string;
  /** Canonical local address; for a dialled connection known once it is open. */
  readonly localHost: string;
  /**
   * The peer's proven identity, if the transport proves one: from `onOpen` on, or from the start for an accepted
   * connection.
   */
  readonly contact?: Contact | undefined;
  bind(events: ConnectionEvents): void;
  /**
   * True: the kernel has taken everything, and the chunk may be reused. False: the rest is written later and `onDrain`
   * follows; until then, do not write and do not change the chunk.
   */
  write(chunk: Bytes): boolean;
  pause(): void;
  resume(): void;
  /** Flushes, sends a FIN, and continues to read. */
  end(): void;
  /** Closes both directions at once. The peer sees a reset if received bytes were unread, else a FIN. */
  destroy(): void;
  /** Closes at once with a reset, which tells the peer that its bytes were not read. */
  reset(): void;
}

export interface ListenerEvents {
  onListening(port: number): void;
  onConnection(connection: Connection): void;
  /** Listening failed; `code` is a system error code. No event follows. */
  onFailure(code: string): void;
}

export interface Listener {
  close(): void;
}

/** The socket for local clients: programs of the same user on this machine. */
export interface LocalSocket {
  /** `onListening` reports port 0. Closing the listener removes the socket file. */
  listen(events: ListenerEvents): Listener;
}

export interface Network {
  listen(at: { readonly host: string; readonly port: number }, events: ListenerEvents): Listener;
  /** `localHost` is the address to dial from; undefined leaves the choice to the kernel. */
  dial(to: { readonly host: string; readonly port: number; readonly localHost: string | undefined }): Connection;
}

export interface ConsoleEvents {
  onBytes(chunk: Bytes): void;
  /** stdin has ended; the program goes on. */
  onEnd(): void;
  /** The reader of stdout has taken everything. */
  onDrain(): void;
  /** The reader of stdout closed its end: further output is dropped. */
  onReaderGone(): void;
  /** From a terminal that edits lines. */
  onTyped?(typed: Typed): void;
}

/** User input at a terminal with a line editor. */
export type Typed =
  | { readonly kind: "line"; readonly text: string }
  /**
   * Several pasted lines; `draft` was typed before and is the beginning of the first. A paste is text and never a
   * command.
   */
  | { readonly kind: "paste"; readonly lines: readonly string[]; readonly draft: string }
  /** The first Ctrl-C. `cleared`: the line was not empty and was cleared. */
  | { readonly kind: "interrupt"; readonly cleared: boolean }
  | { readonly kind: "resize" }
  /** Asks for completions of the end of `before`, the text up to the cursor. `answer` is called once. */
  | { readonly kind: "complete"; readonly before: string; answer(completion: Completion): void };

export interface Completion {
  /** The word to replace: the end of the typed text. */
  readonly typed: string;
  readonly candidates: readonly string[];
}

export interface Console {
  /** Whether stdin is a terminal. */
  readonly interactive: boolean;
  bind(events: ConsoleEvents): void;
  /** True: taken, and the chunk may be reused. False: the chunk is in use until `onDrain`; do not write until then. */
  write(chunk: Bytes): boolean;
  /** Only if stdin and stdout are a terminal: sets the prompt of the input line. Output appears above it. */
  prompt?(question: string): void;
  pause(): void;
  resume(): void;
}

/** An interactive console with a line editor. Output appears above the input line. */
export interface Terminal extends Console {
  readonly columns: number;
  /** In rows. */
  readonly height: number;
  /**
   * Sets the prompt of the input line; the caller must have escaped it. With `question`, the typed answer is not added
   * to the remembered lines.
   */
  prompt(words: string, question?: boolean): void;
  /**
   * The next write replaces the last `rows` rows. False: they are not on the screen any more, and nothing is replaced.
   */
  retract(rows: number): boolean;
  ring(): void;
  /** Inserts `draft` before the text typed since. */
  restore(draft: string): void;
  /** Sets the remembered lines. Must be called before `bind`. */
  remember(lines: TypedLines): void;
  /** Restores the terminal's original mode. */
  close(): void;
}

/** Lines typed in earlier runs, for the arrow keys. */
export interface TypedLines {
  /** No line was ever typed here. */
  readonly first: boolean;
  /** Oldest first. */
  readonly earlier: readonly string[];
  add(line: string): void;
}

/** An append-only text file. */
export interface Transcript {
  readonly name: string;
  /** After a fault, a part of `lines` may have been written. */
  append(lines: string): Result<null>;
}

export interface Random {
  /** In [0, 1). */
  next(): number;
  /** `bytes` random bytes as twice as many hexadecimal digits; unpredictable outside the simulation. */
  hex(bytes: number): string;
}

/**
 * Persistent messages and stream positions. The first write of a turn opens a transaction and `commit` ends it; reads
 * see the turn's writes. If a write fails, for example on a full disk, `commit` reports it and the whole turn is rolled
 * back.
 */
export interface Store {
  outgoing(peer: PeerName): Outgoing | undefined;
  putOutgoing(peer: PeerName, outgoing: Outgoing): void;
  /** `key` is the sender's key. */
  incoming(key: PublicKey): Incoming | undefined;
  putIncoming(key: PublicKey, incoming: Incoming): void;
  /**
   * Returns the store number of the first message. Numbers only increase, even after failed transactions. The contents
   * of a message with a kind are stored once, however many friends it goes to.
   */
  append(entry: Entry): number;
  /**
   * Queued messages for `peer` from ordinal `from` on; a batch that contains `from` is cut there. Returns at least one
   * batch if there is one, and at most `chars` more characters; a message with a kind counts with its raw bytes.
   * Withdrawn messages are empty texts.
   */
  waiting(peer: PeerName, from: number, chars: number): readonly Waiting[];
  /** How much may be queued for one friend; the caller of `append` must respect it. */
  readonly capacity: Capacity;
  /** Characters queued for `peer`; 0 if `capacity` does not bound them. */
  waitingChars(peer: PeerName): number;
  /** The tag of the batch that contains message `ordinal` for `peer`, while that message is queued. */
  tagAt(peer: PeerName, ordinal: number): string | undefined;
  /** When the oldest message queued for `peer` was submitted, in milliseconds since 1970 UTC. */
  waitingSince(peer: PeerName): number | undefined;
  /**
   * Received messages with store numbers above `above`, oldest first; `chars` bounds them as in `waiting`. Messages
   * with a kind and nothing to show are not among them. A store that is not durable keeps none.
   */
  received(above: number, chars: number): readonly Received[];
  /** The messages with store numbers from `number` on, `count` numbers in all, that this member sent to a friend. */
  sentMessages(number: number, count: number): readonly Sent[];
  /** The greatest committed store number; 0 before the first. Numbers from a failed turn may be assigned again. */
  readonly newest: number;
  /** Store number up to which all received messages were shown. */
  readonly shown: number;
  setShown(number: number): void;
  /** Store number up to which the follower with this name has confirmed messages; undefined for a new name. */
  confirmed(reader: string): number | undefined;
  confirm(reader: string, number: number): void;
  /** Removes a follower's name. */
  forget(reader: string): void;
  /** The number of followers' names. */
  readonly readers: number;
  readonly notebook: Notebook;
  readonly typedMessages: TypedMessages;
  /** Indexes more committed messages for the search, at most `room`; only between turns. True: there are more. */
  indexSome(room: { readonly messages: number; readonly chars: number }): boolean;
  /** Commits all of the turn's writes, or none of them; the fault says why. Does nothing without writes. */
  commit(): Result<null>;
  close(): void;
}

/**
 * The store's records about single messages: callers' ids, expiry times, and withdrawn messages, which are not sent any
 * more. Its writes are part of the turn's transaction.
 */
export interface Notebook {
  putNote(peer: PeerName, note: Note): void;
  /** Notes of the messages in `span`, in order; at most `max`. */
  notes(peer: PeerName, span: Span, max: number): readonly Note[];
  /** The ordinals of the messages with the caller's id `id`, in order. */
  named(peer: PeerName, id: string): readonly number[];
  dropNotes(peer: PeerName, span: Span): void;
  /** `expires`: milliseconds since 1970 UTC. */
  putExpiry(peer: PeerName, span: Span, expires: number): void;
  /** The earliest expiry, in milliseconds since 1970 UTC. */
  nextExpiry(peer: PeerName): number | undefined;
  /** Messages that expire at or before `time`. */
  expiring(peer: PeerName, time: number): readonly Span[];
  dropExpiries(peer: PeerName, time: number): void;
  /** Returns the parts of `span` that were not withdrawn before. */
  withdraw(peer: PeerName, span: Span, state: Withdrawal): readonly Span[];
  /** The withdrawn parts of `span`, in order. */
  withdrawn(peer: PeerName, span: Span): readonly Withdrawn[];
  /** Store number of message `ordinal` for `peer`. */
  numberOf(peer: PeerName, ordinal: number): number | undefined;
  /** The ordinal of the message for `peer` with that store number. */
  ordinalOf(peer: PeerName, number: number): number | undefined;
  stateOf(peer: PeerName, ordinal: number): MessageState;
}

/** The store's messages with a kind, also of kinds that this version does not know. */
export interface TypedMessages {
  /** Whether a message with this id was stored, in either direction. */
  holds(id: string): boolean;
  /** The message with that store number. */
  at(number: number): TypedMessage | undefined;
  /** Those of one kind whose store numbers are above `above`, oldest first, at most `max`. */
  ofKind(kind: number, above: number, max: number): readonly NumberedMessage[];
}

export interface NumberedMessage {
  /** Its first store number. */
  readonly number: number;
  readonly message: TypedMessage;
}

/** All committed messages. Reading does not block writers. */
export interface History {
  /** Oldest first. Reads lazily during iteration; throws if the disk fails meanwhile. */
  messages(query: HistoryQuery): Iterable<HistoryMessage>;
  close(): void;
}

/** Friends' keys on disk. Another process may change them at any time. */
export interface Keyring {
  /** The current keys. After a fault, only keys from rows of the group file may be trusted. */
  read(): Result<KnownKeys>;
  /**
   * Stores a key; it is on disk when this returns. After a fault nothing has changed and the key must not be trusted. A
   * first use also fails if another key was stored for the name meanwhile.
   */
  remember(name: PeerName, known: KnownKey): Result<null>;
  /** Stores a key that was refused for `name`, so that `p2p trust` can accept it. */
  noteRefused(name: PeerName, refused: RefusedKey): Result<null>;
}

/** A member's persistent state. */
export interface MemberState {
  readonly identity: Identity;
  readonly keyring: Keyring;
  readonly store: Store;
  /** Whether the store outlives the process. */
  readonly durable: boolean;
  /** Its location; undefined if nothing is kept. */
  readonly place?: { readonly keyFile: string; openTypedLines(): TypedLines };
  /** Undefined if this member has no local clients. */
  readonly localSocket?: LocalSocket;
  /** Opens the committed history; undefined if nothing is kept. The caller closes it. */
  readonly openHistory?: () => Result<History>;
}

/** Another process is this member. */
export interface Busy {
  readonly ok: false;
  readonly message: string;
  readonly busy: true;
}

export interface Identity {
  readonly keyPair: { readonly publicKey: Bytes; readonly secretKey: Bytes };
  readonly publicKey: PublicKey;
}

export type LogLevel = "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "silent";

export type LogFields = Readonly<Record<string, string | number | boolean>>;

/** `event` is a stable identifier. Message texts and keys are never logged. */
export interface Log {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}
