// Time from the spawn of the process to the line that says it is ready, compared with an empty Node program.

import { performance } from "node:perf_hooks";
import { ready } from "./pattern.js";
import { start, type Running } from "./processes.js";
import { newGroup, ours, secure, type Group, type Program } from "./programs.js";
import { compared, median, rounds, type Row } from "./report.js";

const members = ["Alice", "Bob", "Martha"];

export async function startUp(): Promise<readonly Row[]> {
  const group = newGroup(members);
  // The first start is not measured: it creates a key and a store.
  await readyMs(members, { program: secure, group });
  const [line = [], durable = [], nothing = []] = await rounds(15, [
    () => readyMs(members),
    () => readyMs(members, { program: secure, group }),
    emptyNodeMs,
  ]);
  const row = (what: string, mine: readonly number[], most: number): Row =>
    compared({ what, unit: "ms", ours: median(mine), than: "node -e ''", other: median(nothing), target: { most } });
  return [row("start", line, 2.6), row("secure start", durable, 3.2)];
}

/** Time until the first member of the group is ready, in milliseconds. */
export function readyMs(
  names: readonly string[],
  given: Partial<{ program: Program; group: Group }> = {},
): Promise<number> {
  const { program = ours, group = newGroup(names) } = given;
  return milliseconds(
    () => start(program.command(names[0]!, group), ["pipe", "pipe", "inherit"]),
    (child) => child.until(ready),
  );
}

const emptyNodeMs = (): Promise<number> =>
  milliseconds(
    () => start([process.execPath, "-e", ""], ["pipe", "pipe", "inherit"]),
    (child) => child.ended,
  );

async function milliseconds(begin: () => Running, reached: (child: Running) => Promise<unknown>): Promise<number> {
  const began = performance.now();
  const child = begin();
  await reached(child);
  const took = performance.now() - began;
  await child.kill();
  return took;
}
