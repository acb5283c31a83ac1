// From the spawn of the process to the line that says it is ready, against a Node that does nothing.

import { performance } from "node:perf_hooks";
import { ready } from "./pattern.js";
import { start, type Running } from "./processes.js";
import { newGroup, ours } from "./programs.js";
import { compared, median, rounds, type Row } from "./report.js";

const members = ["Alice", "Bob", "Martha"];

export async function startUp(): Promise<readonly Row[]> {
  const [mine = [], nothing = []] = await rounds(15, [() => readyMs(members), emptyNodeMs]);
  const figures = { ours: median(mine), than: "node -e ''", other: median(nothing) };
  return [compared({ what: "start", unit: "ms", ...figures, target: { most: 2.6 } })];
}

/** How long the first of the group takes until it is ready. */
export function readyMs(names: readonly string[]): Promise<number> {
  const group = newGroup(names);
  return milliseconds(
    () => start(ours.command(names[0]!, group), ["pipe", "pipe", "inherit"]),
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
