// Writes files that are complete or absent, also after a power cut, and readable by their owner only.
// All functions throw the errors of the operating system.

import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { randomBytes } from "node:crypto";
import path from "node:path";

const ownerOnly = 0o600;

/** Replaces the file by one with `content`. Readers see the old file or the new one. */
export function replaceFile(file: string, content: string): void {
  const temporary = writeBeside(file, content);
  try {
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  syncFolder(path.dirname(file));
}

/** False: the file exists already and is not changed. A link, unlike a rename, replaces nothing. */
export function createFile(file: string, content: string): boolean {
  const temporary = writeBeside(file, content);
  try {
    linkSync(temporary, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    unlinkSync(temporary);
  }
  syncFolder(path.dirname(file));
  return true;
}

function writeBeside(file: string, content: string): string {
  const temporary = `${file}.${randomBytes(8).toString("hex")}.tmp`;
  const descriptor = openSync(temporary, "wx", ownerOnly);
  try {
    writeWhole(descriptor, Buffer.from(content));
    fsyncSync(descriptor);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    closeSync(descriptor);
  }
  return temporary;
}

function writeWhole(descriptor: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length; at += writeSync(descriptor, bytes, at));
}

/** The directory entry must survive as well as the file. */
function syncFolder(folder: string): void {
  const descriptor = openSync(folder, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

const staleMs = 2_000;
const retryMs = 5;

/**
 * Runs `work` while no other process runs any for the same file. Work takes milliseconds; an older lock was left by a
 * killed process and is removed.
 */
export function withLock<Value>(file: string, work: () => Value): Value {
  const lock = `${file}.lock`;
  while (!tryLock(lock)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, retryMs);
  try {
    return work();
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

function tryLock(lock: string): boolean {
  try {
    mkdirSync(lock, 0o700);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    if (ageMs(lock) > staleMs) rmSync(lock, { recursive: true, force: true });
    return false;
  }
}

/** 0 for a lock that was released meanwhile. A lock from the future (the clock was set back) counts as old. */
function ageMs(lock: string): number {
  const made = statSync(lock, { throwIfNoEntry: false })?.mtimeMs;
  return made === undefined ? 0 : Math.abs(Date.now() - made);
}
