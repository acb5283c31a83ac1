// One end of a simulated TCP connection: its bytes travel in order to the other end's kernel, which holds a bounded amount.

import { concat } from "../../../src/core/bytes.js";
import type { Connection, ConnectionEvents } from "../../../src/ports.js";
import type { Bytes } from "../../../src/core/types.js";
import type { Dice } from "./dice.js";
import type { VirtualClock } from "./virtual-time.js";
import type { Weather } from "./virtual-network.js";

/** The network as an end uses it. */
export interface Between {
  readonly dice: Dice;
  readonly weather: Weather;
  onPacket(what: string): void;
  delay(): number;
  isCut(one: string, other: string): boolean;
  forget(endpoint: Endpoint): void;
  reset(endpoint: Endpoint): void;
}

interface Ends {
  readonly clock: VirtualClock;
  readonly localHost: string;
  readonly remoteHost: string;
}

export class Endpoint implements Connection {
  readonly localHost: string;
  readonly remoteHost: string;
  clock: VirtualClock;
  readonly #internet: Between;
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

  constructor(internet: Between, ends: Ends) {
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

  /** The listener's program gets the connection in the next round of polling. */
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
    if (this.#closed) return false;
    if (this.#finWanted) return true;
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

  reset(): void {
    if (this.#closed) return;
    this.#close();
    this.#tell((other) => other.breakWith("ECONNRESET"));
  }

  breakWith(code: string): void {
    if (!this.#closed) this.#close(code);
  }

  /** Its program died; the kernel closes. */
  orphan(): void {
    this.#events = undefined;
    this.destroy();
  }

  vanish(): void {
    this.#closed = true;
    this.#vanished = true;
    this.#internet.forget(this);
  }

  /** Moves as many bytes as fit to the other end's kernel. */
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

  /** Runs at the other end, in order with everything else that was sent there; a cut delays it. */
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

  /** One poll later: the program gets the bytes that have arrived by then, in one piece or several. */
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
