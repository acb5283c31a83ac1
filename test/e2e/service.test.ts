// p2p as a service: without a terminal, without an environment, and with valid systemd units.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import t from "tap";
import { documents, fencesIn } from "./kit/documents.js";
import { Group } from "./kit/group.js";
import { until } from "./kit/patience.js";

t.test("SIGUSR1 neither opens Node's debugger nor ends the program", async (t) => {
  const group = await Group.secure(t, "Alice", "Bob");
  const [alice, bob] = [await group.start("Alice"), await group.start("Bob")];
  alice.signal("SIGUSR1");
  alice.say("Bob/still here");
  await bob.sees("Alice : still here");
  t.notMatch(alice.stderr.text, /ebugger/);
  const listening = readFileSync("/proc/net/tcp", "utf8").split("\n");
  const debuggerPort = (9229).toString(16).toUpperCase();
  t.notOk(listening.some((row) => row.includes(`0100007F:${debuggerPort} 00000000:0000 0A`)));
});

t.test("works in the empty environment of cron", async (t) => {
  const group = await Group.secure(t, "Alice", "Bob");
  const bare = ["env", "-i", `PATH=${process.env["PATH"] ?? ""}`];
  const bob = group.launch("Bob", [], bare);
  await bob.ready();
  const alice = group.launch("Alice", ["--drain"], bare);
  await alice.feed(["Bob/from cron\n"]);
  alice.endInput();
  t.equal((await alice.ended()).code, 0, alice.stderr.text);
  await bob.sees("Alice : from cron");
});

t.test("with stdin from /dev/null or closed it keeps running, receives, and exits with 0 at SIGTERM", async (t) => {
  const group = await Group.secure(t, "Alice", "Bob");
  const bob = await group.start("Bob");
  for (const [index, redirect] of ["</dev/null", "<&-"].entries()) {
    const alice = group.launch("Alice", [], ["sh", "-c", `exec "$@" ${redirect}`, "sh"]);
    await alice.ready();
    bob.say(`Alice/hello ${index}`);
    await alice.sees(`Bob : hello ${index}`);
    t.same(await alice.stop(), { code: 0, signal: null });
  }
});

const hasSystemd = spawnSync("systemd-analyze", ["--version"]).status === 0;

t.test("systemd accepts the units in the documents", { skip: !hasSystemd && "systemd-analyze is missing" }, (t) => {
  const fences = documents().flatMap(({ text }) => fencesIn(text));
  const units = fences.filter(({ language }) => language === "ini").map(({ text }) => text);
  t.equal(units.length, 2);
  const folder = mkdtempSync(path.join(os.tmpdir(), "p2p-units-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  for (const [index, unit] of units.entries()) {
    const file = path.join(folder, `p2p-${index}.service`);
    // The units' programs are not installed here: replace them by one that exists.
    writeFileSync(file, unit.replaceAll(/^(Exec\w+)=\S+/gm, "$1=/bin/sh"));
    const scope = index === 0 ? ["--user"] : [];
    const { status, stderr } = spawnSync("systemd-analyze", ["verify", ...scope, file], {
      encoding: "utf8",
      env: { ...process.env, XDG_RUNTIME_DIR: folder },
    });
    const about = stderr.split("\n").filter((line) => line.includes(file));
    t.strictSame([status, about], [0, []], stderr);
  }
  t.end();
});

t.test("a reload by SIGHUP loses no messages", async (t) => {
  const group = await Group.secure(t, "Alice", "Bob");
  const alice = await group.start("Alice");
  alice.say("Bob/before");
  alice.signal("SIGHUP");
  await alice.sees(/was read again/);
  alice.say("Bob/after");
  await alice.sees(/^Bob is unreachable/);
  const bob = await group.start("Bob");
  await until(
    () => bob.stdout.count(/^Alice : (before|after)$/) === 2,
    () => bob.stdout.tail(),
  );
});
