// `p2p follow --json`: messages per second to a follower, live and from the store. Compared with the member's own screen for
// the same messages, without a follower.

import { openSync, writeFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { patternOf, ready, repeated } from "./pattern.js";
import { helper, start, type Running } from "./processes.js";
import { newGroup, commandOf, secure, type Group } from "./programs.js";
import { compared, median, rounds, single, type Row } from "./report.js";
import { freshPath, openPipe } from "./scratch.js";

const textSize = 32;
const cycles = 4_000;
const messages = cycles * patternOf(textSize).messages;
const target = { least: 50_000 };

export async function follow(): Promise<readonly Row[]> {
  const { typed } = patternOf(textSize);
  const file = freshPath("messages");
  writeFileSync(file, repeated(typed, cycles * typed.length));
  const [stored = [], live = [], screen = []] = await rounds(3, [
    () => fromStore(file),
    () => throughBob(file, followed),
    () => throughBob(file, shown),
  ]);
  const beside = { unit: "msg/s", than: "own screen", other: median(screen) };
  return [
    compared({ what: "follow, as it comes in", ours: median(live), ...beside }),
    compared({ what: "follow, from the store", ours: median(stored), ...beside }),
    single("follow, as it comes in", "msg/s", median(live), target),
    single("follow, from the store", "msg/s", median(stored), target),
  ];
}

/** A process that counts lines, and the processes to kill before it can end. */
interface Reader {
  readonly counter: Running;
  readonly others: readonly Running[];
}

type Setup = (group: Group) => Promise<{ readonly bob: Running; readonly reader: Reader }>;

/** Reads Bob's own screen. */
const shown: Setup = async (group) => {
  const pipe = openPipe();
  const bob = start(secure.command("Bob", group), ["pipe", pipe.writer, "inherit"]);
  const counter = counterOf(pipe.reader);
  pipe.close();
  await start(commandOf("Bob", group, "status"), ["ignore", "ignore", "inherit"]).ended;
  return { bob, reader: { counter, others: [] } };
};

/** Ignores Bob's screen; a program follows Bob. */
const followed: Setup = async (group) => {
  const bob = start(secure.command("Bob", group), ["pipe", "pipe", "inherit"]);
  await bob.until(ready);
  return { bob, reader: followerOf(group) };
};

async function throughBob(file: string, setUp: Setup): Promise<number> {
  const group = newGroup(["Alice", "Bob"]);
  const { bob, reader } = await setUp(group);
  const began = performance.now();
  const alice = start([...secure.command("Alice", group), "--drain"], [openSync(file, "r"), "ignore", "inherit"]);
  const rate = await rateOf(reader, began);
  await alice.ended;
  await bob.kill();
  return rate;
}

async function fromStore(file: string): Promise<number> {
  const group = newGroup(["Alice", "Bob"]);
  const bob = start(secure.command("Bob", group), ["pipe", "ignore", "inherit"]);
  const alice = start([...secure.command("Alice", group), "--drain"], [openSync(file, "r"), "ignore", "inherit"]);
  await alice.ended;
  const rate = await rateOf(followerOf(group), performance.now());
  await bob.kill();
  return rate;
}

function followerOf(group: Group): Reader {
  const pipe = openPipe();
  const words = ["follow", "--json", "--from", "all"];
  const follower = start(commandOf("Bob", group, ...words), ["pipe", pipe.writer, "inherit"]);
  const counter = counterOf(pipe.reader);
  pipe.close();
  return { counter, others: [follower] };
}

const counterOf = (reader: number): Running =>
  start(helper("line-counter", messages), [reader, "ignore", "inherit", "pipe"]);

async function rateOf({ counter, others }: Reader, began: number): Promise<number> {
  await counter.until(/done\n/);
  const seconds = (performance.now() - began) / 1_000;
  for (const other of others) await other.kill();
  await counter.kill();
  return messages / seconds;
}
