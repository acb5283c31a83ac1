// `make` in a fresh clone: concurrent and killed builds, damaged packages; and Ctrl-Z in a program that make started.

import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import os from "node:os";
import path from "node:path";
import t, { type Test } from "tap";
import { Group } from "./kit/group.js";
import { program, projectFolder } from "./kit/member.js";
import { until } from "./kit/patience.js";
import { whyNoWindow, Window } from "./kit/window.js";

function temporaryFolder(t: Test): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "p2p-e2e-build-"));
  t.teardown(() => fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

/** Copies the project's files, without installed or built ones. */
function freshClone(t: Test): string {
  const folder = temporaryFolder(t);
  const made = /^(node_modules|dist|\.git|\.build.*|\.demo|\.tap|\.tmp-.*|\.make\.lock)$/;
  for (const name of fs.readdirSync(projectFolder).filter((each) => !made.test(each)))
    fs.cpSync(path.join(projectFolder, name), path.join(folder, name), { recursive: true });
  return folder;
}

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** Starts a process group. npm uses only its cache. */
function start(
  folder: string,
  command: string,
  ...words: readonly string[]
): { child: ChildProcess; ended: Promise<Ended> } {
  const env = Object.entries(process.env).filter(([name]) => !/^(MAKE|MFLAGS)/.test(name));
  const child = spawn(command, words, {
    ...{ cwd: folder, detached: true, stdio: ["pipe", "pipe", "pipe"] },
    env: { ...Object.fromEntries(env), npm_config_offline: "true" },
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += String(chunk)));
  child.stderr.on("data", (chunk: Buffer) => (output += String(chunk)));
  const ended = once(child, "close").then(([code]) => ({ code: code as number | null, output }));
  return { child, ended };
}

const killGroup = ({ pid }: ChildProcess): boolean => process.kill(-pid!, "SIGKILL");
const temporaryNames = (folder: string): string[] => fs.readdirSync(folder).filter((name) => name.startsWith(".tmp-"));
const version = (folder: string): string =>
  spawnSync(process.execPath, ["dist/p2p.js", "--version"], { cwd: folder, encoding: "utf8" }).stdout;

t.test(
  "builds in a fresh clone survive a kill, a concurrent build and damaged results",
  { timeout: 240_000 },
  async (t) => {
    const folder = freshClone(t);
    const file = (name: string): string => path.join(folder, name);
    // An interrupted `npm ci` leaves these files.
    fs.mkdirSync(file("node_modules/pino"), { recursive: true });
    fs.writeFileSync(file("node_modules/.installed"), "");
    const killed = start(folder, "make", "build");
    await until(
      () => temporaryNames(folder).some((name) => fs.existsSync(file(`${name}/node_modules`))),
      () => "npm to begin",
    );
    killGroup(killed.child);
    const { code: killedCode } = await killed.ended;

    const both = await Promise.all([start(folder, "make", "build").ended, start(folder, "make").ended]);
    if (both.some(({ output }) => output.includes("ENOTCACHED"))) {
      t.plan(0, "npm's cache does not have the packages");
      return;
    }
    t.equal(killedCode, null, "killed while it installs");
    for (const { code, output } of both) t.equal(code, 0, output);
    const said = both.map(({ output }) => output).join("");
    t.equal(said.split("Installing the program's packages").length, 2, "one of them installs");
    t.match(said, /node_modules is not complete/);
    t.strictSame(temporaryNames(folder), []);
    t.match(version(folder), /^\d+\.\d+\.\d+\n$/);

    const built = fs.readFileSync(file("dist/p2p.js"));
    fs.truncateSync(file("dist/p2p.js"), 100);
    fs.writeFileSync(file("dist/chunk-OLD.js"), "");
    fs.rmSync(file("node_modules/noise-handshake/cipher.js"));
    fs.rmSync(file("node_modules/esbuild"), { recursive: true });
    const again = await start(folder, "make", "build").ended;
    t.match(again, { code: 0, output: /node_modules is not complete/ });
    t.strictSame(fs.readFileSync(file("dist/p2p.js")), built);
    t.notOk(fs.existsSync(file("dist/chunk-OLD.js")));
    t.ok(fs.existsSync(file("node_modules/noise-handshake/cipher.js")));
    t.strictSame(await start(folder, "make", "build").ended, { code: 0, output: "" }, "a complete build does nothing");
  },
);

const has = (command: string): boolean => spawnSync("which", [command]).status === 0;
for (const [locker, others] of [
  ["flock", "perl"],
  ["perl", "flock"],
] as const)
  t.test(
    `a second make waits with a message and continues when the first is killed, with ${locker}`,
    { skip: has(locker) ? false : `${locker} is missing` },
    async (t) => {
      const folder = temporaryFolder(t);
      fs.cpSync(path.join(projectFolder, ".make"), path.join(folder, ".make"), { recursive: true });
      fs.mkdirSync(path.join(folder, "bin"));
      for (const name of ["bash", "cat", "env", "sleep", "true", locker])
        fs.symlinkSync(spawnSync("which", [name], { encoding: "utf8" }).stdout.trim(), path.join(folder, "bin", name));
      t.notOk(fs.existsSync(path.join(folder, "bin", others)));
      const locked = (...words: readonly string[]): ReturnType<typeof start> =>
        start(folder, "env", `PATH=${path.join(folder, "bin")}`, ".make/locked", ...words);
      const first = locked("cat");
      t.teardown(() => first.child.kill("SIGKILL"));
      first.child.stdin?.write("first\n");
      await once(first.child.stdout!, "data");
      const second = locked("true");
      await once(second.child.stderr!, "data");
      t.equal(second.child.exitCode, null);
      first.child.kill("SIGKILL");
      t.match(await second.ended, { code: 0, output: /^Another make .* Waiting for it\.\n$/ });
      t.strictSame(await locked("true").ended, { code: 0, output: "" });
    },
  );

t.test("Ctrl-Z stops the program and its make, and fg continues both", { skip: whyNoWindow }, async (t) => {
  const group = await Group.secure(t, "Alice");
  const options = `--name Alice --port ${group.port} --peers ${group.file} --state-dir ${group.stateFolder}`;
  const makefile = path.join(group.folder, "Makefile");
  fs.writeFileSync(makefile, `run:\n\t@${process.execPath} ${program} ${options}\n`);
  const window = new Window(t, { columns: 100 });
  window.enters(`make -f ${makefile} run`);
  await window.sees(/You can now send and receive messages\./);
  window.types("half");
  await window.sees(/^> half$/m);
  window.presses("C-z");
  await window.sees(/Stopped +make[^]*sh>$/);
  window.enters("fg");
  await window.sees(/> half$/);
  window.presses("C-u");
  window.enters("/quit");
  await window.sees(/sh>$/);
  t.match(window.rows.join("\n"), /Stopped/);
});
