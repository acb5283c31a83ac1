// Runs `p2p says`: connects the console with the listener, the private lines and the outbox, and stops in bounded time.

import { batchOf } from "../../core/batch.js";
import type { Ending, Running } from "../../core/ending.js";
import { exitCode, notLocalAddress, reasonOf } from "../../core/errors.js";
import { connectionsMax, lineBytesMax, shutdownMs } from "../../core/limits.js";
import { oneShotMs, pipedOutMs } from "../../core/older-limits.js";
import type { Bytes, Endpoint } from "../../core/types.js";
import { piecesOfText } from "../../core/utf8.js";
import type { CompatChatOptions } from "../../commands/options.js";
import type { Ports } from "../../member/member.js";
import type { Connection, Listener } from "../../ports.js";
import { InboundReceiver } from "../../session/inbound-receiver.js";
import type { Dialect } from "../../wire/dialect.js";
import { saysDialect } from "../../wire/dialects/says.js";
import { OlderProgram } from "../older-program.js";
import { OneShotSender } from "../one-shot.js";
import { SaysConsole, type SaysActions, type SaysSelf } from "./console.js";
import { SaysLines } from "./lines.js";
import { Outbox, type CarryEvents, type Routes } from "./outbox.js";

/** `onEnd` is called exactly once. */
export const startSays = (options: CompatChatOptions, ports: Ports, onEnd: (ending: Ending) => void): Running =>
  new SaysProgram(options, ports, onEnd);

const unanswered = "The name, your port and the port to send messages are needed before stdin ends.";

class SaysProgram extends OlderProgram implements SaysActions, Routes {
  readonly #options: CompatChatOptions;
  readonly #ports: Ports;
  readonly #console: SaysConsole;
  readonly #connectionCount = { connections: 0 };
  readonly #receiver: InboundReceiver;
  readonly #sender: OneShotSender;
  readonly #outbox: Outbox;
  #self: SaysSelf = { name: "", port: 0 };
  #dialect: Dialect = dialectOf(this.#self);
  #listener: Listener | undefined;
  /** undefined with --clear. */
  #lines: SaysLines | undefined;
  #to: Endpoint = { host: "", port: 0 };
  /** The input has ended: the shutdown also waits for a peer that does not answer yet. */
  #patient = false;
  /** Messages that were refused and not kept. */
  #refused = 0;
  #shutdown: "running" | "sending" | "closing" = "running";
  #ending: Ending = { code: exitCode.stopped };

  constructor(options: CompatChatOptions, ports: Ports, onEnd: (ending: Ending) => void) {
    super(options, ports, onEnd);
    this.#options = options;
    this.#ports = ports;
    const { reactor } = this;
    const console = (this.#console = new SaysConsole(ports.console, this));
    this.#receiver = new InboundReceiver({
      ...{ reactor, log: ports.log, connectionCount: this.#connectionCount },
      onTexts: (_host, batch, from) => console.message(batch.texts.slice(0, -1), from),
      onLeft: () => undefined,
    });
    this.#sender = new OneShotSender(reactor, (to) => this.dial(to));
    this.#outbox = new Outbox({
      ...{ reactor, random: ports.random, routes: this },
      onClear: () => options.clear || console.clear(),
      onHeld: (reason) => this.#tellHeld(reason),
      onFailed: (reason) => console.failed(reason, this.#outbox.waiting, false),
    });
    this.inTurn(() => this.#start());
  }

  // Requests of the console.

  /** Opens the private listener first: a peer that finds the clear one must find both. */
  open(self: SaysSelf): void {
    this.#self = self;
    this.#dialect = dialectOf(self);
    const { listen, clear } = this.#options;
    const [options, ports, reactor] = [this.#options, this.#ports, this.reactor];
    const [console, outbox] = [this.#console, this.#outbox];
    if (!clear) this.#lines = new SaysLines({ options, ports, reactor, self, console, outbox });
    this.#listener = this.listen(self.port, {
      onConnection: (connection) => this.#accept(connection),
      onFailure: (code) => this.end({ code: exitCode.cannotBind, message: explainBind(code, listen) }),
    });
  }

  meet(to: Endpoint): void {
    this.#to = to;
    this.#lines?.meet(to);
  }

  say(text: string): void {
    if (this.#outbox.say(text)) return;
    this.#console.refused();
    this.refuse();
  }

  refuse(): void {
    this.#refused += 1;
  }

  hold(held: boolean): void {
    this.#lines?.hold(held);
    if (held) this.#receiver.pause();
    else this.#receiver.resume();
  }

  endOfInput(asked: boolean): void {
    if (!asked) return this.end({ code: exitCode.usage, message: unanswered });
    this.#patient = true;
    this.#stopWithin(pipedOutMs);
  }

  // Routes of the outbox.

  isLineOpen(): boolean {
    return this.#lines?.open === true;
  }

  sayPrivately(text: string): void {
    this.#lines?.say(text);
  }

  ask(): void {
    if (this.#lines === undefined || this.#isSelf(this.#to)) this.#outbox.noLine("no private line is used here", false);
    else this.#lines.dial();
  }

  portionOf(text: string, privately: boolean): string {
    const [portion = text] = piecesOfText(
      text,
      (privately ? undefined : this.#dialect.traits.portionBytes) ?? lineBytesMax,
    );
    return portion;
  }

  carry(portion: string, { onLeaving, onOutcome }: CarryEvents): void {
    const message = (): Bytes | undefined =>
      onLeaving() ? this.#dialect.encode([{ kind: "texts", batch: batchOf(`${portion}\n`) }]) : undefined;
    this.#sender.run({ to: this.#to, message, deadlineMs: oneShotMs, onOutcome });
  }

  #tellHeld(reason: string): void {
    const { waiting } = this.#outbox;
    const partner = this.#lines?.partner;
    if (partner === undefined) this.#console.failed(reason, waiting, true);
    else this.#console.held(partner, reason, waiting);
  }

  /** Whether the address is our own: a private line to ourselves would be refused. */
  #isSelf({ host, port }: Endpoint): boolean {
    return port === this.#self.port && (host.startsWith("127.") || host === "::1" || host === this.#options.listen);
  }

  // The turn.

  #start(): void {
    this.#console.start();
    const whileRunning = (handle: () => void): void => {
      if (this.#shutdown === "running") handle();
    };
    this.bindConsole({
      onBytes: (chunk) => whileRunning(() => this.#console.onBytes(chunk)),
      onEnd: () => whileRunning(() => this.#console.onEnd()),
      onDrain: () => this.#console.onDrain(),
    });
  }

  #accept(connection: Connection): void {
    if (this.#connectionCount.connections >= connectionsMax) return connection.reset();
    this.#receiver.accept(connection, this.#dialect);
  }

  protected endTurn(): void {
    if (this.#shutdown === "sending" && !this.#worthWaiting) this.#close();
    this.#console.flush();
    this.#console.hold(this.#outbox.congested || this.#shutdown !== "running");
    if (this.#shutdown === "closing" && this.#connections === 0 && !this.#console.blocked) this.end(this.#ending);
  }

  // Shutdown: first waiting messages are sent, then our FINs. Each step has a deadline.

  get #worthWaiting(): boolean {
    return this.#patient ? this.#outbox.waiting > 0 : this.#outbox.progressing;
  }

  get #connections(): number {
    return this.#connectionCount.connections + this.#sender.connections + (this.#lines?.connections ?? 0);
  }

  protected beginStop(): void {
    this.#stopWithin(shutdownMs);
  }

  #stopWithin(limitMs: number): void {
    if (this.#shutdown !== "running") return;
    this.#shutdown = "sending";
    this.reactor.wheel.after(limitMs, () => this.#close());
  }

  #close(): void {
    if (this.#shutdown !== "sending") return;
    this.#shutdown = "closing";
    this.#listener?.close();
    const { waiting } = this.#outbox;
    this.#console.unsent(waiting);
    // Unsent messages are a failure when the input came from a pipe, not when the user stopped the program.
    if (this.#patient && waiting + this.#refused > 0) this.#ending = { code: exitCode.unsent };
    this.#outbox.cancel();
    this.#receiver.finish();
    this.#lines?.finish();
    this.reactor.wheel.after(shutdownMs, () => this.end(this.#ending));
  }

  protected release(): void {
    this.#console.flush();
    this.#receiver.destroy();
    this.#lines?.destroy();
    this.#sender.destroy();
  }
}

const dialectOf = ({ name, port }: SaysSelf): Dialect => saysDialect({ name, host: "", port });

/** The wording of the older program. */
function explainBind(code: string, listen: string | undefined): string {
  if (code === "EADDRNOTAVAIL" && listen !== undefined) return `bind failed: ${notLocalAddress(listen)}`;
  return `bind failed: ${code === "EADDRINUSE" ? "Address already in use" : reasonOf(code)}`;
}
