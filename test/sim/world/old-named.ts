// A neighbour that behaves like the program of seed 002: it writes on the one connection that it dialled and reads on
// those that it accepted, one read per wake-up up to the first NUL, five connections in its life. The end of one of
// these crashes it, and so does a read without a slash.

import type { Connection } from "../../../src/ports.js";
import type { Bytes } from "../../../src/core/types.js";
import { fromUtf8, toUtf8 } from "../../../src/core/utf8.js";
import type { OldParts } from "./old-one-shot.js";

const servedInLife = 5;

export class OldNamed {
  readonly said: string[] = [];
  /** Shown messages, without `[INCOMING MESSAGE FROM …]`. */
  readonly heard: string[] = [];
  readonly #parts: OldParts;
  #outbound: Connection | undefined;
  #accepted = 0;
  fate = "alive";

  constructor(parts: OldParts) {
    this.#parts = parts;
    parts.network.listen(
      { host: "", port: parts.port },
      {
        onListening: () => undefined,
        onFailure: () => undefined,
        onConnection: (connection) => this.#accept(connection),
      },
    );
  }

  say(text: string): void {
    if (this.fate !== "alive") return;
    this.said.push(text);
    this.#outbound ??= this.#dial();
    this.#outbound.write(toUtf8(`${this.#parts.name}/${text}\n\0`));
  }

  #dial(): Connection {
    const connection = this.#parts.network.dial({ ...this.#parts.peer, localHost: undefined });
    connection.bind({
      onOpen: () => undefined,
      onBytes: () => (this.fate = "was answered where it never reads"),
      onDrain: () => undefined,
      onEnd: () => (this.fate = "lost the connection that it had dialled"),
      onClose: () => undefined,
    });
    return connection;
  }

  #accept(connection: Connection): void {
    this.#accepted += 1;
    if (this.#accepted > servedInLife) return;
    const crash = (): void => void (this.fate = "crashed at the end of a connection");
    connection.bind({
      onOpen: () => undefined,
      onBytes: (chunk) => this.#read(chunk),
      onDrain: () => undefined,
      onEnd: crash,
      onClose: crash,
    });
  }

  #read(chunk: Bytes): void {
    const [shown = ""] = fromUtf8(chunk).split("\0");
    const slash = shown.indexOf("/");
    if (slash < 0) this.fate = "crashed on a read without a slash";
    else this.heard.push(shown.slice(slash + 1).replace(/\n$/, ""));
  }
}
