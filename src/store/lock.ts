// Lets only one program run per member: a lock that the kernel releases when its process ends in any way.
// SQLite locks a separate file, because Node has no file locks. `p2p history` does not take the lock.

import { lockHolder, makePrivateFile } from "../platform/database-file.js";
import { fault, ok, type Result } from "../core/types.js";
import type { Busy } from "../ports.js";
import { isSqliteError, openDatabase, openingFault, type Database } from "../platform/sqlite.js";

export interface StateLock {
  release(): void;
}

const busyCode = 5;

// Keeps references: the garbage collector closes unreferenced connections, which would release the lock.
const held = new Set<Database>();

/** `path` is the lock file. It is created if missing and stays empty. */
export function lockState(path: string): Result<StateLock> | Busy {
  const made = makePrivateFile(path);
  if (!made.ok) return fault(`${path} cannot be created (${made.message}); name another folder with --state-dir`);
  const opened = openDatabase(path, { timeout: 0 });
  if (!opened.ok) return opened;
  try {
    // No journal file: the lock ends with the process, so there is nothing to undo.
    opened.value.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
    held.add(opened.value);
    return ok({ release: () => release(opened.value) });
  } catch (error) {
    opened.value.close();
    if (isSqliteError(error) && (error.errcode & 0xff) === busyCode) return busy(path);
    return openingFault(path, error);
  }
}

/** Asks the kernel for the holder, because a process id in a file could be stale. */
function busy(path: string): Busy {
  const pid = lockHolder(path);
  const holder = pid === undefined ? "it" : `process ${pid}`;
  return {
    ok: false,
    busy: true,
    message: `another p2p runs for this member (${holder} holds ${path}); stop it first`,
  };
}

function release(database: Database): void {
  if (held.delete(database)) database.close();
}
