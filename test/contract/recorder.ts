// Records the events of a connection, in order.

import type { Bytes } from "../../src/core/types.js";
import { fromUtf8 } from "../../src/core/utf8.js";
import type { Connection, ConnectionEvents } from "../../src/ports.js";

export class Recorder implements ConnectionEvents {
  readonly connection: Connection;
  /** "open", "end", "drain", "close CODE"; bytes are in `text`. */
  readonly events: string[] = [];
  text = "";
  /** True during the test's own calls: an event meanwhile comes from inside a call. */
  calling = false;
  reentered = false;

  constructor(connection: Connection) {
    this.connection = connection;
    this.call(() => connection.bind(this));
  }

  get closed(): boolean {
    return this.events.some((event) => event.startsWith("close"));
  }

  call<Result>(run: () => Result): Result {
    this.calling = true;
    const result = run();
    this.calling = false;
    return result;
  }

  onOpen(): void {
    this.#note("open");
  }

  onBytes(chunk: Bytes): void {
    this.#note("bytes");
    this.text += fromUtf8(chunk);
  }

  onDrain(): void {
    this.#note("drain");
  }

  onEnd(): void {
    this.#note("end");
  }

  onClose(code?: string): void {
    this.#note(code === undefined ? "close" : `close ${code}`);
  }

  #note(event: string): void {
    this.reentered ||= this.calling;
    if (event !== "bytes" || this.events.at(-1) !== "bytes") this.events.push(event);
  }
}
