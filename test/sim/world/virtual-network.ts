// TCP as far as programs can tell: streams that are delayed, split and coalesced; back-pressure; half-close; reset;
// partitions that delay and lose nothing. The same suite holds it to the behaviour of the real adapter.

import type { Connection, ConnectionEvents, Listener, ListenerEvents, Network } from "../../../src/ports.js";
import type { Bytes } from "../../../src/core/types.js";
import type { Dice } from "./dice.js";
import type { VirtualClock } from "./virtual-time.js";

export interface Weather {
  /** One way, in milliseconds: least and most. */
  readonly delayMs: readonly [number, number];
  /** Bytes that the kernels hold for one direction. */
  readonly bufferBytes: number;
  /** How likely a segment is cut in two. */
  readonly splits: number;
  /** How likely a write ends in a reset of the connection. */
  readonly resets: number;
}

export const fairWeather: Weather = { delayMs: [0.1, 40], bufferBytes: 65_536, splits: 0.3, resets: 0 };

interface Host {
  readonly clock: VirtualClock;
  readonly listeners: Map<number, ListenerEvents>;
}

// A SYN without an answer is sent again after 1, 3, 7, 15, 31 and 63 s; then the kernel gives up.
const synRetriesMs = [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000];

export class VirtualInternet {
  readonly #dice: Dice;
  readonly #hosts = new Map<string, Host>();
  readonly #endpoints = new Set<Endpoint>();
  readonly #cuts = new Set<string>();
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

  /** Nothing passes between the two until `heal`; TCP repeats it then. */
  cut(one: string, other: string): void {
    this.#cuts.add(pair(one, other));
  }

  heal(one: string, other: string): void {
    this.#cuts.delete(pair(one, other));
    for (const endpoint of this.#endpoints) endpoint.pump();
  }

  /** Power loss: connections of that machine vanish without a word. */
  vanish(address: string): void {
    this.#hosts.delete(address);
    for (const endpoint of this.#endpoints) if (endpoint.localHost === address) endpoint.vanish();
  }

  /** Both ends of one connection learn of a reset, each in its own time. */
  reset(endpoint: Endpoint): void {
    for (const end of [endpoint, endpoint.other]) end.onClock(this.delay(), () => end.breakWith("ECONNRESET"));
  }

  connections(): readonly Endpoint[] {
    return [...this.#endpoints];
  }

  isCut(one: string, other: string): boolean {
    return this.#cuts.has(pair(one, other));
  }

  delay(): number {
    return this.#dice.between(...this.weather.delayMs);
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
    return { close: () => void (taken || host.listeners.delete(port)) };
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
      return void near.onClock(this.delay(), () => near.breakWith("ECONNREFUSED"));
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

interface Ends {
  readonly clock: VirtualClock;
  readonly localHost: string;
  readonly remoteHost: string;
}

/** One end of a connection. What it writes travels in order to the other end's kernel, which holds a bounded amount. */
export class Endpoint implements Connection {
  readonly localHost: string;
  readonly remoteHost: string;
  clock: VirtualClock;
  readonly #internet: VirtualInternet;
  #events: ConnectionEvents | undefined;
  #other: Endpoint | undefined;
  #established = false;
  #visible = true;
  #closed = false;
  #vanished = false;
  #closeEvents = 0;
  #paused = true;
  // Sending.
  #unsent: Bytes[] = [];
  #wantsDrain = false;
  #finWanted = false;
  #finSent = false;
  #lastArrival = 0;
  #inFlight = 0;
  // Receiving.
  #received: Bytes[] = [];
  #receivedBytes = 0;
  #finReceived = false;
  #finDelivered = false;
  #reading = false;

  constructor(internet: VirtualInternet, ends: Ends) {
    this.#internet = internet;
    this.localHost = ends.localHost;
    this.remoteHost = ends.remoteHost;
    this.clock = ends.clock;
  }

  get other(): Endpoint {
    return this.#other as Endpoint;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Bytes that wait on this side for the kernel. */
  get unsentBytes(): number {
    return this.#unsent.reduce((sum, chunk) => sum + chunk.length, 0);
  }

  join(other: Endpoint): void {
    this.#other = other;
    other.#other = this;
    other.#visible = false;
  }

  establish(): void {
    this.#established = true;
    this.pump();
  }

  /** The listener's program gets it in the next round of polling. */
  becomeReady(accept: () => void): void {
    this.#ready(() => {
      accept();
      this.#visible = true;
      this.#read();
    });
  }

  openEvent(): void {
    this.onClock(0, () => this.#closed || this.#events?.onOpen());
  }

  onClock(delayMs: number, run: () => void): void {
    this.clock.after(delayMs, run);
  }

  bind(events: ConnectionEvents): void {
    this.#events = events;
    this.resume();
  }

  write(chunk: Bytes): boolean {
    if (this.#closed || this.#finWanted) return true;
    this.#unsent.push(chunk.slice());
    this.pump();
    this.#wantsDrain = this.#unsent.length > 0;
    this.#mayReset();
    return !this.#wantsDrain;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#read();
  }

  end(): void {
    this.#finWanted = true;
    this.pump();
  }

  destroy(): void {
    if (this.#closed) return;
    const rude = this.#received.length > 0 || !this.#established;
    this.#close();
    if (rude) this.#tell((other) => other.breakWith("ECONNRESET"));
    else if (!this.#finSent) this.#tell((other) => other.#onFin());
  }

  breakWith(code: string): void {
    if (!this.#closed) this.#close(code);
  }

  vanish(): void {
    this.#closed = true;
    this.#vanished = true;
    this.#internet.forget(this);
  }

  /** Moves what fits to the other side's kernel. */
  pump(): void {
    if (this.#closed || !this.#established || this.#internet.isCut(this.localHost, this.remoteHost)) return;
    while (this.#unsent.length > 0 && this.#room > 0) this.#sendSegment();
    if (this.#unsent.length > 0) return;
    if (this.#wantsDrain) this.#drained();
    if (this.#finWanted && !this.#finSent) this.#sendFin();
  }

  get #room(): number {
    return this.#internet.weather.bufferBytes - this.#inFlight - this.other.#receivedBytes;
  }

  #sendSegment(): void {
    const [chunk] = this.#unsent as [Bytes];
    const dice = this.#internet.dice;
    const wish = dice.chance(this.#internet.weather.splits) ? dice.whole(1, chunk.length) : chunk.length;
    const size = Math.min(wish, this.#room);
    this.#unsent[0] = chunk.subarray(size);
    if (size === chunk.length) this.#unsent.shift();
    this.#inFlight += size;
    const segment = chunk.subarray(0, size);
    this.#tell((other) => {
      this.#inFlight -= size;
      other.#onSegment(segment);
    });
  }

  #drained(): void {
    this.#wantsDrain = false;
    this.onClock(0, () => this.#closed || this.#events?.onDrain());
  }

  #sendFin(): void {
    this.#finSent = true;
    this.#tell((other) => other.#onFin());
    this.#closeWhenDone();
  }

  /** Happens on the other side, in order with everything else that was sent there; a cut delays it. */
  #tell(happen: (other: Endpoint) => void): void {
    const other = this.other;
    const arrival = Math.max(this.#lastArrival, this.clock.now() + this.#internet.delay());
    this.#lastArrival = arrival;
    this.#arrive(arrival, () => happen(other));
  }

  #arrive(at: number, happen: () => void): void {
    const other = this.other;
    other.onClock(at - other.clock.now(), () => {
      if (!this.#internet.isCut(this.localHost, this.remoteHost)) return happen();
      this.#lastArrival = Math.max(this.#lastArrival, other.clock.now() + 200);
      this.#arrive(other.clock.now() + 200, happen);
    });
  }

  #onSegment(segment: Bytes): void {
    if (this.#vanished) return;
    if (this.#closed) return this.#tell((other) => other.breakWith("ECONNRESET"));
    this.#internet.onPacket(`${this.remoteHost} > ${this.localHost} ${segment.length}`);
    this.#received.push(segment);
    this.#receivedBytes += segment.length;
    this.#read();
  }

  #onFin(): void {
    if (this.#vanished || this.#closed) return;
    this.#internet.onPacket(`${this.remoteHost} > ${this.localHost} FIN`);
    this.#finReceived = true;
    this.#read();
  }

  /** One poll later: the program gets what has come by then, in one piece or several. */
  #read(): void {
    if (this.#reading || this.#paused || !this.#visible || this.#events === undefined) return;
    if (this.#received.length === 0 && (!this.#finReceived || this.#finDelivered)) return;
    this.#reading = true;
    this.#ready(() => {
      this.#reading = false;
      if (!this.#paused && !this.#closed) this.#deliver();
    });
  }

  #ready(handle: () => void): void {
    this.clock.ready(handle, this.#internet.dice.between(0, 0.3));
  }

  #deliver(): void {
    if (this.#received.length > 0) {
      const chunk = concat(this.#received);
      this.#received = [];
      this.#receivedBytes = 0;
      this.#events?.onBytes(chunk);
      this.other.pump();
    }
    if (this.#finReceived && this.#received.length === 0 && !this.#paused) this.#deliverEnd();
  }

  #deliverEnd(): void {
    if (this.#finDelivered || this.#closed) return;
    this.#finDelivered = true;
    this.#events?.onEnd();
    this.#closeWhenDone();
  }

  #closeWhenDone(): void {
    if (this.#finSent && this.#finDelivered && !this.#closed) this.#close();
  }

  #close(code?: string): void {
    this.#closed = true;
    this.#internet.forget(this);
    this.onClock(0, () => {
      if (this.#vanished) return;
      this.#closeEvents += 1;
      if (this.#closeEvents > 1) throw new Error("a connection was closed twice");
      this.#events?.onClose(code);
    });
  }

  #mayReset(): void {
    if (this.#internet.dice.chance(this.#internet.weather.resets)) this.#internet.reset(this);
  }
}

function concat(chunks: readonly Bytes[]): Bytes {
  const whole = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

const pair = (one: string, other: string): string => [one, other].sort().join(" ");
