// This process: its arguments, its environment, its signals and its end.

import { closeSync } from "node:fs";
import { homedir } from "node:os";
import type { Ending } from "../core/ending.js";
import { exitCode } from "../core/errors.js";
import { cleanLine } from "../core/escape.js";
import { writeLines } from "./standard-output.js";
import type { Surroundings } from "./state-place.js";

/** What the user typed behind the program's name. */
export const typedArguments = (): readonly string[] => process.argv.slice(2);

/** Whether a person sits at both ends. */
export const atTerminal = (): boolean => process.stdin.isTTY && process.stdout.isTTY && process.env["TERM"] !== "dumb";

export const surroundings = (): Surroundings => ({ xdgStateHome: process.env["XDG_STATE_HOME"], home: homedir() });

export const print = (line: string): void => void writeLines([line]);

export const warn = (message: string): void => void process.stderr.write(`${cleanLine(message)}\n`);

/** At its end Node restores the terminal's modes, and aborts when there is no terminal any more. */
let terminalGone = false;

/** The terminal was closed or has broken: from now on nothing touches it. */
export const noteTerminalGone = (): void => void (terminalGone = true);

/** Calls `close` at the end of the process, unless the terminal has gone. */
export function closeTerminalAtExit(close: () => void): void {
  process.on("exit", () => {
    if (!terminalGone) close();
  });
}

export const atExit = (run: () => void): void => void process.once("exit", run);

export function endProcess({ code, message }: Ending): never {
  if (message !== undefined) process.stderr.write(`${message.split("\n").map(cleanLine).join("\n")}\n`);
  if (terminalGone) for (const descriptor of [0, 1, 2]) closeSync(descriptor);
  process.exit(code);
}

/** The first SIGINT or SIGTERM stops, the second ends at once. Returns what the first one does. */
export function stopAtSignals(stop: () => void): () => void {
  let asked = false;
  const onSignal = (): void => {
    if (asked) endProcess({ code: exitCode.interruptedTwice });
    asked = true;
    stop();
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  return onSignal;
}

/** SIGHUP at a terminal says that its window was closed; without one it asks a service to read its files again. */
export function hangUpAtSignal({ stop, reload }: { readonly stop: () => void; readonly reload: () => void }): void {
  // Without a listener Node would open its debugger.
  process.on("SIGUSR1", () => undefined);
  process.on("SIGHUP", () => {
    terminalGone = process.stdin.isTTY || process.stdout.isTTY;
    if (terminalGone) stop();
    else reload();
  });
}
