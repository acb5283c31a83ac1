// A dialled connection to a port where the peer may have a private line. It opens once the peer's banner is read, and
// writes no byte before that, because an older program that listens there could not read it.

import { refusedLingerMs } from "../core/limits.js";
import { bannerMs } from "../core/older-limits.js";
import type { Bytes } from "../core/types.js";
import type { Connection, ConnectionEvents } from "../ports.js";
import type { Reactor } from "../reactor/reactor.js";
import type { Timer } from "../reactor/timer-wheel.js";
import { WrappedConnection } from "../trust/wrapped-connection.js";
import { BannerReader } from "../wire/secure/banner.js";

export interface BannerConnectionParts {
  /** Just dialled; its callbacks run in turns. */
  readonly connection: Connection;
  readonly reactor: Reactor;
  /** The banner was read: the listener there has a private line. */
  readonly onBanner: () => void;
}

/** silent: the banner is not read yet. open: a normal connection. over: refused or closed; no more events follow. */
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
    const wasOpen = this.#phase === "open";
    this.#phase = "over";
    this.#events?.onClose(wasOpen ? code : (code ?? noBanner));
  }

  #open(rest: Bytes): void {
    this.#timer.cancel();
    this.#phase = "open";
    this.#parts.onBanner();
    this.#events?.onOpen();
    if (rest.length > 0) this.#events?.onBytes(rest);
  }

  /** Sends a FIN and reads on for a while: some older programs exit on a reset. */
  #giveUp(): void {
    if (this.#phase === "over") return;
    this.#phase = "over";
    this.#timer.cancel();
    if (this.#connected) this.#endGracefully();
    else this.under.destroy();
    this.#events?.onClose(noBanner);
  }

  #endGracefully(): void {
    this.under.end();
    this.#timer = this.#parts.reactor.wheel.after(refusedLingerMs, () => this.under.destroy());
  }
}
