// A connection that was dialled to where the other side's private line may be. It stands once the banner was read, and
// promises that not one byte was written before: an older program that listens there is left in peace.

import { refusedLingerMs } from "../core/limits.js";
import { bannerMs } from "../core/older-limits.js";
import type { Bytes } from "../core/types.js";
import type { Connection, ConnectionEvents } from "../ports.js";
import type { Reactor } from "../reactor/reactor.js";
import type { Timer } from "../reactor/timer-wheel.js";
import { WrappedConnection } from "../trust/wrapped-connection.js";
import { BannerReader } from "../wire/secure/banner.js";

export interface BannerConnectionParts {
  /** Just dialled; its callbacks come in turns. */
  readonly connection: Connection;
  readonly reactor: Reactor;
  /** The banner is read: whoever listens there has a private line. */
  readonly onBanner: () => void;
}

/** silent: the banner is not read yet. open: a connection like any other. over: only its end is to come. */
type Phase = "silent" | "open" | "over";

export const noBanner = "no private line answers there";

export class BannerConnection extends WrappedConnection implements ConnectionEvents {
  readonly #parts: BannerConnectionParts;
  readonly #banner = new BannerReader();
  #phase: Phase = "silent";
  #connected = false;
  #events: ConnectionEvents | undefined;
  #timer: Timer;

  constructor(parts: BannerConnectionParts) {
    super(parts.connection);
    this.#parts = parts;
    this.#timer = parts.reactor.wheel.after(bannerMs, () => this.#giveUp());
    parts.connection.bind(this);
  }

  bind(events: ConnectionEvents): void {
    this.#events = events;
  }

  write(chunk: Bytes): boolean {
    if (this.#phase === "silent") throw new Error("nothing may be written before the banner was read");
    return this.under.write(chunk);
  }

  onOpen(): void {
    this.#connected = true;
  }

  onBytes(chunk: Bytes): void {
    if (this.#phase === "open") return this.#events?.onBytes(chunk);
    if (this.#phase === "over") return;
    const rest = chunk.subarray(this.#banner.push(chunk));
    if (!this.#banner.fits) return this.#giveUp();
    if (this.#banner.whole) this.#open(rest);
  }

  onDrain(): void {
    if (this.#phase === "open") this.#events?.onDrain();
  }

  onEnd(): void {
    if (this.#phase === "open") return this.#events?.onEnd();
    if (this.#phase === "over") this.under.destroy();
    else this.#giveUp();
  }

  onClose(code?: string): void {
    this.#timer.cancel();
    if (this.#phase === "over") return;
    const standing = this.#phase === "open";
    this.#phase = "over";
    this.#events?.onClose(standing ? code : (code ?? noBanner));
  }

  #open(rest: Bytes): void {
    this.#timer.cancel();
    this.#phase = "open";
    this.#parts.onBanner();
    this.#events?.onOpen();
    if (rest.length > 0) this.#events?.onBytes(rest);
  }

  /** With a FIN, and what comes is read for a while: some older programs end when they meet a reset. */
  #giveUp(): void {
    if (this.#phase === "over") return;
    this.#phase = "over";
    this.#timer.cancel();
    if (this.#connected) this.#endInPeace();
    else this.under.destroy();
    this.#events?.onClose(noBanner);
  }

  #endInPeace(): void {
    this.under.end();
    this.#timer = this.#parts.reactor.wheel.after(refusedLingerMs, () => this.under.destroy());
  }
}
