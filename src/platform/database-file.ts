// What the store needs to know of its file before SQLite opens it. Nothing here opens a file that exists: closing it would
// drop the locks that this process holds on it.

import { accessSync, closeSync, constants, existsSync, fchmodSync, openSync, readFileSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { fault, ok, type Result } from "../core/types.js";

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? "";

/** Makes the file for its owner alone, whatever the umask, where it is missing. The fault is the operating system's code. */
export function makePrivateFile(path: string): Result<"made" | "exists"> {
  try {
    const file = openSync(path, "wx", 0o600);
    fchmodSync(file, 0o600);
    closeSync(file);
    return ok("made");
  } catch (error) {
    return codeOf(error) === "EEXIST" ? ok("exists") : fault(codeOf(error));
  }
}

/** Whether this process may write the file and make others beside it. The fault is the operating system's code. */
export function checkWritable(path: string): Result<null> {
  try {
    accessSync(path, constants.W_OK);
    accessSync(dirname(path), constants.W_OK | constants.X_OK);
    return ok(null);
  } catch (error) {
    return fault(codeOf(error));
  }
}

export const fileExists = (path: string): boolean => existsSync(path);

/** 0 for a missing file. */
export const fileBytes = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

/** The location of a file that nobody writes, as SQLite's URI: it is read as it lies there, without a log beside it. */
export const immutableLocation = (path: string): string => `${pathToFileURL(path).href}?immutable=1`;

/** The process that holds a lock on the file, where the kernel tells. */
export function lockHolder(path: string): number | undefined {
  try {
    const file = String(statSync(path).ino);
    const locks = readFileSync("/proc/locks", "utf8").split("\n");
    const all = locks.map((line) => /ADVISORY +WRITE +([1-9]\d*) [^ ]*:(\d+) /.exec(line));
    // Files on other disks may have the same number, and not every file system gives its disk's as the kernel does here.
    const [pid, ...others] = new Set(all.filter((lock) => lock?.[2] === file).map((lock) => lock?.[1]));
    return pid === undefined || others.length > 0 ? undefined : Number(pid);
  } catch {
    return undefined;
  }
}
