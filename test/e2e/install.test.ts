// `make install`: what is installed runs outside of this clone, and `make uninstall` takes all of it away again.

import { spawnSync, type SpawnSyncReturns } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import t from "tap";
import { projectFolder } from "./kit/member.js";
import { patienceMs } from "./kit/patience.js";

const make = (target: string, prefix: string): SpawnSyncReturns<string> =>
  // The program that is tested was built already, and must not be built anew under the other tests.
  spawnSync("make", ["-o", "dist/p2p.js", target, `PREFIX=${prefix}`], { cwd: projectFolder, encoding: "utf8" });

t.test("an installed p2p chats and keeps its history far from the clone, and is removed without a trace", (t) => {
  const prefix = mkdtempSync(path.join(os.tmpdir(), "p2p-e2e-install-"));
  const home = mkdtempSync(path.join(os.tmpdir(), "p2p-e2e-home-"));
  t.teardown(() => [prefix, home].forEach((folder) => rmSync(folder, { recursive: true, force: true })));
  const { status, stderr } = make("install", prefix);
  t.equal(status, 0, stderr);
  writeFileSync(path.join(home, "peer_details.txt"), "1\nAlice 127.88.1.1:17969\n");
  const p2p = (input: string, ...words: readonly string[]): SpawnSyncReturns<string> =>
    spawnSync(path.join(prefix, "bin/p2p"), [...words, "--name", "Alice", "--state-dir", "state"], {
      ...{ cwd: home, input, encoding: "utf8", timeout: patienceMs },
      env: { PATH: process.env["PATH"], HOME: home },
    });
  const chat = p2p("Alice/installed\n/quit\n");
  t.match(chat, { status: 0, stdout: /\nAlice : installed\n$/, stderr: "" });
  t.match(p2p("", "history"), { status: 0, stdout: /received {3}Alice : installed\n$/, stderr: "" });
  const files = readdirSync(prefix, { recursive: true, encoding: "utf8" });
  t.same(
    files.filter((file) => /\.([cm]?ts|c|h)$/.test(file)),
    [],
    "sources stay in the clone",
  );
  const grep = spawnSync("grep", ["-rlF", projectFolder.replace(/\/$/, ""), prefix], { encoding: "utf8" });
  t.equal(grep.stdout, "", "nothing that is installed points back to the clone");
  t.equal(make("uninstall", prefix).status, 0);
  t.same(
    readdirSync(prefix, { recursive: true, withFileTypes: true }).filter((entry) => !entry.isDirectory()),
    [],
  );
  t.end();
});
