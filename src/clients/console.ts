// Who sits at standard input and output, and how that one wants it: in lines or in JSON, with an account of it all at the end or not.

import type { Origin, SendOptions } from "../core/outcome.js";
import type { PeerName } from "../core/types.js";
import type { Clock, Console } from "../ports.js";
import { Drain, type DrainParts } from "./drain.js";
import type { Client } from "../member/client.js";
import type { MemberApi } from "../member/api.js";
import { JsonClient } from "./json/client.js";
import { LineConsole } from "./lines/console.js";
import { SendTracker } from "./send-tracker.js";
import { silentFace } from "./silent.js";

export interface TalkOptions {
  /** Where a person sits at a terminal. */
  readonly people?: ((front: () => MemberApi) => Client) | undefined;
  /** Nobody sits there. */
  readonly silent?: boolean;
  /** JSON lines in both directions. */
  readonly json: boolean;
  /** Set: at the end of the input, wait so long at most for all outcomes, in milliseconds, and end. */
  readonly drainMs?: number | undefined;
  /** How long what is handed over is worth sending, in milliseconds. */
  readonly expireMs?: number | undefined;
}

export interface TalkParts extends Omit<DrainParts, "reckoning" | "longestMs"> {
  readonly console: Console;
  readonly clock: Clock;
  readonly front: () => MemberApi;
}

export class Talk {
  readonly face: Client;
  readonly #options: TalkOptions;
  readonly #parts: TalkParts;
  readonly #reckoning = new SendTracker();
  readonly #drain: Drain | undefined;

  constructor(options: TalkOptions, parts: TalkParts) {
    this.#options = options;
    this.#parts = parts;
    this.face = this.#newFace();
    if (options.drainMs !== undefined)
      this.#drain = new Drain({ ...parts, reckoning: this.#reckoning, longestMs: options.drainMs });
  }

  /** Who is told what becomes of messages of earlier runs; lines for people have no words for it. */
  get reporter(): Origin | undefined {
    return this.face instanceof JsonClient ? this.face.reporter : undefined;
  }

  endOfInput(): void {
    this.face.onEnd();
    this.#drain?.begin();
  }

  /** End of a turn. */
  look(): void {
    // The exit code is no use to who has not read the rest.
    if (!this.face.blocked) this.#drain?.look();
  }

  #newFace(): Client {
    const { console, clock, front } = this.#parts;
    const { people, json, drainMs, expireMs, silent } = this.#options;
    if (silent === true) return silentFace;
    const reckoning = this.#reckoning;
    if (people !== undefined) return people(front);
    if (json) return new JsonClient({ console, front, clock, reckoning, expireMs });
    const asked = drainMs !== undefined || expireMs !== undefined;
    return new LineConsole(console, front, asked ? { reckoning, slip: () => this.#slip() } : undefined);
  }

  /** Lines for people say nothing of what goes well. */
  readonly #account: Origin = {
    outcome: (outcome) => {
      const { kind, to, count } = outcome;
      this.#reckoning.outcome(outcome);
      if (kind === "expired" || kind === "cancelled") this.face.notice({ kind, peer: to as PeerName, count });
    },
  };

  #slip(): SendOptions {
    const { expireMs } = this.#options;
    const expires = expireMs === undefined ? {} : { expires: this.#parts.clock.wallTime() + expireMs };
    return { origin: this.#account, ...expires };
  }
}
