// Base class for a connection over another one: passes control calls through; a subclass defines how bytes are written and read.

import type { Bytes } from "../core/types.js";
import type { Connection, ConnectionEvents } from "../ports.js";

export abstract class WrappedConnection implements Connection {
  protected readonly under: Connection;

  constructor(under: Connection) {
    this.under = under;
  }

  abstract bind(events: ConnectionEvents): void;
  abstract write(chunk: Bytes): boolean;

  get remoteHost(): string {
    return this.under.remoteHost;
  }

  get localHost(): string {
    return this.under.localHost;
  }

  pause(): void {
    this.under.pause();
  }

  resume(): void {
    this.under.resume();
  }

  end(): void {
    this.under.end();
  }

  destroy(): void {
    this.under.destroy();
  }

  reset(): void {
    this.under.reset();
  }
}
