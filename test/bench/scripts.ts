// `p2p send` through a running member, from its spawn to its end, compared with an empty Node program.

import { performance } from "node:perf_hooks";
import { ready } from "./pattern.js";
import { start, type Command, type Running } from "./processes.js";
import { commandOf, newGroup, secure } from "./programs.js";
import { compared, median, rounds, type Row } from "./report.js";

export async function scripts(): Promise<readonly Row[]> {
  const group = newGroup(["Alice", "Bob"]);
  const members = ["Alice", "Bob"].map((name) => start(secure.command(name, group), ["pipe", "pipe", "inherit"]));
  for (const member of members) await member.until(ready);
  const send = (): Promise<number> => milliseconds(commandOf("Alice", group, "send", "Bob", "hi"));
  await send();
  const [ours = [], nothing = []] = await rounds(15, [send, () => milliseconds([process.execPath, "-e", ""])]);
  const row = compared({
    ...{ what: "send", unit: "ms", ours: median(ours), than: "node -e ''", other: median(nothing) },
    target: { most: 2.6 },
  });
  for (const member of members) await member.kill();
  return [row];
}

async function milliseconds(words: Command): Promise<number> {
  const began = performance.now();
  const child: Running = start(words, ["pipe", "pipe", "inherit"]);
  await child.ended;
  return performance.now() - began;
}
