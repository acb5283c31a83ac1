import { assertSame, explore } from "./world/explore.js";
import { idleMs, World } from "./world/world.js";

explore(
  "a line typed while the connection is idling out still arrives, in order, and both sides read one time-out",
  (seed) => {
    const world = new World({ seed, names: ["Alice", "Bob"] }).start();
    const periods = world.dice.whole(1, 4);
    world.say("Alice", "Bob", "first");
    for (let period = 0; period < periods; period += 1) {
      const typed = world.time.now + idleMs;
      for (let line = 0; line < world.dice.whole(1, 4); line += 1) {
        const [from, to] = world.dice.chance(0.5) ? ["Alice", "Bob"] : ["Bob", "Alice"];
        const text = `edge ${period}.${line}`;
        world.time.after(typed - world.time.now + world.dice.between(-60, 160), () => world.say(from!, to!, text));
      }
      world.time.runFor(idleMs + 300);
    }
    world.time.runFor(idleMs * 2);
    for (const [name, friend] of [
      ["Alice", "Bob"],
      ["Bob", "Alice"],
    ] as const) {
      assertSame(
        world.member(name).heardFrom(friend),
        world.member(friend).said.get(name) ?? [],
        `${name} heard from ${friend}`,
      );
    }
    const notices = ["Bob", "Alice"].map((name, index) =>
      world.member(["Alice", "Bob"][index]!).count(`Connection with ${name} timed out`),
    );
    if (notices[0] !== notices[1] || notices[0] === 0) throw new Error(`time-outs: ${String(notices)}`);
    world.stop();
  },
);
