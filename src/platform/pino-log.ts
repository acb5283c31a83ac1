// Log over pino: JSON lines, written at once, because a line about a crash must not die with it.

import pino from "pino";
import type { Log, LogFields, LogLevel } from "../ports.js";

export class PinoLog implements Log {
  readonly #destination: ReturnType<typeof pino.destination>;
  readonly #logger: pino.Logger;
  readonly #file: string | undefined;

  constructor(level: LogLevel, file: string | undefined) {
    this.#file = file;
    this.#destination = pino.destination({ dest: file ?? 2, sync: true, mkdir: false });
    // A log that cannot be written (disk full, reader gone) is no reason to end.
    this.#destination.on("error", () => undefined);
    this.#logger = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, this.#destination);
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

  /** After log rotation: writes go to the file that now has the name. Standard error stays what it is. */
  reopen(): void {
    if (this.#file !== undefined) this.#destination.reopen();
  }
}
