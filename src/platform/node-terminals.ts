// The terminals at this process's standard streams.

import { closeTerminalAtExit, endProcess, noteTerminalGone } from "./node-process.js";
import { exitCode } from "../core/errors.js";
import { nonBlocking } from "./node-console.js";
import { NodeTerminal } from "./node-terminal.js";
import { ReadlineTerminal } from "./readline-terminal.js";

/** A terminal for programs that ask questions: the question stays below what is printed meanwhile. */
export function openQuestionTerminal(): NodeTerminal {
  const terminal = new NodeTerminal({
    ...{ stdin: process.stdin, stdout: nonBlocking(process.stdout) },
    // Ctrl-Z stops the whole process group, as the kernel would: `make run` must stop too, or its shell waits forever.
    signal: (name) => process.kill(name === "SIGTSTP" ? 0 : process.pid, name),
    gone: noteTerminalGone,
  });
  process.on("SIGCONT", () => terminal.again());
  return terminal;
}

/** The chat's terminal, with its own line editor. */
export function openChatTerminal(): ReadlineTerminal {
  nonBlocking(process.stdout);
  const terminal = new ReadlineTerminal({
    ...{ stdin: process.stdin, stdout: process.stdout },
    // The whole process group, as above.
    suspend: () => process.kill(0, "SIGTSTP"),
    now: () => performance.now(),
    quitNow: () => endProcess({ code: exitCode.interruptedTwice }),
    gone: noteTerminalGone,
  });
  process.on("SIGCONT", () => terminal.again());
  closeTerminalAtExit(() => terminal.close());
  return terminal;
}
