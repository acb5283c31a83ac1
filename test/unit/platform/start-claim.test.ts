import { existsSync, lutimesSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";
import t from "tap";
import { startClaimMs } from "../../../src/core/limits.js";
import { StartClaim } from "../../../src/platform/start-claim.js";

const longAgo = new Date(Date.now() - 10 * startClaimMs);

t.test("one of two takes the claim; a stale claim is taken over and released by the new owner", (t) => {
  const folder = t.testdir({});
  const [first, second] = [new StartClaim(folder), new StartClaim(folder)];
  t.ok(first.take());
  t.ok(first.take());
  t.notOk(second.take());
  utimesSync(path.join(folder, "starting"), longAgo, longAgo);
  t.ok(second.take());
  t.notOk(new StartClaim(folder).take());
  second.release();
  t.notOk(existsSync(path.join(folder, "starting")));
  t.end();
});

const noClaims: Readonly<Record<string, (name: string) => void>> = {
  "a file": (name) => writeFileSync(name, ""),
  "a folder with something in it": (name) => mkdirSync(path.join(name, "x"), { recursive: true }),
  "a link to nothing": (name) => symlinkSync("none", name),
};

for (const [what, put] of Object.entries(noClaims))
  t.test(`${what} in its place, which cannot be removed, holds nobody up for long and stays`, (t) => {
    const folder = t.testdir({});
    const name = path.join(folder, "starting");
    put(name);
    t.notOk(new StartClaim(folder).take());
    lutimesSync(name, longAgo, longAgo);
    const claim = new StartClaim(folder);
    t.ok(claim.take());
    claim.release();
    t.throws(() => mkdirSync(name), { code: "EEXIST" });
    t.end();
  });
