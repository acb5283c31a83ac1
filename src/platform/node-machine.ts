// Reads the machine's files and addresses.

import { closeSync, constants, openSync, readSync } from "node:fs";
import os from "node:os";
import { canonicalAddress } from "../core/address.js";
import { tableBytesMax, tableReadMs } from "../core/limits.js";
import { fault, ok, type Bytes, type Result } from "../core/types.js";

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "no such file; --peers FILE names another one",
  EACCES: "not permitted to read it",
  EISDIR: "expected a file, found a directory",
  EAGAIN: `its end did not come within ${String(tableReadMs / 1_000)} s`,
};

export class NodeMachine {
  /** Ends for every kind of file: after one byte more than a group file may have, or when a pipe takes too long. */
  readFile(path: string): Result<Bytes> {
    try {
      // Without O_NONBLOCK, opening a FIFO without a writer would block.
      const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
      try {
        return ok(readToEnd(file));
      } finally {
        closeSync(file);
      }
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? String(error);
      return fault(reasons[code] ?? code);
    }
  }

  addresses(): ReadonlySet<string> {
    const all = Object.values(os.networkInterfaces()).flatMap((addresses) => addresses ?? []);
    return new Set(all.map(({ address }) => canonicalAddress(address) ?? address));
  }
}

const chunkBytes = 65_536;
const napMs = 10;

function readToEnd(file: number): Bytes {
  const deadline = performance.now() + tableReadMs;
  const chunks: Bytes[] = [];
  for (let left = tableBytesMax + 1; left > 0;) {
    const chunk = new Uint8Array(Math.min(chunkBytes, left));
    const size = readPatiently(file, chunk, deadline);
    if (size === 0) break;
    chunks.push(chunk.subarray(0, size));
    left -= size;
  }
  return Buffer.concat(chunks);
}

/** Waits for the next bytes of a pipe. This blocks the process: nothing runs before the start, and a reload is rare. */
function readPatiently(file: number, chunk: Bytes, deadline: number): number {
  for (;;) {
    try {
      return readSync(file, chunk);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN" || performance.now() > deadline) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, napMs);
    }
  }
}
