// A group file of ten thousand rows: the time to read it, and to start with it.

import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { parsePeerTable } from "../../src/core/peer-table.js";
import { newGroup } from "./programs.js";
import { median, rounds, single, type Row } from "./report.js";
import { readyMs } from "./start-up.js";

const members = Array.from({ length: 10_000 }, (_, index) => `Member${String(index)}`);

export async function table(): Promise<readonly Row[]> {
  const content = readFileSync(newGroup(members).file);
  const [parses = [], starts = []] = await rounds(5, [() => parseMs(content), () => readyMs(members)]);
  return [
    single("10,000 rows, reading", "ms", median(parses), { most: 1_000 }),
    single("10,000 rows, start", "ms", median(starts), { most: 1_000 }),
  ];
}

function parseMs(content: Buffer): number {
  const began = performance.now();
  const parsed = parsePeerTable("peer_details.txt", content, { port: 6_969, dialect: "line", idleMs: 120_000 });
  const took = performance.now() - began;
  if (!parsed.ok || parsed.value.peers.length !== members.length) throw new Error("the table was not read");
  return took;
}
