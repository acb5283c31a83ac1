// Formats the time of a line, and finds where a new day begins.

import { span, type Line } from "./paint.js";

export interface LocalTime {
  /** `2026-11-21` */
  readonly day: string;
  /** `16:05` */
  readonly time: string;
}

export class Days {
  #day = "";

  /** The separator before a line of another day than the last one. None before today's first line. */
  separator({ day }: LocalTime, today: string): readonly Line[] {
    const before = this.#day === "" ? today : this.#day;
    this.#day = day;
    return day === before ? [] : [separatorLine(day)];
  }
}

export const separatorLine = (words: string): Line => [span(`--- ${words} ---`, "quiet")];
