import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import type { Test } from "tap";
import { tableBytesMax } from "../../../src/core/limits.js";
import { fromUtf8 } from "../../../src/core/utf8.js";
import { NodeMachine } from "../../../src/platform/node-machine.js";
import { promise } from "../kit/promise.js";

const machine = new NodeMachine();

function read(file: string): string {
  const content = machine.readFile(file);
  return content.ok ? fromUtf8(content.value) : content.message;
}

function fileOf(t: Test, content: string): string {
  const file = path.join(t.testdir({}), "group");
  writeFileSync(file, content);
  return file;
}

promise("reads a file to its end, and names a path that is not a file", (t) => {
  const content = `${"a line of 16 bytes\n".repeat(10_000)}end`;
  t.equal(read(fileOf(t, content)), content);
  t.equal(read(fileOf(t, "")), "");
  t.equal(read(t.testdir({})), "expected a file, found a directory");
  t.equal(read("/nowhere/at/all"), "no such file; --peers FILE names another one");
});

promise("a file without an end is read one byte beyond the limit", (t) => {
  const content = machine.readFile("/dev/zero");
  t.equal(content.ok && content.value.length, tableBytesMax + 1);
});

promise("treats a FIFO without a writer as empty, and does not block", (t) => {
  const fifo = path.join(t.testdir({}), "fifo");
  t.equal(spawnSync("mkfifo", [fifo]).status, 0);
  t.equal(read(fifo), "");
});
