// How a command gets to a member: to the running one by its socket, or where none runs and the command may, to one of our own for
// that moment. Of many commands at once one becomes the member and the others find its socket.

import { exitCode, reasonOf } from "../core/errors.js";
import { reachAgainMs } from "../core/limits.js";
import type { Cancel, Clock, Connection } from "../ports.js";
import type { Ending } from "../core/ending.js";
import { MemberConnection, refusalOf, type MemberEvents } from "./member-connection.js";

/** A member in this process, for as long as somebody here or on its socket needs it. */
export interface OwnMember {
  start(events: OwnMemberEvents): void;
  /** It ends once it owes nothing to anybody; `onEnd` tells. */
  finish(): void;
}

export interface OwnMemberEvents {
  /** Another process has the member's lock: this one does not start. */
  readonly onBusy: () => void;
  /** Its socket is there. */
  readonly onReady: () => void;
  /** It cannot start, or has ended. */
  readonly onEnd: (ending: Ending) => void;
}

export interface ReachParts {
  readonly clock: Clock;
  dial(): Connection;
  /** Undefined: only a running member will do. */
  readonly own: OwnMember | undefined;
}

export interface ReachEvents extends MemberEvents {
  /** Nobody is there. */
  readonly onNobody: () => void;
  /** Our own member could not start, or ended before we were done with it. */
  readonly onFailure: (ending: Ending) => void;
}

export class Reach {
  readonly #parts: ReachParts;
  readonly #events: ReachEvents;
  #line: MemberConnection | undefined;
  #own: "none" | "starting" | "runs" | "ended" = "none";
  #timer: Cancel = () => undefined;
  #tries = 0;
  #onDone: (() => void) | undefined;

  constructor(parts: ReachParts, events: ReachEvents) {
    this.#parts = parts;
    this.#events = events;
  }

  /** Undefined before `onOpen` and after `onClose`. */
  get line(): MemberConnection | undefined {
    return this.#line;
  }

  dial(): void {
    let opened = false;
    const { onOpen, onClose, ...more } = this.#events;
    const line = new MemberConnection(this.#parts.dial(), {
      ...more,
      onOpen: () => {
        opened = true;
        this.#line = line;
        onOpen();
      },
      onClose: (code) => {
        this.#line = undefined;
        if (opened) onClose(code);
        else this.#notThere(code);
      },
    });
  }

  /** A moment later: whoever is about to start or to end has done so by then. */
  dialAgain(): void {
    this.#timer();
    this.#timer = this.#parts.clock.after(backOff(this.#tries), () => this.dial());
    this.#tries += 1;
  }

  /** This member ends; the next one is looked for. */
  leaveForNext(): void {
    this.#line?.leave();
    this.#line = undefined;
    this.dialAgain();
  }

  /** We need the member no longer. `onDone` follows once our own has ended too. */
  leave(onDone: () => void): void {
    this.#timer();
    this.#line?.leave();
    if (this.#own === "none" || this.#own === "ended") return onDone();
    this.#onDone = onDone;
    if (this.#own === "runs") this.#parts.own?.finish();
  }

  #notThere(code: string | undefined): void {
    const refusal = refusalOf(code);
    if (refusal === "broken") return this.#events.onFailure(broken(code ?? ""));
    if (refusal === "crowded" || this.#own !== "none") return this.dialAgain();
    if (this.#parts.own === undefined) return this.#events.onNobody();
    this.#own = "starting";
    this.#parts.own.start({
      onBusy: () => this.#become("none"),
      onReady: () => this.#become("runs"),
      onEnd: (ending) => this.#ended(ending),
    });
  }

  #become(own: "none" | "runs"): void {
    this.#own = own;
    if (this.#onDone === undefined) return own === "runs" ? this.dial() : this.dialAgain();
    if (own === "runs") this.#parts.own?.finish();
    else this.#onDone();
  }

  #ended(ending: Ending): void {
    this.#own = "ended";
    this.#timer();
    if (this.#onDone !== undefined) this.#onDone();
    else this.#events.onFailure(ending);
  }
}

/** A hundred that all wait for one another must leave it the time to start. */
const backOff = (tries: number): number => reachAgainMs * 2 ** Math.min(tries, 3);

const broken = (code: string): Ending => ({
  code: exitCode.unsent,
  message: `The running member's socket cannot be used: ${reasonOf(code)}.`,
});
