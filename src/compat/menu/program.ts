// Runs `p2p menu`: the menu, its listener, and one connection for each message, on one reactor.

import { allAddresses, sourceAddress } from "../../core/address.js";
import { batchOf } from "../../core/batch.js";
import { exitCode, notLocalAddress, reasonOf } from "../../core/errors.js";
import { connectionsMax, shutdownMs } from "../../core/limits.js";
import { answersWaitingMax, greetingMs, oneShotMs } from "../../core/older-limits.js";
import type { Bytes } from "../../core/types.js";
import type { Ports } from "../../member/member.js";
import { MenuConsole, type MenuActions, type OutgoingMessage, type Outcome } from "./console.js";
import type { MenuOptions } from "../../commands/options.js";
import type { Connection, Listener } from "../../ports.js";
import { bindInTurns, listenAnywhere } from "../../reactor/entrances.js";
import { PostedConnection } from "../../reactor/posted.js";
import { Reactor } from "../../reactor/reactor.js";
import { OneShotSender } from "../one-shot.js";
import { InboundReceiver } from "../../session/inbound-receiver.js";
import { taggedDialect } from "../../wire/dialects/tagged.js";
import type { Ending, Running } from "../../core/ending.js";

export type MenuPorts = Pick<Ports, "clock" | "network" | "console" | "log">;

/** `onEnd` is called exactly once. */
export function startMenu(options: MenuOptions, ports: MenuPorts, onEnd: (ending: Ending) => void): Running {
  const program = new MenuProgram(options, ports, onEnd);
  program.start();
  return program;
}

// Decodes incoming messages: decoding does not depend on our own name and address.
const inboundDialect = taggedDialect({ name: "", host: allAddresses, port: 0 });

class MenuProgram implements Running, MenuActions {
  readonly #options: MenuOptions;
  readonly #ports: MenuPorts;
  readonly #onEnd: (ending: Ending) => void;
  readonly #reactor: Reactor;
  readonly #menu: MenuConsole;
  readonly #connectionCount = { connections: 0 };
  readonly #receiver: InboundReceiver;
  readonly #sender: OneShotSender;
  /** Separate, so that peers that make us answer cannot delay the user's messages. */
  readonly #answers: OneShotSender;
  #listener: Listener | undefined;
  #cannotListen = false;
  #quitting = false;
  #unsent = false;
  #ended = false;

  constructor(options: MenuOptions, ports: MenuPorts, onEnd: (ending: Ending) => void) {
    this.#options = options;
    this.#ports = ports;
    this.#onEnd = onEnd;
    this.#reactor = new Reactor(ports.clock, ports.log);
    this.#menu = new MenuConsole(ports.console, this, options.greet);
    this.#receiver = new InboundReceiver({
      reactor: this.#reactor,
      log: ports.log,
      connectionCount: this.#connectionCount,
      onTexts: (host, batch, from) => this.#menu.hear(host, batch, from),
      onLeft: () => undefined,
    });
    this.#sender = this.#newSender();
    this.#answers = this.#newSender();
    this.#reactor.atEndOfTurn(() => this.#menu.flush());
    this.#reactor.atEndOfTurn(() => this.#advance());
  }

  start(): void {
    bindInTurns(
      { ...this.#ports, reactor: this.#reactor },
      {
        onBytes: (chunk) => this.#menu.onBytes(chunk),
        onEnd: () => this.#menu.onEnd(),
        onDrain: () => this.#menu.onDrain(),
      },
    );
    this.#reactor.post("timer", { run: () => this.#menu.start() });
  }

  stop(): void {
    this.#reactor.post("timer", { run: () => this.#menu.stop() });
  }

  // Requests of the menu.

  listen(port: number): void {
    this.#listener = listenAnywhere(
      { ...this.#ports, reactor: this.#reactor },
      { host: this.#options.listen, port },
      {
        onListening: (at) => this.#onListening(at),
        onConnection: (connection) => this.#accept(connection),
        onFailure: (code) => this.#onFailure(code, port),
      },
    );
  }

  send({ to, text, name, port, kind }: OutgoingMessage, onOutcome: (outcome: Outcome) => void): void {
    const sender = kind === "answer" ? this.#answers : this.#sender;
    if (kind === "answer" && sender.pending >= answersWaitingMax) return this.#ports.log.warn("answer-dropped");
    sender.run({
      to,
      message: (localHost): Bytes => {
        const host = this.#options.advertise ?? localHost;
        return taggedDialect({ name, host, port }).encode([{ kind: "texts", batch: batchOf(`${text}\n`) }]);
      },
      deadlineMs: kind === "message" ? oneShotMs : greetingMs,
      onOutcome,
    });
  }

  hold(held: boolean): void {
    if (held) this.#receiver.pause();
    else this.#receiver.resume();
  }

  quit(unsent: boolean): void {
    this.#unsent = unsent && !this.#ports.console.interactive;
    this.#quitting = true;
    this.#listener?.close();
    this.#ports.console.pause();
    this.#reactor.wheel.after(shutdownMs, () => this.#end());
  }

  // The listener.

  #onListening(port: number): void {
    this.#cannotListen = false;
    this.#menu.listening(port);
  }

  #onFailure(code: string, port: number): void {
    const { listen } = this.#options;
    this.#cannotListen = true;
    // Another port would not help.
    if (code === "EADDRNOTAVAIL" && listen !== undefined) return this.#end(notLocalAddress(listen));
    const reason = code === "EADDRINUSE" ? "it is taken" : reasonOf(code);
    this.#menu.notListening(`Cannot listen on port ${port}: ${reason}.`);
  }

  #accept(connection: Connection): void {
    if (this.#quitting || this.#connectionCount.connections >= connectionsMax) return connection.reset();
    this.#receiver.accept(new PostedConnection(this.#reactor, connection), inboundDialect);
  }

  #newSender(): OneShotSender {
    const localHost = sourceAddress(this.#options.listen);
    return new OneShotSender(this.#reactor, (to) => this.#ports.network.dial({ ...to, localHost }));
  }

  // Shutdown: first all requested messages are sent and the printed text is read.

  #advance(): void {
    if (!this.#quitting || this.#sender.pending > 0 || this.#answers.pending > 0 || this.#menu.blocked) return;
    this.#end();
  }

  #end(message?: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#menu.flush();
    this.#receiver.destroy();
    for (const sender of [this.#sender, this.#answers]) sender.destroy();
    this.#reactor.close();
    this.#onEnd({ code: this.#code, ...(message !== undefined && { message }) });
  }

  get #code(): number {
    if (this.#cannotListen) return exitCode.cannotBind;
    return this.#unsent ? exitCode.unsent : exitCode.stopped;
  }
}
