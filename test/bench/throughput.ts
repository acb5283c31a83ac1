// Messages per second from the writer's stdin to the reader's stdout, through the real programs.

import { writeSync } from "node:fs";
import { helper, start, type Running } from "./processes.js";
import { begin, patternOf, ready } from "./pattern.js";
import { bareOneShot, classicOneShot, classics, newGroup, oneShot, ours, secure, type Program } from "./programs.js";
import { compared, median, rounds, type Row } from "./report.js";
import { openPipe } from "./scratch.js";

interface Load {
  readonly textSize: number;
  readonly messages: number;
  /** The ratio of our throughput to the classic program's. */
  readonly target: number;
}

const loads: readonly Load[] = [
  { textSize: 32, messages: 640_000, target: 2 },
  { textSize: 256, messages: 384_000, target: 1 },
  { textSize: 4_096, messages: 102_400, target: 0.4 },
];

const secureLoads: readonly Load[] = [
  { textSize: 32, messages: 640_000, target: 0.15 },
  { textSize: 256, messages: 256_000, target: 0.15 },
  { textSize: 4_096, messages: 25_600, target: 0.08 },
];

export const throughput = (): Promise<readonly Row[]> => measure(loads, [ours, ...classics()]);

/** Encrypted, acknowledged and stored on two disks, compared with programs that do none of this. */
export const secureThroughput = (): Promise<readonly Row[]> =>
  measure(secureLoads, [secure, ...classics().filter(({ name }) => name === "classic")]);

/**
 * One connection per message. The target is out of reach: two bare Node sockets cost about 200 µs of processor time per
 * message, in C 60 µs. A bare Node program is measured too, to show how close ours is. Few messages, because the kernel
 * keeps each closed connection for a minute, and then takes longer to find the next free port.
 */
const oneShotLoad: Load = { textSize: 32, messages: 3_200, target: 1 };

export async function oneShots(): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const dialect of ["tagged", "says"] as const) {
    const classic = classicOneShot(dialect);
    const programs = [oneShot(dialect), bareOneShot(dialect), ...(classic === undefined ? [] : [classic])];
    rows.push(...(await measureLoad(oneShotLoad, programs)));
  }
  return rows;
}

async function measure(each: readonly Load[], programs: readonly Program[]): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const load of each) rows.push(...(await measureLoad(load, programs)));
  return rows;
}

async function measureLoad(load: Load, programs: readonly Program[]): Promise<readonly Row[]> {
  const runs = programs.map((program) => () => messagesPerSecond(load, program));
  const [mine = [], ...others] = await rounds(5, [...runs, () => pipeAlone(load)]);
  const [{ name: program } = ours] = programs;
  const what = `${program === "ours" ? "" : `${program} `}throughput, ${String(load.textSize)} B`;
  const against = [...programs.slice(1).map(({ name }) => name), "no program"];
  return against.map((name, index) =>
    compared({
      what,
      unit: "msg/s",
      ours: median(mine),
      than: name,
      other: median(others[index]!),
      ...(name === "classic" ? { target: { least: load.target } } : {}),
    }),
  );
}

async function messagesPerSecond(load: Load, program: Program): Promise<number> {
  const group = newGroup(["Alice", "Bob"]);
  const [keyboard, screen] = [openPipe(), openPipe()];
  const bob = start(program.command("Bob", group), ["pipe", screen.writer, "inherit"]);
  const sink = start(sinkOf(load), [screen.reader, "ignore", "inherit", "pipe"]);
  const alice = start(program.command("Alice", group), [keyboard.reader, "pipe", "inherit"]);
  await Promise.all([sink.until(/ready\n/), alice.until(ready)]);
  // Opens the connection before the measurement, with its notices.
  writeSync(keyboard.writer, `Bob/${begin}\n`);
  await sink.until(/begun\n/);
  const feeder = start(feederOf(load), ["ignore", keyboard.writer, "inherit", "pipe"]);
  keyboard.close();
  screen.close();
  // Bob is killed first, so that he shows no notice about Alice's end.
  return timed(load, { feeder, sink, between: [bob, alice] });
}

/** The feeder and the sink without a program between them: the throughput of the bench itself. */
async function pipeAlone(load: Load): Promise<number> {
  const pipe = openPipe();
  const sink = start([...sinkOf(load), "bare"], [pipe.reader, "ignore", "inherit", "pipe"]);
  await sink.until(/ready\n/);
  const feeder = start(feederOf(load), ["ignore", pipe.writer, "inherit", "pipe"]);
  pipe.close();
  return timed(load, { feeder, sink, between: [] });
}

const cyclesOf = ({ textSize, messages }: Load): number => messages / patternOf(textSize).messages;
const sinkOf = (load: Load) => helper("sink", load.textSize, cyclesOf(load));
const feederOf = (load: Load) => helper("feeder", load.textSize, cyclesOf(load));

interface Chain {
  readonly feeder: Running;
  readonly sink: Running;
  readonly between: readonly Running[];
}

async function timed(load: Load, { feeder, sink, between }: Chain): Promise<number> {
  const began = await feeder.until(/began (\d+)\n/);
  const done = await sink.until(/done (\d+)\n/);
  for (const child of between) await child.kill();
  const [, missing, wrong] = await sink.until(/missing (-?\d+) wrong (\d+)\n/);
  if (missing !== "0" || wrong !== "0")
    throw new Error(`${String(load.textSize)} B: ${missing ?? ""} bytes missing, ${wrong ?? ""} pieces wrong`);
  return load.messages / (Number(BigInt(done[1]!) - BigInt(began[1]!)) / 1e9);
}
