import t from "tap";
import { World } from "./world/world.js";

function day(seed: number): readonly string[] {
  const world = new World({ seed, weather: { resets: 0.02 } }).start();
  for (let line = 0; line < 30; line += 1) {
    const from = world.dice.pick(world.names);
    const to = world.dice.pick(world.names);
    world.time.after(world.dice.between(0, 400_000), () => world.say(from, to, `line ${line}`));
  }
  world.time.runFor(800_000);
  world.stop();
  return [...world.trace, ...world.names.flatMap((name) => world.member(name).console.lines)];
}

t.test("the same seed gives the same trace, another seed another one", (test) => {
  for (let seed = 1; seed <= 20; seed += 1) test.strictSame(day(seed), day(seed), `world ${seed}`);
  test.notSame(day(1), day(2));
  test.end();
});
