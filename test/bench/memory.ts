// Memory per idle connection, each from its own address: our session compared with a bare Node socket.

import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { ready } from "./pattern.js";
import { helper, start, type Command, type Running } from "./processes.js";
import { newGroup, ours, secure, type Group } from "./programs.js";
import { compared, median, rounds, type Row } from "./report.js";

/** The warm-up connections pay for one-time costs, such as loaded libraries and the growth of the heap. */
interface Crowd {
  readonly warmUps: number;
  /** How often the warm-up connections are opened and closed before they stay. */
  readonly rehearsals: number;
  readonly connections: number;
}

// Enough connections that the heap's free space does not matter. Handshakes take longer, and V8 keeps compiling their code for
// some thousands of them: a third of a KiB for each of 2,000, which is no cost of a connection.
const clear: Crowd = { warmUps: 2_000, rehearsals: 0, connections: 6_000 };
const acquainted: Crowd = { warmUps: 500, rehearsals: 3, connections: 2_000 };
const settleMs = 1_000;
// V8 grows its young generation, up to 16 MiB, under load, and shrinks it after some idle seconds. A fixed size keeps it out of
// the figures, here and in the bare server.
const nursery = ["--min-semi-space-size=2", "--max-semi-space-size=2"];
const probe = ["--expose-gc", ...nursery, "--import", new URL("probe.js", import.meta.url).href];

const membersOf = ({ warmUps, connections }: Crowd): readonly string[] =>
  Array.from({ length: warmUps + connections + 1 }, (_, index) => `Member${String(index)}`);
const server = "Member0";

interface Held {
  /** Anonymous memory of the process, in bytes. Mapped files are left out, because their share depends on other processes. */
  readonly resident: number;
  /** The JavaScript heap and its external memory, in bytes. */
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
  // In the first round they learn each other's keys; the garbage of that is no cost of an idle connection.
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

/** Measures after a pause and a garbage collection. */
async function settled(server: Running): Promise<Held> {
  await pause(settleMs);
  server.signal("SIGUSR2");
  const [, heap] = await server.until(/collected (\d+)\n/);
  await pause(settleMs / 4);
  return { resident: proportionalBytes(server.pid, "Pss_Anon"), heap: Number(heap) };
}

/** The proportional set size in bytes: pages shared with other processes count in part. */
export function proportionalBytes(pid: number, what: "Pss" | "Pss_Anon" = "Pss"): number {
  const text = readFileSync(`/proc/${String(pid)}/smaps_rollup`, "utf8");
  return Number(new RegExp(String.raw`^${what}:\s+(\d+) kB$`, "m").exec(text)?.[1]) * 1_024;
}
