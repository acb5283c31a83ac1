// The outside, as the program sees it. Adapters in platform/ and in the simulation satisfy these; nothing else does I/O.

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
  Waiting,
  Withdrawal,
  Withdrawn,
} from "./core/record.js";
import type { Span } from "./core/span.js";
import type { PeerName, PublicKey, Result } from "./core/types.js";

export interface Clock {
  /** Milliseconds on a clock that never goes back; fractions allowed, the origin is arbitrary. */
  now(): number;
  /** Milliseconds since 1970 UTC. It may jump, in both directions; only records carry it. */
  wallTime(): number;
  /** Calls back once, `delayMs` or more from now; a callback that comes too early is the caller's to bear. */
  after(delayMs: number, callback: () => void): Cancel;
  /** Calls back once, after everything that this round of polling has ready. */
  endOfPoll(callback: () => void): void;
}
export type Cancel = () => void;

/** Every callback comes from the event loop, never from inside a call to the connection. */
export interface ConnectionEvents {
  /** A dialled connection stands; an accepted one stands from the start and gets no such call. */
  onOpen(): void;
  onBytes(chunk: Bytes): void;
  /** The kernel has taken everything that was written. */
  onDrain(): void;
  /** The other side's FIN: it writes no more, and may go on reading. */
  onEnd(): void;
  /** Exactly once and always last. `code` is a system error code where something broke. */
  onClose(code?: string): void;
}

export interface Connection {
  /** Canonical address of the other end. */
  readonly remoteHost: string;
  /** Canonical address of our end; of a dialled connection it is known once it stands. */
  readonly localHost: string;
  /** Where the transport proves who is at the other end: since `onOpen`, or from the start when accepted. */
  readonly contact?: Contact | undefined;
  bind(events: ConnectionEvents): void;
  /**
   * True: the kernel has taken it all, and the chunk may be used again. False: it takes the rest as it can and `onDrain`
   * follows; write no more and leave the chunk alone till then.
   */
  write(chunk: Bytes): boolean;
  pause(): void;
  resume(): void;
  /** Flush, FIN, go on reading. */
  end(): void;
  /** At once, both directions. The other end sees a reset when bytes were unread, else a FIN. */
  destroy(): void;
  /** At once, with a reset: the other side is told that what it sent was not read. */
  reset(): void;
}

export interface ListenerEvents {
  onListening(port: number): void;
  onConnection(connection: Connection): void;
  /** Cannot listen; `code` is a system error code. Nothing follows. */
  onFailure(code: string): void;
}

export interface Listener {
  close(): void;
}

/** Where programs of the same user on this machine come in. */
export interface LocalSocket {
  /** The port that `onListening` tells is 0. A listener that is closed leaves nothing behind. */
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
  /** The reader of stdout went away: what is written from now on is dropped. */
  onReaderGone(): void;
  /** From a terminal that edits lines. */
  onTyped?(typed: Typed): void;
}

/** What a person does at a terminal that edits lines. */
export type Typed =
  | { readonly kind: "line"; readonly text: string }
  /** Several lines at once, the first one with the draft that was typed before it: a paste is text and never a command. */
  | { readonly kind: "paste"; readonly lines: readonly string[]; readonly draft: string }
  /** Ctrl-C for the first time. `cleared`: something stood in the line, and is gone. */
  | { readonly kind: "interrupt"; readonly cleared: boolean }
  | { readonly kind: "resize" }
  /** What can stand in the place of the end of `before`, which ends at the cursor. `answer` is called once. */
  | { readonly kind: "complete"; readonly before: string; answer(completion: Completion): void };

export interface Completion {
  /** What is to be completed: the end of what was typed. */
  readonly typed: string;
  readonly candidates: readonly string[];
}

export interface Console {
  /** Whether a person types: stdin is a terminal. */
  readonly interactive: boolean;
  bind(events: ConsoleEvents): void;
  /** True: taken, and the chunk may be used again. False: in use until `onDrain`; write no more till then. */
  write(chunk: Bytes): boolean;
  /** Where a person sits at both ends: what stands before the line that is being typed. What is written comes above it. */
  prompt?(question: string): void;
  pause(): void;
  resume(): void;
}

/** A console at which a person sits, with a line editor. What is written comes above the line that is being typed. */
export interface Terminal extends Console {
  readonly columns: number;
  /** In rows. */
  readonly height: number;
  /**
   * What stands before the line that is being typed: the caller sees to it that it is harmless. The answer to a real question is
   * not remembered.
   */
  prompt(words: string, question?: boolean): void;
  /** The next write takes the place of the last `rows` rows. False: they are no more on the screen, and nothing is done. */
  retract(rows: number): boolean;
  ring(): void;
  /** Puts back what was typed, before what has been typed since. */
  restore(draft: string): void;
  /** To be called before `bind`. */
  remember(lines: TypedLines): void;
  /** Gives the terminal back as it was. */
  close(): void;
}

/** The lines that were typed in earlier runs. */
export interface TypedLines {
  /** Nobody has ever typed here. */
  readonly first: boolean;
  /** Oldest first. */
  readonly earlier: readonly string[];
  add(line: string): void;
}

/** A file that only grows. */
export interface Transcript {
  readonly name: string;
  /** Behind what is there already. A fault may have kept the beginning. */
  append(lines: string): Result<null>;
}

export interface Random {
  /** In [0, 1). */
  next(): number;
  /** `bytes` random bytes as hexadecimal digits, two for each; unpredictable outside the simulation. */
  hex(bytes: number): string;
}

/**
 * What survives the process. The first write of a turn opens a transaction and `commit` ends it; reads see what the turn
 * has written. A write may find the disk full: that is told once, by `commit`, and nothing of the turn remains.
 */
export interface Store {
  outgoing(peer: PeerName): Outgoing | undefined;
  putOutgoing(peer: PeerName, outgoing: Outgoing): void;
  /** By the key of the sender. */
  incoming(key: PublicKey): Incoming | undefined;
  putIncoming(key: PublicKey, incoming: Incoming): void;
  /** Returns the store number of the first message; numbers only grow, also across transactions that failed. */
  append(entry: Entry): number;
  /**
   * What waits for `peer` from ordinal `from` on, beginning with that very message even where it stands inside a batch:
   * at least one batch where there is one, and no more than `chars` beyond it. What was withdrawn is an empty text.
   */
  waiting(peer: PeerName, from: number, chars: number): readonly Waiting[];
  /** How much the store holds of what waits for one friend; who appends sees to it that it is no more. */
  readonly capacity: Capacity;
  /** Characters that wait for `peer`; 0 where `capacity` does not bound them. */
  waitingChars(peer: PeerName): number;
  /** The tag of the batch that holds message `ordinal` for `peer`, while that message still waits. */
  tagAt(peer: PeerName, ordinal: number): string | undefined;
  /** When the oldest message that waits for `peer` was handed over, in milliseconds since 1970 UTC. */
  waitingSince(peer: PeerName): number | undefined;
  /**
   * What was received, with store numbers above `above`, oldest first; as much at a time as `waiting` gives. A store that
   * does not outlive the process may have dropped what was shown.
   */
  received(above: number, chars: number): readonly Received[];
  /** The greatest store number that was committed; 0 before the first. What a failed turn gave away may be given again. */
  readonly newest: number;
  readonly shown: number;
  /** Everything received up to this store number was shown. */
  setShown(number: number): void;
  /** Up to which store number the program that follows under this name has confirmed; undefined for a new one. */
  confirmed(reader: string): number | undefined;
  confirm(reader: string, number: number): void;
  /** Nobody follows under that name any more. */
  forget(reader: string): void;
  /** How many names there are to follow under. */
  readonly readers: number;
  readonly notebook: Notebook;
  /** Makes more of what was committed searchable, between turns only. True: there is more. */
  indexSome(room: { readonly messages: number; readonly chars: number }): boolean;
  /** All of the turn's writes, or none of them: the message says why. Without writes it does nothing. */
  commit(): Result<null>;
  close(): void;
}

/**
 * The store's part that knows of single messages: their callers' names for them, until when they are worth sending, and
 * which are not sent any more. Its writes belong to the turn's transaction, too.
 */
export interface Notebook {
  putNote(peer: PeerName, note: Note): void;
  /** Of the messages in `span`, in order; no more than `max`. */
  notes(peer: PeerName, span: Span, max: number): readonly Note[];
  /** The ordinals of what is called `id`, in order. */
  named(peer: PeerName, id: string): readonly number[];
  dropNotes(peer: PeerName, span: Span): void;
  /** `expires`: milliseconds since 1970 UTC. */
  putExpiry(peer: PeerName, span: Span, expires: number): void;
  /** The earliest there is. */
  nextExpiry(peer: PeerName): number | undefined;
  /** What expires by `time`. */
  expiring(peer: PeerName, time: number): readonly Span[];
  dropExpiries(peer: PeerName, time: number): void;
  /** Returns what of it was not withdrawn before. */
  withdraw(peer: PeerName, span: Span, state: Withdrawal): readonly Span[];
  /** What of `span` is withdrawn, in order. */
  withdrawn(peer: PeerName, span: Span): readonly Withdrawn[];
  /** Store number of message `ordinal` for `peer`. */
  numberOf(peer: PeerName, ordinal: number): number | undefined;
  /** The ordinal of the message for `peer` with that store number. */
  ordinalOf(peer: PeerName, number: number): number | undefined;
  stateOf(peer: PeerName, ordinal: number): MessageState;
}

/** Everything that was committed. Reading it holds up nobody who writes. */
export interface History {
  /** Oldest first. Reads on as it is asked for more; throws where the disk fails meanwhile. */
  messages(query: HistoryQuery): Iterable<HistoryMessage>;
  close(): void;
}

/** The keys of friends, as kept on disk, where another process may change them at any time. */
export interface Keyring {
  /** What stands there now. A fault where that cannot be told: then nobody's key may be trusted but those that rows name. */
  read(): Result<KnownKeys>;
  /**
   * On disk before it returns. A fault has changed nothing: the key must not be trusted. It is one, too, when a first use
   * finds that another key came to be known meanwhile.
   */
  remember(name: PeerName, known: KnownKey): Result<null>;
  /** A key that was refused for `name`: what `p2p trust` may accept. */
  noteRefused(name: PeerName, refused: RefusedKey): Result<null>;
}

/** What a member keeps from run to run. */
export interface MemberState {
  readonly identity: Identity;
  readonly keyring: Keyring;
  readonly store: Store;
  /** Whether the store outlives the process. */
  readonly durable: boolean;
  /** Where it is kept. */
  readonly place?: { readonly keyFile: string; openTypedLines(): TypedLines };
  /** Undefined where no other program speaks to this member. */
  readonly localSocket?: LocalSocket;
  /** For one look at what was committed; undefined where nothing is kept. The caller closes it. */
  readonly openHistory?: () => Result<History>;
}

export interface Identity {
  readonly keyPair: { readonly publicKey: Bytes; readonly secretKey: Bytes };
  readonly publicKey: PublicKey;
}

export type LogLevel = "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "silent";

export type LogFields = Readonly<Record<string, string | number | boolean>>;

/** `event` is a stable key. Never the text of a message, never a key. */
export interface Log {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}
