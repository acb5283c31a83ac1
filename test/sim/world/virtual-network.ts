// Simulated TCP, as programs see it: streams that are delayed, split and coalesced; back-pressure; half-close; reset;
// partitions that delay and lose nothing. One contract suite tests it and the real adapter.

import type { Connection, Listener, ListenerEvents, Network } from "../../../src/ports.js";
import type { Dice } from "./dice.js";
import { Endpoint, type Between } from "./virtual-connection.js";
import type { VirtualClock } from "./virtual-time.js";

export interface Weather {
  /** One-way delay in milliseconds: least and most. */
  readonly delayMs: readonly [number, number];
  /** Bytes that the kernels hold for one direction. */
  readonly bufferBytes: number;
  /** Probability that a segment is cut in two. */
  readonly splits: number;
  /** Probability that a segment is lost; TCP repeats it some hundred milliseconds later. */
  readonly losses: number;
  /** Probability that a write ends in a reset of the connection. */
  readonly resets: number;
}

export const fairWeather: Weather = { delayMs: [0.1, 40], bufferBytes: 65_536, splits: 0.3, losses: 0, resets: 0 };

interface Host {
  readonly clock: VirtualClock;
  readonly listeners: Map<number, ListenerEvents>;
}

// A SYN without an answer is sent again after 1, 3, 7, 15, 31 and 63 s; then the kernel gives up.
const synRetriesMs = [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000];

export class VirtualInternet implements Between {
  readonly #dice: Dice;
  readonly #hosts = new Map<string, Host>();
  readonly #endpoints = new Set<Endpoint>();
  readonly #cuts = new Set<string>();
  readonly #mutes = new Set<string>();
  weather: Weather;
  /** For the trace. */
  onPacket: (what: string) => void = () => undefined;

  constructor(dice: Dice, weather: Weather = fairWeather) {
    this.#dice = dice;
    this.weather = weather;
  }

  /** The network as one machine with this address sees it. */
  host(address: string, clock: VirtualClock): Network {
    const host: Host = { clock, listeners: new Map() };
    this.#hosts.set(address, host);
    return {
      listen: (at, events) => this.#listen(host, at.port, events),
      dial: (to) => this.#dial(address, to),
    };
  }

  /** False after a power loss, until the machine starts again. */
  isOn(address: string): boolean {
    return this.#hosts.has(address);
  }

  /** Dials from a machine whose network was made before. */
  dialer(address: string): Network["dial"] {
    return (to) => this.#dial(address, to);
  }

  /** Nothing passes between the two until `heal`; TCP repeats it then. */
  cut(one: string, other: string): void {
    this.#cuts.add(pair(one, other));
  }

  heal(one: string, other: string): void {
    this.#cuts.delete(pair(one, other));
    for (const endpoint of this.#endpoints) endpoint.pump();
  }

  /** Bytes from one machine do not reach the other until `unmute`. */
  mute(from: string, to: string): void {
    this.#mutes.add(`${from}>${to}`);
  }

  unmute(from: string, to: string): void {
    this.#mutes.delete(`${from}>${to}`);
    for (const endpoint of this.#endpoints) endpoint.pump();
  }

  /** The program on that machine dies: its kernel closes all connections and listeners. */
  kill(address: string): void {
    this.#hosts.get(address)?.listeners.clear();
    for (const endpoint of this.#endpoints) if (endpoint.localHost === address) endpoint.orphan();
  }

  /** Power loss: connections of that machine vanish without a FIN or reset. */
  vanish(address: string): void {
    this.#hosts.delete(address);
    for (const endpoint of this.#endpoints) if (endpoint.localHost === address) endpoint.vanish();
  }

  /** Both ends of one connection get a reset, each after its own delay. */
  reset(endpoint: Endpoint): void {
    for (const end of [endpoint, endpoint.other]) end.onClock(this.delay(), () => end.breakWith("ECONNRESET"));
  }

  connections(): readonly Endpoint[] {
    return [...this.#endpoints];
  }

  isCut(from: string, to: string): boolean {
    return this.#cuts.has(pair(from, to)) || this.#mutes.has(`${from}>${to}`);
  }

  delay(): number {
    const repeated = this.#dice.chance(this.weather.losses) ? this.#dice.between(200, 900) : 0;
    return repeated + this.#dice.between(...this.weather.delayMs);
  }

  get dice(): Dice {
    return this.#dice;
  }

  forget(endpoint: Endpoint): void {
    this.#endpoints.delete(endpoint);
  }

  #listen(host: Host, port: number, events: ListenerEvents): Listener {
    const taken = host.listeners.has(port);
    if (!taken) host.listeners.set(port, events);
    host.clock.after(0, () => (taken ? events.onFailure("EADDRINUSE") : events.onListening(port)));
    return {
      close: () => {
        if (!taken) host.listeners.delete(port);
      },
    };
  }

  #dial(from: string, to: { readonly host: string; readonly port: number }): Connection {
    const clock = (this.#hosts.get(from) as Host).clock;
    const near = new Endpoint(this, { clock, localHost: from, remoteHost: to.host });
    const far = new Endpoint(this, { clock, localHost: to.host, remoteHost: from });
    near.join(far);
    this.#endpoints.add(near);
    this.#sendSyn(near, to.port, 0);
    return near;
  }

  #sendSyn(near: Endpoint, port: number, attempt: number): void {
    const retryMs = synRetriesMs[attempt];
    const heard = !this.isCut(near.localHost, near.remoteHost) && this.#hosts.has(near.remoteHost);
    if (heard) near.onClock(this.delay(), () => this.#onSyn(near, port));
    else if (retryMs === undefined) near.breakWith("ETIMEDOUT");
    else near.onClock(retryMs, () => this.#sendSyn(near, port, attempt + 1));
  }

  #onSyn(near: Endpoint, port: number): void {
    const host = this.#hosts.get(near.remoteHost);
    const events = host?.listeners.get(port);
    if (near.closed) return;
    if (host === undefined || events === undefined)
      return near.onClock(this.delay(), () => near.breakWith("ECONNREFUSED"));
    const far = near.other;
    far.clock = host.clock;
    near.onClock(this.delay(), () => this.#establish(near, far, events));
  }

  #establish(near: Endpoint, far: Endpoint, events: ListenerEvents): void {
    if (near.closed) return;
    this.#endpoints.add(far);
    far.establish();
    far.onClock(this.delay(), () => far.becomeReady(() => events.onConnection(far)));
    near.establish();
    near.openEvent();
  }
}

const pair = (one: string, other: string): string => [one, other].sort().join(" ");
