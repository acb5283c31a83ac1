// `make install`: the installed program runs without this clone. `make uninstall` removes all of it.

import { spawnSync, type SpawnSyncReturns } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import t, { type Test } from "tap";
import { projectFolder } from "./kit/member.js";
import { patienceMs } from "./kit/patience.js";

const make = (target: string, prefix: string, home = prefix): SpawnSyncReturns<string> =>
  // Skips the build: other tests run the built program at the same time.
  spawnSync("make", ["-o", "build", target, `PREFIX=${prefix}`], {
    ...{ cwd: projectFolder, encoding: "utf8" },
    env: { PATH: process.env["PATH"], HOME: home },
  });

const temporaryFolder = (t: Test, name: string): string => {
  const folder = mkdtempSync(path.join(os.tmpdir(), `p2p-e2e-${name}-`));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

t.test("an installed p2p chats and stores history without the clone, and uninstalls completely", (t) => {
  const home = temporaryFolder(t, "home");
  const prefix = path.join(temporaryFolder(t, "install"), "prefix");
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
  t.equal(grep.stdout, "", "no installed file refers to the clone");
  t.equal(make("install", prefix).status, 0, "a second installation replaces the first");
  t.equal(make("uninstall", prefix).status, 0);
  t.notOk(existsSync(prefix), "the folders that the installation created are removed, too");
  t.end();
});

t.test("uninstalling keeps keys and messages, prints their folder, and keeps the files of others", (t) => {
  const prefix = temporaryFolder(t, "install");
  const state = path.join(prefix, ".local/state/p2p");
  mkdirSync(path.join(state, "friends"), { recursive: true });
  mkdirSync(path.join(prefix, "bin"));
  t.equal(make("install", prefix).status, 0);
  const { stdout } = make("uninstall", prefix);
  t.match(stdout, `p2p is removed: ${prefix}/bin/p2p\n`);
  t.match(make("uninstall", prefix), { status: 0, stdout: `p2p is not installed in ${prefix}\n` });
  t.ok(stdout.includes(`Your keys and messages stay in ${state}\n`), stdout);
  t.strictSame(readdirSync(prefix).sort(), [".local", "bin"], "a folder that existed before stays");
  t.ok(existsSync(path.join(state, "friends")));
  writeFileSync(path.join(prefix, "bin/p2p"), "another program");
  t.match(make("install", prefix), { status: 2, stdout: /bin\/p2p is another program/ });
  const stays = `${prefix}/bin/p2p is another program, and stays\n`;
  t.match(make("uninstall", prefix), { status: 0, stdout: `p2p is not installed in ${prefix}; ${stays}` });
  mkdirSync(path.join(prefix, "lib/p2p"), { recursive: true });
  t.match(make("uninstall", prefix), { status: 0, stdout: `p2p is removed: ${prefix}/lib/p2p; ${stays}` });
  t.equal(readFileSync(path.join(prefix, "bin/p2p"), "utf8"), "another program");
  t.end();
});

t.test("an installation contains the licences of all its packages", (t) => {
  const prefix = temporaryFolder(t, "install");
  t.equal(make("install", prefix).status, 0);
  const installed = path.join(prefix, "lib/p2p");
  t.equal(
    readFileSync(path.join(installed, "LICENSE"), "utf8"),
    readFileSync(path.join(projectFolder, "LICENSE"), "utf8"),
  );
  const notices = readFileSync(path.join(installed, "THIRD-PARTY-LICENSES.txt"), "utf8");
  for (const name of ["pino", "yargs", "uqr", "fastest-levenshtein", "get-east-asian-width", "libsodium"])
    t.match(notices, new RegExp(`^-{80}\n\n${name}[ ,]`, "m"), name);
  t.ok(notices.split("Permission is hereby granted, free of charge").length > 5, "texts, not only names");
  const packages = readdirSync(installed, { recursive: true, encoding: "utf8" }).filter((file) =>
    /node_modules\/(@[^/]+\/)?[^/]+\/package\.json$/.test(file),
  );
  t.ok(packages.length > 10);
  for (const each of packages)
    t.ok(
      readdirSync(path.dirname(path.join(installed, each))).some((name) => /^licen[cs]e|^copying/i.test(name)),
      each,
    );
  t.end();
});
