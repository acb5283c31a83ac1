// Runs a promise in many worlds. The failure of a world names its seed and the command that replays it.

import { setImmediate } from "node:timers/promises";
import t from "tap";

const first = Number(process.env["SEED"] ?? "1");
/** A planted bug is found within a hundred worlds. `make sim` explores more. */
const count = Number(process.env["SEEDS"] ?? "100");

/**
 * `promise` throws when the world of that seed breaks it. Worlds that take long get a `share` of the seeds.
 */
export function explore(name: string, promise: (seed: number) => void, share = 1): void {
  const worlds = Math.ceil(count * share);
  t.test(`${name} (${worlds} worlds)`, async (test) => {
    for (let seed = first; seed < first + worlds; seed += 1) {
      try {
        promise(seed);
      } catch (error) {
        test.fail(`world ${seed}: replay with make sim SEED=${seed} SEEDS=1`, { error: String(error) });
        test.comment(error instanceof Error ? (error.stack ?? "") : "");
        break;
      }
      // The stores of earlier worlds are freed between two turns of the event loop.
      await setImmediate();
    }
    test.pass("every world kept it");
  });
}
