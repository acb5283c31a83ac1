// Machines with private lines on a virtual network: `p2p says` programs, and stand-ins for other programs.

import { concat } from "../../../src/core/bytes.js";
import type { Bytes } from "../../../src/core/types.js";
import { PrivateLine, securePortOf, type Caller, type PrivateDial } from "../../../src/compat/private-line.js";
import { startSays } from "../../../src/compat/says/program.js";
import { noiseLibrary } from "../../../src/platform/noise-library.js";
import type { Connection } from "../../../src/ports.js";
import { Reactor } from "../../../src/reactor/reactor.js";
import { RecordingLog } from "../../unit/kit/recording-log.js";
import { Dice } from "./dice.js";
import { VirtualConsole } from "./virtual-console.js";
import { VirtualInternet, type Weather } from "./virtual-network.js";
import { VirtualClock, VirtualTime } from "./virtual-time.js";

export const clearPort = 9101;

export class PrivateWorld {
  readonly time = new VirtualTime();
  readonly dice: Dice;
  readonly internet: VirtualInternet;

  constructor(seed: number, weather: Partial<Weather> = {}) {
    this.dice = new Dice(seed);
    this.internet = new VirtualInternet(this.dice);
    this.weather = weather;
  }

  set weather(weather: Partial<Weather>) {
    this.internet.weather = { ...this.internet.weather, ...weather };
  }

  pass(ms: number): this {
    this.time.runFor(ms);
    return this;
  }

  /** A `p2p says` whose peer is at `to`. */
  says(host: string, name: string, to: string): SaysEnd {
    return new SaysEnd(this, host, name, to);
  }

  /** Dials the private port of `host` from another machine. `told` says how it went. */
  dial(from: string, host: string): Dialled {
    return new Dialled(this, from, host);
  }

  /** A program that listens on a private port; `greet` handles each connection. */
  standIn(host: string, greet: (connection: Connection, clock: VirtualClock) => void): StandIn {
    return new StandIn(this, host, greet);
  }
}

export class SaysEnd {
  readonly console: VirtualConsole;
  readonly log = new RecordingLog();
  readonly stop: () => void;
  code: number | undefined;

  constructor(world: PrivateWorld, host: string, name: string, to: string) {
    const clock = new VirtualClock(world.time);
    this.console = new VirtualConsole(clock);
    const ports = { clock, console: this.console, log: this.log, random: world.dice, noise: noiseLibrary };
    const running = startSays(
      { listen: host, logLevel: "warn", logFile: undefined, securePort: undefined, clear: false },
      { ...ports, network: world.internet.host(host, clock) },
      ({ code }) => {
        this.code = code;
        this.console.end();
      },
    );
    this.stop = () => running.stop();
    this.say(name, String(clearPort), `${to}:${clearPort}`);
    world.pass(10);
  }

  say(...lines: readonly string[]): this {
    for (const line of lines) this.console.type(line);
    return this;
  }

  /** The texts that it has shown from that name. */
  heard(name: string): readonly string[] {
    const head = `${name}[PORT:${clearPort}] says: `;
    return this.console.lines.filter((line) => line.startsWith(head)).map((line) => line.slice(head.length));
  }

  /** Lines that begin with these words. */
  count(words: string): number {
    return this.console.lines.filter((line) => line.startsWith(words)).length;
  }
}

export class Dialled {
  readonly told: string[] = [];
  readonly line: PrivateLine;
  readonly reactor: Reactor;
  readonly dial: PrivateDial;

  constructor(world: PrivateWorld, from: string, host: string) {
    const clock = new VirtualClock(world.time);
    const log = new RecordingLog();
    this.reactor = new Reactor(clock, log);
    const self: Caller = { program: "says", name: from, port: clearPort, securePort: securePortOf(clearPort) };
    this.line = new PrivateLine({
      ...{ reactor: this.reactor, network: world.internet.host(from, clock), noise: noiseLibrary, log, self },
      ...{ host: from, localHost: undefined },
      events: { onCannotListen: () => undefined, judge: () => undefined, onCaller: () => undefined },
    });
    this.dial = this.line.dial({ host, port: securePortOf(clearPort) });
    const since = world.time.now;
    this.dial.connection.bind({
      onOpen: () => this.told.push(`open, ${String(this.dial.peer?.name)}`),
      onBytes: () => undefined,
      onDrain: () => undefined,
      onEnd: () => undefined,
      onClose: (reason) => this.told.push(`${String(reason)}, ${Math.round(world.time.now - since)} ms`),
    });
  }
}

export class StandIn {
  /** All received bytes. */
  readonly #heard: Bytes[] = [];
  ends = 0;
  connections = 0;

  constructor(world: PrivateWorld, host: string, greet: (connection: Connection, clock: VirtualClock) => void) {
    const clock = new VirtualClock(world.time);
    world.internet.host(host, clock).listen(
      { host, port: securePortOf(clearPort) },
      {
        onListening: () => undefined,
        onFailure: () => undefined,
        onConnection: (connection) => {
          this.connections += 1;
          connection.bind({
            onOpen: () => undefined,
            onBytes: (chunk) => this.#heard.push(new Uint8Array(chunk)),
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
    return concat(this.#heard);
  }
}
