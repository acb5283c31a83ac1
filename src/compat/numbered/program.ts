// Runs `p2p numbered`: connects the console with the calls, the private line and the rendezvous server, and stops in bounded
// time.

import { formatEndpoint, sourceAddress } from "../../core/address.js";
import type { Ending, Running } from "../../core/ending.js";
import { exitCode, notLocalAddress, reasonOf } from "../../core/errors.js";
import { shutdownMs } from "../../core/limits.js";
import { Screen } from "../../clients/screen.js";
import type { NumberedOptions } from "../../commands/options.js";
import type { Ports } from "../../member/member.js";
import type { Listener, Transcript } from "../../ports.js";
import { RendezvousRegistration } from "../../session/rendezvous-registration.js";
import { OlderProgram } from "../older-program.js";
import { PrivateLine, securePortOf } from "../private-line.js";
import { Calls } from "./calls.js";
import { NumberedConsole, type NumberedActions } from "./console.js";

export interface NumberedPorts extends Ports {
  /** The file that takes the conversation in file mode. */
  readonly transcript: Transcript | undefined;
}

/** `onEnd` is called exactly once. */
export const startNumbered = (
  options: NumberedOptions,
  ports: NumberedPorts,
  onEnd: (ending: Ending) => void,
): Running => new NumberedProgram(options, ports, onEnd);

class NumberedProgram extends OlderProgram implements NumberedActions {
  readonly #options: NumberedOptions;
  readonly #ports: NumberedPorts;
  readonly #screen: Screen;
  readonly #console: NumberedConsole;
  readonly #line: PrivateLine | undefined;
  readonly calls: Calls;
  readonly #registration: RendezvousRegistration;
  readonly #listener: Listener;
  #inputHeld = false;
  #code: number = exitCode.stopped;
  #stopping = false;

  constructor(options: NumberedOptions, ports: NumberedPorts, onEnd: (ending: Ending) => void) {
    super(options, ports, onEnd);
    this.#options = options;
    this.#ports = ports;
    this.#screen = new Screen(ports.console, (full) => this.#limitIntake(full));
    const { names, port } = options;
    const { transcript, console } = ports;
    const parts = { screen: this.#screen, actions: this, names, transcript, interactive: console.interactive };
    this.#console = new NumberedConsole(parts);
    // Before the clear listener: a peer that finds the clear one must find both.
    this.#line = options.clear ? undefined : this.#openLine();
    this.calls = new Calls({
      ...{ reactor: this.reactor, line: this.#line, securePort: securePortOf(port), events: this.#console },
      dial: (host) => this.dial({ host, port }),
    });
    this.#registration = this.#newRegistration();
    this.#listener = this.listen(port, {
      onListening: () => this.#open(),
      onConnection: (connection) => this.calls.accept(connection, false),
      onFailure: (code) => this.end({ code: exitCode.cannotBind, message: explain(code, options) }),
    });
  }

  // Requests of the console.

  list(): void {
    this.#registration.list();
  }

  holdInput(held: boolean): void {
    this.#inputHeld = held;
    this.#regulate();
  }

  quit(unsent: boolean): void {
    if (unsent && !this.#ports.console.interactive) this.#code = exitCode.unsent;
    this.stop();
  }

  // Parts.

  #openLine(): PrivateLine {
    const { port, listen } = this.#options;
    const securePort = this.#options.securePort ?? securePortOf(port);
    return new PrivateLine({
      ...{ ...this.#ports, reactor: this.reactor, host: listen, localHost: sourceAddress(listen) },
      self: { program: "numbered", port, securePort, name: "" },
      events: {
        onCannotListen: (code) => this.#console.onCannotListen(securePort, reasonOf(code)),
        judge: () => undefined,
        onCaller: (connection) => this.calls.accept(connection, true),
      },
    });
  }

  #newRegistration(): RendezvousRegistration {
    const { server } = this.#options;
    const spelled = formatEndpoint(server);
    let lost = false;
    return new RendezvousRegistration({
      reactor: this.reactor,
      random: this.#ports.random,
      dial: () => this.dial(server),
      events: {
        onOnline: () => {
          if (lost) this.#console.onOnline(spelled);
        },
        onOffline: (reason) => {
          lost = true;
          this.#console.onOffline(spelled, reason);
        },
        onList: (addresses) => this.#console.onList(addresses),
        onNoList: (reason) => this.#console.onNoList(reason),
      },
    });
  }

  /** Registers only after the listener is open, so that listed clients can be called. */
  #open(): void {
    this.#registration.start();
    this.#console.start();
    this.bindConsole({
      onBytes: (chunk) => this.#console.onBytes(chunk),
      onEnd: () => this.#console.onEnd(),
      onDrain: () => this.#screen.onDrain(),
    });
  }

  // The end of a turn, and the shutdown.

  protected endTurn(): void {
    this.#console.flush();
    this.#screen.flush();
    if (this.#stopping && this.calls.chat === undefined && !this.#screen.blocked) this.end({ code: this.#code });
  }

  #limitIntake(full: boolean): void {
    this.calls.hold(full);
    this.#regulate();
  }

  #regulate(): void {
    if (this.#inputHeld || this.#screen.full) this.#ports.console.pause();
    else this.#ports.console.resume();
  }

  /** Sends the waiting messages, then `/exit`, so that the peer is not left waiting. */
  protected beginStop(): void {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#line?.close();
    this.#listener.close();
    this.#registration.stop();
    this.#ports.console.pause();
    this.calls.chat?.exit();
    this.reactor.wheel.after(shutdownMs, () => this.end({ code: this.#code }));
  }

  protected release(): void {
    this.#console.flush();
    this.#screen.flush();
    this.calls.destroy();
  }
}

function explain(code: string, { port, listen }: NumberedOptions): string {
  if (code === "EADDRINUSE")
    return `port ${port} is taken; is another p2p numbered running here? (--port, the same for all peers)`;
  if (code === "EADDRNOTAVAIL" && listen !== undefined) return notLocalAddress(listen);
  return `cannot listen on port ${port}: ${reasonOf(code)}`;
}
