// This process: its arguments, its environment, its signals and its end.

import { closeSync, fstatSync } from "node:fs";
import { isatty } from "node:tty";
import { homedir } from "node:os";
import type { Ending } from "../core/ending.js";
import { exitCode } from "../core/errors.js";
import { cleanLine } from "../core/escape.js";
import { writeLines } from "./standard-output.js";
import type { Surroundings } from "./state-place.js";

/** The words after the program's name. */
export const typedArguments = (): readonly string[] => process.argv.slice(2);

/** Whether stdin and stdout are a terminal that can edit lines. */
export const atTerminal = (): boolean => process.stdin.isTTY && process.stdout.isTTY && process.env["TERM"] !== "dumb";

/** Whether standard input can hold anything: it is neither closed nor `/dev/null`. */
export function inputCanHold(): boolean {
  try {
    const input = fstatSync(0);
    return !input.isCharacterDevice() || isatty(0);
  } catch {
    return false;
  }
}

export const surroundings = (): Surroundings => ({ xdgStateHome: process.env["XDG_STATE_HOME"], home: homedir() });

export const print = (line: string): void => void writeLines([line]);

export const warn = (message: string): void => void process.stderr.write(`${cleanLine(message)}\n`);

/** At the end Node restores the terminal's modes, and aborts if the terminal is gone. */
let terminalGone = false;

/** The terminal was closed or has failed: don't touch it any more. */
export const noteTerminalGone = (): void => void (terminalGone = true);

/** Calls `close` at the end of the process, unless the terminal is gone. */
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

/** SIGHUP at a terminal means that its window was closed; without a terminal it asks a service to read its files again. */
export function hangUpAtSignal({ stop, reload }: { readonly stop: () => void; readonly reload: () => void }): void {
  // Without a listener Node would open its debugger.
  process.on("SIGUSR1", () => undefined);
  process.on("SIGHUP", () => {
    terminalGone = process.stdin.isTTY || process.stdout.isTTY;
    if (terminalGone) stop();
    else reload();
  });
}
