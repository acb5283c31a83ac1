// Ctrl-Z where another program started ours, as `make run` does: all of them stop, and the shell has the terminal.

import { writeFileSync } from "node:fs";
import path from "node:path";
import t from "tap";
import { Group } from "./kit/group.js";
import { program } from "./kit/member.js";
import { whyNoWindow, Window } from "./kit/window.js";

t.test("Ctrl-Z under make stops make as well, and fg continues the chat", { skip: whyNoWindow }, async (t) => {
  const group = await Group.secure(t, "Alice", "Bob");
  const makefile = path.join(group.folder, "Makefile");
  const args = [
    "--name",
    "Alice",
    "--port",
    String(group.port),
    "--peers",
    group.file,
    "--state-dir",
    group.stateFolder,
  ];
  writeFileSync(makefile, `run:\n\t@${[process.execPath, program, ...args].join(" ")}\n`);
  const window = new Window(t, { columns: 80 });
  window.enters(`clear; make --no-print-directory -f ${makefile} run`);
  await window.sees(/You can now send and receive messages\.[^]*\n>$/);
  window.types("half");
  await window.sees(/^> half$/m);
  window.presses("C-z");
  await window.sees(/Stopped[^]*sh>$/);
  window.enters("echo the shell has the terminal");
  await window.sees(/^the shell has the terminal$/m);
  window.enters("fg");
  await window.sees(/> half$/);
  window.presses("C-u");
  window.enters("/quit");
  await window.sees(/sh>$/);
});
