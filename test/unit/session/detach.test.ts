// idle=detach: the peer forgets an idle connection without closing it.

import { crossingMs } from "../../../src/core/limits.js";
import { promise } from "../kit/promise.js";
import { idleMs, SessionRig } from "../kit/session-rig.js";

const tick = 40;

const detach = { kind: "detach", afterMs: idleMs } as const;

promise("reports the idle timeout, keeps the connection open and goes on reading", (t) => {
  const rig = new SessionRig(detach);
  const connection = rig.dialled();
  rig.carry();
  rig.pass(idleMs + tick);
  t.strictSame(rig.shown, ["timed out"]);
  t.notOk(connection.ended || connection.destroyed || connection.paused);
  t.notOk(rig.session.ready);
  rig.pass(5 * idleMs);
  t.strictSame(rig.shown, ["timed out"]);
});

promise("answers on a detached connection when the friend sends on it again", (t) => {
  const rig = new SessionRig(detach);
  const connection = rig.dialled();
  rig.carry();
  rig.pass(idleMs + tick);
  rig.turn(() => connection.say("still here\n"));
  rig.carry("good\n");
  t.equal(connection.text, "hello\ngood\n");
  rig.pass(idleMs + tick);
  t.strictSame(rig.shown, ["timed out", "still here", "timed out"]);
});

promise("closes a detached connection only after a newer one has opened", (t) => {
  const rig = new SessionRig(detach);
  const old = rig.dialled();
  rig.carry();
  rig.pass(idleMs + tick);
  rig.session.want();
  const fresh = rig.network.last;
  t.not(fresh, old);
  rig.turn();
  t.notOk(old.ended, "the other order crashes older programs");
  rig.turn(() => fresh.open());
  rig.pass(crossingMs - tick);
  t.notOk(old.ended, "the friend has not yet accepted the new one");
  rig.pass(2 * tick);
  t.ok(old.ended);
  rig.carry("again\n");
  t.equal(fresh.text, "again\n");
  rig.turn(
    () => old.fin(),
    () => old.close(),
  );
  t.strictSame(rig.shown, ["timed out"]);
});

promise(
  "closes a detached connection when the friend dials a newer one, unless the friend sends on the old one",
  (t) => {
    for (const speaks of [false, true]) {
      const rig = new SessionRig(detach);
      const old = rig.dialled();
      rig.carry().pass(idleMs + tick);
      const fresh = rig.accepted();
      if (speaks) rig.turn(() => old.say("here\n"));
      rig.pass(crossingMs - tick);
      t.notOk(old.ended);
      rig.pass(2 * tick);
      t.equal(old.ended, !speaks);
      t.notOk(fresh.ended);
    }
  },
);

promise("keeps reading a detached connection when the next dial fails", (t) => {
  const rig = new SessionRig(detach);
  const old = rig.dialled();
  rig.carry();
  rig.pass(idleMs + tick);
  rig.session.want();
  rig.turn(() => rig.network.last.close("ECONNREFUSED"));
  rig.turn(() => old.say("here\n"));
  t.strictSame(rig.shown, ["timed out", "unreachable: connection refused", "here"]);
  t.ok(rig.session.ready);
  rig.carry("there\n");
  t.equal(old.text, "hello\nthere\n");
});

promise("carries again on the next connection what the kernel of a detached one had not taken", (t) => {
  const rig = new SessionRig(detach);
  const old = rig.dialled();
  old.takes = false;
  rig.carry();
  rig.pass(idleMs + tick);
  t.ok(rig.told.includes("untaken"));
  const fresh = rig.dialled();
  rig.carry();
  t.equal(fresh.text, "hello\n");
});
