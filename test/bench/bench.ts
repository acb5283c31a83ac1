// Measures p2p side by side with other programs: node .build/test/bench/bench.js [PART …]. Without a part, runs all of them.

import { typing } from "./console.js";
import { delivered } from "./delivered.js";
import { follow } from "./follow.js";
import { json } from "./json.js";
import { group } from "./group.js";
import { latency } from "./latency.js";
import { memory, secureMemory } from "./memory.js";
import { killAll } from "./processes.js";
import { machine, tableOf, type Row } from "./report.js";
import { multitude } from "./multitude.js";
import { online } from "./online.js";
import { removeScratch } from "./scratch.js";
import { scripts } from "./scripts.js";
import { startUp } from "./start-up.js";
import { table } from "./table.js";
import { oneShots, secureThroughput, throughput } from "./throughput.js";
import { cold, waiting } from "./waiting.js";
import { wheel } from "./wheel.js";

const parts: Readonly<Record<string, () => Promise<readonly Row[]>>> = {
  throughput,
  secure: secureThroughput,
  json,
  "one-shot": oneShots,
  latency,
  delivered,
  cold,
  waiting,
  console: typing,
  start: startUp,
  scripts,
  follow,
  memory,
  "secure-memory": secureMemory,
  group,
  multitude,
  online,
  table,
  wheel,
};

async function main(words: readonly string[]): Promise<void> {
  const unknown = words.find((word) => !Object.hasOwn(parts, word));
  if (unknown !== undefined) throw new Error(`no part "${unknown}"; there are: ${Object.keys(parts).join(" ")}`);
  const rows: Row[] = [];
  for (const part of words.length > 0 ? words : Object.keys(parts)) {
    console.log(`${part} …`);
    rows.push(...(await parts[part]!()));
  }
  console.log(`\n${tableOf(rows)}\n\n${machine()}`);
}

process.on("exit", () => {
  killAll();
  removeScratch();
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => process.exit(130));

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
  process.exit();
});
