// The member's local socket: opens it, runs its events in turns, and answers requests about the member as a whole.

import { exitCode, reasonOf } from "../../core/errors.js";
import { formatMoment } from "../../core/time-point.js";
import type { PeerName } from "../../core/types.js";
import type { ClientHost, LocalPrograms } from "../../member/client.js";
import type { Listener } from "../../ports.js";
import { listenLocallyInTurns } from "../../reactor/entrances.js";
import { PostedConnection } from "../../reactor/posted.js";
import type { Reactor } from "../../reactor/reactor.js";
import type { Fields } from "../../member/api.js";
import { LocalServer } from "./local-server.js";

export class LocalService implements LocalPrograms {
  readonly audience: LocalServer;
  readonly #host: ClientHost;
  readonly #onReady: () => void;
  readonly #since: number;
  #port = 0;
  #finishing = false;
  #listener: Listener | undefined;

  /** `onReady` is called when the socket is open, when opening it has failed, or at once if there is none. */
  constructor(host: ClientHost, onReady: () => void) {
    this.#host = host;
    this.#onReady = onReady;
    const { reactor, clock, state, api } = host;
    this.#since = clock.wallTime();
    this.audience = new LocalServer({
      ...{ api, clock, store: state.store, kept: state.durable, peers: () => host.peers() },
      after: (delayMs, run) => host.after(delayMs, run),
      keyTrouble: (name) => host.keyTrouble(name as PeerName),
      greet: (client) => client.greetWith({ port: this.#port, ...(host.momentary && { momentary: true }) }),
      momentary: host.momentary,
      stop: () => host.end(exitCode.stopped),
      status: () => this.#status(),
      dialAll: () => this.#dialAll(),
      requestTurn: () => reactor.post("timer", { run: () => undefined }),
    });
  }

  open(port: number): void {
    const { reactor, state } = this.#host;
    this.#port = port;
    if (state.localSocket === undefined) return this.#onReady();
    this.#listener = listenLocallyInTurns(reactor, state.localSocket, {
      onListening: () => this.#onReady(),
      onConnection: (connection) => this.audience.accept(new PostedConnection(withInputPriority(reactor), connection)),
      onFailure: (code) => this.#failed(code),
    });
  }

  finish(): void {
    this.#finishing = true;
  }

  get finished(): boolean {
    return this.#finishing && !this.audience.busy;
  }

  stopReading(): void {
    this.#listener?.close();
    this.#listener = undefined;
    this.audience.stopReading();
  }

  flush(): void {
    this.audience.flush();
  }

  close(): void {
    this.audience.close();
  }

  #failed(code: string): void {
    const message = `Other programs on this machine cannot connect to this member: ${reasonOf(code)}.`;
    this.#host.notice({ kind: "remark", message });
    this.#onReady();
  }

  #dialAll(): readonly string[] {
    const waiting = this.#host.peers().filter(({ self, waiting }) => !self && waiting > 0);
    for (const { name } of waiting) this.#host.dialNow(name);
    return waiting.map(({ name }) => name);
  }

  #status(): Fields {
    const { api, peers, state } = this.#host;
    const friends = peers().filter(({ self }) => !self);
    return {
      ...{ name: api().self, port: this.#port, since: formatMoment(this.#since), kept: state.durable },
      friends: friends.length,
      connected: friends.filter((friend) => friend.state === "connected").length,
      waiting: friends.reduce((sum, { waiting }) => sum + waiting, 0),
      // Not counting the program that asks.
      programs: this.audience.size - 1,
    };
  }
}

/** Posts events with the priority of stdin, so that requests of local programs do not queue behind messages from friends. */
const withInputPriority = (reactor: Reactor): Pick<Reactor, "post"> => ({
  post: (_, task) => reactor.post("stdin", task),
});
