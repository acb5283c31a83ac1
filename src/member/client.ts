// What a member tells its clients and gives to them. The console and the local socket are built from this by whoever starts
// the member, so that the member knows no client by name.

import type { Audience } from "../core/audience.js";
import type { KeyTrouble, Notice } from "../core/notice.js";
import type { Origin } from "../core/outcome.js";
import type { Bytes, Peer, PeerName } from "../core/types.js";
import type { Clock, Console, MemberState, Typed } from "../ports.js";
import type { Reactor } from "../reactor/reactor.js";
import type { MemberApi } from "./api.js";

/** The client at standard input and output: it reads what is typed, and tells what arrives and happens in its own form. */
export interface Client extends Audience {
  /** We listen. */
  greet(port: number, peers: readonly Peer[]): void;
  onBytes(chunk: Bytes): void;
  /** From a terminal that edits lines. */
  onTyped?(typed: Typed): void;
  /** Standard input has ended. */
  onEnd(): void;
  /** The reader of standard output has taken everything. */
  onDrain(): void;
  /** Store number up to which every message was taken by the reader of standard output. */
  readonly shown: number;
  /** Whether that reader leaves us waiting. */
  readonly blocked: boolean;
  /** End of the turn. */
  flush(): void;
}

/** The client at standard input and output, and when the program ends because of it. */
export interface MemberConsole {
  readonly client: Client;
  /** Leaves messages unshown, for a later run. */
  readonly silent: boolean;
  /** Hears the outcomes of messages that an earlier run took. Undefined where the client has no words for them. */
  readonly reporter: Origin | undefined;
  endOfInput(): void;
  /** End of a turn, after the client's `flush`. */
  endOfTurn(): void;
}

/** Other programs on this machine, at the local socket. */
export interface LocalPrograms {
  /** Hears what arrives and happens, for all of them. */
  readonly audience: Audience;
  /** We listen for friends at `port`: programs can come in. */
  open(port: number): void;
  /** Asks for the end of the member once no program is owed an answer. */
  finish(): void;
  /** Whether `finish` was asked for and no program is owed an answer. */
  readonly finished: boolean;
  /** Accepts no program and reads no request from now on; what was read is still answered. */
  stopReading(): void;
  /** End of the turn, after its commit. */
  flush(): void;
  close(): void;
}

/** What the member gives to its clients. */
export interface ClientHost {
  readonly state: MemberState;
  readonly clock: Clock;
  readonly reactor: Reactor;
  readonly console: Console;
  /** The API is built after the clients. */
  readonly api: () => MemberApi;
  after(delayMs: number, run: () => void): { cancel(): void };
  keyTrouble(name: PeerName): KeyTrouble | undefined;
  /** Dials the friend now, not at the end of a back-off. */
  hurry(name: PeerName): void;
  notice(notice: Notice): void;
  /** Ends the program with that exit code. */
  end(code: number): void;
}
