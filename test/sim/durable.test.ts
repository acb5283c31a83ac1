// The promises of the secure dialect, through failures of machines, programs and the network. The checks for every
// commit are in world/virtual-disk.ts.

import { explore } from "./world/explore.js";
import { chatter, deaths, disturb, heal } from "./world/trouble.js";
import { World } from "./world/world.js";

const weather = { resets: 0.02, bufferBytes: 2_000 };

explore(
  "two new members talk without set-up, and both print the same time-out",
  (seed) => {
    const world = new World({ seed, dialect: "secure", names: ["Alice", "Bob"] }).start();
    chatter(world, { lines: 12, withinMs: 30_000 });
    world.time.runFor(400_000);
    world.assertAllHeard();
    world.assertNothingWaits();
    for (const name of world.names)
      if (!world.member(name).transcript.some((line) => line.endsWith(" timed out")))
        throw new Error(`${name} read no time-out`);
    world.stop();
  },
  0.5,
);

explore(
  "crossing dials leave one connection, and lose, repeat and reorder nothing",
  (seed) => {
    const world = new World({ seed, dialect: "secure", names: ["Alice", "Bob"] }).start();
    const { dice, time } = world;
    for (let line = 0; line < 3; line += 1)
      for (const [from, to] of [
        ["Alice", "Bob"],
        ["Bob", "Alice"],
      ] as const)
        time.after(dice.between(0, 150), () => world.say(from, to, `${from} ${line}`));
    time.runFor(15_000);
    world.assertAllHeard();
    world.assertNothingWaits();
    const ends = world.internet.connections().length;
    if (ends !== 2) throw new Error(`${ends} ends of connections are left, where one connection has two`);
    world.stop();
  },
  0.5,
);

explore("kills at any moment lose, repeat and reorder nothing", (seed) => {
  const world = new World({ seed, dialect: "secure", weather }).start();
  chatter(world, { lines: 40, withinMs: 60_000 });
  deaths(world, { count: world.dice.whole(1, 12), withinMs: 60_000 });
  world.time.runFor(70_000);
  heal(world);
  world.assertAllCommitted();
  world.assertNothingWaits();
  world.assertShownOnce();
  world.stop();
});

explore("cuts, one-way silence and power loss lose, repeat and reorder nothing", (seed) => {
  // Silence ends no connection here, so a connection that swallows everything must be noticed by other means.
  const attributes = (): string => (seed % 2 === 0 ? "idle=never" : "");
  const world = new World({ seed, dialect: "secure", weather: { ...weather, losses: 0.05 }, attributes }).start();
  const { dice } = world;
  chatter(world, { lines: 40, withinMs: 90_000 });
  deaths(world, { count: dice.whole(0, 3), withinMs: 90_000 });
  for (let fault = dice.whole(1, 6); fault > 0; fault -= 1) disturb(world);
  world.time.runFor(150_000);
  heal(world);
  world.assertAllCommitted();
  world.assertNothingWaits();
  world.assertShownOnce();
  world.stop();
});
