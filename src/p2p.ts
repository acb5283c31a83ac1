#!/usr/bin/env node
// Entry point. Loads only the modules that the command needs: a command that talks to a running member skips the database and
// the encryption, and starts much faster.

import { readPlainly } from "./cli/plain-arguments.js";
import { obeyScript } from "./cli/scripts.js";
import { typedArguments } from "./platform/node-process.js";

const command = readPlainly(typedArguments());
const loadMain = () => import("./cli/main.js");

if (command === undefined) (await loadMain()).main();
else obeyScript(command, async (options, events) => (await loadMain()).startOwnMember(options, events));
