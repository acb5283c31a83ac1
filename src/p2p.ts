#!/usr/bin/env node
// Where the program starts. It loads only what the command needs: a word with a running member is said before the rest of the
// program, with its database and its encryption, would have been read.

import { readPlainly } from "./cli/plain-arguments.js";
import { obeyScript } from "./cli/scripts.js";

const command = readPlainly(process.argv.slice(2));

if (command === undefined) (await import("./cli/main.js")).main();
else
  obeyScript(command, async (options, events) => {
    const { startOwnMember } = await import("./cli/main.js");
    return startOwnMember(options, events);
  });
