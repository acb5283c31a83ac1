// The state folder of one member, <root>/<group>/<member>, for its owner only, and the secret key in it, created at the first start.
// It promises never to overwrite a key, and never to use one that other users may have read.

import { chmodSync, closeSync, fstatSync, mkdirSync, openSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { reasonOf } from "../core/errors.js";
import { publicKeyOf } from "../core/known-key.js";
import { fault, ok, type Bytes, type PublicKey, type Result } from "../core/types.js";
import type { KeyPair, NoiseLibrary } from "../wire/secure/noise.js";
import { createFile } from "./durable-file.js";
import { stateFolderOf, type StatePlace, type Surroundings } from "./state-place.js";

export type KeyMaker = Pick<NoiseLibrary, "keyPair">;

export interface Identity {
  readonly keyPair: KeyPair;
  readonly publicKey: PublicKey;
}

/** Creates the folder if it is missing. Returns its absolute path. */
export function openStateFolder(place: StatePlace, surroundings: Surroundings): Result<string> {
  const folder = stateFolderOf(place, surroundings);
  try {
    makeFolder(folder);
    if ((statSync(folder).mode & 0o077) !== 0) chmodSync(folder, 0o700);
    return ok(folder);
  } catch (error) {
    return fault(
      `The state folder ${folder} cannot be used (${systemReason(error)}). --state-dir names another one; or see to its permissions.`,
    );
  }
}

/** Creates the parents as well. Node's `recursive` never ends if a parent accepts no folder, as in /proc. */
function makeFolder(folder: string, parentMade = false): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Another member that starts at the same moment may have created it.
    if (code === "EEXIST" && statSync(folder).isDirectory()) return;
    if (code !== "ENOENT" || parentMade || path.dirname(folder) === folder) throw error;
    makeFolder(path.dirname(folder));
    makeFolder(folder, true);
  }
}

/** Creates the key at the first start. */
export function loadIdentity(folder: string, keyMaker: KeyMaker): Result<Identity> {
  const file = path.join(folder, "key");
  try {
    return readKey(file, keyMaker) ?? createKey(file, keyMaker);
  } catch (error) {
    return fault(
      `The secret key ${file} cannot be read or made (${systemReason(error)}). --state-dir names another folder; or see to its permissions.`,
    );
  }
}

/** Undefined if there is none. */
function readKey(file: string, keyMaker: KeyMaker): Result<Identity> | undefined {
  const found = readPrivately(file);
  if (found === undefined) return undefined;
  if ((found.mode & 0o077) !== 0)
    return fault(
      `The secret key ${file} is open to others (mode ${found.mode.toString(8).padStart(4, "0")}) and is not used. If nobody has read it: chmod 600 ${file}`,
    );
  const secret = parseSecret(found.text);
  if (secret === undefined)
    return fault(
      `The secret key ${file} is damaged (expected a line of 64 hexadecimal digits) and was left as it is. Restore it from a copy; or move it away, which makes a new key that your friends must trust anew.`,
    );
  const keyPair = keyMaker.keyPair(secret);
  return ok({ keyPair, publicKey: publicKeyOf(keyPair.publicKey) });
}

/** Reads mode and text of the same file, even if it is replaced meanwhile. */
function readPrivately(file: string): { readonly mode: number; readonly text: string } | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(file, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  try {
    return { mode: fstatSync(descriptor).mode & 0o7777, text: readFileSync(descriptor, "utf8") };
  } finally {
    closeSync(descriptor);
  }
}

const isComment = (line: string): boolean => line.startsWith("#") || line.trim() === "";

function parseSecret(text: string): Bytes | undefined {
  const [secret, ...more] = text.split("\n").filter((line) => !isComment(line));
  if (secret === undefined || more.length > 0 || !/^[\da-f]{64}$/i.test(secret.trim())) return undefined;
  return Buffer.from(secret.trim(), "hex");
}

/** Two first starts may happen at once: both use the key that is on the disk in the end. */
function createKey(file: string, keyMaker: KeyMaker): Result<Identity> {
  const secret = Buffer.from(keyMaker.keyPair().secretKey).toString("hex");
  createFile(
    file,
    `# The secret key of this member of p2p. Who has it can speak in this name: show it to nobody.\n${secret}\n`,
  );
  return readKey(file, keyMaker) ?? fault(`The secret key ${file} vanished while it was made.`);
}

/** The operating system's code in plain words. */
export const systemReason = (error: unknown): string =>
  reasonOf((error as NodeJS.ErrnoException).code ?? (error instanceof Error ? error.message : String(error)));
