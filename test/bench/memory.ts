// Memory per idle connection, each from an address of its own: our session against a bare socket of Node.

import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { ready } from "./pattern.js";
import { helper, start, type Command, type Running } from "./processes.js";
import { newGroup, ours, secure, type Group } from "./programs.js";
import { compared, median, rounds, type Row } from "./report.js";

/** What the first connections cost besides themselves, as libraries and a heap that has found its size, is not theirs. */
interface Crowd {
  readonly warmUps: number;
  /** How often the first ones come before they stay. */
  readonly rehearsals: number;
  readonly connections: number;
}

// Enough that the free places which a heap has anyway do not count. Handshakes take longer, and the engine goes on compiling
// what they run for some thousand of them: a third of a KiB for each of 2,000, and no connection's.
const clear: Crowd = { warmUps: 2_000, rehearsals: 0, connections: 6_000 };
const acquainted: Crowd = { warmUps: 500, rehearsals: 3, connections: 2_000 };
const settleMs = 1_000;
// The engine doubles its nursery, up to 16 MiB, while many come at once, and gives that back when it is idle for some seconds:
// at a fixed size it is nobody's, here and in the bare server.
const nursery = ["--min-semi-space-size=2", "--max-semi-space-size=2"];
const probe = ["--expose-gc", ...nursery, "--import", new URL("probe.js", import.meta.url).href];

const membersOf = ({ warmUps, connections }: Crowd): readonly string[] =>
  Array.from({ length: warmUps + connections + 1 }, (_, index) => `Member${String(index)}`);
const server = "Member0";

interface Held {
  /** What the process has of the machine's memory for itself: its part of files changes with whatever else maps them. */
  readonly resident: number;
  /** What JavaScript holds of it. */
  readonly heap: number;
}

export async function memory(): Promise<readonly Row[]> {
  const [mine = [], bare = []] = await rounds(3, [
    () => perConnection((group) => ours.command(server, group), clear),
    () => perConnection(bareServer, clear),
  ]);
  return [...compare("memory per connection", { mine, bare, most: 1.5 })];
}

export async function secureMemory(): Promise<readonly Row[]> {
  const group = newGroup(membersOf(acquainted));
  const secureServer = (): Command => secure.command(server, group);
  // In the first round they learn each other's keys; what that leaves lying about is not an idle connection's.
  const visit = (): Promise<Held> => perConnection(secureServer, acquainted, { group, callers: "secure-crowd" });
  await visit();
  const [mine = [], bare = []] = await rounds(3, [visit, () => perConnection(bareServer, acquainted)]);
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

async function perConnection(commandOf: (group: Group) => Command, size: Crowd, visit?: Visit): Promise<Held> {
  const { warmUps, rehearsals, connections } = size;
  const { group, callers } = visit ?? { group: newGroup(membersOf(size)), callers: "crowd" };
  const [node, ...words] = commandOf(group);
  const measured = start([node, ...probe, ...words], ["pipe", "pipe", "inherit", "pipe"]);
  await measured.until(ready);
  for (let time = 0; time < rehearsals; time += 1) await (await come(callers, group, 1, warmUps + 1)).kill();
  const first = await come(callers, group, 1, warmUps + 1);
  const before = await settled(measured);
  const crowd = await come(callers, group, warmUps + 1, warmUps + connections + 1);
  const after = await settled(measured);
  if (crowd.over) throw new Error("a connection was closed while its memory was measured");
  for (const child of [first, crowd, measured]) await child.kill();
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
  return { resident: proportionalBytes(server.pid, "Pss_Anon"), heap: Number(heap) };
}

/** The process's share of what it has mapped: pages that others map too count in part. */
export function proportionalBytes(pid: number, what: "Pss" | "Pss_Anon" = "Pss"): number {
  const text = readFileSync(`/proc/${String(pid)}/smaps_rollup`, "utf8");
  return Number(new RegExp(String.raw`^${what}:\s+(\d+) kB$`, "m").exec(text)?.[1]) * 1_024;
}
