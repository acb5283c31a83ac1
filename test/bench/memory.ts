// Memory per idle connection, each from an address of its own: our session against a bare socket of Node.

import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { ready } from "./pattern.js";
import { helper, start, type Command, type Running } from "./processes.js";
import { newGroup, ours, secure, type Group } from "./programs.js";
import { compared, median, rounds, type Row } from "./report.js";

const connections = 2_000;
const warmUps = 500;
const settleMs = 1_000;
const probe = ["--expose-gc", "--import", new URL("probe.js", import.meta.url).href];
const members = Array.from({ length: warmUps + connections + 1 }, (_, index) => `Member${String(index)}`);

interface Held {
  /** What the process has of the machine's memory. */
  readonly resident: number;
  /** What JavaScript holds of it. */
  readonly heap: number;
}

export async function memory(): Promise<readonly Row[]> {
  const [mine = [], bare = []] = await rounds(3, [
    () => perConnection((group) => ours.command(members[0]!, group)),
    () => perConnection(bareServer),
  ]);
  return [...compare("memory per connection", { mine, bare, most: 1.5 })];
}

export async function secureMemory(): Promise<readonly Row[]> {
  const acquainted = newGroup(members);
  const secureServer = (group: Group): Command => secure.command(members[0]!, group);
  // In the first round they learn each other's keys; what that leaves lying about is not an idle connection's.
  const visit = (group: Group): Promise<Held> => perConnection(secureServer, { group, callers: "secure-crowd" });
  await visit(acquainted);
  const [mine = [], bare = []] = await rounds(3, [() => visit(acquainted), () => perConnection(bareServer)]);
  return [...compare("memory per secure connection", { mine, bare, most: 2 })];
}

const bareServer = ({ hosts: [host] }: Group): Command => helper("bare-server", host!);

interface Samples {
  readonly mine: readonly Held[];
  readonly bare: readonly Held[];
  readonly most: number;
}

function* compare(what: string, { mine, bare, most }: Samples): Iterable<Row> {
  const kib = (samples: readonly Held[], key: keyof Held): number => median(samples.map((held) => held[key])) / 1_024;
  const words = { resident: what, heap: "of it JavaScript's" };
  for (const key of ["resident", "heap"] as const)
    yield compared({
      ...{ what: words[key], unit: "KiB", than: "bare server", target: { most } },
      ours: kib(mine, key),
      other: kib(bare, key),
    });
}

interface Visit {
  readonly group: Group;
  readonly callers: "crowd" | "secure-crowd";
}

async function perConnection(commandOf: (group: Group) => Command, visit?: Visit): Promise<Held> {
  const { group, callers } = visit ?? { group: newGroup(members), callers: "crowd" };
  const [node, ...words] = commandOf(group);
  const server = start([node, ...probe, ...words], ["pipe", "pipe", "inherit", "pipe"]);
  await server.until(ready);
  // What the first connections cost besides themselves, as libraries and a heap that has found its size, is not theirs.
  const first = await come(callers, group, 1, warmUps + 1);
  const before = await settled(server);
  const crowd = await come(callers, group, warmUps + 1, members.length);
  const after = await settled(server);
  if (crowd.over) throw new Error("a connection was closed while its memory was measured");
  for (const child of [first, crowd, server]) await child.kill();
  const each = (key: keyof Held): number => (after[key] - before[key]) / connections;
  return { resident: each("resident"), heap: each("heap") };
}

async function come(callers: Visit["callers"], { file }: Group, from: number, upTo: number): Promise<Running> {
  const crowd = start(helper(callers, file, from, upTo), ["ignore", "pipe", "inherit"]);
  await crowd.until(/open\n/);
  return crowd;
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
export function proportionalBytes(pid: number): number {
  const text = readFileSync(`/proc/${String(pid)}/smaps_rollup`, "utf8");
  return Number(/^Pss:\s+(\d+) kB$/m.exec(text)?.[1]) * 1_024;
}
