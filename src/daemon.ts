// Builds every part and wires them in one visible block; starts, stops, and takes a new table while running.

import { reasonOf } from "./core/errors.js";
import { shutdownMs } from "./core/limits.js";
import type { PeerTable } from "./core/peer-table.js";
import type { Batch, DialectName, Peer, PeerName } from "./core/types.js";
import { Friend } from "./delivery/friend.js";
import { Router } from "./delivery/router.js";
import { LineConsole, type Front } from "./faces/line-console.js";
import type { Clock, Connection, Console, Listener, Log, Network, Random } from "./ports.js";
import { Reactor, type Source } from "./reactor/reactor.js";
import { Acceptor } from "./session/acceptor.js";
import type { Tally } from "./session/session-parts.js";
import { Session } from "./session/session.js";
import type { Dialect } from "./wire/dialect.js";
import { lineDialect } from "./wire/dialects/line.js";

export interface Ports {
  readonly clock: Clock;
  readonly network: Network;
  readonly console: Console;
  readonly random: Random;
  readonly log: Log;
}

export interface DaemonOptions {
  readonly self: PeerName;
  readonly table: PeerTable;
  readonly listen: { readonly host: string; readonly port: number };
  /** The address to dial from; undefined leaves it to the kernel. */
  readonly localHost: string | undefined;
  /** Could not listen; `code` is a system error code. Nothing follows. */
  onFailure(code: string): void;
  /** Everything is closed and printed. Nothing follows. */
  onStopped(): void;
}

const dialects: Readonly<Record<DialectName, Dialect>> = { line: lineDialect };

/** sending: what waits may still go out. closing: our FINs are out. printing: the screen takes the rest. */
type Shutdown = "running" | "sending" | "closing" | "printing" | "stopped";

interface Member {
  readonly friend: Friend;
  readonly session: Session;
}

export class Daemon {
  readonly #ports: Ports;
  readonly #options: DaemonOptions;
  readonly #reactor: Reactor;
  readonly #router: Router;
  readonly #face: LineConsole;
  readonly #acceptor: Acceptor;
  readonly #tally: Tally = { connections: 0 };
  #members = new Map<PeerName, Member>();
  #byHost = new Map<string, Session>();
  #listener: Listener | undefined;
  #shutdown: Shutdown = "running";

  constructor(ports: Ports, options: DaemonOptions) {
    const { clock, console, log } = ports;
    this.#ports = ports;
    this.#options = options;
    this.#reactor = new Reactor(clock, log);
    this.#face = new LineConsole(console, () => this.#front);
    this.#router = new Router(this.#face);
    this.#acceptor = new Acceptor({
      reactor: this.#reactor,
      log,
      tally: this.#tally,
      sessionOf: (host) => this.#byHost.get(host),
      notice: (notice) => this.#router.notice(notice),
    });
    this.#reactor.atEndOfTurn(() => this.#router.flush());
    this.#reactor.atEndOfTurn(() => this.#advanceShutdown());
    this.#reactor.atEndOfTurn(() => this.#face.flush());
    this.#admit(options.table);
  }

  /** Timers that are armed; none after `onStopped`. */
  get timers(): number {
    return this.#reactor.wheel.size;
  }

  start(): void {
    this.#listener = this.#ports.network.listen(this.#options.listen, {
      onListening: (port) => this.#post("listener", () => this.#open(port)),
      onConnection: (connection) => this.#postConnection(connection),
      onFailure: (code) => this.#options.onFailure(code),
    });
  }

  /** Sends what can be sent within the shutdown time, closes, prints the rest, then calls `onStopped`. */
  stop(): void {
    this.#post("timer", () => this.#beginShutdown());
  }

  /** Takes a new table while running; what waits for those who stay is kept. */
  replaceTable(file: string, table: PeerTable): void {
    this.#post("timer", () => this.#replaceTable(file, table));
  }

  tell(message: string): void {
    this.#post("timer", () => this.#router.notice({ kind: "remark", message }));
  }

  /** Says why a new table was not taken. */
  keepTable(message: string): void {
    this.#post("timer", () => this.#router.notice({ kind: "table-kept", message }));
  }

  // Entrances.

  #open(port: number): void {
    this.#face.greet(port, this.#options.table.peers);
    this.#ports.console.bind({
      onBytes: (chunk) => this.#post("stdin", () => this.#hear(() => this.#face.onBytes(chunk))),
      onEnd: () => this.#post("stdin", () => this.#hear(() => this.#face.onEnd())),
      onDrain: () => this.#post("stdin", () => this.#face.onDrain()),
      onReaderGone: () => this.#ports.log.warn("stdout-closed"),
    });
  }

  #postConnection(connection: Connection): void {
    this.#reactor.post("listener", {
      run: () => this.#acceptor.accept(connection),
      fail: () => connection.destroy(),
    });
  }

  #hear(handle: () => void): void {
    if (this.#shutdown === "running") handle();
  }

  #post(source: Source, run: () => void): void {
    this.#reactor.post(source, { run, fail: () => undefined });
  }

  get #front(): Front {
    const router = this.#router;
    return {
      // Lists of all members, for the few commands that ask: the front is built anew for each command.
      get names() {
        return router.names;
      },
      get status() {
        return router.status;
      },
      send: (to: string, batch: Batch) => router.send(to, batch),
      pauseReading: () => router.pauseReading(),
      resumeReading: () => router.resumeReading(),
      quit: () => this.stop(),
    };
  }

  // Members.

  #admit(table: PeerTable): void {
    const before = this.#members;
    this.#members = new Map(table.peers.map((peer) => [peer.name, this.#member(peer, before.get(peer.name))]));
    this.#byHost = new Map(table.peers.map((peer) => [peer.host, (this.#members.get(peer.name) as Member).session]));
    this.#router.setFriends(
      this.#options.self,
      [...this.#members.values()].map(({ friend }) => friend),
    );
    for (const [name, member] of before) if (!this.#members.has(name)) this.#dismiss(member);
  }

  #member(peer: Peer, existing: Member | undefined): Member {
    if (existing === undefined) return this.#newMember(peer);
    existing.friend.peer = peer;
    existing.session.reconfigure(peer, dialects[peer.dialect]);
    return existing;
  }

  #newMember(peer: Peer): Member {
    const { network, random, log } = this.#ports;
    let session: Session | undefined;
    const friend = new Friend(peer, this.#router, (events) => {
      session = new Session({
        peer,
        dialect: dialects[peer.dialect],
        localHost: this.#options.localHost,
        reactor: this.#reactor,
        network,
        random,
        log,
        tally: this.#tally,
        events,
      });
      return session;
    });
    return { friend, session: session as unknown as Session };
  }

  #dismiss({ friend, session }: Member): void {
    friend.abandon();
    // What still comes is shown. While the screen is full it cannot be, and nobody would resume it later.
    if (this.#router.paused) session.destroy();
    else session.finish();
  }

  #replaceTable(file: string, table: PeerTable): void {
    const self = table.find(this.#options.self);
    if (self === undefined) {
      this.#router.notice({
        kind: "table-kept",
        message: `${file} no longer has "${this.#options.self}", who you are`,
      });
      return;
    }
    const old = this.#members.get(this.#options.self)?.friend.peer;
    this.#admit(table);
    this.#router.notice({ kind: "table-read", file, peers: table.peers.length });
    if (old?.host !== self.host || old.port !== self.port)
      this.#router.notice({
        kind: "remark",
        message: "Our own address or port has changed: start again to listen there.",
      });
  }

  // Stopping. Each turn looks whether the next step may be taken; the deadline takes them all.

  #beginShutdown(): void {
    if (this.#shutdown !== "running") return;
    this.#shutdown = "sending";
    this.#listener?.close();
    this.#ports.console.pause();
    this.#reactor.wheel.after(shutdownMs, () => this.#stopNow());
  }

  #advanceShutdown(): void {
    if (this.#shutdown === "sending" && ![...this.#router.friends].some((friend) => friend.sending))
      this.#beginClosing();
    if (this.#shutdown === "closing" && this.#tally.connections === 0) this.#shutdown = "printing";
    if (this.#shutdown === "printing") this.#finishPrinting();
  }

  #beginClosing(): void {
    this.#shutdown = "closing";
    for (const { friend, session } of this.#members.values()) {
      friend.abandon();
      session.finish();
    }
  }

  #finishPrinting(): void {
    this.#face.flush();
    if (!this.#face.blocked) this.#stopNow();
  }

  #stopNow(): void {
    if (this.#shutdown === "sending") this.#beginClosing();
    if (this.#shutdown === "stopped") return;
    this.#shutdown = "stopped";
    this.#face.flush();
    for (const { session } of this.#members.values()) session.destroy();
    this.#reactor.close();
    this.#options.onStopped();
  }
}

/** Why we could not listen, and the way out. */
export function explainListenFailure(
  code: string,
  self: Peer,
  at: { readonly host: string; readonly port: number },
): string {
  if (code === "EADDRINUSE") return `port ${String(at.port)} is taken; is another p2p running here? (--port)`;
  if (code === "EADDRNOTAVAIL")
    return `${self.name}'s address ${at.host} is not on this machine; --listen ADDRESS listens on another one, --name ${self.name} --loopback tries the group on one machine`;
  return `cannot listen on ${at.host} port ${String(at.port)}: ${reasonOf(code)}`;
}
