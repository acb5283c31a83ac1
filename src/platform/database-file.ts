// Checks and creates the store's file before SQLite opens it. It never opens an existing file: closing it would drop the locks
// that this process holds on it.

import { accessSync, closeSync, constants, existsSync, fchmodSync, openSync, readFileSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { fault, ok, type Result } from "../core/types.js";

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? "";

/** Creates a missing file, readable and writable by its owner only, whatever the umask. The fault is the operating system's code. */
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

/** The location of a file that nobody writes, as SQLite's URI: SQLite then reads it without a log file. */
export const immutableLocation = (path: string): string => `${pathToFileURL(path).href}?immutable=1`;

/** The process that holds a lock on the file; undefined if the kernel does not tell. */
export function lockHolder(path: string): number | undefined {
  try {
    const file = String(statSync(path).ino);
    const locks = readFileSync("/proc/locks", "utf8").split("\n");
    const all = locks.map((line) => /ADVISORY +WRITE +([1-9]\d*) [^ ]*:(\d+) /.exec(line));
    // Files on other disks may have the same inode number, and not every file system reports its device as the kernel does here.
    const [pid, ...others] = new Set(all.filter((lock) => lock?.[2] === file).map((lock) => lock?.[1]));
    return pid === undefined || others.length > 0 ? undefined : Number(pid);
  } catch {
    return undefined;
  }
}
