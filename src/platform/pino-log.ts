// Log over pino: JSON lines. A log that cannot be written is no reason to end, and one that nobody reads is none to stand still.

import type { Writable } from "node:stream";
import pino from "pino";
import type { Log, LogFields, LogLevel } from "../ports.js";

/** Characters that may wait for a reader of standard error who has stopped reading; lines beyond are dropped. */
const unreadCharsMax = 1_048_576;

export class PinoLog implements Log {
  readonly #file: ReturnType<typeof pino.destination> | undefined;
  readonly #logger: pino.Logger;

  /** Without a file, lines go to `stderr`, which must not block. Throws where the file cannot be written. */
  constructor(level: LogLevel, to: { readonly file: string | undefined; readonly stderr: Writable }) {
    this.#file = to.file === undefined ? undefined : pino.destination({ dest: to.file, sync: true });
    this.#file?.on("error", () => undefined);
    const destination = this.#file ?? bounded(to.stderr);
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

  /** After log rotation: writes go to the file that now has the name. False: it cannot be opened, and the old one stays. */
  reopen(): boolean {
    try {
      this.#file?.reopen();
      return true;
    } catch {
      return false;
    }
  }
}

function bounded(stderr: Writable): { write(line: string): void } {
  stderr.on("error", () => undefined);
  return {
    write: (line) => {
      if (stderr.writableLength < unreadCharsMax) stderr.write(line);
    },
  };
}
