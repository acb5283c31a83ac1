import type { Result } from "../../src/core/types.js";

/** The value, in a test that has no use for a fault. */
export function valueOf<Value>(result: Result<Value>): Value {
  if (!result.ok) throw new Error(result.message);
  return result.value;
}
