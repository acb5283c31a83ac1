// The interfaces between a member and its clients. `MemberSettings` holds the functions that build the clients, so that the
// member imports no client.

import type { Audience } from "../core/audience.js";
import type { KeyTrouble, Notice } from "../core/notice.js";
import type { Origin } from "../core/outcome.js";
import type { Bytes, Peer, PeerName } from "../core/types.js";
import type { Clock, Console, MemberState, Typed } from "../ports.js";
import type { Reactor } from "../reactor/reactor.js";
import type { MemberApi, PeerRow } from "./api.js";

/** The client at standard input and output: it reads input and writes messages and events in its own format. */
export interface Client extends Audience {
  /** The member listens at `port`. */
  greet(port: number, peers: readonly Peer[]): void;
  onBytes(chunk: Bytes): void;
  /** Input from a terminal whose lines this program edits. */
  onTyped?(typed: Typed): void;
  /** Standard input has ended. */
  onEnd(): void;
  /** The reader of standard output has read everything written. */
  onDrain(): void;
  /** Store number of the newest message such that the reader of standard output has read it and all before it. */
  readonly shown: number;
  /** Whether output waits for that reader. */
  readonly blocked: boolean;
  /** End of the turn. */
  flush(): void;
}

/** The client at standard input and output, and the rule by which its input ends the program. */
export interface MemberConsole {
  readonly client: Client;
  /** Shows no messages; they stay unshown for a later run. */
  readonly silent: boolean;
  /** A person reads it at a terminal. */
  readonly terminal: boolean;
  /** Gets the outcomes of messages from earlier runs. Undefined where the client does not show them. */
  readonly reporter: Origin | undefined;
  endOfInput(): void;
  /** End of a turn, after the client's `flush`. */
  endOfTurn(): void;
}

/** Other programs on this machine, at the local socket. */
export interface LocalPrograms {
  /** Gets messages and events for all programs. */
  readonly audience: Audience;
  /** The member listens for friends at `port`: programs can connect from now on. */
  open(port: number): void;
  /** Requests the end of the member, once every program has its answers. */
  finish(): void;
  /** Whether `finish` was called and every program has its answers. */
  readonly finished: boolean;
  /** Accepts no program and reads no request from now on. Requests that were read are still answered. */
  stopReading(): void;
  /** End of the turn, after its commit. */
  flush(): void;
  close(): void;
}

/** Services of the member for its clients. */
export interface ClientHost {
  readonly state: MemberState;
  readonly clock: Clock;
  readonly reactor: Reactor;
  readonly console: Console;
  /** A function, because the API is built after the clients. */
  readonly api: () => MemberApi;
  /** The member runs for a single command of this process. */
  readonly momentary: boolean;
  readonly peers: () => readonly PeerRow[];
  after(delayMs: number, run: () => void): { cancel(): void };
  keyTrouble(name: PeerName): KeyTrouble | undefined;
  /** Dials the friend now, without waiting for the end of the back-off. */
  dialNow(name: PeerName): void;
  notice(notice: Notice): void;
  /** Ends the program with that exit code. */
  end(code: number): void;
}
