import { explore } from "./world/explore.js";
import { World } from "./world/world.js";

explore("crossing dials lose nothing, repeat nothing and keep each sender's order", (seed) => {
  const world = new World({ seed, names: ["Alice", "Bob"] }).start();
  for (const [name, friend] of [
    ["Alice", "Bob"],
    ["Bob", "Alice"],
  ] as const)
    for (let line = 0; line < 8; line += 1)
      world.time.after(world.dice.between(0, line < 4 ? 60 : 1_500), () => world.say(name, friend, `${name} ${line}`));
  world.time.runFor(10_000);
  world.assertAllHeard();
  world.stop();
});
