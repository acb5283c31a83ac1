// Typing while 200 messages per second arrive: processor load, compared with the same arrivals at a pipe; and the delay of a
// key's echo, compared with a bare Node prompt with as many lines printed above it.

import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { setTimeout as pause } from "node:timers/promises";
import { inTerminal, whyNoTerminal } from "../e2e/kit/terminal.js";
import { helper, start, type Command, type Running } from "./processes.js";
import { newGroup, secure } from "./programs.js";
import { compared, median, quantile, rounds, single, type Row, type Target } from "./report.js";

const perSecond = 200;
const warmUpMs = 2_000;
const measuredMs = 8_000;
/** Time between two keys, for a fast typist. */
const keyMs = 50;
/** The kernel's unit of processor time. */
const ticksPerSecond = 100;

/** One frame at 60 Hz, in milliseconds. */
const frame: Target = { most: 16.7 };
const share: Target = { most: 15 };

const ready = /You can now send and receive messages\./;
const terminal = ["env", "-u", "NO_COLOR", "TERM=xterm-256color", "LC_ALL=C.UTF-8"];

interface Sample {
  /** Per cent of a core. */
  readonly cpu: number;
  /** From each key to its echo, in milliseconds; empty at a pipe. */
  readonly echoes: readonly number[];
}

export async function typing(): Promise<readonly Row[]> {
  if (whyNoTerminal !== false) {
    console.log(whyNoTerminal);
    return [];
  }
  const [mine = [], piped = [], bare = []] = await rounds(3, [atTerminal, atPipe, atBarePrompt]);
  const cpu = (samples: readonly Sample[]): number => median(samples.map((sample) => sample.cpu));
  const echo = (samples: readonly Sample[], part: number): number =>
    quantile(
      samples.flatMap(({ echoes }) => echoes),
      part,
    );
  const load = { unit: "% of a core", ours: cpu(mine), than: "at a pipe", other: cpu(piped) };
  const key = (part: number) => ({ unit: "ms", ours: echo(mine, part), than: "bare prompt", other: echo(bare, part) });
  return [
    row({ what: "console, 200 lines/s", ...load }, share),
    row({ what: "a key's echo meanwhile, median", ...key(0.5) }, frame),
    row({ what: "a key's echo, 99 of 100", ...key(0.99) }, frame),
  ];
}

/** Judges our figure, not the ratio. */
function row(figures: Parameters<typeof compared>[0], floor: Target): Row {
  const { target, verdict } = single(figures.what, figures.unit, figures.ours, floor);
  return { ...compared(figures), target, verdict };
}

const atTerminal = (): Promise<Sample> =>
  besideBob(async (alice, feed) => {
    const window = start([...inTerminal, ...terminal, ...alice] as unknown as Command, ["pipe", "pipe", "inherit"]);
    await window.until(ready);
    const [pid] = readFileSync(`/proc/${String(window.pid)}/task/${String(window.pid)}/children`, "utf8").split(" ");
    const sample = await whileTyping(window, Number(pid), feed);
    process.kill(Number(pid), "SIGKILL");
    await window.ended;
    return sample;
  });

const atPipe = (): Promise<Sample> =>
  besideBob(async (alice, feed) => {
    const member = start(alice, ["pipe", "pipe", "inherit"]);
    await member.until(ready);
    const cpu = await loadOf(member.pid, feed);
    await member.kill();
    return { cpu, echoes: [] };
  });

async function atBarePrompt(): Promise<Sample> {
  const prompt = helper("bare-prompt", perSecond);
  const window = start([...inTerminal, ...terminal, ...prompt] as unknown as Command, ["pipe", "pipe", "inherit"]);
  await window.until(ready);
  const sample = await whileTyping(window, window.pid, (ms) => pause(ms));
  await window.kill();
  return sample;
}

type Feed = (ms: number) => Promise<unknown>;

/** Starts Bob, and measures Alice while Bob sends. */
async function besideBob(measure: (alice: Command, feed: Feed) => Promise<Sample>): Promise<Sample> {
  const group = newGroup(["Alice", "Bob"]);
  const bob = start(secure.command("Bob", group), ["pipe", "ignore", "inherit"]);
  const sample = await measure(secure.command("Alice", group), (ms) => feed(bob, ms));
  await bob.kill();
  return sample;
}

async function feed(bob: Running, ms: number): Promise<void> {
  const began = performance.now();
  const count = (ms / 1_000) * perSecond;
  for (let said = 0; said < count; await pause(1_000 / perSecond)) {
    const due = Math.min(count, ((performance.now() - began) / 1_000) * perSecond);
    for (; said < due; said += 1) bob.type(`Alice/line ${String(said)} of some usual length, as people write\n`);
  }
}

async function whileTyping(window: Running, pid: number, feed: Feed): Promise<Sample> {
  window.type("a half-typed line ");
  await window.until(/line $/);
  let typing = true;
  const typed = typist(window, () => typing);
  const cpu = await loadOf(pid, feed);
  typing = false;
  const echoes = await typed;
  return { cpu, echoes: echoes.slice(Math.floor(echoes.length / 5)) };
}

/** Presses a key that was not pressed before, waits for its echo, and erases it. */
async function typist(window: Running, continues: () => boolean): Promise<number[]> {
  const echoes: number[] = [];
  for (let letter = 0x4e00; continues(); letter += 1) {
    const began = performance.now();
    window.type(String.fromCodePoint(letter));
    await window.until(new RegExp(String.fromCodePoint(letter)));
    echoes.push(performance.now() - began);
    await pause(keyMs);
    window.type("\u007f");
  }
  return echoes;
}

async function loadOf(pid: number, feed: Feed): Promise<number> {
  await feed(warmUpMs);
  const [began, before] = [performance.now(), ticks(pid)];
  await feed(measuredMs);
  const seconds = (performance.now() - began) / 1_000;
  return (((ticks(pid) - before) / ticksPerSecond) * 100) / seconds;
}

/** Processor time in user and kernel mode. */
function ticks(pid: number): number {
  const stat = readFileSync(`/proc/${String(pid)}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(fields[11]) + Number(fields[12]);
}
