// Runs `p2p numbered`: builds and connects the parts of the chat, and stops in bounded time.

import { sourceAddress, formatEndpoint } from "../../core/address.js";
import { exitCode, notLocalAddress, reasonOf } from "../../core/errors.js";
import { shutdownMs } from "../../core/limits.js";
import type { Ports } from "../../member/member.js";
import { NumberedConsole, type NumberedActions } from "./console.js";
import { Screen } from "../../clients/screen.js";
import type { NumberedOptions } from "../../commands/options.js";
import type { Connection, Listener, Transcript } from "../../ports.js";
import { bindInTurns, listenAnywhere } from "../../reactor/entrances.js";
import { PostedConnection } from "../../reactor/posted.js";
import { Reactor } from "../../reactor/reactor.js";
import { RendezvousRegistration } from "../../session/rendezvous-registration.js";
import type { Ending, Running } from "../../core/ending.js";
import { NumberedRoutes } from "./routes.js";

export interface NumberedPorts extends Ports {
  /** The file that takes the conversation in file mode. */
  readonly transcript: Transcript | undefined;
  /** This machine's addresses. */
  readonly addresses: ReadonlySet<string>;
}

/** `onEnd` is called exactly once. */
export function startNumbered(
  options: NumberedOptions,
  ports: NumberedPorts,
  onEnd: (ending: Ending) => void,
): Running {
  return new NumberedProgram(options, ports, onEnd);
}

class NumberedProgram implements Running, NumberedActions {
  readonly #options: NumberedOptions;
  readonly #ports: NumberedPorts;
  readonly #onEnd: (ending: Ending) => void;
  readonly #reactor: Reactor;
  readonly #screen: Screen;
  readonly #console: NumberedConsole;
  readonly #routes: NumberedRoutes;
  readonly #registration: RendezvousRegistration;
  readonly #listener: Listener;
  #inputHeld = false;
  #code: number = exitCode.stopped;
  #stopping = false;
  #stopped = false;

  constructor(options: NumberedOptions, ports: NumberedPorts, onEnd: (ending: Ending) => void) {
    this.#options = options;
    this.#ports = ports;
    this.#onEnd = onEnd;
    this.#reactor = new Reactor(ports.clock, ports.log);
    this.#screen = new Screen(ports.console, (full) => this.#limitIntake(full));
    const { names } = options;
    const { interactive } = ports.console;
    this.#console = new NumberedConsole({
      screen: this.#screen,
      actions: this,
      names,
      transcript: ports.transcript,
      interactive,
    });
    this.#routes = this.#newRoutes();
    this.#registration = this.#newRegistration();
    this.#reactor.atEndOfTurn(() => this.#endTurn());
    this.#listener = this.#listen();
  }

  stop(): void {
    this.#reactor.post("timer", { run: () => this.#beginShutdown() });
  }

  // Requests of the console.

  list(): void {
    this.#registration.list();
  }

  call(host: string): void {
    this.#routes.calls.call(host);
  }

  answer(accepted: boolean): void {
    this.#routes.calls.answer(accepted);
  }

  say(text: string): boolean {
    return this.#routes.calls.say(text);
  }

  exit(): void {
    this.#routes.calls.exit();
  }

  get ownHost(): string {
    return this.#routes.calls.ownHost;
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

  #newRoutes(): NumberedRoutes {
    const { listen, port } = this.#options;
    return new NumberedRoutes({
      ...{ options: this.#options, ports: this.#ports, reactor: this.#reactor, events: this.#console },
      ...{ listenHost: listen, localHost: this.#localHost, ownHost: this.#presumedHost },
      dial: (host) => this.#dial(host, port),
    });
  }

  #newRegistration(): RendezvousRegistration {
    const { server } = this.#options;
    const spelled = formatEndpoint(server);
    let lost = false;
    return new RendezvousRegistration({
      reactor: this.#reactor,
      random: this.#ports.random,
      dial: () => new PostedConnection(this.#reactor, this.#dial(server.host, server.port)),
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

  #dial(host: string, port: number): Connection {
    return this.#ports.network.dial({ host, port, localHost: this.#localHost });
  }

  get #localHost(): string | undefined {
    return sourceAddress(this.#options.listen);
  }

  /** Our probable address before there is a connection: one named with --names, or the first that is not local. */
  get #presumedHost(): string {
    const own = [...this.#ports.addresses];
    const named = own.find((host) => this.#options.names.has(host));
    return this.#localHost ?? named ?? own.find((host) => !isLocal(host)) ?? "you";
  }

  #listen(): Listener {
    const { listen, port } = this.#options;
    this.#routes.listen();
    return listenAnywhere(
      { ...this.#ports, reactor: this.#reactor },
      { host: listen, port },
      {
        onListening: () => this.#open(),
        onConnection: (connection) => this.#routes.calls.accept(connection),
        onFailure: (code) => this.#onEnd({ code: exitCode.cannotBind, message: explain(code, port, listen) }),
      },
    );
  }

  /** Registers only after the listener is open, so that listed clients can be called. */
  #open(): void {
    this.#registration.start();
    this.#console.start();
    bindInTurns(
      { ...this.#ports, reactor: this.#reactor },
      {
        onBytes: (chunk) => this.#console.onBytes(chunk),
        onEnd: () => this.#console.onEnd(),
        onDrain: () => this.#screen.onDrain(),
      },
    );
  }

  // The end of a turn, and the shutdown.

  #endTurn(): void {
    this.#console.flush();
    this.#screen.flush();
    this.#advanceShutdown();
  }

  #limitIntake(full: boolean): void {
    this.#routes.hold(full);
    this.#regulate();
  }

  #regulate(): void {
    if (this.#inputHeld || this.#screen.full) this.#ports.console.pause();
    else this.#ports.console.resume();
  }

  /** Sends the waiting messages, then `/exit`, so that the peer is not left waiting. */
  #beginShutdown(): void {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#listener.close();
    this.#registration.stop();
    this.#ports.console.pause();
    this.#routes.calls.exit();
    this.#reactor.wheel.after(shutdownMs, () => this.#stopNow());
  }

  #advanceShutdown(): void {
    if (!this.#stopping || this.#routes.busy) return;
    this.#routes.finish();
    if (this.#routes.connections === 0 && !this.#screen.blocked) this.#stopNow();
  }

  #stopNow(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#console.flush();
    this.#screen.flush();
    this.#routes.destroy();
    this.#reactor.close();
    this.#onEnd({ code: this.#code });
  }
}

const isLocal = (host: string): boolean => host.startsWith("127.") || host === "::1" || host.startsWith("fe80:");

function explain(code: string, port: number, listen: string | undefined): string {
  if (code === "EADDRINUSE")
    return `port ${port} is taken; is another p2p numbered running here? (--port, the same for all peers)`;
  if (code === "EADDRNOTAVAIL" && listen !== undefined) return notLocalAddress(listen);
  return `cannot listen on port ${port}: ${reasonOf(code)}`;
}
