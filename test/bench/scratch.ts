// Temporary files and real pipes. Node's own child pipes are sockets, which programs treat differently.

import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";

const directory = mkdtempSync(path.join(os.tmpdir(), "p2p-bench-"));
let count = 0;

/** The path of a new file. */
export function freshPath(name: string): string {
  count += 1;
  return path.join(directory, `${String(count)}-${name}`);
}

export interface Pipe {
  readonly reader: number;
  readonly writer: number;
  /** Closes our two descriptors; the children keep theirs. */
  close(): void;
}

/** Both ends are blocking. A third descriptor is open meanwhile, because opening one end of a FIFO waits for the other. */
export function openPipe(): Pipe {
  const file = freshPath("pipe");
  execFileSync("mkfifo", [file]);
  const both = openSync(file, "r+");
  const reader = openSync(file, "r");
  const writer = openSync(file, "w");
  closeSync(both);
  return { reader, writer, close: () => [reader, writer].forEach((end) => closeSync(end)) };
}

export const removeScratch = (): void => rmSync(directory, { recursive: true, force: true });
