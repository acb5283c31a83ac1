// One program per member: a lock that the kernel lets go when its holder dies, however it dies.
// SQLite holds it, on a file of its own, because Node has no file locks; `p2p history` does not take it.

import { lockHolder, makePrivateFile } from "../platform/database-file.js";
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
  const made = makePrivateFile(path);
  if (!made.ok) return fault(`${path} cannot be made (${made.message}); name another folder with --state-dir`);
  const opened = openDatabase(path, { timeout: 0 });
  if (!opened.ok) return opened;
  try {
    // No journal: the lock outlives no crash, so there is nothing to undo.
    opened.value.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
    held.add(opened.value);
    return ok({ release: () => release(opened.value) });
  } catch (error) {
    opened.value.close();
    if (isSqliteError(error) && (error.errcode & 0xff) === busyCode) return busy(path);
    return openingFault(path, error);
  }
}

/** The kernel knows the holder: no process number that could go stale is written down. */
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
