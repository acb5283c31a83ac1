// Connects a command to a member: to the running one over its socket, or else to a temporary one in this process, if the command
// allows that. If several commands start at once, one of them starts the member and the others connect to it.

import { exitCode, reasonOf } from "../core/errors.js";
import { reachRetryMs } from "../core/limits.js";
import type { Cancel, Clock, Connection } from "../ports.js";
import type { Ending } from "../core/ending.js";
import { MemberConnection, refusalOf, type MemberEvents } from "./member-connection.js";

/** A temporary member in this process. It runs until this command and all programs on its socket are served. */
export interface TemporaryMember {
  start(events: TemporaryMemberEvents): void;
  /** Ends the member once all pending answers are sent. `onEnd` follows. */
  finish(): void;
}

export interface TemporaryMemberEvents {
  /** Another process holds the member's lock, so this one does not start. */
  readonly onBusy: () => void;
  /** Its socket accepts connections. */
  readonly onReady: () => void;
  /** It could not start, or has ended. */
  readonly onEnd: (ending: Ending) => void;
}

export interface DialerPorts {
  readonly clock: Clock;
  dial(): Connection;
  /** Undefined: connects to a running member only. */
  readonly temporary: TemporaryMember | undefined;
}

export interface DialerEvents extends MemberEvents {
  /** No member is running, and none may be started. */
  readonly onAbsent: () => void;
  /** The temporary member could not start or ended too early, or the socket cannot be used. */
  readonly onFailure: (ending: Ending) => void;
}

export class MemberDialer {
  readonly #ports: DialerPorts;
  readonly #events: DialerEvents;
  #connection: MemberConnection | undefined;
  #temporary: "none" | "starting" | "runs" | "ended" = "none";
  #timer: Cancel = () => undefined;
  #tries = 0;
  #onDone: (() => void) | undefined;

  constructor(ports: DialerPorts, events: DialerEvents) {
    this.#ports = ports;
    this.#events = events;
  }

  /** Undefined before `onOpen` and after `onClose`. */
  get connection(): MemberConnection | undefined {
    return this.#connection;
  }

  dial(): void {
    let opened = false;
    const { onOpen, onClose, ...more } = this.#events;
    const connection = new MemberConnection(this.#ports.dial(), {
      ...more,
      onOpen: (greeting) => {
        opened = true;
        this.#connection = connection;
        onOpen(greeting);
      },
      onClose: (code, nothingTaken) => {
        this.#connection = undefined;
        if (opened) onClose(code, nothingTaken);
        else this.#handleRefusal(code);
      },
    });
  }

  /** Dials again after a delay, so that a starting or ending member can finish that. */
  redialLater(): void {
    this.#timer();
    this.#timer = this.#ports.clock.after(redialDelayMs(this.#tries), () => this.dial());
    this.#tries += 1;
  }

  /** This member is ending. Connects to the next one. */
  closeAndRedial(): void {
    this.#connection?.close();
    this.#connection = undefined;
    this.redialLater();
  }

  /** Closes the connection. Calls `onDone` once the temporary member, if any, has ended. */
  close(onDone: () => void): void {
    this.#timer();
    this.#connection?.close();
    if (this.#temporary === "none" || this.#temporary === "ended") return onDone();
    this.#onDone = onDone;
    if (this.#temporary === "runs") this.#ports.temporary?.finish();
  }

  #handleRefusal(code: string | undefined): void {
    const refusal = refusalOf(code);
    if (refusal === "broken") return this.#events.onFailure(broken(code ?? ""));
    if (refusal === "busy" || this.#temporary !== "none") return this.redialLater();
    if (this.#ports.temporary === undefined) return this.#events.onAbsent();
    this.#temporary = "starting";
    this.#ports.temporary.start({
      onBusy: () => this.#setTemporary("none"),
      onReady: () => this.#setTemporary("runs"),
      onEnd: (ending) => this.#temporaryEnded(ending),
    });
  }

  #setTemporary(state: "none" | "runs"): void {
    this.#temporary = state;
    if (this.#onDone === undefined) return state === "runs" ? this.dial() : this.redialLater();
    if (state === "runs") this.#ports.temporary?.finish();
    else this.#onDone();
  }

  #temporaryEnded(ending: Ending): void {
    this.#temporary = "ended";
    this.#timer();
    if (this.#onDone !== undefined) this.#onDone();
    else this.#events.onFailure(ending);
  }
}

/** Milliseconds. Grows, so that many waiting commands leave the starting member enough processor time. */
const redialDelayMs = (tries: number): number => reachRetryMs * 2 ** Math.min(tries, 3);

const broken = (code: string): Ending => ({
  code: exitCode.unsent,
  message: `Cannot use the member's socket: ${reasonOf(code)}.`,
});
