// Converts TAP on standard input to a short report: a line per test file, and each failed or skipped test with the reason.

import { createInterface } from "node:readline";

const counts: Record<string, number> = {};
let inFailure = false;

createInterface({ input: process.stdin })
  .on("line", report)
  .on("close", () => {
    const { pass = 0, fail = 0, skip = 0 } = counts;
    console.log(`\n${pass} passed, ${fail} failed, ${skip} skipped`);
  });

function report(line: string): void {
  const file = /^(not ok|ok) \d+ - \S*?([^/]+)\.test\.js # time=(\d+)/.exec(line);
  if (file !== null)
    console.log(`${file[1] === "ok" ? "  " : "✖ "}${file[2]} ${(Number(file[3]) / 1_000).toFixed(1)} s`);
  const skipped = /^\s+ok \d+ - (.*) # SKIP (.*)$/.exec(line);
  if (skipped !== null) console.log(`    skipped: ${skipped[1]}: ${skipped[2]}`);
  showFailure(line);
  const total = /^# \{ (total: .*) \}$/.exec(line);
  for (const [, name = "", number] of total?.[1]?.matchAll(/(\w+): (\d+)/g) ?? []) counts[name] = Number(number);
}

/** Prints the innermost "not ok" with its explanation. The enclosing ones only repeat it. */
function showFailure(line: string): void {
  if (/^\s+not ok/.test(line)) inFailure = true;
  if (/^\s+# Subtest/.test(line) || /^\s+ok /.test(line)) inFailure = false;
  if (inFailure) console.log(line);
  if (/^\s+\.\.\.$/.test(line)) inFailure = false;
}
