// Five hundred members in the simulation, with the production code, each sending to ten others.

import { performance } from "node:perf_hooks";
import { World } from "../sim/world/world.js";
import { single, type Row } from "./report.js";

const members = 500;
const friendsEach = 10;
const withinMs = 60_000;

export function multitude(): Promise<readonly Row[]> {
  const names = Array.from({ length: members }, (_, index) => `Member${String(index + 1)}`);
  const began = performance.now();
  const world = new World({ seed: 1, dialect: "secure", names }).start();
  for (const [index, name] of names.entries())
    for (let friend = 1; friend <= friendsEach; friend += 1) {
      const to = names[(index + friend * friend) % members]!;
      world.time.after(world.dice.between(0, withinMs), () => world.say(name, to, `hello from ${name}`));
    }
  world.time.runFor(2 * withinMs);
  for (const name of names)
    for (const [friend, said] of world.member(name).said)
      if (world.member(friend).heardFrom(name).join() !== said.join())
        throw new Error(`${friend} did not hear ${name}`);
  const seconds = (performance.now() - began) / 1_000;
  const bytes = process.memoryUsage().rss / 2 ** 20;
  return Promise.resolve([
    single("500 simulated members, 5,000 streams", "s", seconds, { most: 60 }),
    single("500 simulated members, memory", "MiB", bytes, { most: 4_096 }),
  ]);
}
