// What an ending was: a time-out, a friend who left, or a break. Each is told once, and none while we end ourselves.

import type { ByeReason } from "../wire/event.js";
import type { CarrierEvents } from "./carrier.js";
import type { Idleness } from "./idleness.js";
import type { Link } from "./link.js";

type EndingEvents = Pick<CarrierEvents, "onTimedOut" | "onClosed">;

/** A program that was killed, or one that has failed: it may come back as it was. */
const withoutBye = "it ended without a word";

export class DisconnectNotices {
  readonly #idleness: Idleness;
  readonly #events: EndingEvents;
  #silent = false;
  /** On connections of the friend's own, since the last end that was told. */
  #heardApart = false;

  constructor(idleness: Idleness, events: EndingEvents) {
    this.#idleness = idleness;
    this.#events = events;
  }

  /** From now on nothing is told. */
  silence(): void {
    this.#silent = true;
  }

  heardApart(): void {
    this.#heardApart = true;
  }

  timedOut(): void {
    this.#heardApart = false;
    if (!this.#silent) this.#events.onTimedOut();
  }

  bye(reason: ByeReason): void {
    if (reason === "idle") this.timedOut();
    if (reason === "quit") this.#closed();
  }

  /** The other side's FIN, and no bye says why. Where nobody says bye: was it its idle timeout, or did it leave? */
  fin(link: Link): void {
    const { farewell } = link.dialect.traits;
    if (this.#idleness.explainsFin && !farewell) this.timedOut();
    else if (link.everUsed) this.#closed(farewell ? withoutBye : undefined);
  }

  broke(reason: string): void {
    this.#closed(reason);
  }

  /** The last of the friend's own connections has ended. `told`: one of ours stands and will tell the end, or nobody expects one. */
  left(told: boolean): void {
    const [heard, timedOut] = [this.#heardApart && !told, this.#idleness.explainsFin];
    this.#heardApart = false;
    if (heard && timedOut) this.timedOut();
    if (heard && !timedOut) this.#closed();
  }

  #closed(reason?: string): void {
    if (this.#silent) return;
    if (reason === undefined) this.#events.onClosed();
    else this.#events.onClosed(reason);
  }
}
