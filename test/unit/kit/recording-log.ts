// A log that records its lines.

import type { Log, LogFields } from "../../../src/ports.js";

export interface LogLine extends LogFields {
  readonly level: string;
  readonly event: string;
}

export class RecordingLog implements Log {
  readonly lines: LogLine[] = [];

  debug(event: string, fields: LogFields = {}): void {
    this.lines.push({ level: "debug", event, ...fields });
  }

  info(event: string, fields: LogFields = {}): void {
    this.lines.push({ level: "info", event, ...fields });
  }

  warn(event: string, fields: LogFields = {}): void {
    this.lines.push({ level: "warn", event, ...fields });
  }

  error(event: string, fields: LogFields = {}): void {
    this.lines.push({ level: "error", event, ...fields });
  }

  /** Lines above the level debug. */
  get loud(): readonly LogLine[] {
    return this.lines.filter((line) => line.level !== "debug");
  }
}
