// One program per member: a lock that the kernel lets go when its holder dies, however it dies.
// SQLite holds it, on a file of its own, because Node has no file locks; `p2p history` does not take it.

import { closeSync, fchmodSync, openSync, readFileSync, statSync } from "node:fs";
import { fault, ok, type Result } from "../core/types.js";
import { isSqliteError, openDatabase, openingFault, type Database } from "../platform/sqlite.js";

export interface StateLock {
  release(): void;
}

/** Another process has it. */
export interface Busy {
  readonly ok: false;
  readonly message: string;
  readonly busy: true;
}

const busyCode = 5;

// A connection that nobody refers to is closed by the garbage collector, and its lock would go with it.
const held = new Set<Database>();

/** `path` is the lock's own file, made where it is missing; nothing is ever written to it. */
export function lockState(path: string): Result<StateLock> | Busy {
  const made = make(path);
  if (!made.ok) return made;
  const opened = openDatabase(path, { timeout: 0 });
  if (!opened.ok) return opened;
  try {
    // No journal: the lock outlives no crash, so there is nothing to undo.
    opened.value.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
    held.add(opened.value);
    return ok({ release: () => release(opened.value) });
  } catch (error) {
    opened.value.close();
    if (isSqliteError(error) && (error.errcode & 0xff) === busyCode)
      return {
        ok: false,
        message: `another p2p runs for this member (${holderOf(path)} holds ${path}); stop it first`,
        busy: true,
      };
    return openingFault(path, error);
  }
}

/** The kernel knows whose lock it is, where it tells: nothing that could go stale is written down. */
function holderOf(path: string): string {
  try {
    const file = String(statSync(path).ino);
    const locks = readFileSync("/proc/locks", "utf8").split("\n");
    const all = locks.map((line) => /ADVISORY +WRITE +([1-9]\d*) [^ ]*:(\d+) /.exec(line));
    // Files on other disks may have the same number, and not every file system gives its disk's as the kernel does here.
    const [pid, ...others] = new Set(all.filter((lock) => lock?.[2] === file).map((lock) => lock?.[1]));
    return pid === undefined || others.length > 0 ? "it" : `process ${pid}`;
  } catch {
    return "it";
  }
}

function release(database: Database): void {
  if (held.delete(database)) database.close();
}

/** Only a missing file is opened here: closing one that this process has locked would let the lock go. */
function make(path: string): Result<null> {
  try {
    const file = openSync(path, "wx", 0o600);
    fchmodSync(file, 0o600);
    closeSync(file);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    if (code !== "EEXIST") return fault(`${path} cannot be made (${code}); name another folder with --state-dir`);
  }
  return ok(null);
}
