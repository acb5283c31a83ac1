// Standard output for a command that answers and ends: each call returns when all is written, however slow the reader.

import { writeSync } from "node:fs";

const chunkChars = 65_536;
const napMs = 5;

/** False: the reader is gone, as `head` after its last line. Throws other errors of the operating system. */
export function writeLines(lines: Iterable<string>): boolean {
  let text = "";
  for (const line of lines) {
    text += `${line}\n`;
    if (text.length < chunkChars) continue;
    if (!writeWhole(text)) return false;
    text = "";
  }
  return writeWhole(text);
}

function writeWhole(text: string): boolean {
  let rest = Buffer.from(text);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(1, rest));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EPIPE") return false;
      if (code !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, napMs);
    }
  }
  return true;
}
