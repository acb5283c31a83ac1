import { explore } from "./world/explore.js";
import { World } from "./world/world.js";

explore("messages for an unreachable friend are sent in order when the friend answers", (seed) => {
  const world = new World({ seed, names: ["Alice", "Bob"] });
  world.member("Alice").start();
  world.time.runFor(1);
  const lines = world.dice.whole(1, 6);
  for (let line = 0; line < lines; line += 1)
    world.time.after(world.dice.between(0, 20_000), () => world.say("Alice", "Bob", `line ${line}`));
  world.time.after(world.dice.between(0, 60_000), () => world.member("Bob").start());
  world.time.runFor(120_000);
  world.assertAllHeard();
  world.stop();
});

explore("a cut that heals loses nothing, during dials, talk and idle timeouts", (seed) => {
  // A line that is cut in two for longer than the quiet time is shown as two, because the line dialect cannot tell it from an
  // unfinished one. So segments stay whole here.
  const world = new World({ seed, names: ["Alice", "Bob"], weather: { splits: 0 } }).start();
  const { dice, time } = world;
  for (let line = 0; line < 10; line += 1) {
    const [from, to] = dice.chance(0.5) ? (["Alice", "Bob"] as const) : (["Bob", "Alice"] as const);
    time.after(dice.between(0, 10_000), () => world.say(from, to, `line ${line}`));
  }
  time.after(dice.between(0, 8_000), () => world.internet.cut(world.address("Alice"), world.address("Bob")));
  time.after(dice.between(8_000, 30_000), () => world.internet.heal(world.address("Alice"), world.address("Bob")));
  time.runFor(100_000);
  world.assertAllHeard();
  world.stop();
});

explore("a machine that freezes and thaws does not spin, loses no message, and talks again", (seed) => {
  const world = new World({ seed, names: ["Alice", "Bob"] }).start();
  const { dice, time } = world;
  for (let line = 0; line < 8; line += 1)
    time.after(dice.between(0, 300_000), () => world.say("Alice", "Bob", `line ${line}`));
  time.after(dice.between(0, 200_000), () => world.member("Bob").clock.freeze(dice.between(10, 100_000_000)));
  time.runFor(100_400_000);
  world.say("Bob", "Alice", "good morning");
  time.runFor(10_000);
  world.assertAllHeard();
  world.stop();
});
