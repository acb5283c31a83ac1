// Runs `p2p rendezvous`: prints clients that connect and disconnect, and takes no input.

import type { Ending, Running } from "../../core/ending.js";
import { exitCode, notLocalAddress, reasonOf } from "../../core/errors.js";
import type { ClientLeft } from "../../core/notice.js";
import { Screen } from "../../clients/screen.js";
import type { RendezvousOptions } from "../../commands/options.js";
import type { Listener } from "../../ports.js";
import { OlderProgram, type OlderPorts } from "../older-program.js";
import { Registry } from "./registry.js";

/** `silent` is the older program's text byte for byte, including the missing space: scripts may look for it. */
const reasons: Readonly<Record<ClientLeft, string>> = {
  closed: " disconnected.",
  silent: "unreachable. It will be disconnected!",
  replaced: " has connected again: its older connection was closed.",
  garbage: " was disconnected: it sent something that is not a command.",
  flood: " was disconnected: it sent too many commands.",
  deaf: " was disconnected: it does not read the answers.",
};

/** `onEnd` is called exactly once. */
export const startRendezvous = (
  options: RendezvousOptions,
  ports: OlderPorts,
  onEnd: (ending: Ending) => void,
): Running => new RendezvousProgram(options, ports, onEnd);

class RendezvousProgram extends OlderProgram {
  readonly #screen: Screen;
  readonly #registry: Registry;
  readonly #listener: Listener;

  constructor(options: RendezvousOptions, ports: OlderPorts, onEnd: (ending: Ending) => void) {
    super(options, ports, onEnd);
    const { port, clientsMax } = options;
    const screen = (this.#screen = new Screen(ports.console, () => undefined));
    const full = `was turned away: the limit is reached (--max-clients ${clientsMax}).`;
    this.#registry = new Registry({
      ...{ reactor: this.reactor, clientsMax },
      events: {
        onCome: (host) => screen.print([`Client ${host} connected.`]),
        onGo: (host, why) => screen.print([`Client ${host}${reasons[why]}`]),
        onTurnedAway: (host) => screen.print([`Client ${host} ${full}`]),
      },
    });
    this.#listener = this.listen(port, {
      onListening: (own) => screen.print([`Rendezvous server running at port: ${own}`]),
      onConnection: (connection) => this.#registry.accept(connection),
      onFailure: (code) => this.end({ code: exitCode.cannotBind, message: explain(code, options) }),
    });
    const ignore = (): void => undefined;
    this.bindConsole({ onBytes: ignore, onEnd: ignore, onDrain: () => screen.onDrain() });
  }

  protected beginStop(): void {
    this.end({ code: exitCode.stopped });
  }

  protected endTurn(): void {
    this.#screen.flush();
  }

  protected release(): void {
    this.#listener.close();
    this.#registry.close();
    this.#screen.flush();
  }
}

function explain(code: string, { port, listen }: RendezvousOptions): string {
  if (code === "EADDRINUSE") return `port ${port} is taken; is another rendezvous server running here? (--port)`;
  if (code === "EADDRNOTAVAIL" && listen !== undefined) return notLocalAddress(listen);
  return `cannot listen on port ${port}: ${reasonOf(code)}`;
}
