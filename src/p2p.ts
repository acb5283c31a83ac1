#!/usr/bin/env node
// Entry point. Loads only the modules that the command needs: a command that talks to a running member skips the database and
// the encryption, and starts much faster.

import { parsePlainArguments } from "./cli/plain-arguments.js";
import { runScriptCommand } from "./cli/scripts.js";
import { typedArguments } from "./platform/node-process.js";

const command = parsePlainArguments(typedArguments());
const loadMain = () => import("./cli/main.js");

if (command === undefined) (await loadMain()).main();
else runScriptCommand(command, async (options, events) => (await loadMain()).startTemporaryMember(options, events));
