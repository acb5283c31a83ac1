// What the older programs share: one reactor, a console and connections whose events come in turns, and one end.

import { sourceAddress } from "../core/address.js";
import type { Ending, Running } from "../core/ending.js";
import type { Endpoint } from "../core/types.js";
import type { CompatOptions } from "../commands/options.js";
import type { Ports } from "../member/member.js";
import type { Connection, Listener, ListenerEvents } from "../ports.js";
import { bindInTurns, listenAnywhere } from "../reactor/entrances.js";
import { PostedConnection } from "../reactor/posted.js";
import { Reactor } from "../reactor/reactor.js";

export type OlderPorts = Pick<Ports, "clock" | "network" | "console" | "log">;

/** Gets the keyboard's input. */
export interface Typed {
  onBytes(chunk: Uint8Array): void;
  onEnd(): void;
  onDrain(): void;
}

export abstract class OlderProgram implements Running {
  protected readonly reactor: Reactor;
  readonly #ports: OlderPorts;
  readonly #listen: string | undefined;
  readonly #onEnd: (ending: Ending) => void;
  #ended = false;

  /** `onEnd` is called exactly once. */
  constructor({ listen }: CompatOptions, ports: OlderPorts, onEnd: (ending: Ending) => void) {
    this.reactor = new Reactor(ports.clock, ports.log);
    this.#ports = ports;
    this.#listen = listen;
    this.#onEnd = onEnd;
    this.reactor.atEndOfTurn(() => this.endTurn());
  }

  /** Shows what was printed, and takes the next step of the shutdown. */
  protected abstract endTurn(): void;
  /** The user or the system asks the program to stop. */
  protected abstract beginStop(): void;
  /** Closes everything at once; the reactor follows. */
  protected abstract release(): void;

  stop(): void {
    this.inTurn(() => this.beginStop());
  }

  protected inTurn(run: () => void): void {
    this.reactor.post("timer", { run });
  }

  protected bindConsole(typed: Typed): void {
    bindInTurns(
      { ...this.#ports, reactor: this.reactor },
      {
        onBytes: (chunk) => typed.onBytes(chunk),
        onEnd: () => typed.onEnd(),
        onDrain: () => typed.onDrain(),
      },
    );
  }

  /** The callbacks of its connections run in turns too. */
  protected listen(port: number, events: Partial<ListenerEvents> & Pick<ListenerEvents, "onFailure">): Listener {
    return listenAnywhere(
      { ...this.#ports, reactor: this.reactor },
      { host: this.#listen, port },
      {
        onListening: (at) => events.onListening?.(at),
        onConnection: (connection) => events.onConnection?.(new PostedConnection(this.reactor, connection)),
        onFailure: (code) => events.onFailure(code),
      },
    );
  }

  protected dial(to: Endpoint): Connection {
    const localHost = sourceAddress(this.#listen);
    return new PostedConnection(this.reactor, this.#ports.network.dial({ ...to, localHost }));
  }

  protected end(ending: Ending): void {
    if (this.#ended) return;
    this.#ended = true;
    this.release();
    this.reactor.close();
    this.#onEnd(ending);
  }
}
