// Opens a member's state folder: first the lock, then the key, then the store.

import { ok, type Result } from "../core/types.js";
import type { MemberState, Store } from "../ports.js";
import { FileKeyring } from "../platform/file-keyring.js";
import { NodeLocalSocket } from "../platform/local-socket.js";
import { SqliteHistory } from "./sqlite-history.js";
import { SqliteStore } from "./sqlite-store.js";
import { loadIdentity, type KeyMaker } from "../platform/state-folder.js";
import { lockState, type Busy, type StateLock } from "./lock.js";
import { stateFile } from "../platform/state-place.js";
import { TypedLinesFile } from "../platform/typed-lines-file.js";

/** The store's file in a state folder. */
export const messagesFile = (folder: string): string => stateFile(folder, "messages.db");

// Keeps references until the process ends: a lock that is garbage-collected is released.
const held: StateLock[] = [];

/** With `memory`, messages are kept in that store and not on disk. */
export function openMemberState(folder: string, keyMaker: KeyMaker, memory?: Store): Result<MemberState> | Busy {
  const lock = lockState(stateFile(folder, "lock"));
  if (!lock.ok) return lock;
  held.push(lock.value);
  const identity = loadIdentity(folder, keyMaker);
  if (!identity.ok) return identity;
  const file = messagesFile(folder);
  const store = memory === undefined ? SqliteStore.open(file) : ok(memory);
  if (!store.ok) return store;
  const keyring = new FileKeyring(folder);
  const place = { keyFile: stateFile(folder, "key"), openTypedLines: () => new TypedLinesFile(folder) };
  const kept = memory === undefined ? { openHistory: () => SqliteHistory.open(file), place } : {};
  const localSocket = new NodeLocalSocket(folder);
  const durable = memory === undefined;
  return ok({ identity: identity.value, keyring, store: store.value, durable, localSocket, ...kept });
}
