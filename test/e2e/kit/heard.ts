// Collects the output of a stream: its raw bytes, and the same cut into lines.

import { StringDecoder } from "node:string_decoder";
import { until } from "./patience.js";

export class Heard {
  readonly lines: string[] = [];
  readonly #whose: string;
  readonly #onLine: (line: string) => void;
  readonly #decoder = new StringDecoder("utf8");
  readonly #chunks: Buffer[] = [];
  #rest = "";
  #size = 0;

  /** `whose` names the stream in failures. */
  constructor(whose: string, onLine: (line: string) => void = () => undefined) {
    this.#whose = whose;
    this.#onLine = onLine;
  }

  /** Length in bytes. */
  get size(): number {
    return this.#size;
  }

  get raw(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  get text(): string {
    return this.raw.toString();
  }

  add(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    const parts = (this.#rest + this.#decoder.write(chunk)).split("\n");
    this.#rest = parts.pop() ?? "";
    for (const line of parts) {
      this.lines.push(line);
      this.#onLine(line);
    }
  }

  count(expected: string | RegExp): number {
    return this.lines.filter((line) => matches(line, expected)).length;
  }

  /** Resolves once `times` whole lines match `expected`. */
  async sees(expected: string | RegExp, times = 1): Promise<void> {
    let looked = 0;
    let found = 0;
    const look = (): boolean => {
      for (; looked < this.lines.length; looked += 1) if (matches(this.lines[looked]!, expected)) found += 1;
      return found >= times;
    };
    await until(look, () => `${this.#whose}: ${String(expected)} ${found} of ${times} times\n${this.tail()}`);
  }

  /** The last lines, for a failure. */
  tail(): string {
    const shown = [...this.lines.slice(-20), ...(this.#rest === "" ? [] : [this.#rest])];
    return shown.map((line) => `  | ${line.slice(0, 200)}`).join("\n");
  }
}

const matches = (line: string, expected: string | RegExp): boolean =>
  typeof expected === "string" ? line === expected : expected.test(line);
