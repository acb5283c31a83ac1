#!/usr/bin/env node
// Starts the program. It loads only what the command needs: a command that speaks to a running member has said its word before
// the rest of the program, with its database and its encryption, would have been read.

import { readPlainly } from "./cli/plain-arguments.js";
import { obeyScript } from "./cli/scripts.js";
import { typedArguments } from "./platform/node-process.js";

const command = readPlainly(typedArguments());
const loadMain = () => import("./cli/main.js");

if (command === undefined) (await loadMain()).main();
else obeyScript(command, async (options, events) => (await loadMain()).startOwnMember(options, events));
