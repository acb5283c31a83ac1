// Memory of a member, where the system tells it.

import { existsSync } from "node:fs";

/** The reason to skip what measures memory, or false. */
export const whyNoMemory = existsSync("/proc/self/status") ? false : "memory is read from /proc, which is missing here";

export const mebibyte = 1_048_576;
