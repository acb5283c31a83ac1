import { crossingMs } from "../../../src/core/limits.js";
import { movesTo, type Candidate } from "../../../src/session/crossing.js";
import { transition, type Cause, type SessionState } from "../../../src/session/transitions.js";
import { promise } from "../kit/promise.js";

const states: readonly SessionState[] = ["closed", "dialling", "open", "waiting"];

/** For each cause, the next state from each state; a dash is a pair that must throw. */
const expected: Readonly<Record<Cause, readonly (SessionState | "-")[]>> = {
  want: ["dialling", "-", "-", "-"],
  postpone: ["waiting", "-", "-", "-"],
  opened: ["open", "open", "open", "open"],
  failed: ["-", "waiting", "-", "-"],
  retry: ["-", "-", "-", "dialling"],
  idle: ["-", "-", "closed", "-"],
  lost: ["-", "-", "closed", "-"],
};

promise("enters the expected state for each pair of state and cause, or throws", (t) => {
  for (const [cause, targets] of Object.entries(expected) as [Cause, (SessionState | "-")[]][])
    for (const [index, state] of states.entries()) {
      const target = targets[index];
      const enter = (): SessionState => transition(state, cause);
      if (target === "-") t.throws(enter, { message: `no transition from "${state}" by "${cause}"` });
      else t.equal(enter(), target, `${state} by ${cause}`);
    }
});

const dialled = (openedAt: number): Candidate => ({ dialled: true, openedAt: openedAt, preferred: undefined });
const accepted = (openedAt: number): Candidate => ({ dialled: false, openedAt: openedAt, preferred: undefined });

promise("moves messages to the newer connection, unless it crossed the dial that carries them", (t) => {
  t.notOk(movesTo(accepted(1_000), dialled(1_000)), "crossed at once");
  t.notOk(movesTo(accepted(1_000 + crossingMs - 1), dialled(1_000)), "crossed late");
  t.ok(
    movesTo(accepted(1_000 + crossingMs), dialled(1_000)),
    "the peer dialled again and has forgotten our connection",
  );
  t.ok(movesTo(accepted(1_001), accepted(1_000)));
  t.ok(movesTo(dialled(1_001), accepted(1_000)));
  t.ok(movesTo(dialled(1_001), dialled(1_000)));
});

promise("lets each program send on its own dial when two cross, so that each reads what the peer sends", (t) => {
  for (const theirs of [-900, -1, 0, 1, 900]) {
    const [ourDial, theirDial] = [1_000, 1_000 + theirs];
    const weKeepOurs =
      theirDial < ourDial
        ? movesTo(dialled(ourDial), accepted(theirDial))
        : !movesTo(accepted(theirDial), dialled(ourDial));
    t.ok(weKeepOurs, `the peer's dial opens ${String(theirs)} ms after ours`);
  }
});

promise("makes both programs use the preferred one of two crossed dials, whichever opened first", (t) => {
  for (const aliceIsPreferred of [true, false])
    for (const gap of [-crossingMs + 1, -1, 0, 1, crossingMs - 1]) {
      const [aliceDial, bobDial] = [5_000, 5_000 + gap];
      const kept = ["Alice", "Bob"].map((side) => {
        const ofAlice = { dialled: side === "Alice", openedAt: aliceDial, preferred: aliceIsPreferred };
        const ofBob = { dialled: side === "Bob", openedAt: bobDial, preferred: !aliceIsPreferred };
        const [older, newer] = aliceDial <= bobDial ? [ofAlice, ofBob] : [ofBob, ofAlice];
        const stays = movesTo(newer, older) ? newer : older;
        return stays === ofAlice ? "Alice" : "Bob";
      });
      const preferred = aliceIsPreferred ? "Alice" : "Bob";
      t.strictSame(kept, [preferred, preferred], `${preferred}'s, Bob's ${String(gap)} ms later`);
    }
});

promise("moves from a preferred connection to one that opened much later, or was dialled by the same program", (t) => {
  const preferred = { dialled: true, openedAt: 1_000, preferred: true };
  t.notOk(movesTo({ dialled: false, openedAt: 1_000 + crossingMs - 1, preferred: false }, preferred));
  t.ok(movesTo({ dialled: false, openedAt: 1_000 + crossingMs, preferred: false }, preferred));
  t.ok(movesTo({ dialled: true, openedAt: 1_001, preferred: true }, preferred));
});
