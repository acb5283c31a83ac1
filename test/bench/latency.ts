// Latency from a line at Alice's stdin to Bob's stdout, one message at a time on an open connection.

import { ready } from "./pattern.js";
import { helper, start, type Running } from "./processes.js";
import { classics, newGroup, ours, type Program } from "./programs.js";
import { compared, median, quantile, rounds, type Row } from "./report.js";
import { openPipe } from "./scratch.js";

const warmUps = 1_000;
const pings = 500;

export async function latency(): Promise<readonly Row[]> {
  const programs = [ours, ...classics()].filter(({ name }) => name !== "batch");
  const pairs: Pair[] = [];
  for (const program of programs) pairs.push(await openPair(program));
  await rounds(
    1,
    pairs.map(
      ({ pinger }) =>
        () =>
          pinger.ask(warmUps),
    ),
  );
  const [mine = [], classic = []] = await rounds(
    10,
    pairs.map(
      ({ pinger }) =>
        () =>
          pinger.ask(pings) as Promise<number[]>,
    ),
  );
  for (const { members } of pairs) for (const member of members) await member.kill();
  if (classic.length === 0) return [];
  return [row("latency, median", 0.5, mine, classic), row("latency, 99 of 100", 0.99, mine, classic)];
}

function row(what: string, share: number, mine: readonly number[][], classic: readonly number[][]): Row {
  const typical = (samples: readonly number[][]): number => median(samples.map((round) => quantile(round, share)));
  const figures = { ours: typical(mine) * 1_000, than: "classic", other: typical(classic) * 1_000 };
  return compared({ what, unit: "µs", ...figures, ...(share === 0.5 ? { target: { most: 2 } } : {}) });
}

export interface Pair {
  readonly pinger: Running;
  readonly members: readonly Running[];
}

export async function openPair(program: Program): Promise<Pair> {
  const group = newGroup(["Alice", "Bob"]);
  const [keyboard, screen] = [openPipe(), openPipe()];
  const bob = start(program.command("Bob", group), ["pipe", screen.writer, "inherit"]);
  const alice = start(program.command("Alice", group), [keyboard.reader, "pipe", "inherit"]);
  const pinger = start(helper("pinger"), [screen.reader, keyboard.writer, "inherit", "ipc"]);
  keyboard.close();
  screen.close();
  await Promise.all([pinger.answer(), alice.until(ready)]);
  return { pinger, members: [bob, alice, pinger] };
}
