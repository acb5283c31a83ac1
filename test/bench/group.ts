// Forty real members on one machine, each sending to all the others: 1,560 streams.

import { performance } from "node:perf_hooks";
import { proportionalBytes } from "./memory.js";
import { ready } from "./pattern.js";
import { start, type Running } from "./processes.js";
import { newGroup, secure } from "./programs.js";
import { single, type Row } from "./report.js";

const names = Array.from({ length: 40 }, (_, index) => `Member${String(index + 1)}`);
const mebibyte = 2 ** 20;
const limitMs = 120_000;

export async function group(): Promise<readonly Row[]> {
  const table = newGroup(names);
  const members = names.map(
    (name) => new Listener(name, start(secure.command(name, table), ["pipe", "pipe", "ignore"])),
  );
  await Promise.all(members.map(({ running }) => running.until(ready)));
  const began = performance.now();
  for (const { running, name } of members) running.type(linesOf(name));
  const allHeard = Promise.all(members.map((member) => member.hears(names.length - 1)));
  await Promise.race([
    allHeard,
    new Promise((_, reject) => setTimeout(reject, limitMs, new Error("a message is missing")).unref()),
  ]);
  const took = performance.now() - began;
  const bytes = members.map(({ running }) => proportionalBytes(running.pid));
  for (const { running } of members) await running.kill();
  return [
    single("40 members, 1,560 streams", "ms", took, { most: 30_000 }),
    single("40 members, memory in all", "MiB", bytes.reduce((sum, each) => sum + each, 0) / mebibyte, { most: 4_096 }),
  ];
}

const linesOf = (self: string): string =>
  names
    .filter((name) => name !== self)
    .map((name) => `${name}/hello from ${self}\n`)
    .join("");

/** Checks that each other member's message arrives exactly once, with the right text. */
class Listener {
  readonly name: string;
  readonly running: Running;
  readonly #heard = new Set<string>();

  constructor(name: string, running: Running) {
    this.name = name;
    this.running = running;
  }

  async hears(count: number): Promise<void> {
    while (this.#heard.size < count) {
      const [, from = "", said] = await this.running.until(/(Member\d+) : hello from (Member\d+)\n/);
      if (from !== said || this.#heard.has(from))
        throw new Error(`${this.name} got a message from ${from} twice, or a wrong one`);
      this.#heard.add(from);
    }
  }
}
