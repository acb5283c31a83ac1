// The messages of a bench: numbered texts in a cycle, so that a lost, repeated or reordered message is detected.

const cycle = 64;

/** The last line of the start-up text. */
export const ready = /You can now send and receive messages\.\n/;

/** The first message, sent before the measurement. */
export const begin = "begin";

export interface Pattern {
  /** One cycle as typed at Alice. */
  readonly typed: Buffer;
  /** One cycle as shown by Bob. */
  readonly shown: Buffer;
  readonly messages: number;
}

export function patternOf(textSize: number): Pattern {
  const texts = Array.from({ length: cycle }, (_, index) => `${String(index)} hello `.padEnd(textSize, "x"));
  const lines = (prefix: string): Buffer => Buffer.from(texts.map((text) => `${prefix}${text}\n`).join(""));
  return { typed: lines("Bob/"), shown: lines("Alice : "), messages: cycle };
}

/** Repeats `unit` whole until it fills at least `size` bytes. */
export const repeated = (unit: Buffer, size: number): Buffer =>
  Buffer.concat(Array.from({ length: Math.max(1, Math.ceil(size / unit.length)) }, () => unit));
