// The typed lines of earlier runs, in a file of the state folder, for its owner only. Read and write errors are ignored: a chat must not
// fail because of them.

import { appendFileSync, readFileSync } from "node:fs";
import path from "node:path";
import { typedLinesKept } from "../core/limits.js";
import type { TypedLines } from "../ports.js";
import { replaceFile } from "./durable-file.js";

export class TypedLinesFile implements TypedLines {
  readonly first: boolean;
  readonly earlier: readonly string[];
  readonly #file: string;

  constructor(folder: string) {
    this.#file = path.join(folder, "typed-lines");
    const text = this.#read();
    this.first = text === undefined;
    const all = (text ?? "").split("\n").filter((line) => line !== "");
    this.earlier = all.slice(-typedLinesKept);
    // The file is cut here; between starts it grows by what one person types.
    if (this.first || all.length > typedLinesKept) this.#keep();
  }

  add(line: string): void {
    try {
      appendFileSync(this.#file, `${line}\n`, { mode: 0o600 });
    } catch {
      // The arrow keys still bring it back until the program ends.
    }
  }

  #read(): string | undefined {
    try {
      return readFileSync(this.#file, "utf8");
    } catch {
      return undefined;
    }
  }

  #keep(): void {
    try {
      replaceFile(this.#file, this.earlier.map((line) => `${line}\n`).join(""));
    } catch {
      // As above.
    }
  }
}
