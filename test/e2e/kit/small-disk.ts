// A small disk that is soon full: a tmpfs for one test.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import type { Test } from "tap";

const run = (...words: readonly [string, ...string[]]) => spawnSync(words[0], words.slice(1), { encoding: "utf8" });

/** A disk of two mebibytes that is unmounted after the test. */
export function smallDisk(t: Test): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), "p2p-e2e-disk-"));
  t.teardown(() => {
    run("umount", "--lazy", folder);
    rmSync(folder, { recursive: true, force: true });
  });
  const { status, stderr } = run("mount", "-t", "tmpfs", "-o", "size=2m,mode=700", "p2p-e2e", folder);
  if (status !== 0) throw new Error(`mount: ${stderr}`);
  return folder;
}

export function whyNoDisk(): string | false {
  if (process.getuid?.() !== 0) return "mounting a small disk needs root";
  const folder = mkdtempSync(path.join(os.tmpdir(), "p2p-e2e-probe-"));
  const { status, stderr } = run("mount", "-t", "tmpfs", "-o", "size=1m", "p2p-e2e-probe", folder);
  if (status === 0) run("umount", folder);
  rmSync(folder, { recursive: true, force: true });
  return status === 0 ? false : `this machine mounts no small disk: ${stderr.trim()}`;
}
