// Chance: numbers that need only be different, and bytes that nobody may guess.

import { randomBytes } from "node:crypto";
import type { Random } from "../ports.js";

export const nodeRandom: Random = {
  next: () => Math.random(),
  hex: (bytes) => randomBytes(bytes).toString("hex"),
};
