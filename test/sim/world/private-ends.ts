// Ends of private lines on a virtual network, and stand-ins for other programs that listen on a private port.

import { concat } from "../../../src/core/bytes.js";
import { privateIdleMs } from "../../../src/core/older-limits.js";
import type { Batch, Bytes, Endpoint } from "../../../src/core/types.js";
import { noiseLibrary } from "../../../src/platform/noise-library.js";
import type { Connection } from "../../../src/ports.js";
import type { Call } from "../../../src/compat/private-call.js";
import { PrivateLine, type PrivateEvents } from "../../../src/compat/private-line.js";
import { Reactor } from "../../../src/reactor/reactor.js";
import { securePortOf } from "../../../src/compat/caller.js";
import { RecordingLog } from "../../unit/kit/recording-log.js";
import { Dice } from "./dice.js";
import { VirtualInternet, type Weather } from "./virtual-network.js";
import { VirtualClock, VirtualTime } from "./virtual-time.js";

export const clearPort = 9101;
const askAgainMs = 500;

export class PrivateWorld {
  readonly time = new VirtualTime();
  readonly dice: Dice;
  readonly internet: VirtualInternet;

  constructor(seed: number, weather: Partial<Weather> = {}) {
    this.dice = new Dice(seed);
    this.internet = new VirtualInternet(this.dice);
    this.internet.weather = { ...this.internet.weather, ...weather };
  }

  pass(ms: number): this {
    this.time.runFor(ms);
    return this;
  }

  idle(): this {
    return this.pass(2 * privateIdleMs);
  }

  end(host: string, name = host): End {
    return new End(this, host, name);
  }

  /** A program that listens on a private port; `greet` handles each connection. */
  standIn(host: string, greet: (connection: Connection, clock: VirtualClock) => void): StandIn {
    return new StandIn(this, host, greet);
  }
}

export class End implements PrivateEvents {
  readonly to: Endpoint;
  readonly log = new RecordingLog();
  readonly line: PrivateLine;
  /** Reports, in order. */
  readonly told: string[] = [];
  readonly texts: string[] = [];
  delivered = 0;
  /** Whether the screen takes arriving texts. */
  shows = true;
  readonly #world: PrivateWorld;
  readonly #unsaid: string[] = [];
  readonly reactor: Reactor;
  readonly clock: VirtualClock;

  constructor(world: PrivateWorld, host: string, name: string) {
    this.#world = world;
    this.to = { host, port: clearPort };
    const clock = (this.clock = new VirtualClock(world.time));
    this.reactor = new Reactor(clock, this.log);
    this.line = new PrivateLine({
      ...{ reactor: this.reactor, clock, network: world.internet.host(host, clock), noise: noiseLibrary },
      ...{ random: world.dice, log: this.log, host, localHost: undefined, events: this },
      caller: { name, port: clearPort, securePort: securePortOf(clearPort) },
    });
    this.line.start();
    world.pass(1);
  }

  /** Runs it in a turn. */
  act(run: () => void): this {
    this.reactor.post("stdin", { run, fail: () => undefined });
    return this;
  }

  dial(other: { readonly to: Endpoint }): this {
    return this.act(() => this.line.dial(other.to));
  }

  say(other: { readonly to: Endpoint }, ...texts: readonly string[]): this {
    return this.act(() => {
      for (const text of texts) this.line.callTo(other.to)?.say(text);
    });
  }

  /** Like a console: keeps a text until there is a private line, and asks again. */
  insist(other: { readonly to: Endpoint }, text: string): this {
    return this.act(() => {
      this.#unsaid.push(text);
      this.#sayOrDial(other.to);
    });
  }

  #sayOrDial(to: Endpoint): void {
    const call = this.line.callTo(to);
    if (call === undefined) return this.line.dial(to);
    for (const text of this.#unsaid.splice(0)) call.say(text);
  }

  onCannotListen(code: string): void {
    this.told.push(`cannot listen ${code}`);
  }
  onClear(to: Endpoint, reason: string): void {
    this.told.push(`clear ${to.host}: ${reason} after ${String(Math.round(this.#world.time.now))} ms`);
    if (this.#unsaid.length > 0) this.reactor.wheel.after(askAgainMs, () => this.#sayOrDial(to));
  }
  onPrivate(call: Call): void {
    this.told.push(`private with ${String(call.caller?.name)}`);
    for (const text of this.#unsaid.splice(0)) call.say(text);
  }
  onTexts(call: Call, batch: Batch, number: number): void {
    this.texts.push(...batch.texts.trimEnd().split("\n"));
    if (this.shows) call.shown(number + batch.count - 1);
  }
  onDelivered(_call: Call, count: number): void {
    this.delivered += count;
  }
  onUnreachable(_call: Call, reason: string): void {
    this.told.push(`unreachable: ${reason}`);
  }
  onEnded(_call: Call, reason: string | undefined): void {
    this.told.push(`ended: ${String(reason)}`);
  }
  onNotice(_call: Call, { kind }: { readonly kind: string }): void {
    this.told.push(kind);
  }
  onCongestion(congested: boolean): void {
    this.told.push(congested ? "congested" : "free");
  }
}

export class StandIn {
  readonly to: Endpoint;
  /** All received bytes. */
  readonly heard: Bytes[] = [];
  ends = 0;
  connections = 0;

  constructor(world: PrivateWorld, host: string, greet: (connection: Connection, clock: VirtualClock) => void) {
    this.to = { host, port: clearPort };
    const clock = new VirtualClock(world.time);
    const network = world.internet.host(host, clock);
    network.listen(
      { host, port: securePortOf(clearPort) },
      {
        onListening: () => undefined,
        onFailure: () => undefined,
        onConnection: (connection) => {
          this.connections += 1;
          connection.bind({
            onOpen: () => undefined,
            onBytes: (chunk) => this.heard.push(new Uint8Array(chunk)),
            onDrain: () => undefined,
            onEnd: () => {
              this.ends += 1;
              connection.end();
            },
            onClose: () => undefined,
          });
          greet(connection, clock);
        },
      },
    );
    world.pass(1);
  }

  get bytes(): Bytes {
    return concat(this.heard);
  }
}
