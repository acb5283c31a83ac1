import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, renameSync, statSync } from "node:fs";
import path from "node:path";
import t from "tap";
import { fault, ok } from "../../../src/core/types.js";
import { TranscriptFile } from "../../../src/platform/transcript-file.js";

t.test("appends to the file, private to its owner, and creates it again after it was moved", (t) => {
  const name = path.join(t.testdir({}), "chat.txt");
  const file = new TranscriptFile(name);
  t.same(file.append("one\n"), ok(null));
  t.same(new TranscriptFile(name).append("two\n"), ok(null));
  t.equal(readFileSync(name, "utf8"), "one\ntwo\n");
  t.equal(statSync(name).mode & 0o777, 0o600);
  renameSync(name, `${name}.old`);
  file.append("three\n");
  t.equal(readFileSync(name, "utf8"), "three\n");
  t.end();
});

t.test("reports a path that is not a file or cannot be created, and does not block", (t) => {
  const folder = t.testdir({});
  mkdirSync(path.join(folder, "folder"));
  t.same(new TranscriptFile(path.join(folder, "folder")).append("x\n"), fault("it is a folder"));
  t.same(new TranscriptFile(path.join(folder, "none", "chat.txt")).append("x\n"), fault("no such file or folder"));
  execFileSync("mkfifo", [path.join(folder, "pipe")]);
  t.equal(new TranscriptFile(path.join(folder, "pipe")).append("x\n").ok, false);
  t.end();
});
