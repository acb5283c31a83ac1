// Random numbers for delays, and unpredictable bytes for names and tags.

import { randomBytes } from "node:crypto";
import type { Random } from "../ports.js";

export const nodeRandom: Random = {
  next: () => Math.random(),
  hex: (bytes) => randomBytes(bytes).toString("hex"),
};
