// The machine's files and addresses.

import { readFileSync } from "node:fs";
import os from "node:os";
import { canonicalAddress } from "../core/address.js";
import { fault, ok, type Bytes, type Result } from "../core/types.js";

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "no such file; --peers FILE names another one",
  EACCES: "not permitted to read it",
  EISDIR: "expected a file, found a directory",
};

export class NodeMachine {
  readFile(path: string): Result<Bytes> {
    try {
      return ok(readFileSync(path));
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
