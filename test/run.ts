// Runs the test files of layers: `node .build/test/run.js unit sim`. Three files run at a time, each in a process of its own.

import { readdirSync } from "node:fs";
import t from "tap";

const timeoutS = Number(process.env.TAP_TIMEOUT ?? 300);
const folder = new URL(".", import.meta.url).pathname;

// One more than the cores: files that start processes wait for them.
t.jobs = 3;
t.setTimeout(0);
for (const layer of process.argv.slice(2))
  for (const file of readdirSync(folder + layer, { recursive: true, encoding: "utf8" }).sort())
    if (file.endsWith(".test.js")) run(`${folder}${layer}/${file}`);

/** tap asks Node to trace every process below a test. Without NODE_OPTIONS they start twice as fast. */
function run(file: string): void {
  const environment = ["-u", "NODE_OPTIONS", `TAP_TIMEOUT=${String(timeoutS)}`];
  const command = [...environment, process.execPath, "--enable-source-maps", file];
  void t.spawn("env", command, { buffered: true, timeout: timeoutS * 1_000 }, file);
}
