// Builds the parts of a member and connects them; starts and stops the member, and replaces its peer table while it runs.

import {
  indexPauseMs,
  indexQuietMs,
  indexSlice,
  shownNoteMs,
  shutdownMs,
  storeRetryMs,
  windowBytes,
} from "../core/limits.js";
import { exitCode } from "../core/errors.js";
import type { PeerTable } from "../core/peer-table.js";
import { terminalPlace, type Received } from "../core/record.js";
import type { Endpoint, PeerName } from "../core/types.js";
import type { KernelRow } from "../core/why.js";
import type { Alarm } from "../delivery/expiries.js";
import { Router } from "../delivery/router.js";
import { toAll } from "./audiences.js";
import type { Client, ClientHost, LocalPrograms, MemberConsole } from "./client.js";
import type { MemberApi } from "./api.js";
import { MemberRequests } from "./handlers.js";
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
import { orderPhases } from "./turn.js";
import { StoreHealth } from "./store-health.js";
import { dialectsOf } from "../wire/dialects.js";
import type { Version } from "../wire/secure/preamble.js";
import type { NoiseLibrary } from "../wire/secure/noise.js";

export interface Ports {
  readonly clock: Clock;
  readonly network: Network;
  readonly console: Console;
  readonly random: Random;
  readonly log: Log;
  readonly noise: NoiseLibrary;
  /** The kernel's connections to a host; undefined where the platform cannot list them. */
  readonly kernel?: ((host: string) => readonly KernelRow[] | undefined) | undefined;
}

export interface MemberSettings {
  readonly self: PeerName;
  readonly state: MemberState;
  /** Lines shown to the user at the start. */
  readonly remarks: readonly string[];
  /** Sends and shows messages only where the friend's key is at least pinned. */
  readonly requireVerified: boolean;
  readonly table: PeerTable;
  readonly listen: { readonly host: string; readonly port: number };
  /** The address to dial from; undefined leaves it to the kernel. */
  readonly localHost: string | undefined;
  /** The rendezvous server, which lists members that are online. */
  readonly rendezvous?: Endpoint | undefined;
  /** The version of the secure dialect to speak, if it is not the program's. */
  readonly version?: Version;
  /** Could not listen; `code` is a system error code. No other callback follows. */
  onFailure(code: string): void;
  /** Builds the client for standard input and output. */
  readonly createConsole: (host: ClientHost) => MemberConsole;
  /** Builds the server for other programs on this machine. */
  readonly createLocalPrograms: (host: ClientHost) => LocalPrograms;
  /** Handles a flood of arrivals once per screen frame, for a person at a terminal. */
  readonly paced: boolean;
  /** Runs for a single command of this process. */
  readonly momentary: boolean;
  /** Everything is closed and printed. No other callback follows. */
  onStopped(code: number): void;
}

/** sending: waiting messages may still be sent. closing: our FINs are sent. printing: the rest is written to the screen. */
type Shutdown = "running" | "sending" | "closing" | "printing" | "stopped";

/** Used only if the table lacks our own row, which its validation rules out. */
const noAddress = { name: "", host: "0.0.0.0", port: 0 };

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
  #shownTimer: Timer | undefined;
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
      work: () => this.#store.indexSome(indexSlice),
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
    orderPhases(this.#reactor, {
      keys: () => this.#authenticator.refresh(),
      settle: () => this.#router.settle(),
      commit: () => this.#commit(),
      print: () => this.#print(),
      drain: () => this.#console.endOfTurn(),
      shutdown: () => this.#advanceShutdown(),
    });
    this.#peers.admit(options.table);
  }

  /** Number of armed timers; 0 after `onStopped`. */
  get timers(): number {
    return this.#reactor.wheel.size;
  }

  start(): void {
    this.#listener = listenInTurns({ ...this.#ports, reactor: this.#reactor }, this.#options.listen, {
      onListening: (port) => this.#onListening(port),
      onConnection: (connection) => this.#acceptor.accept(connection),
      onFailure: (code) => this.#options.onFailure(code),
    });
  }

  /** Sends what it can within the shutdown time, closes the connections, prints the rest, then calls `onStopped`. */
  stop(): void {
    this.#post(() => this.#beginShutdown());
  }

  /** Stops once every program on the local socket has its answers. */
  finish(): void {
    this.#post(() => this.#local.finish());
  }

  /** Replaces the peer table while running. Messages to peers that remain in it are kept. */
  replaceTable(file: string, table: PeerTable): void {
    this.#post(() => this.#replaceTable(file, table));
  }

  tell(message: string): void {
    this.#post(() => this.#router.notice({ kind: "remark", message }));
  }

  /** Tells the user why the old table stays in use. */
  reportTableError(message: string): void {
    this.#post(() => this.#router.notice({ kind: "table-kept", message }));
  }

  get #client(): Client {
    return this.#console.client;
  }

  get api(): MemberApi {
    return this.#api;
  }

  // Events from outside.

  #onListening(port: number): void {
    this.#client.greet(port, this.#options.table.peers);
    for (const message of this.#options.remarks) this.#router.notice({ kind: "remark", message });
    if (this.#console.silent) this.#readingPlace();
    else this.#showUnshown();
    this.#local.open(port);
    this.#onlineList?.start();
    bindInTurns(
      { ...this.#ports, reactor: this.#reactor },
      {
        onBytes: (chunk) => this.#whileRunning(() => this.#client.onBytes(chunk)),
        onEnd: () => this.#whileRunning(() => this.#console.endOfInput()),
        onDrain: () => this.#client.onDrain(),
        onTyped: (typed) => this.#whileRunning(() => this.#client.onTyped?.(typed)),
      },
    );
  }

  #whileRunning(handle: () => void): void {
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

  /** Durable before visible: one commit for all messages of the turn; only then are they sent, acknowledged and shown. */
  #commit(): void {
    if (this.#router.settling) {
      this.#indexing.stamp();
      this.#storeShown();
    }
    const committed = this.#health.commit();
    this.#router.flush(committed);
    if (this.#router.turnRequested) this.#requestTurn(committed.ok ? 0 : storeRetryMs);
  }

  #print(): void {
    this.#local.flush();
    this.#client.flush();
    const requested = this.#router.turnRequested;
    this.#router.shown(this.#client.shown);
    // Shown messages may give peers new credit, which another turn sends. Peers blocked on the store stay blocked.
    if (this.#router.turnRequested && !requested) this.#requestTurn(0);
    if (this.#client.shown > this.#store.shown) this.#scheduleStoreShown();
  }

  /** The next commit stores which messages were shown. If none comes for a while, this timer causes one. */
  #scheduleStoreShown(): void {
    if (this.#shownTimer?.pending !== true)
      this.#shownTimer = this.#reactor.wheel.after(shownNoteMs, () => this.#storeShown());
  }

  /** A terminal has a reading place of its own: messages that a service wrote to its log were not read by a person. */
  #storeShown(): void {
    const before = this.#store.shown;
    this.#router.storeShown();
    if (this.#console.terminal && this.#store.shown > before) this.#store.confirm(terminalPlace, this.#store.shown);
  }

  /** The store number up to which this client's reader has read. */
  #readingPlace(): number {
    const store = this.#store;
    // The first start with this version: what was shown until now was read.
    const place = store.confirmed(terminalPlace);
    if (place === undefined) store.confirm(terminalPlace, store.shown);
    return this.#console.terminal ? Math.min(place ?? store.shown, store.shown) : store.shown;
  }

  /** Makes sure that a turn runs after the delay, even if no event comes. */
  #requestTurn(delayMs: number): void {
    if (delayMs === 0) return this.#post(() => undefined);
    if (this.#nextTurn?.pending !== true) this.#nextTurn = this.#reactor.wheel.after(delayMs, () => undefined);
  }

  /** Shows the messages that an earlier run committed and did not show, at a terminal also those that no terminal showed. */
  #showUnshown(): void {
    const store = this.#store;
    const unshown: Received[] = [];
    for (let page = store.received(this.#readingPlace(), windowBytes); page.length > 0;) {
      unshown.push(...page);
      const last = page.at(-1) as Received;
      page = store.received(last.number + last.batch.count - 1, windowBytes);
    }
    const count = unshown.reduce((sum, { batch }) => sum + batch.count, 0);
    if (count > 0) this.#router.notice({ kind: "shown-late", count });
    for (const received of unshown) this.#client.message(received);
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
      peers: () => this.#api.peers,
      momentary: this.#options.momentary,
      after: (delayMs, run) => this.#reactor.wheel.after(delayMs, run),
      keyTrouble: (name) => this.#authenticator.troubleWith(name),
      dialNow: (name) => this.#peers.find(name)?.dialNow(),
      notice: (notice) => this.#router.notice(notice),
      end: (code) => this.#endWith(code),
    };
  }

  #newAuthenticator(): PeerAuthenticator {
    const { self, state, requireVerified, version } = this.#options;
    const { identity, keyring } = state;
    const { noise, clock } = this.#ports;
    return new PeerAuthenticator({
      self: { name: self, keys: identity.keyPair, key: identity.publicKey, ...(version && { version }) },
      ...{ noise, keyring, clock, requireVerified },
      reactor: this.#reactor,
      table: () => this.#table,
      notice: (notice) => this.#router.notice(notice),
    });
  }

  #newPeers(): Peers {
    const { self, state, localHost, table } = this.#options;
    return new Peers({
      ...{ self, state, localHost, dialects: dialectsOf(table.find(self) ?? noAddress) },
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
      const message = `${file} has no row for you ("${this.#options.self}") any more`;
      return this.#router.notice({ kind: "table-kept", message });
    }
    const old = this.#table.find(this.#options.self);
    this.#table = table;
    this.#peers.admit(table);
    this.#authenticator.recheck();
    this.#router.notice({ kind: "table-read", file, peers: table.peers.length });
    for (const message of table.remarks) this.#router.notice({ kind: "remark", message });
    if (old?.host !== self.host || old.port !== self.port)
      this.#router.notice({
        kind: "remark",
        message: "Your own address or port has changed in the group file: restart p2p to listen there.",
      });
  }

  // Shutdown. The end of each turn checks whether the next step is possible; the deadline takes all remaining steps.

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
    this.#storeShown();
    this.#store.commit();
    this.#local.close();
    this.#peers.destroy();
    this.#reactor.close();
    this.#store.close();
    this.#options.onStopped(this.#code);
  }
}
