// Plants bugs, one at a time, in a copy of the built program, and shows that the simulation finds each. A checker that
// never failed proves nothing. Run by `make plant`; it takes minutes and is not part of `make test`.

import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { attached, bugs, contract, lines, mixed, secure, typed, type Bug } from "./planted-bugs.js";

const build = fileURLToPath(new URL("../../", import.meta.url));
/** Without a bug the simulation must pass, or finding a bug means nothing. */
const none: Bug = {
  name: "no bug",
  file: "delivery/acknowledged",
  right: "",
  wrong: "",
  where: [...secure, ...mixed, ...contract, ...attached, ...typed, ...lines],
};

function plant(bug: Bug): "found" | "missed" | "not planted" {
  const copy = mkdtempSync(path.join(build, "..", ".build-planted-"));
  try {
    for (const part of ["src", "test"]) cpSync(path.join(build, part), path.join(copy, part), { recursive: true });
    const target = path.join(copy, "src", `${bug.file}.js`);
    const text = readFileSync(target, "utf8");
    if (!text.includes(bug.right)) return "not planted";
    writeFileSync(
      target,
      text.replace(bug.right, () => bug.wrong),
    );
    return (bug.where ?? secure).some((file) => fails(path.join(copy, file))) ? "found" : "missed";
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

function fails(file: string): boolean {
  const env = { ...process.env, SEEDS: process.env["SEEDS"] ?? "300", TAP_BAIL: "1", TAP_TIMEOUT: "600" };
  return spawnSync(process.execPath, [file], { env, timeout: 600_000, stdio: "ignore" }).status !== 0;
}

let missed = plant(none) === "missed" ? 0 : 1;
if (missed > 0) console.log("the simulation fails without any bug");
const only = process.argv[2];
for (const bug of bugs) {
  if (only !== undefined && !bug.name.includes(only)) continue;
  const outcome = plant(bug);
  if (outcome !== "found") missed += 1;
  console.log(`${outcome.padEnd(11)}  ${bug.name}`);
}
process.exitCode = missed === 0 ? 0 : 1;
