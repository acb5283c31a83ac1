// Runs `p2p menu`: the menu, its listener, and one connection for each message, on one reactor.

import { allAddresses } from "../../core/address.js";
import { batchOf } from "../../core/batch.js";
import { exitCode, notLocalAddress, reasonOf } from "../../core/errors.js";
import { connectionsMax, shutdownMs } from "../../core/limits.js";
import { answersWaitingMax, greetingMs, oneShotMs } from "../../core/older-limits.js";
import type { Bytes } from "../../core/types.js";
import { MenuConsole, type MenuActions, type OutgoingMessage, type Outcome } from "./console.js";
import type { MenuOptions } from "../../commands/options.js";
import type { Connection, Listener } from "../../ports.js";
import { OlderProgram, type OlderPorts } from "../older-program.js";
import { OneShotSender } from "../one-shot.js";
import { InboundReceiver } from "../../session/inbound-receiver.js";
import { taggedDialect } from "../../wire/dialects/tagged.js";
import type { Ending, Running } from "../../core/ending.js";

/** `onEnd` is called exactly once. */
export const startMenu = (options: MenuOptions, ports: OlderPorts, onEnd: (ending: Ending) => void): Running =>
  new MenuProgram(options, ports, onEnd);

// Decodes incoming messages: decoding does not depend on our own name and address.
const inboundDialect = taggedDialect({ name: "", host: allAddresses, port: 0 });

class MenuProgram extends OlderProgram implements MenuActions {
  readonly #options: MenuOptions;
  readonly #ports: OlderPorts;
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

  constructor(options: MenuOptions, ports: OlderPorts, onEnd: (ending: Ending) => void) {
    super(options, ports, onEnd);
    this.#options = options;
    this.#ports = ports;
    this.#menu = new MenuConsole(ports.console, this, options.greet);
    this.#receiver = new InboundReceiver({
      ...{ reactor: this.reactor, log: ports.log, connectionCount: this.#connectionCount },
      onTexts: (host, batch, from) => this.#menu.hear(host, batch, from),
      onLeft: () => undefined,
    });
    [this.#sender, this.#answers] = [this.#newSender(), this.#newSender()];
    this.bindConsole(this.#menu);
    this.inTurn(() => this.#menu.start());
  }

  // Requests of the menu.

  open(port: number): void {
    this.#listener = this.listen(port, {
      onListening: (at) => {
        this.#cannotListen = false;
        this.#menu.listening(at);
      },
      onConnection: (connection) => this.#accept(connection),
      onFailure: (code) => this.#onFailure(code, port),
    });
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
    this.reactor.wheel.after(shutdownMs, () => this.#finish());
  }

  // The listener.

  #onFailure(code: string, port: number): void {
    const { listen } = this.#options;
    this.#cannotListen = true;
    // Another port would not help.
    if (code === "EADDRNOTAVAIL" && listen !== undefined) return this.#finish(notLocalAddress(listen));
    const reason = code === "EADDRINUSE" ? "it is taken" : reasonOf(code);
    this.#menu.notListening(`Cannot listen on port ${port}: ${reason}.`);
  }

  #accept(connection: Connection): void {
    if (this.#quitting || this.#connectionCount.connections >= connectionsMax) return connection.reset();
    this.#receiver.accept(connection, inboundDialect);
  }

  #newSender(): OneShotSender {
    return new OneShotSender(this.reactor, (to) => this.dial(to));
  }

  // Shutdown: first all requested messages are sent and the printed text is read.

  protected beginStop(): void {
    this.#menu.stop();
  }

  protected endTurn(): void {
    this.#menu.flush();
    const sending = this.#sender.pending > 0 || this.#answers.pending > 0;
    if (this.#quitting && !sending && !this.#menu.blocked) this.#finish();
  }

  protected release(): void {
    this.#menu.flush();
    this.#receiver.destroy();
    for (const sender of [this.#sender, this.#answers]) sender.destroy();
  }

  #finish(message?: string): void {
    this.end({ code: this.#code, ...(message !== undefined && { message }) });
  }

  get #code(): number {
    if (this.#cannotListen) return exitCode.cannotBind;
    return this.#unsent ? exitCode.unsent : exitCode.stopped;
  }
}
