// Network namespaces for one test, by the same script as `make netns`, under a prefix that no other run has.

import { spawnSync, type SpawnSyncReturns } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import type { Test } from "tap";
import { projectFolder } from "./member.js";

const run = (...words: readonly [string, ...string[]]): SpawnSyncReturns<string> =>
  spawnSync(words[0], words.slice(1), { cwd: projectFolder, encoding: "utf8" });

/** A reason to skip, or false. A container's root may lack the permission to make one. */
export function whyNoNamespaces(): string | false {
  if (process.getuid?.() !== 0) return "network namespaces need root";
  if (run("ip", "-V").error) return "the ip command is missing (apt-get install iproute2)";
  const probe = `${prefix}probe`;
  const { status, stderr } = run("ip", "netns", "add", probe);
  run("ip", "netns", "del", probe);
  return status === 0 ? false : `this machine makes no network namespace: ${stderr.trim()}`;
}

const prefix = `p2p-${process.pid}-`;

/** Makes a namespace for each member of the group file; returns a function from member name to namespace name. */
export function joinNamespaces(t: Test, groupFile: string): (member: string) => string {
  // A copy, because the test's own file may be deleted before the namespaces.
  const folder = mkdtempSync(path.join(os.tmpdir(), "p2p-e2e-netns-"));
  const copy = path.join(folder, "group");
  copyFileSync(groupFile, copy);
  const script = (action: string): SpawnSyncReturns<string> => run("bash", "test/e2e/netns.sh", action, prefix, copy);
  t.teardown(() => {
    script("down");
    rmSync(folder, { recursive: true, force: true });
  });
  const { status, stdout, stderr } = script("up");
  if (status !== 0) throw new Error(`netns.sh up ended with ${String(status)}:\n${stdout}${stderr}`);
  return (member) => `${prefix}${member}`;
}
