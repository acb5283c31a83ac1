// N members on a virtual network, each the production daemon from daemon.ts down. One seed gives one world.

import { PeerTable, parsePeerTable } from "../../../src/core/peer-table.js";
import type { PeerName } from "../../../src/core/types.js";
import { toUtf8 } from "../../../src/core/utf8.js";
import { Daemon } from "../../../src/daemon.js";
import type { Log, LogFields } from "../../../src/ports.js";
import { Dice } from "./dice.js";
import { assertSame } from "./assert-same.js";
import { VirtualConsole } from "./virtual-console.js";
import { VirtualInternet, type Weather } from "./virtual-network.js";
import { VirtualClock, VirtualTime } from "./virtual-time.js";

export const idleMs = 120_000;
const port = 6969;

export interface WorldOptions {
  readonly seed: number;
  readonly names?: readonly string[];
  readonly weather?: Partial<Weather>;
  /** Attributes that one member's table gives another's row: `attributes(owner, row)`. */
  attributes?(owner: string, row: string): string;
}

export class World {
  readonly dice: Dice;
  readonly time = new VirtualTime();
  readonly internet: VirtualInternet;
  readonly members = new Map<string, Member>();
  readonly names: readonly string[];
  readonly #options: WorldOptions;
  /** Everything that happened, for comparing two runs of one seed. */
  readonly trace: string[] = [];

  constructor(options: WorldOptions) {
    this.#options = options;
    this.dice = new Dice(options.seed);
    this.names = options.names ?? ["Alice", "Bob", "Martha"];
    this.internet = new VirtualInternet(this.dice);
    this.internet.weather = { ...this.internet.weather, ...options.weather };
    this.internet.onPacket = (what) => this.trace.push(`${this.time.now.toFixed(3)} ${what}`);
    this.time.afterEvent = () => this.#check();
    for (const name of this.names) this.members.set(name, new Member(this, name));
  }

  /** Starts everybody and waits until all listen. */
  start(): this {
    for (const member of this.members.values()) member.start();
    this.time.runFor(1);
    return this;
  }

  member(name: string): Member {
    return this.members.get(name) as Member;
  }

  address(name: string): string {
    return `10.1.${this.names.indexOf(name) + 1}.0`;
  }

  table(owner: string): PeerTable {
    const rows = this.names.map(
      (name) => `${name} ${this.address(name)} ${this.#options.attributes?.(owner, name) ?? ""}`,
    );
    const parsed = parsePeerTable("group", toUtf8([String(rows.length), ...rows].join("\n")), {
      port,
      dialect: "line",
      idleMs,
    });
    if (!parsed.ok) throw new Error(parsed.message);
    return parsed.value;
  }

  /** Types `friend/text` at `name`'s keyboard now. */
  say(name: string, friend: string, text: string): void {
    this.member(name).say(friend, text);
  }

  /** Stops everybody; after this no timer may be left. */
  stop(): void {
    for (const member of this.members.values()) member.daemon.stop();
    this.time.runFor(30_000);
    for (const member of this.members.values()) member.assertStopped();
  }

  /** Everybody heard what was said to them: all of it, once, in order. */
  assertAllHeard(): void {
    for (const name of this.names)
      for (const friend of this.names) {
        const said = friend === name ? [] : (this.member(friend).said.get(name) ?? []);
        assertSame(friend === name ? [] : this.member(name).heardFrom(friend), said, `${name} heard from ${friend}`);
      }
  }

  #check(): void {
    for (const member of this.members.values()) member.check();
  }
}

export class Member {
  readonly name: string;
  readonly console: VirtualConsole;
  readonly clock: VirtualClock;
  readonly daemon: Daemon;
  readonly log: { readonly event: string; readonly fields: LogFields | undefined }[] = [];
  /** Texts typed for each friend, in order. */
  readonly said = new Map<string, string[]>();
  stopped = false;
  readonly #world: World;
  #failure: string | undefined;

  constructor(world: World, name: string) {
    this.#world = world;
    this.name = name;
    this.clock = new VirtualClock(world.time);
    this.console = new VirtualConsole(this.clock);
    const address = world.address(name);
    const ports = {
      clock: this.clock,
      network: world.internet.host(address, this.clock),
      console: this.console,
      random: { next: () => world.dice.next() },
      log: this.#logger(),
    };
    this.daemon = new Daemon(ports, {
      self: name as PeerName,
      table: world.table(name),
      listen: { host: address, port },
      localHost: address,
      onFailure: (code) => (this.#failure = `cannot listen: ${code}`),
      onStopped: () => (this.stopped = true),
    });
  }

  start(): void {
    this.daemon.start();
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
    if (this.daemon.timers > 0) throw new Error(`${this.name} left ${this.daemon.timers} timers after its stop`);
  }

  /** A handler that threw is a bug, whatever the daemon made of it. */
  #logger(): Log {
    const add = (event: string, fields?: LogFields): void => {
      this.log.push({ event, fields });
      if (event === "handler-threw") this.#failure = String(fields?.["error"]);
    };
    return { debug: () => undefined, info: add, warn: add, error: add };
  }
}
