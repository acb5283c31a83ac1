// A row with `idle=detach`: for older programs that hang on our FIN, and that forget a connection without closing it.

import t, { type Test } from "tap";
import { Group } from "./kit/group.js";
import type { Member } from "./kit/member.js";
import { Neighbour, Wire } from "./kit/neighbour.js";
import { timePasses } from "./kit/patience.js";

interface Scene {
  readonly alice: Member;
  readonly bob: Neighbour;
  /** The connection that Alice dialled, which has timed out since. */
  readonly old: Wire;
  readonly dial: () => Promise<Wire>;
}

async function timedOut(t: Test): Promise<Scene> {
  const group = await Group.of(t, "Alice", "Bob idle=detach");
  const bob = await Neighbour.listen(t, group.at("Bob"));
  const alice = await group.start("Alice", "--idle-timeout", "1.5");
  alice.say("Bob/one");
  const old = await bob.wire();
  await old.heard.sees("one");
  await alice.sees("Connection with Bob timed out");
  return { alice, bob, old, dial: () => Wire.dial(t, group.hostOf("Bob"), group.at("Alice")) };
}

t.test("the notice is printed once, and the connection stays open and is read", async (t) => {
  const { alice, old } = await timedOut(t);
  await timePasses(1_700);
  t.notOk(old.ended, "no FIN");
  t.equal(alice.stdout.count("Connection with Bob timed out"), 1);
  old.write("late, on the forgotten connection\n");
  await alice.sees("Bob : late, on the forgotten connection");
});

t.test("the next message dials anew, and only then the old connection is closed", async (t) => {
  const { alice, bob, old } = await timedOut(t);
  t.notOk(old.ended, "still open before the new one stands");
  alice.say("Bob/two");
  await (await bob.wire(2)).heard.sees("two");
  await old.seesEnd();
  t.equal(old.heard.text, "one\n", "nothing more went out on the old one");
});

t.test("answers a neighbour that dials again on the new connection, and closes the old one", async (t) => {
  const { alice, bob, old, dial } = await timedOut(t);
  const fresh = await dial();
  fresh.write("me again\n");
  await alice.sees("Bob : me again");
  alice.say("Bob/welcome back");
  await fresh.heard.sees("welcome back");
  await old.seesEnd();
  t.equal(bob.wires.length, 1, "nothing was dialled");
});

t.test("prints one notice for each silence", async (t) => {
  const { alice, bob } = await timedOut(t);
  alice.say("Bob/two");
  await (await bob.wire(2)).heard.sees("two");
  await alice.sees("Connection with Bob timed out", 2);
});

t.test("at the exit the detached connection is closed", async (t) => {
  const { alice, old } = await timedOut(t);
  const exit = alice.stop();
  await old.seesEnd();
  old.end();
  t.same(await exit, { code: 0, signal: null });
});
