// Memory per idle connection, each from an address of its own: our session against a bare socket of Node.

import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { ready } from "./pattern.js";
import { helper, start, type Command, type Running } from "./processes.js";
import { newGroup, ours, type Group } from "./programs.js";
import { compared, median, rounds, type Row } from "./report.js";

const connections = 2_000;
const settleMs = 1_000;
const probe = ["--expose-gc", "--import", new URL("probe.js", import.meta.url).href];
const members = Array.from({ length: connections + 1 }, (_, index) => `Member${String(index)}`);

interface Held {
  /** What the process has of the machine's memory. */
  readonly resident: number;
  /** What JavaScript holds of it. */
  readonly heap: number;
}

export async function memory(): Promise<readonly Row[]> {
  const [mine = [], bare = []] = await rounds(3, [
    () => perConnection((group) => ours.command(members[0]!, group)),
    () => perConnection(({ hosts }) => helper("bare-server", hosts[0]!)),
  ]);
  const kib = (samples: readonly Held[], key: keyof Held): number => median(samples.map((held) => held[key])) / 1_024;
  const row = (what: string, key: keyof Held): Row =>
    compared({
      what,
      unit: "KiB",
      ours: kib(mine, key),
      than: "bare server",
      other: kib(bare, key),
      target: { most: 1.5 },
    });
  return [row("memory per connection", "resident"), row("of it JavaScript's", "heap")];
}

async function perConnection(commandOf: (group: Group) => Command): Promise<Held> {
  const group = newGroup(members);
  const [node, ...words] = commandOf(group);
  const server = start([node, ...probe, ...words], ["pipe", "pipe", "inherit", "pipe"]);
  await server.until(ready);
  const before = await settled(server);
  const crowd = start(helper("crowd", group.file), ["ignore", "pipe", "inherit"]);
  await crowd.until(/open\n/);
  const after = await settled(server);
  if (crowd.over) throw new Error("a connection was closed while its memory was measured");
  await crowd.kill();
  await server.kill();
  const each = (key: keyof Held): number => (after[key] - before[key]) / connections;
  return { resident: each("resident"), heap: each("heap") };
}

/** Once nothing moves and the garbage is gone. */
async function settled(server: Running): Promise<Held> {
  await pause(settleMs);
  server.signal("SIGUSR2");
  const [, heap] = await server.until(/collected (\d+)\n/);
  await pause(settleMs / 4);
  return { resident: proportionalBytes(server.pid), heap: Number(heap) };
}

/** The process's share of what it has mapped: pages that others map too count in part. */
function proportionalBytes(pid: number): number {
  const text = readFileSync(`/proc/${String(pid)}/smaps_rollup`, "utf8");
  return Number(/^Pss:\s+(\d+) kB$/m.exec(text)?.[1]) * 1_024;
}
