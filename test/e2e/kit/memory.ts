// Whether the system reports the memory of a process.

import { existsSync } from "node:fs";

/** A reason to skip tests that measure memory, or false. */
export const whyNoMemory = existsSync("/proc/self/status") ? false : "memory is read from /proc, which is missing here";

export const mebibyte = 1_048_576;
