// A million waiting messages: the time to start with them and to deliver them. And the time of the first message between two
// members that have never connected.

import { readFileSync, writeSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { begin, patternOf, ready } from "./pattern.js";
import { helper, start, type Running } from "./processes.js";
import { newGroup, secure, type Group } from "./programs.js";
import { median, rounds, single, type Row } from "./report.js";
import { openPipe } from "./scratch.js";

const textSize = 32;
const cycles = 1_000_000 / patternOf(textSize).messages;
const mebibyte = 2 ** 20;

export async function waiting(): Promise<readonly Row[]> {
  const group = newGroup(["Alice", "Bob"]);
  await leaveWaiting(group);
  const screen = openPipe();
  const bob = start(secure.command("Bob", group), ["pipe", screen.writer, "inherit"]);
  const sink = start(helper("sink", textSize, cycles), [screen.reader, "ignore", "inherit", "pipe"]);
  screen.close();
  await sink.until(/ready\n/);
  const began = performance.now();
  const since = (): number => performance.now() - began;
  const alice = start(secure.command("Alice", group), ["pipe", "pipe", "inherit"]);
  const readyMs = await alice.until(ready).then(since);
  const firstMs = await sink.until(/begun\n/).then(since);
  const lastMs = await sink.until(/done \d+\n/).then(since);
  const peak = peakBytes(alice) / mebibyte;
  await alice.kill();
  await bob.kill();
  return [
    single("1,000,000 waiting, start", "ms", readyMs, { most: 2_000 }),
    single("1,000,000 waiting, first shown", "ms", firstMs, { most: 2_000 }),
    single("1,000,000 waiting, last shown", "ms", lastMs, { most: 10_000 }),
    single("1,000,000 waiting, memory at most", "MiB", peak, { most: 256 }),
  ];
}

async function leaveWaiting(group: Group): Promise<void> {
  const keyboard = openPipe();
  const alice = start(secure.command("Alice", group), [keyboard.reader, "pipe", "inherit"]);
  await alice.until(ready);
  writeSync(keyboard.writer, `Bob/${begin}\n`);
  const feeder = start(helper("feeder", textSize, cycles), ["ignore", keyboard.writer, "inherit", "pipe"]);
  await feeder.ended;
  writeSync(keyboard.writer, "/peers\n");
  keyboard.close();
  await alice.until(/1[,.]?000[,.]?001/);
  alice.signal("SIGTERM");
  await alice.ended;
}

export async function cold(): Promise<readonly Row[]> {
  const [met = []] = await rounds(9, [firstEver]);
  return [single("first message to one never met", "ms", median(met), { most: 500 })];
}

/** Dial, handshake, two new keys, two commits, screen. */
async function firstEver(): Promise<number> {
  const group = newGroup(["Alice", "Bob"]);
  const keyboard = openPipe();
  const bob = start(secure.command("Bob", group), ["pipe", "pipe", "inherit"]);
  const alice = start(secure.command("Alice", group), [keyboard.reader, "pipe", "inherit"]);
  await Promise.all([bob.until(ready), alice.until(ready)]);
  const began = performance.now();
  writeSync(keyboard.writer, "Bob/hello\n");
  await bob.until(/Alice : hello\n/);
  const took = performance.now() - began;
  keyboard.close();
  await alice.kill();
  await bob.kill();
  return took;
}

function peakBytes({ pid }: Running): number {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${String(pid)}/status`, "utf8"))?.[1]) * 1_024;
}
