// The promises of the secure dialect when a member's disk, screen, keys or clock are in trouble: a full disk, a screen that
// is blocked, another key, a restored backup, a clock that jumps.

import { explore } from "./world/explore.js";
import { chatter, deaths, heal } from "./world/trouble.js";
import { World } from "./world/world.js";

const weather = { resets: 0.02, bufferBytes: 2_000 };

explore(
  "with a full disk a member refuses messages that it cannot store, and keeps the stored ones",
  (seed) => {
    const world = new World({ seed, dialect: "secure", names: ["Alice", "Bob"], weather }).start();
    const { dice, time } = world;
    chatter(world, { lines: 30, withinMs: 60_000 });
    for (let times = dice.whole(1, 4); times > 0; times -= 1) {
      const disk = world.member(dice.pick(world.names)).disk;
      const start = dice.between(0, 60_000);
      time.after(start, () => (disk.failWith = "the disk is full"));
      time.after(start + dice.between(1, 20_000), () => (disk.failWith = undefined));
    }
    const died = dice.whole(0, 2);
    deaths(world, { count: died, withinMs: 60_000 });
    time.runFor(90_000);
    for (const name of world.names) world.member(name).disk.failWith = undefined;
    heal(world);
    world.assertAllCommitted();
    world.assertNothingWaits();
    world.assertShownOnce();
    if (died === 0) for (const name of world.names) world.assertAccountedFor(name);
    world.stop();
  },
  0.25,
);

explore(
  "a blocked screen bounds incoming messages, and a restart shows those that it had not taken",
  (seed) => {
    const world = new World({ seed, dialect: "secure", names: ["Alice", "Bob"], weather: { resets: 0.01 } }).start();
    const { dice, time } = world;
    const bob = world.member("Bob");
    time.after(dice.between(0, 5_000), () => bob.console.stall());
    for (let line = 0; line < 200; line += 1)
      time.after(dice.between(0, 20_000), () =>
        world.say("Alice", "Bob", `${line} ${"x".repeat(dice.whole(20_000, 60_000))}`),
      );
    time.runFor(30_000);
    world.assertBounded("Bob");
    if (dice.chance(0.5)) {
      bob.kill();
      bob.restart();
    } else bob.console.unstall();
    heal(world);
    world.assertAllCommitted();
    world.assertNothingWaits();
    world.assertShownOnce();
    world.stop();
  },
  0.05,
);

explore(
  "a friend with another key gets nothing until trusted, and then the waiting messages",
  (seed) => {
    const world = new World({ seed, dialect: "secure", names: ["Alice", "Bob"] }).start();
    const { dice, time } = world;
    world.say("Alice", "Bob", "before");
    world.say("Bob", "Alice", "before");
    time.runFor(2_000);
    const [alice, bob] = [world.member("Alice"), world.member("Bob")];
    bob.kill();
    bob.loseState();
    bob.restart();
    const lines = dice.whole(1, 5);
    for (let line = 0; line < lines; line += 1)
      time.after(dice.between(0, 20_000), () => world.say("Alice", "Bob", `new ${line}`));
    if (dice.chance(0.5)) time.after(dice.between(0, 20_000), () => world.say("Bob", "Alice", "it is me"));
    time.runFor(60_000);
    if (bob.heardFrom("Alice").length > 0 || alice.shownFrom("Bob").length > 1)
      throw new Error("the unproven were heard");
    if (!alice.transcript.some((line) => line.includes("key is not the one we know")))
      throw new Error("Alice was not warned");
    alice.trust("Bob");
    heal(world);
    if (!alice.transcript.some((line) => line.startsWith("Bob has another key now")))
      throw new Error("the user was not told");
    world.assertNothingWaits();
    world.assertHeardSince("Bob", "Alice", "new");
    world.stop();
  },
  0.25,
);

explore(
  "after a restored backup or a lost database, new messages are still shown",
  (seed) => {
    const world = new World({ seed, dialect: "secure", names: ["Alice", "Bob"], weather }).start();
    const { dice, time } = world;
    const victim = world.member(dice.pick(world.names));
    world.disks.strict = false;
    chatter(world, { lines: 10, withinMs: 10_000 });
    let backup = 0;
    if (dice.chance(0.7)) time.after(dice.between(0, 10_000), () => (backup = victim.disk.moment));
    time.runFor(12_000);
    chatter(world, { lines: dice.whole(0, 10), withinMs: 10_000 });
    time.runFor(12_000);
    world.internet.weather = { ...world.internet.weather, resets: 0 };
    time.runFor(40_000);
    victim.kill();
    victim.restore(backup);
    victim.restart();
    for (let line = 0; line < dice.whole(1, 15); line += 1)
      for (const [from, to] of [
        ["Alice", "Bob"],
        ["Bob", "Alice"],
      ] as const)
        time.after(dice.between(0, 5_000), () => world.say(from, to, `since ${line}`));
    time.runFor(10_000);
    heal(world);
    world.assertNothingWaits();
    world.assertHeardSince("Alice", "Bob", "since");
    world.assertHeardSince("Bob", "Alice", "since");
    world.stop();
  },
  0.5,
);

explore(
  "jumps of the wall clock and sleep of the machine show only in timestamps",
  (seed) => {
    const world = new World({ seed, dialect: "secure", names: ["Alice", "Bob"], weather }).start();
    const { dice, time } = world;
    chatter(world, { lines: 20, withinMs: 60_000 });
    for (let jump = dice.whole(1, 4); jump > 0; jump -= 1)
      time.after(
        dice.between(0, 60_000),
        () => (world.member(dice.pick(world.names)).clock.wallOffsetMs = dice.between(-1e10, 1e10)),
      );
    time.after(dice.between(0, 60_000), () => world.member("Bob").clock.freeze(dice.between(10, 100_000)));
    time.runFor(170_000);
    heal(world);
    world.assertAllCommitted();
    world.assertNothingWaits();
    world.assertShownOnce();
    world.stop();
  },
  0.5,
);
