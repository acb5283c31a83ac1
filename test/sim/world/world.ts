// N members on a virtual network, each running the production code from `Member` down. One seed gives one world.

import { memberClients } from "../../../src/clients/member-clients.js";
import { windowBytes } from "../../../src/core/limits.js";
import { PeerTable, parsePeerTable } from "../../../src/core/peer-table.js";
import type { DialectName, PeerName } from "../../../src/core/types.js";
import { toUtf8 } from "../../../src/core/utf8.js";
import { LineConsole } from "../../../src/clients/lines/console.js";
import { Member } from "../../../src/member/member.js";
import { noiseLibrary } from "../../../src/platform/noise-library.js";
import { attach } from "../../../src/commands/attach.js";
import type { ChatOptions } from "../../../src/commands/options.js";
import type { Origin } from "../../../src/core/outcome.js";
import { visibleText, type TypedMessage } from "../../../src/core/typed-message.js";
import { ourVersion, type Version } from "../../../src/wire/secure/preamble.js";
import type { Running } from "../../../src/core/ending.js";
import type { LocalSocket, Log, LogFields, Network } from "../../../src/ports.js";
import { Dice } from "./dice.js";
import { assertSame } from "./assert-same.js";
import { VirtualConsole } from "./virtual-console.js";
import { VirtualInternet, type Weather } from "./virtual-network.js";
import { Disks, VirtualDisk } from "./virtual-disk.js";
import { LifeClock, VirtualClock, VirtualTime } from "./virtual-time.js";

export const idleMs = 120_000;
const port = 6969;
/** The local socket, as a port of the member's own machine. */
const socketPort = 1;

export interface WorldOptions {
  readonly seed: number;
  readonly names?: readonly string[];
  readonly weather?: Partial<Weather>;
  /** The dialect of rows that name none. */
  readonly dialect?: DialectName;
  /** Addresses of members that share an address or use another port: `10.1.2.0:7001`. */
  readonly places?: Readonly<Record<string, string>>;
  /** Attributes that one member's table gives another's row: `attributes(owner, row)`. */
  attributes?(owner: string, row: string): string;
  /** Each program of a member speaks minor 0 or the newest minor of the secure dialect, at random. */
  readonly mixedMinors?: boolean;
  /** Members listen for programs on their own machine. */
  readonly local?: boolean;
  /** Called before a member's program starts. */
  onStart?(member: SimulatedMember): void;
}

export class World {
  readonly dice: Dice;
  readonly time = new VirtualTime();
  readonly internet: VirtualInternet;
  readonly disks = new Disks();
  readonly members = new Map<string, SimulatedMember>();
  readonly names: readonly string[];
  readonly #options: WorldOptions;
  /** All events, for comparing two runs of one seed. */
  readonly trace: string[] = [];

  constructor(options: WorldOptions) {
    this.#options = options;
    this.dice = new Dice(options.seed);
    this.names = options.names ?? ["Alice", "Bob", "Martha"];
    this.disks.strict = options.dialect === "secure";
    this.internet = new VirtualInternet(this.dice);
    this.internet.weather = { ...this.internet.weather, ...options.weather };
    this.internet.onPacket = (what) => this.trace.push(`${this.time.now.toFixed(3)} ${what}`);
    this.time.afterEvent = () => this.#check();
    for (const name of this.names) this.members.set(name, new SimulatedMember(this, name));
  }

  /** Starts all members and waits until all listen. */
  start(): this {
    for (const member of this.members.values()) member.start();
    this.time.runFor(1);
    return this;
  }

  member(name: string): SimulatedMember {
    return this.members.get(name) as SimulatedMember;
  }

  address(name: string): string {
    const number = this.names.indexOf(name) + 1;
    return `10.${1 + (number >> 8)}.${number & 255}.0`;
  }

  table(owner: string): PeerTable {
    const rows = this.names.map(
      (name) =>
        `${name} ${this.#options.places?.[name] ?? this.address(name)} ${this.#options.attributes?.(owner, name) ?? ""}`,
    );
    const parsed = parsePeerTable("group", toUtf8([String(rows.length), ...rows].join("\n")), {
      port,
      dialect: this.#options.dialect ?? "line",
      idleMs,
    });
    if (!parsed.ok) throw new Error(parsed.message);
    return parsed.value;
  }

  /** Like SIGHUP: a member loads its present table. */
  reload(name: string): void {
    this.member(name).running.replaceTable("group", this.table(name));
  }

  /** Types `friend/text` at `name`'s keyboard now. */
  say(name: string, friend: string, text: string): void {
    this.member(name).say(friend, text);
  }

  /** Stops all members; no timer may be left then. */
  stop(): void {
    for (const member of this.members.values()) member.running.stop();
    this.time.runFor(30_000);
    for (const member of this.members.values()) member.assertStopped();
  }

  /** Every member has shown all messages to it, once and in order. */
  assertAllHeard(): void {
    for (const name of this.names)
      for (const friend of this.names) {
        const said = friend === name ? [] : (this.member(friend).said.get(name) ?? []);
        assertSame(friend === name ? [] : this.member(name).heardFrom(friend), said, `${name} heard from ${friend}`);
      }
  }

  /** Every disk has all messages that the others had committed for it. */
  assertAllCommitted(): void {
    for (const name of this.names)
      for (const friend of this.names)
        if (friend !== name)
          assertSame(
            this.disks.of(name).heard.get(friend) ?? [],
            this.disks.of(friend).meant(name),
            `${name}'s disk has of ${friend}`,
          );
  }

  assertNothingWaits(): void {
    for (const name of this.names) this.member(name).assertNoFault();
    for (const name of this.names)
      for (const { peer, waiting } of this.disks.of(name).correspondence(this.names))
        if (waiting > 0) throw new Error(`${name} still has ${waiting} messages for ${peer}`);
  }

  /** No member reports a lost store if none was lost. */
  assertNobodyStepsBack(): void {
    for (const { name, earlier, console } of this.members.values())
      for (const line of [...earlier, ...console.lines])
        if (/do not agree on what was delivered|started a new message numbering/.test(line))
          throw new Error(`${name} read: ${line}`);
  }

  /** Each message was shown once, in order; after a restart one turn's messages may come again, with a notice. */
  assertShownOnce(): void {
    for (const name of this.names)
      for (const friend of this.names)
        if (friend !== name)
          assertSame(
            this.member(name).shownFrom(friend),
            (this.disks.of(name).heard.get(friend) ?? []).filter((text) => text !== ""),
            `${name} was shown of ${friend}`,
          );
  }

  /** The typed and the accepted messages differ only by the refused ones, which were reported. */
  assertAccountedFor(name: string): void {
    const member = this.member(name);
    const typed = [...member.said.values()].reduce((sum, texts) => sum + texts.length, 0);
    const taken = [...member.disk.sent.values()].reduce((sum, texts) => sum + texts.length, 0);
    const refused = member.transcript.reduce(
      (sum, line) => sum + Number(/^(\d+) messages? to .* refused/.exec(line)?.[1] ?? 0),
      0,
    );
    if (typed !== taken + refused)
      throw new Error(`${name} typed ${typed}, ${taken} were taken and ${refused} refused`);
  }

  /** The messages that a member received and has not shown are within its granted credit. */
  assertBounded(name: string): void {
    const waiting =
      [...this.disks.of(name).heard.values()].flat().join("\n").length - this.member(name).console.shown.length;
    if (waiting > windowBytes + 65_536) throw new Error(`${name} took ${waiting} characters that it could not show`);
  }

  /** All texts from `from` that begin with `prefix` were shown to `to` in order. */
  assertHeardSince(to: string, from: string, prefix: string): void {
    const wanted = (this.member(from).said.get(to) ?? []).filter((text) => text.startsWith(prefix));
    const shown = this.member(to)
      .heardFrom(from)
      .filter((text) => text.startsWith(prefix));
    assertSame([...new Set(shown)], wanted, `${to} heard of ${from} since`);
  }

  /** The version that the next program speaks. */
  nextVersion(): Version {
    return this.#options.mixedMinors === true && this.dice.chance(0.5) ? { ...ourVersion, minor: 0 } : ourVersion;
  }

  get local(): boolean {
    return this.#options.local === true;
  }

  started(member: SimulatedMember): void {
    this.#options.onStart?.(member);
  }

  #check(): void {
    for (const member of this.members.values()) member.check();
  }
}

export class SimulatedMember {
  readonly name: string;
  readonly clock: VirtualClock;
  disk: VirtualDisk;
  console: VirtualConsole;
  /** The program of the present life, dead or alive. */
  running: Member;
  /** Lines printed by its earlier lives. */
  readonly earlier: string[] = [];
  readonly log: { readonly event: string; readonly fields: LogFields | undefined }[] = [];
  /** Texts typed for each friend, in order. */
  readonly said = new Map<string, string[]>();
  stopped = false;
  readonly #world: World;
  #life: LifeClock;
  #failure: string | undefined;
  #alive = false;

  constructor(world: World, name: string) {
    this.#world = world;
    this.name = name;
    this.clock = new VirtualClock(world.time);
    this.disk = VirtualDisk.fresh(name, world.disks, world.dice);
    this.#life = new LifeClock(this.clock);
    this.console = new VirtualConsole(this.#life);
    this.running = this.#newProgram();
  }

  get alive(): boolean {
    return this.#alive;
  }

  start(): void {
    this.#alive = true;
    this.#world.started(this);
    this.running.start();
  }

  /** Like SIGKILL: only committed state remains. */
  kill(): void {
    if (!this.#alive) return;
    this.#die();
    this.#world.internet.kill(this.#world.address(this.name));
  }

  /** Like SIGKILL during a commit: the commit is lost. */
  killInCommit(): void {
    if (this.#alive) this.disk.inCommit = () => this.kill();
  }

  /** Like SIGKILL right after a commit: it is on disk, and its results were not reported. */
  killAfterCommit(): void {
    if (this.#alive) this.disk.afterCommit = () => this.kill();
  }

  /** Like a power loss: the peers get no FIN or reset. */
  losePower(): void {
    if (!this.#alive) return;
    this.#die();
    this.#world.internet.vanish(this.#world.address(this.name));
  }

  restart(): void {
    if (this.#alive) return;
    this.earlier.push(...this.console.lines);
    // A program that was killed during a turn still runs the turn to its end; its writes are undone here.
    this.disk.rollback();
    this.#life = new LifeClock(this.clock);
    this.console = new VirtualConsole(this.#life);
    this.running = this.#newProgram();
    this.start();
  }

  /** The disk is lost, including the key. */
  loseState(): void {
    this.disk = VirtualDisk.fresh(this.name, this.#world.disks, this.#world.dice);
    this.#world.disks.strict = false;
  }

  /** Restores the database of that moment. */
  restore(moment: number): void {
    this.disk = this.disk.asOf(moment);
  }

  /** Like `p2p trust`. */
  trust(friend: string): void {
    const { keyring } = this.disk;
    const refused = keyring.keys.refused(friend as PeerName).at(-1);
    if (refused === undefined) throw new Error(`${this.name} refused no key of ${friend}`);
    keyring.remember(friend as PeerName, { key: refused.key, standing: "pinned" });
  }

  #die(): void {
    this.#alive = false;
    this.#life.end();
    this.console.end();
    this.disk.inCommit = this.disk.afterCommit = undefined;
    this.disk.rollback();
    this.#world.trace.push(`${this.#world.time.now.toFixed(3)} ${this.name} dies`);
  }

  /** Every second member has the console for people, which paces its turns; the printed lines are the same. */
  get #attended(): boolean {
    return this.name.charCodeAt(0) % 2 === 1;
  }

  #newProgram(): Member {
    const world = this.#world;
    const address = world.address(this.name);
    const ports = {
      clock: this.#life,
      network: world.internet.host(address, this.clock),
      console: this.console,
      random: { next: () => world.dice.next(), hex: (bytes: number) => world.dice.hex(bytes) },
      noise: noiseLibrary,
      log: this.#logger(),
    };
    const version = world.nextVersion();
    this.disk.minor = version.minor;
    return new Member(ports, {
      self: this.name as PeerName,
      version,
      state: { ...this.disk.state, ...(world.local && { localSocket: this.#socketOn(ports.network) }) },
      table: world.table(this.name),
      listen: { host: address, port },
      localHost: address,
      remarks: [],
      requireVerified: false,
      onFailure: (code) => (this.#failure = `cannot listen: ${code}`),
      ...memberClients(
        this.#attended ? { json: false, people: (api) => new LineConsole(this.console, api) } : { json: false },
        () => undefined,
      ),
      onStopped: () => (this.stopped = true),
    });
  }

  #socketOn(network: Network): LocalSocket {
    const host = this.#world.address(this.name);
    return { listen: (events) => network.listen({ host, port: socketPort }, events) };
  }

  /** Like `p2p` in a further terminal. `onEnd` is called when it ends by itself. */
  attach(console: VirtualConsole, onEnd: () => void): Running {
    const host = this.#world.address(this.name);
    const clock = this.clock;
    const network = this.#world.internet.dialer(host);
    return attach(
      { json: false, drainMs: undefined, expireMs: undefined } as ChatOptions,
      { self: this.name as PeerName, table: this.#world.table(this.name), busy: "busy" },
      {
        ...{ clock, console, hasInput: true, dial: () => network({ host, port: socketPort, localHost: host }) },
        people: (api) => new LineConsole(console, api),
      },
      { onVacant: onEnd, onEnd },
    );
  }

  /** Like a client that sends a message with a kind. */
  sendTyped(friend: string, typed: TypedMessage, origin: Origin): void {
    this.running.api.send(friend, visibleText(typed), { origin, typed });
    this.running.tell("turn");
  }

  say(friend: string, text: string): void {
    this.said.set(friend, [...(this.said.get(friend) ?? []), text]);
    this.#world.trace.push(`${this.#world.time.now.toFixed(3)} ${this.name} types ${friend}/${text}`);
    this.console.type(`${friend}/${text}`);
  }

  /** Texts shown as coming from `friend`, in order. */
  heardFrom(friend: string): readonly string[] {
    const prefix = `${friend} : `;
    return this.console.lines.filter((line) => line.startsWith(prefix)).map((line) => line.slice(prefix.length));
  }

  /** Two of our members never break the protocol, in any network. */
  assertNoFault(): void {
    const faults = / broke \((?:a second|a stream|message|more bytes|an acknowledgement)/;
    const fault = [...this.earlier, ...this.console.lines].find((line) => faults.test(line));
    if (fault !== undefined) throw new Error(`${this.name} read: ${fault}`);
  }

  /** Texts shown over all lives. Texts that a restart repeats after its notice count once. */
  shownFrom(friend: string): readonly string[] {
    const prefix = `${friend} : `;
    const shown: string[] = [];
    let late: Set<string> | undefined;
    for (const line of [...this.earlier, ...this.console.lines]) {
      if (line.includes("came before the program ended")) late = new Set(shown.slice(-50));
      if (!line.startsWith(prefix)) continue;
      const text = line.slice(prefix.length);
      if (late?.has(text) !== true) shown.push(text);
      else late.delete(text);
    }
    return shown;
  }

  count(line: string): number {
    return this.console.lines.filter((shown) => shown === line).length;
  }

  /** Lines after the start-up text. */
  get transcript(): readonly string[] {
    const lines = this.console.lines;
    return lines.slice(lines.indexOf("You can now send and receive messages.") + 1);
  }

  check(): void {
    if (this.#failure !== undefined) throw new Error(`${this.name}: ${this.#failure}`);
  }

  assertStopped(): void {
    if (!this.stopped) throw new Error(`${this.name} did not stop`);
    if (this.running.timers > 0) throw new Error(`${this.name} left ${this.running.timers} timers after its stop`);
  }

  /** A handler that threw is a bug, even if the program survived it. */
  #logger(): Log {
    const add = (event: string, fields?: LogFields): void => {
      this.log.push({ event, fields });
      if (event === "handler-threw") this.#failure = String(fields?.["error"]);
    };
    return { debug: () => undefined, info: add, warn: add, error: add };
  }
}
