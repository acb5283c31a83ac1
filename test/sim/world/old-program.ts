// A neighbour that behaves like the program of seed 000: it knows one connection per peer, the one that it dialled
// or accepted last, and never reads another; a FIN hangs it, a reset ends it; its timeout forgets without closing.

import type { Connection, Network } from "../../../src/ports.js";
import type { Bytes } from "../../../src/core/types.js";
import { fromUtf8, toUtf8 } from "../../../src/core/utf8.js";
import type { VirtualClock } from "./virtual-time.js";

export interface OldProgramParts {
  readonly network: Network;
  readonly clock: VirtualClock;
  readonly peer: { readonly host: string; readonly port: number };
  /** Its timeout in processor seconds: never shorter than on the wall clock. */
  readonly timeoutMs: number;
}

export class OldProgram {
  readonly said: string[] = [];
  readonly #parts: OldProgramParts;
  #current: Connection | undefined;
  #deadline = Infinity;
  #heard = "";
  /** "hung" and "exited" are a crash for its users. */
  fate: "alive" | "hung" | "exited" = "alive";

  constructor(parts: OldProgramParts) {
    this.#parts = parts;
    parts.network.listen(
      { host: "", port: parts.peer.port },
      {
        onListening: () => undefined,
        onFailure: () => undefined,
        onConnection: (connection) => this.#adopt(connection),
      },
    );
  }

  get heard(): readonly string[] {
    return this.#heard.split("\n").slice(0, -1);
  }

  say(text: string): void {
    if (this.fate !== "alive") return;
    this.said.push(text);
    this.#forgetWhenLate();
    if (this.#current === undefined) this.#dial(text);
    else this.#current.write(toUtf8(`${text}\n`));
    this.#touch();
  }

  // It blocks in connect(); its message is sent when that returns.
  #dial(text: string): void {
    const connection = this.#parts.network.dial({ ...this.#parts.peer, localHost: undefined });
    this.#adopt(connection, () => connection.write(toUtf8(`${text}\n`)));
  }

  #adopt(connection: Connection, onOpen: () => void = () => undefined): void {
    if (this.fate !== "alive") return;
    this.#current?.pause();
    this.#current = connection;
    this.#touch();
    const mine = (react: () => void) => () => {
      if (this.#current === connection) react();
    };
    connection.bind({
      onOpen,
      onBytes: (chunk) => mine(() => this.#read(chunk))(),
      onDrain: () => undefined,
      onEnd: mine(() => (this.fate = "hung")),
      onClose: mine(() => (this.fate = "exited")),
    });
  }

  #read(chunk: Bytes): void {
    if (this.fate !== "alive") return;
    this.#forgetWhenLate();
    this.#heard += fromUtf8(chunk);
    this.#touch();
  }

  #touch(): void {
    this.#deadline = this.#parts.clock.now() + this.#parts.timeoutMs;
  }

  #forgetWhenLate(): void {
    if (this.#parts.clock.now() < this.#deadline) return;
    this.#current?.pause();
    this.#current = undefined;
  }
}
