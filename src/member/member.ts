// Builds every part and wires them in one visible block; starts, stops, and takes a new table while running.

import {
  indexPauseMs,
  indexQuietMs,
  indexRoom,
  shownNoteMs,
  shutdownMs,
  storeRetryMs,
  windowBytes,
} from "../core/limits.js";
import { exitCode } from "../core/errors.js";
import type { PeerTable } from "../core/peer-table.js";
import type { Received } from "../core/record.js";
import type { Endpoint, PeerName } from "../core/types.js";
import type { KernelRow } from "../core/why.js";
import type { Alarm } from "../delivery/expiries.js";
import { Router } from "../delivery/router.js";
import { toAll } from "./audiences.js";
import type { Client, ClientHost, LocalPrograms, MemberConsole } from "./client.js";
import type { MemberApi } from "./api.js";
import { MemberRequests } from "./requests.js";
import type { Clock, Console, Listener, Log, MemberState, Network, Random, Store } from "../ports.js";
import { bindInTurns, listenInTurns } from "../reactor/entrances.js";
import { IdleWork } from "../reactor/idle-work.js";
import { Pace } from "../reactor/pace.js";
import { Reactor } from "../reactor/reactor.js";
import type { Timer } from "../reactor/timer-wheel.js";
import { Peers } from "./peers.js";
import { Acceptor } from "../session/acceptor.js";
import { PeerAuthenticator } from "../trust/peer-authenticator.js";
import type { ConnectionCount } from "../session/links.js";
import { OnlineList } from "../session/online-list.js";
import { StoreHealth } from "./store-health.js";
import { dialectsOf } from "../wire/dialects.js";
import type { NoiseLibrary } from "../wire/secure/noise.js";

export interface Ports {
  readonly clock: Clock;
  readonly network: Network;
  readonly console: Console;
  readonly random: Random;
  readonly log: Log;
  readonly noise: NoiseLibrary;
  /** The kernel's view of connections to a host, where it can be asked. */
  readonly kernel?: ((host: string) => readonly KernelRow[] | undefined) | undefined;
}

export interface MemberSettings {
  readonly self: PeerName;
  readonly state: MemberState;
  /** What the user should know from the start. */
  readonly remarks: readonly string[];
  /** Sends and shows nothing below a pinned key. */
  readonly requireVerified: boolean;
  readonly table: PeerTable;
  readonly listen: { readonly host: string; readonly port: number };
  /** The address to dial from; undefined leaves it to the kernel. */
  readonly localHost: string | undefined;
  /** The server that knows who is online. */
  readonly rendezvous?: Endpoint | undefined;
  /** Could not listen; `code` is a system error code. Nothing follows. */
  onFailure(code: string): void;
  /** Builds the client for standard input and output. */
  readonly createConsole: (host: ClientHost) => MemberConsole;
  /** Builds the server for other programs on this machine. */
  readonly createLocalPrograms: (host: ClientHost) => LocalPrograms;
  /** Takes a flood of arrivals once for each frame of a screen, because a person looks at it. */
  readonly paced: boolean;
  /** Everything is closed and printed. Nothing follows. */
  onStopped(code: number): void;
}

/** sending: what waits may still go out. closing: our FINs are out. printing: the screen takes the rest. */
type Shutdown = "running" | "sending" | "closing" | "printing" | "stopped";

/** The table always has us; without an address nothing of ours could be answered. */
const nobody = { name: "", host: "0.0.0.0", port: 0 };

export class Member {
  readonly #ports: Ports;
  readonly #options: MemberSettings;
  readonly #reactor: Reactor;
  readonly #router: Router;
  readonly #console: MemberConsole;
  readonly #api: MemberRequests;
  readonly #local: LocalPrograms;
  #code: number = exitCode.stopped;
  readonly #acceptor: Acceptor;
  readonly #authenticator: PeerAuthenticator;
  readonly #indexing: IdleWork;
  readonly #connectionCount: ConnectionCount = { connections: 0 };
  readonly #peers: Peers;
  readonly #onlineList: OnlineList | undefined;
  #table: PeerTable;
  readonly #health: StoreHealth;
  #listener: Listener | undefined;
  #nextTurn: Timer | undefined;
  #note: Timer | undefined;
  #shutdown: Shutdown = "running";

  constructor(ports: Ports, options: MemberSettings) {
    const { clock, log } = ports;
    this.#ports = ports;
    this.#options = options;
    this.#reactor = new Reactor(clock, log, options.paced ? new Pace() : undefined);
    const host = this.#newHost();
    this.#console = options.createConsole(host);
    this.#table = options.table;
    this.#local = options.createLocalPrograms(host);
    const alarm: Alarm = (delayMs, run) => this.#reactor.wheel.after(delayMs, run);
    this.#router = new Router(toAll([this.#client, this.#local.audience]), { store: this.#store, clock, alarm });
    this.#health = new StoreHealth({
      ...{ store: this.#store, clock, log },
      notice: (notice) => this.#router.notice(notice),
    });
    this.#indexing = new IdleWork(this.#reactor, {
      ...{ quietMs: indexQuietMs, pauseMs: indexPauseMs },
      work: () => this.#store.indexSome(indexRoom),
    });
    this.#authenticator = this.#newAuthenticator();
    this.#peers = this.#newPeers();
    this.#onlineList = options.rendezvous && this.#newOnlineList(options.rendezvous);
    this.#api = this.#newRequests();
    if (this.#console.reporter !== undefined) this.#api.reportTo(this.#console.reporter);
    this.#acceptor = new Acceptor({
      reactor: this.#reactor,
      log,
      connectionCount: this.#connectionCount,
      authenticator: this.#authenticator,
      rows: this.#peers,
      notice: (notice) => this.#router.notice(notice),
    });
    this.#reactor.atEndOfTurn(() => this.#authenticator.refresh());
    this.#reactor.atEndOfTurn(() => this.#router.settle());
    this.#reactor.atEndOfTurn(() => this.#commit());
    this.#reactor.atEndOfTurn(() => this.#print());
    this.#reactor.atEndOfTurn(() => this.#console.endOfTurn());
    this.#reactor.atEndOfTurn(() => this.#advanceShutdown());
    this.#peers.admit(options.table);
  }

  /** Timers that are armed; none after `onStopped`. */
  get timers(): number {
    return this.#reactor.wheel.size;
  }

  start(): void {
    this.#listener = listenInTurns({ ...this.#ports, reactor: this.#reactor }, this.#options.listen, {
      onListening: (port) => this.#open(port),
      onConnection: (connection) => this.#acceptor.accept(connection),
      onFailure: (code) => this.#options.onFailure(code),
    });
  }

  /** Sends what can be sent within the shutdown time, closes, prints the rest, then calls `onStopped`. */
  stop(): void {
    this.#post(() => this.#beginShutdown());
  }

  /** Stops once every program on the local socket has its answers. */
  finish(): void {
    this.#post(() => this.#local.finish());
  }

  /** Takes a new table while running; what waits for those who stay is kept. */
  replaceTable(file: string, table: PeerTable): void {
    this.#post(() => this.#replaceTable(file, table));
  }

  tell(message: string): void {
    this.#post(() => this.#router.notice({ kind: "remark", message }));
  }

  /** Says why a new table was not taken. */
  keepTable(message: string): void {
    this.#post(() => this.#router.notice({ kind: "table-kept", message }));
  }

  get #client(): Client {
    return this.#console.client;
  }

  /** What the program can be asked for. */
  get api(): MemberApi {
    return this.#api;
  }

  // Entrances.

  #open(port: number): void {
    this.#client.greet(port, this.#options.table.peers);
    for (const message of this.#options.remarks) this.#router.notice({ kind: "remark", message });
    if (!this.#console.silent) this.#showLate();
    this.#local.open(port);
    this.#onlineList?.start();
    bindInTurns(
      { ...this.#ports, reactor: this.#reactor },
      {
        onBytes: (chunk) => this.#hear(() => this.#client.onBytes(chunk)),
        onEnd: () => this.#hear(() => this.#console.endOfInput()),
        onDrain: () => this.#client.onDrain(),
        onTyped: (typed) => this.#hear(() => this.#client.onTyped?.(typed)),
      },
    );
  }

  #hear(handle: () => void): void {
    if (this.#shutdown === "running") handle();
  }

  #endWith(code: number): void {
    this.#code = code;
    this.stop();
  }

  #post(run: () => void): void {
    this.#reactor.post("timer", { run });
  }

  get #store(): Store {
    return this.#options.state.store;
  }

  // The end of a turn.

  /** Durable before visible: one commit for all that the turn queued and received; then it is sent, acknowledged, shown. */
  #commit(): void {
    if (this.#router.settling) {
      this.#indexing.stamp();
      this.#router.noteShown();
    }
    const committed = this.#health.commit();
    this.#router.flush(committed);
    if (this.#router.stirred) this.#soon(committed.ok ? 0 : storeRetryMs);
  }

  #print(): void {
    this.#local.flush();
    this.#client.flush();
    const waits = this.#router.stirred;
    this.#router.shown(this.#client.shown);
    // Who may send us more now is told so in a turn of its own; whom the store keeps waiting, waits on.
    if (this.#router.stirred && !waits) this.#soon(0);
    if (this.#client.shown > this.#store.shown) this.#noteSoon();
  }

  /** What was shown is noted by the next commit, and by one of its own where none comes for a while. */
  #noteSoon(): void {
    if (this.#note?.pending !== true)
      this.#note = this.#reactor.wheel.after(shownNoteMs, () => this.#router.noteShown());
  }

  /** A turn that nothing else may come to ask for. */
  #soon(delayMs: number): void {
    if (delayMs === 0) return this.#post(() => undefined);
    if (this.#nextTurn?.pending !== true) this.#nextTurn = this.#reactor.wheel.after(delayMs, () => undefined);
  }

  /** What was received and committed, and not shown, when the program ended. */
  #showLate(): void {
    const store = this.#store;
    const late: Received[] = [];
    for (let page = store.received(store.shown, windowBytes); page.length > 0;) {
      late.push(...page);
      const last = page.at(-1) as Received;
      page = store.received(last.number + last.batch.count - 1, windowBytes);
    }
    const count = late.reduce((sum, { batch }) => sum + batch.count, 0);
    if (count > 0) this.#router.notice({ kind: "shown-late", count });
    for (const received of late) this.#client.message(received);
  }

  #newRequests(): MemberRequests {
    return new MemberRequests({
      ...this.#options,
      ...{ router: this.#router, peers: this.#peers, authenticator: this.#authenticator, onlineList: this.#onlineList },
      ...{ clock: this.#ports.clock, kernel: this.#ports.kernel, storeFault: () => this.#health.trouble },
      quit: () => this.stop(),
    });
  }

  #newHost(): ClientHost {
    return {
      ...{ state: this.#options.state, clock: this.#ports.clock, console: this.#ports.console, reactor: this.#reactor },
      api: () => this.#api,
      after: (delayMs, run) => this.#reactor.wheel.after(delayMs, run),
      keyTrouble: (name) => this.#authenticator.troubleWith(name),
      hurry: (name) => this.#peers.find(name)?.hurry(),
      notice: (notice) => this.#router.notice(notice),
      end: (code) => this.#endWith(code),
    };
  }

  #newAuthenticator(): PeerAuthenticator {
    const { self, state, requireVerified } = this.#options;
    const { identity, keyring } = state;
    const { noise, clock } = this.#ports;
    return new PeerAuthenticator({
      self: { name: self, keys: identity.keyPair, key: identity.publicKey },
      ...{ noise, keyring, clock, requireVerified },
      reactor: this.#reactor,
      table: () => this.#table,
      notice: (notice) => this.#router.notice(notice),
    });
  }

  #newPeers(): Peers {
    const { self, state, localHost, table } = this.#options;
    return new Peers({
      ...{ self, state, localHost, dialects: dialectsOf(table.find(self) ?? nobody) },
      ports: this.#ports,
      reactor: this.#reactor,
      connectionCount: this.#connectionCount,
      router: this.#router,
      authenticator: this.#authenticator,
    });
  }

  #newOnlineList(server: Endpoint): OnlineList {
    return new OnlineList({
      ...{
        server,
        rows: this.#peers,
        authenticator: this.#authenticator,
        reactor: this.#reactor,
        random: this.#ports.random,
      },
      dial: (to) => this.#peers.connect(to),
      notice: (notice) => this.#router.notice(notice),
    });
  }

  #replaceTable(file: string, table: PeerTable): void {
    const self = table.find(this.#options.self);
    if (self === undefined) {
      const message = `${file} no longer has "${this.#options.self}", who you are`;
      return this.#router.notice({ kind: "table-kept", message });
    }
    const old = this.#table.find(this.#options.self);
    this.#table = table;
    this.#peers.admit(table);
    this.#authenticator.recheck();
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
    this.#local.stopReading();
    this.#onlineList?.stop();
    this.#ports.console.pause();
    this.#reactor.wheel.after(shutdownMs, () => this.#stopNow());
  }

  #advanceShutdown(): void {
    if (this.#local.finished) this.#beginShutdown();
    if (this.#shutdown === "sending" && ![...this.#router.friends].some((friend) => friend.sending))
      this.#beginClosing();
    if (this.#shutdown === "closing" && this.#connectionCount.connections === 0) this.#shutdown = "printing";
    if (this.#shutdown === "printing") this.#finishPrinting();
  }

  #beginClosing(): void {
    this.#shutdown = "closing";
    this.#peers.finish();
    this.#print();
  }

  #finishPrinting(): void {
    this.#client.flush();
    if (!this.#client.blocked) this.#stopNow();
  }

  #stopNow(): void {
    if (this.#shutdown === "sending") this.#beginClosing();
    if (this.#shutdown === "stopped") return;
    this.#shutdown = "stopped";
    this.#client.flush();
    this.#router.shown(this.#client.shown);
    this.#router.noteShown();
    this.#store.commit();
    this.#local.close();
    this.#peers.destroy();
    this.#reactor.close();
    this.#store.close();
    this.#options.onStopped(this.#code);
  }
}
