// Runs `p2p says`: connects keyboard, screen and routes, and stops in bounded time.

import { exitCode, notLocalAddress, reasonOf } from "../../core/errors.js";
import { shutdownMs } from "../../core/limits.js";
import { pipedOutMs } from "../../core/older-limits.js";
import type { Endpoint } from "../../core/types.js";
import type { Ports } from "../../member/member.js";
import { Prompter } from "../prompter.js";
import { SaysConsole, type SaysActions } from "./console.js";
import type { CompatChatOptions } from "../../commands/options.js";
import { bindInTurns } from "../../reactor/entrances.js";
import { Reactor } from "../../reactor/reactor.js";
import type { Ending, Running } from "../../core/ending.js";
import { SaysRoutes, type SaysSelf } from "./routes.js";

/** `onEnd` is called exactly once. */
export function startSays(options: CompatChatOptions, ports: Ports, onEnd: (ending: Ending) => void): Running {
  return new SaysProgram({ options, ports, onEnd });
}

interface SaysParts {
  readonly options: CompatChatOptions;
  readonly ports: Ports;
  readonly onEnd: (ending: Ending) => void;
}

/** sending: waiting messages may still be sent. closing: our FINs are sent. printing: the screen takes the rest. */
type Shutdown = "running" | "sending" | "closing" | "printing" | "stopped";

const unanswered = "The name, your port and the port to send messages are needed before stdin ends.";

class SaysProgram implements Running, SaysActions {
  readonly #parts: SaysParts;
  readonly #reactor: Reactor;
  readonly #screen: Prompter;
  readonly #console: SaysConsole;
  #routes: SaysRoutes | undefined;
  #shutdown: Shutdown = "running";
  /** Whether the shutdown also waits for a peer that does not answer yet. */
  #patient = false;
  /** Number of messages that were refused and not kept. */
  #refused = 0;
  #ending: Ending = { code: exitCode.stopped };

  constructor(parts: SaysParts) {
    const { clock, console, log } = parts.ports;
    this.#parts = parts;
    this.#reactor = new Reactor(clock, log);
    this.#screen = new Prompter(console, (full) =>
      full ? this.#routes?.pauseReading() : this.#routes?.resumeReading(),
    );
    this.#console = new SaysConsole(this.#screen, this);
    this.#reactor.atEndOfTurn(() => this.#endTurn());
    this.#post(() => this.#start());
  }

  stop(): void {
    this.#post(() => this.#stopWithin(shutdownMs));
  }

  // Requests of the console.

  open(self: SaysSelf): void {
    const { options, ports } = this.#parts;
    this.#routes = new SaysRoutes({
      ...{ options, ports, self, reactor: this.#reactor, console: this.#console },
      onFailure: (code) => this.#fail(explainBind(code, options.listen)),
    });
    this.#routes.listen();
  }

  meet(to: Endpoint): void {
    this.#routes?.meet(to);
  }

  say(text: string): void {
    if (this.#routes?.say(text) === false) this.refuse();
  }

  refuse(): void {
    this.#refused += 1;
  }

  endOfInput(asked: boolean): void {
    if (!asked) return this.#end({ code: exitCode.usage, message: unanswered });
    this.#patient = true;
    this.#stopWithin(pipedOutMs);
  }

  #start(): void {
    this.#console.start();
    bindInTurns(
      { ...this.#parts.ports, reactor: this.#reactor },
      {
        onBytes: (chunk) => this.#hear(() => this.#console.onBytes(chunk)),
        onEnd: () => this.#hear(() => this.#console.onEnd()),
        onDrain: () => this.#screen.onDrain(),
      },
    );
  }

  #hear(handle: () => void): void {
    if (this.#shutdown === "running") handle();
  }

  #post(run: () => void): void {
    this.#reactor.post("timer", { run });
  }

  #endTurn(): void {
    this.#routes?.settle();
    this.#advanceShutdown();
    this.#screen.flush();
    this.#routes?.shown(this.#screen.shown);
    if (this.#screen.full || this.#routes?.congested === true) this.#parts.ports.console.pause();
    else if (this.#shutdown === "running") this.#parts.ports.console.resume();
    if (this.#shutdown === "printing" && !this.#screen.blocked) this.#end(this.#ending);
  }

  // Shutdown. Each turn checks whether the next step may be taken; the deadline forces all steps.

  #fail(message: string): void {
    this.#ending = { code: exitCode.cannotBind, message };
    this.#end(this.#ending);
  }

  #stopWithin(limitMs: number): void {
    if (this.#shutdown !== "running") return;
    this.#shutdown = "sending";
    this.#parts.ports.console.pause();
    this.#reactor.wheel.after(limitMs, () => this.#close());
  }

  #advanceShutdown(): void {
    const routes = this.#routes;
    if (this.#shutdown === "sending" && (routes === undefined || !this.#worthWaiting(routes))) this.#close();
    if (this.#shutdown === "closing" && (routes === undefined || routes.connections === 0)) this.#shutdown = "printing";
  }

  #worthWaiting(routes: SaysRoutes): boolean {
    return this.#patient ? routes.waiting > 0 : routes.progressing;
  }

  #close(): void {
    if (this.#shutdown !== "sending") return;
    this.#shutdown = "closing";
    this.#routes?.stopListening();
    this.#countUnsent(this.#routes?.waiting ?? 0);
    this.#routes?.finish();
    this.#reactor.wheel.after(shutdownMs, () => this.#end(this.#ending));
  }

  /** Unsent messages are a failure when the input came from a pipe, not when the user stopped the program. */
  #countUnsent(waiting: number): void {
    this.#console.unsent(waiting);
    if (this.#patient && waiting + this.#refused > 0) this.#ending = { code: exitCode.unsent };
  }

  #end(ending: Ending): void {
    if (this.#shutdown === "stopped") return;
    this.#shutdown = "stopped";
    this.#screen.flush();
    this.#routes?.destroy();
    this.#reactor.close();
    this.#parts.onEnd(ending);
  }
}

/** The wording of the older program. */
function explainBind(code: string, listen: string | undefined): string {
  if (code === "EADDRNOTAVAIL" && listen !== undefined) return `bind failed: ${notLocalAddress(listen)}`;
  return `bind failed: ${code === "EADDRINUSE" ? "Address already in use" : reasonOf(code)}`;
}
