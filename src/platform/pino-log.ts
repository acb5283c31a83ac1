// Log over pino, as JSON lines. A log that cannot be written does not end the program, and a stalled reader does not block it.

import type { Writable } from "node:stream";
import pino from "pino";
import { logCharsMax } from "../core/limits.js";
import type { Log, LogFields, LogLevel } from "../ports.js";

export class PinoLog implements Log {
  readonly #file: ReturnType<typeof pino.destination> | undefined;
  readonly #logger: pino.Logger;

  /** Without a file, lines go to `stderr`, which must not block. Throws if the file cannot be written. */
  constructor(level: LogLevel, to: { readonly file: string | undefined; readonly stderr: Writable }) {
    this.#file = to.file === undefined ? undefined : pino.destination({ dest: to.file, sync: true });
    this.#file?.on("error", () => undefined);
    const destination = this.#file ?? bounded(to.stderr, (count) => this.error("log-lines-left-out", { count }));
    this.#logger = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
  }

  debug(event: string, fields?: LogFields): void {
    this.#logger.debug({ event, ...fields });
  }

  info(event: string, fields?: LogFields): void {
    this.#logger.info({ event, ...fields });
  }

  warn(event: string, fields?: LogFields): void {
    this.#logger.warn({ event, ...fields });
  }

  error(event: string, fields?: LogFields): void {
    this.#logger.error({ event, ...fields });
  }

  /** For log rotation: opens the file with the name again. False: it cannot be opened, and the old one stays in use. */
  reopen(): boolean {
    try {
      this.#file?.reopen();
      return true;
    } catch {
      return false;
    }
  }
}

/** Drops lines while the reader is too far behind, and logs their number once it has caught up. */
function bounded(stderr: Writable, tellLeftOut: (count: number) => void): { write(line: string): void } {
  let leftOut = 0;
  stderr.on("error", () => undefined);
  stderr.on("drain", () => {
    const count = leftOut;
    leftOut = 0;
    if (count > 0) tellLeftOut(count);
  });
  return {
    write: (line) => {
      if (stderr.writableLength < logCharsMax) stderr.write(line);
      else leftOut += 1;
    },
  };
}
