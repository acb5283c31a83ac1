// What stands around the line editor: keys and pastes apart, the file of typed lines, and what the environment says.

import { mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import t from "tap";
import { pasteCharsMax, typedLinesKept } from "../../../src/core/limits.js";
import { KeySplitter, type Key } from "../../../src/platform/key-splitter.js";
import { localeOf } from "../../../src/platform/locale.js";
import { TypedLinesFile } from "../../../src/platform/typed-lines-file.js";

const keys = (text: string): Key[] => Array.from(text, (key) => ({ kind: "key", text: key }));
const paste = (text: string): Key => ({ kind: "paste", text });

t.test("recognises a paste wherever its chunks are cut", (t) => {
  const typed = "a漢\t\u001b[A\u001b[200~one\r/quit\u0003\r\u001b[201~b\u001b[200~\u001b[201~";
  const wanted = [...keys("a漢\t\u001b[A"), paste("one\r/quit\u0003\r"), ...keys("b"), paste("")];
  for (let cut = 0; cut <= typed.length; cut += 1) {
    const splitter = new KeySplitter();
    t.strictSame(
      [...splitter.split(typed.slice(0, cut)), ...splitter.split(typed.slice(cut))],
      wanted,
      `cut at ${cut}`,
    );
  }
  t.end();
});

t.test("joins Escape with the next character, and bounds a paste", (t) => {
  const splitter = new KeySplitter();
  t.strictSame(splitter.split("\u001b"), []);
  t.strictSame(splitter.split("b"), keys("\u001bb"));
  splitter.split("\u001b[200~");
  for (let chunk = 0; chunk < 20; chunk += 1) splitter.split("x".repeat(100_000));
  const [only] = splitter.split("\u001b[201~");
  t.equal(only?.text.length, pasteCharsMax);
  t.end();
});

t.test("keeps typed lines for the next run, bounded, for their owner only", (t) => {
  const folder = mkdtempSync(path.join(os.tmpdir(), "p2p-typed-"));
  const first = new TypedLinesFile(folder);
  t.ok(first.first);
  first.add("Bob/hello");
  first.add("漢字");
  const file = path.join(folder, "typed-lines");
  t.equal(statSync(file).mode & 0o777, 0o600);
  const second = new TypedLinesFile(folder);
  t.notOk(second.first);
  t.strictSame(second.earlier, ["Bob/hello", "漢字"]);
  for (let line = 0; line < typedLinesKept + 5; line += 1) second.add(String(line));
  const third = new TypedLinesFile(folder);
  t.equal(third.earlier.length, typedLinesKept);
  t.equal(third.earlier.at(-1), String(typedLinesKept + 4));
  t.equal(readFileSync(file, "utf8").split("\n").length, typedLinesKept + 1, "the file shrinks as well");
  t.equal(statSync(file).mode & 0o777, 0o600);
  const nowhere = new TypedLinesFile(path.join(folder, "missing"));
  nowhere.add("lost");
  t.strictSame(nowhere.earlier, []);
  writeFileSync(file, "cut short");
  t.strictSame(new TypedLinesFile(folder).earlier, ["cut short"]);
  t.end();
});

t.test("reads colours and character set from the environment", (t) => {
  t.strictSame(localeOf({ LANG: "C.UTF-8" }), { colour: true, unicode: true });
  t.strictSame(localeOf({ LANG: "de_DE.utf8", NO_COLOR: "1" }), { colour: false, unicode: true });
  t.strictSame(localeOf({ LANG: "C.UTF-8", LC_ALL: "C", NO_COLOR: "" }), { colour: true, unicode: false });
  t.strictSame(localeOf({ LANG: "C.UTF-8", LC_CTYPE: "en_US.ISO-8859-1", LC_ALL: "" }), {
    colour: true,
    unicode: false,
  });
  t.strictSame(localeOf({}), { colour: true, unicode: false });
  t.end();
});
