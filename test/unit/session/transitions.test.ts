import { crossingMs } from "../../../src/core/limits.js";
import { movesTo, type Candidate } from "../../../src/session/crossing.js";
import { transition, type Cause, type SessionState } from "../../../src/session/transitions.js";
import { promise } from "../kit/promise.js";

const states: readonly SessionState[] = ["closed", "dialling", "open", "waiting"];

/** Per cause, where each state goes; a dash is a pair that must not happen. */
const picture: Readonly<Record<Cause, readonly (SessionState | "-")[]>> = {
  want: ["dialling", "-", "-", "-"],
  postpone: ["waiting", "-", "-", "-"],
  opened: ["open", "open", "open", "open"],
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

const dialled = (openedAt: number): Candidate => ({ dialled: true, openedAt: openedAt, preferred: undefined });
const accepted = (openedAt: number): Candidate => ({ dialled: false, openedAt: openedAt, preferred: undefined });

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

promise(
  "where both sides prefer the same one of two that crossed, both move to it or stay, whatever came first",
  (t) => {
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
  },
);

promise(
  "preferred or not, a connection that stands long gives way to a newer one, and so does one dialled by the same side",
  (t) => {
    const preferred = { dialled: true, openedAt: 1_000, preferred: true };
    t.notOk(movesTo({ dialled: false, openedAt: 1_000 + crossingMs - 1, preferred: false }, preferred));
    t.ok(movesTo({ dialled: false, openedAt: 1_000 + crossingMs, preferred: false }, preferred));
    t.ok(movesTo({ dialled: true, openedAt: 1_001, preferred: true }, preferred));
  },
);
