// Node's own line editor, with lines printed above its prompt. Usage: bare-prompt LINES_PER_SECOND.

import { performance } from "node:perf_hooks";
import readline from "node:readline";

const perSecond = Number(process.argv[2]);
const editor = readline.createInterface({ input: process.stdin, output: process.stdout, prompt: "Bob> " });
const began = performance.now();
let said = 0;

process.stdout.write("You can now send and receive messages.\n");
editor.prompt();
setInterval(() => {
  const due = ((performance.now() - began) / 1_000) * perSecond;
  for (; said < due; said += 1) {
    process.stdout.write(`\r\u001b[J16:05    Bob : line ${String(said)} of some usual length, as people write\n`);
    editor.prompt(true);
  }
}, 1_000 / perSecond);
