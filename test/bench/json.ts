// JSON in and out, with every outcome, compared with plain lines: sends a file of messages and measures from the sender's start
// to its end, when the peer's disk has them all.

import { openSync, writeFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { ready } from "./pattern.js";
import { start, type Command } from "./processes.js";
import { newGroup, secure } from "./programs.js";
import { compared, median, rounds, type Row } from "./report.js";
import { freshPath } from "./scratch.js";

const messages = 300_000;
const texts = Array.from({ length: messages }, (_, index) => `${"x".repeat(26)}${String(index).padStart(6, "0")}`);

function fileOf(lineOf: (text: string) => string): string {
  const file = freshPath("lines");
  writeFileSync(file, texts.map((text) => `${lineOf(text)}\n`).join(""));
  return file;
}

export async function json(): Promise<readonly Row[]> {
  const plain = fileOf((text) => `Bob/${text}`);
  const objects = fileOf((text) => JSON.stringify({ to: "Bob", text }));
  const [mine = [], lines = []] = await rounds(5, [
    () => messagesPerSecond(objects, "--json"),
    () => messagesPerSecond(plain),
  ]);
  const target = { least: 0.5 };
  const [ours, other] = [median(mine), median(lines)];
  return [compared({ what: "JSON, 32 B", unit: "msg/s", ours, than: "lines", other, target })];
}

async function messagesPerSecond(file: string, ...options: readonly string[]): Promise<number> {
  const group = newGroup(["Alice", "Bob"]);
  const command = (name: string): Command => [...secure.command(name, group), ...options];
  const bob = start(command("Bob"), ["ignore", "pipe", "inherit"]);
  await bob.until(options.length > 0 ? /"ready"/ : ready);
  const began = performance.now();
  const alice = start([...command("Alice"), "--drain"], [openSync(file, "r"), "ignore", "inherit"]);
  await alice.ended;
  const seconds = (performance.now() - began) / 1_000;
  await bob.kill();
  return messages / seconds;
}
