// `make chaos`: three members chat while one is killed every second and their links are cut and paused. An older program with the
// line dialect takes part. Exits with 0 only if no message was lost, repeated or reordered. CHAOS_SECONDS sets the duration.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Link } from "./chaos/link.js";
import { OldFriend } from "./chaos/old-friend.js";
import { Talker } from "./chaos/talker.js";
import { freePort } from "./kit/free-port.js";

const talkMs = 1_000 * Number(process.env["CHAOS_SECONDS"] ?? "40");
const healMs = 45_000;
const tickMs = 50;
const linesPerTick = 5;
const killEveryMs = 1_000;
const cutEveryMs = 700;
const holdMs = 1_500;

const names = ["Alice", "Bob", "Martha"] as const;
const oldName = "Carol";
const number = (from: number, to: number): number => from + Math.floor(Math.random() * (to - from));
const pick = <Item>(items: readonly Item[]): Item => items[number(0, items.length)]!;
const show = (line: string): void => void process.stdout.write(`${line}\n`);
const count = (value: number): string => value.toLocaleString("en");
const sum = (values: Iterable<number>): number => [...values].reduce((total, value) => total + value, 0);

/** `now` is true once per interval. */
class Due {
  readonly #everyMs: number;
  #last = performance.now();

  constructor(everyMs: number) {
    this.#everyMs = everyMs;
  }

  get now(): boolean {
    if (performance.now() - this.#last < this.#everyMs) return false;
    this.#last += this.#everyMs;
    return true;
  }
}

class Chaos {
  kills = 0;
  cuts = 0;
  holds = 0;
  readonly #folder = mkdtempSync(path.join(os.tmpdir(), "p2p-chaos-"));
  readonly #network = `127.${number(16, 120)}.${number(1, 255)}`;
  #links: Link[] = [];
  #talkers: Talker[] = [];
  #oldFriend: OldFriend | undefined;
  #dying: Promise<void>[] = [];
  readonly #report = new Due(5_000);

  async run(): Promise<boolean> {
    await this.#start();
    await this.#disturb();
    const healed = await this.#heal();
    for (const talker of this.#talkers) await talker.stop();
    return this.#conclude(healed);
  }

  close(): void {
    this.#oldFriend?.close();
    for (const link of this.#links) link.close();
    for (const { member } of this.#talkers) if (member.alive) member.signal("SIGKILL");
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }

  async #start(): Promise<void> {
    const port = await freePort(this.#host(1));
    for (const from of names)
      for (const to of names) if (from !== to) this.#links.push(await this.#link(from, to, port));
    this.#oldFriend = new OldFriend(
      { host: this.#host(9), port },
      names.map((name) => ({ host: this.#own(name), port })),
    );
    this.#talkers = names.map((name) => this.#talker(name, port));
    await Promise.all(this.#talkers.map((talker) => talker.ready()));
    show(
      `${names.join(", ")} chat for ${talkMs / 1_000} s, on ${this.#network}.x port ${port}, and with ${oldName}, an older program that uses clear text.`,
    );
  }

  async #disturb(): Promise<void> {
    const began = performance.now();
    const [kill, cut] = [new Due(killEveryMs), new Due(cutEveryMs)];
    while (performance.now() - began < talkMs) {
      for (const talker of this.#talkers) talker.talk(linesPerTick);
      this.#oldFriend?.say();
      if (kill.now) this.#killOne();
      if (cut.now) this.#disturbOne();
      this.#readOutput();
      await pause(tickMs);
    }
    await Promise.all(this.#dying);
  }

  /** Stops sending, kills and cuts, and waits until all messages have arrived. Returns whether they did. */
  async #heal(): Promise<boolean> {
    const deadline = performance.now() + healMs;
    while (performance.now() < deadline) {
      this.#readOutput();
      if (this.#allShown) return true;
      await pause(tickMs);
    }
    return false;
  }

  #killOne(): void {
    const alive = this.#talkers.filter(({ talking }) => talking);
    if (alive.length === 0) return;
    const victim = pick(alive);
    this.kills += 1;
    this.#dying.push(victim.killAndRestart());
  }

  #disturbOne(): void {
    const busy = this.#links.filter(({ connected }) => connected);
    if (busy.length === 0) return;
    const link = pick(busy);
    if (Math.random() < 0.75) {
      this.cuts += 1;
      link.cut();
    } else {
      this.holds += 1;
      link.hold(number(100, holdMs));
    }
  }

  #readOutput(): void {
    for (const talker of this.#talkers) talker.readOutput();
    const words = `${count(this.#sent)} sent, ${count(this.#shown)} shown, ${this.kills} kills, ${this.cuts} cuts`;
    if (process.stdout.isTTY) process.stdout.write(`\r${words} \x1b[K`);
    else if (this.#report.now) show(words);
  }

  get #sent(): number {
    return sum(this.#talkers.flatMap(({ said }) => [...said.values()]));
  }

  get #heard() {
    return this.#talkers.flatMap(({ heard }) => [...heard.values()]);
  }

  get #shown(): number {
    return sum(this.#heard.map(({ shown }) => shown));
  }

  get #allShown(): boolean {
    return this.#streams.every(([from, to]) => to.heard.get(from.name)?.shown === from.said.get(to.name));
  }

  get #streams(): readonly (readonly [Talker, Talker])[] {
    return this.#talkers.flatMap((from) => this.#talkers.flatMap((to) => (from === to ? [] : [[from, to] as const])));
  }

  #conclude(healed: boolean): boolean {
    const [sent, shown] = [this.#sent, this.#shown];
    const twice = sum(this.#heard.map((heard) => heard.twice));
    const astray = sum(this.#heard.map((heard) => heard.astray));
    const identical = this.#streams.every(([from, to]) => sameHistory(from, to));
    const again = sum(this.#talkers.map((talker) => talker.again));
    if (process.stdout.isTTY) show("");
    show(
      `${this.cuts} links cut, ${this.holds} held; ${again} messages were shown again after a kill, with an announcement.`,
    );
    show(this.#aboutOldFriend);
    if (!healed) show(`Missing messages did not arrive within ${healMs / 1_000} s.`);
    if (astray > 0) show(`${count(astray)} out of order`);
    show(
      `${count(sent)} sent, ${count(shown)} shown, ${count(sent - shown)} lost, ${count(twice)} twice, ${this.kills} kills, histories ${identical ? "identical" : "DIFFER"}`,
    );
    return healed && identical && sent === shown && twice === 0 && astray === 0;
  }

  /** Clear text promises no delivery, so these counts do not affect the result. */
  get #aboutOldFriend(): string {
    const { said = 0, heard = 0 } = this.#oldFriend ?? {};
    const to = sum(this.#talkers.map((talker) => talker.toOldFriend));
    const from = sum(this.#talkers.map((talker) => talker.fromOldFriend));
    return `${oldName} said ${count(said)} lines, of which ${count(from)} were shown, and heard ${count(heard)} of ${count(to)}: clear text has no acknowledgements, so messages in flight to a killed member are lost.`;
  }

  #talker(name: string, port: number): Talker {
    const table = path.join(this.#folder, `${name}.txt`);
    const rows = names.map((row) => `${row} ${row === name ? this.#own(row) : this.#via(name, row)}`);
    writeFileSync(table, [names.length + 1, ...rows, `${oldName} ${this.#host(9)} dialect=line`, ""].join("\n"));
    const args = ["--peers", table, "--port", String(port), "--log-level", "fatal"];
    const friends = names.filter((friend) => friend !== name);
    return new Talker(name, { args, stateDir: path.join(this.#folder, "state"), friends, oldFriend: oldName });
  }

  #link(from: string, to: string, port: number): Promise<Link> {
    return Link.open({ host: this.#via(from, to), port }, { host: this.#own(to), port }, this.#via(to, from));
  }

  #own(name: string): string {
    return this.#host(indexOf(name));
  }

  /** The address at which `from` reaches `to`: its end of the link between them. */
  #via(from: string, to: string): string {
    return this.#host(10 * indexOf(from) + indexOf(to));
  }

  #host(last: number): string {
    return `${this.#network}.${last}`;
  }
}

const indexOf = (name: string): number => 1 + names.findIndex((each) => each === name);

/** Whether both stores have the numbers 1, 2, 3 … of one direction, as many as were sent. */
function sameHistory(from: Talker, to: Talker): boolean {
  const [out, into] = [from.history(to.name, "out"), to.history(from.name, "in")];
  const counted = out.every((text, index) => text === String(index + 1));
  return counted && out.length === from.said.get(to.name) && out.join() === into.join();
}

const chaos = new Chaos();
try {
  process.exitCode = (await chaos.run()) ? 0 : 1;
} finally {
  chaos.close();
}
