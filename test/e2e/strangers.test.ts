// Connections from addresses outside the group file are refused.

import t from "tap";
import { Group } from "./kit/group.js";
import { Wire } from "./kit/neighbour.js";

const refusal = "Unknown host trying to connect. Not in peer list!";

t.test("an unknown address is refused with the seed's text, and its messages are not shown", async (t) => {
  const group = await Group.of(t, "Alice", "Bob");
  const alice = await group.start("Alice");
  const stranger = await Wire.dial(t, group.strangersHost, group.at("Alice"));
  stranger.write("let me in\n");
  await alice.sees(refusal);
  await stranger.isTurnedAway();
  const bob = await group.start("Bob");
  bob.say("Alice/am I in?");
  await alice.sees("Bob : am I in?");
  t.notMatch(alice.stdout.text, /let me in/);
});

t.test("127.0.0.1 is refused like any unknown address", async (t) => {
  const group = await Group.of(t, "Alice", "Bob");
  const alice = await group.start("Alice");
  await (await Wire.dial(t, "127.0.0.1", group.at("Alice"))).isTurnedAway();
  await alice.sees(refusal);
});
