// Unwraps a Result in tests.

import type { Result } from "../../src/core/types.js";

/** Returns the value; throws if the result is a fault. */
export function valueOf<Value>(result: Result<Value>): Value {
  if (!result.ok) throw new Error(result.message);
  return result.value;
}
