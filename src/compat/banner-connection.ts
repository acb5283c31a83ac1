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

export const noBanner = "no private line answers there";

export class BannerConnection extends WrappedConnection implements ConnectionEvents {
  readonly #reactor: Reactor;
  readonly #onBanner: () => void;
  readonly #banner = new BannerReader();
  #connected = false;
  /** We have given up, or the connection is closed. */
  #over = false;
  #events: ConnectionEvents | undefined;
  #timer: Timer;

  /** `connection` was just dialled; its callbacks run in turns. */
  constructor(connection: Connection, reactor: Reactor, onBanner: () => void) {
    super(connection);
    this.#reactor = reactor;
    this.#onBanner = onBanner;
    this.#timer = reactor.wheel.after(bannerMs, () => this.#giveUp());
    connection.bind(this);
  }

  bind(events: ConnectionEvents): void {
    this.#events = events;
  }

  write(chunk: Bytes): boolean {
    if (!this.#banner.whole) throw new Error("nothing may be written before the banner was read");
    return this.under.write(chunk);
  }

  /** After giving up, the close is under way. */
  override destroy(): void {
    if (!this.#over) super.destroy();
  }

  onOpen(): void {
    this.#connected = true;
  }

  onBytes(chunk: Bytes): void {
    if (this.#over) return;
    if (this.#banner.whole) this.#events?.onBytes(chunk);
    else this.#readBanner(chunk);
  }

  onDrain(): void {
    if (!this.#over) this.#events?.onDrain();
  }

  onEnd(): void {
    if (this.#over) return this.under.destroy();
    if (this.#banner.whole) this.#events?.onEnd();
    else this.#giveUp();
  }

  onClose(code?: string): void {
    this.#timer.cancel();
    if (this.#over) return;
    this.#over = true;
    this.#events?.onClose(this.#banner.whole ? code : (code ?? noBanner));
  }

  #readBanner(chunk: Bytes): void {
    const rest = chunk.subarray(this.#banner.push(chunk));
    if (!this.#banner.fits) return this.#giveUp();
    if (!this.#banner.whole) return;
    this.#timer.cancel();
    this.#onBanner();
    this.#events?.onOpen();
    if (rest.length > 0) this.#events?.onBytes(rest);
  }

  /** Sends a FIN and reads on for a while: some older programs exit on a reset. */
  #giveUp(): void {
    this.#over = true;
    this.#timer.cancel();
    if (this.#connected) {
      this.under.end();
      this.#timer = this.#reactor.wheel.after(refusedLingerMs, () => this.under.destroy());
    } else this.under.destroy();
    this.#events?.onClose(noBanner);
  }
}
