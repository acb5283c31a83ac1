import { crossingMs } from "../../../src/core/limits.js";
import { movesTo } from "../../../src/session/crossing.js";
import { transition, type Cause, type SessionState } from "../../../src/session/transitions.js";
import { promise } from "../kit/promise.js";

const states: readonly SessionState[] = ["closed", "dialling", "open", "waiting"];

/** Per cause, where each state goes; a dash is a pair that must not happen. */
const picture: Readonly<Record<Cause, readonly (SessionState | "-")[]>> = {
  want: ["dialling", "-", "-", "-"],
  postpone: ["waiting", "-", "-", "-"],
  stand: ["open", "open", "open", "open"],
  failed: ["-", "waiting", "-", "-"],
  retry: ["-", "-", "-", "dialling"],
  idle: ["-", "-", "closed", "-"],
  lost: ["-", "-", "closed", "-"],
};

promise("every pair of state and cause goes where the picture says, or is a bug", (t) => {
  for (const [cause, targets] of Object.entries(picture) as [Cause, (SessionState | "-")[]][])
    for (const [index, state] of states.entries()) {
      const target = targets[index];
      const go = (): SessionState => transition(state, cause);
      if (target === "-") t.throws(go, { message: `no transition from "${state}" by "${cause}"` });
      else t.equal(go(), target, `${state} by ${cause}`);
    }
});

const dialled = (stoodAt: number): { dialled: boolean; stoodAt: number } => ({ dialled: true, stoodAt });
const accepted = (stoodAt: number): { dialled: boolean; stoodAt: number } => ({ dialled: false, stoodAt });

promise("messages move to the newer connection, except to one that crossed the dial that carries them", (t) => {
  t.notOk(movesTo(accepted(1_000), dialled(1_000)), "crossed at once");
  t.notOk(movesTo(accepted(1_000 + crossingMs - 1), dialled(1_000)), "crossed late");
  t.ok(movesTo(accepted(1_000 + crossingMs), dialled(1_000)), "dialled anew: it has forgotten ours");
  t.ok(movesTo(accepted(1_001), accepted(1_000)));
  t.ok(movesTo(dialled(1_001), accepted(1_000)));
  t.ok(movesTo(dialled(1_001), dialled(1_000)));
});

promise("when two dials cross, each side sends on its own, and so both read what the other sends", (t) => {
  for (const theirs of [-900, -1, 0, 1, 900]) {
    const [ourDial, theirDial] = [1_000, 1_000 + theirs];
    const weKeepOurs =
      theirDial < ourDial
        ? movesTo(dialled(ourDial), accepted(theirDial))
        : !movesTo(accepted(theirDial), dialled(ourDial));
    t.ok(weKeepOurs, `theirs stands ${String(theirs)} ms after ours`);
  }
});
