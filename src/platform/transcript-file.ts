// Appends to the file of a conversation. It opens the file for each append, because it may be moved meanwhile. Readable by its owner only.

import { closeSync, constants, fstatSync, openSync, writeSync } from "node:fs";
import { reasonOf } from "../core/errors.js";
import { fault, ok, type Result } from "../core/types.js";
import type { Transcript } from "../ports.js";

const ownerOnly = 0o600;

export class TranscriptFile implements Transcript {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  append(lines: string): Result<null> {
    try {
      // Without O_NONBLOCK, opening a FIFO without a reader would block forever.
      const { O_WRONLY, O_APPEND, O_CREAT, O_NONBLOCK } = constants;
      const file = openSync(this.name, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK, ownerOnly);
      try {
        return fstatSync(file).isFile() ? write(file, Buffer.from(lines)) : fault("it is no ordinary file");
      } finally {
        closeSync(file);
      }
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      return fault(reasonOf(code ?? message));
    }
  }
}

function write(file: number, bytes: Buffer): Result<null> {
  for (let at = 0; at < bytes.length; at += writeSync(file, bytes, at));
  return ok(null);
}
