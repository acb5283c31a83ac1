import type { Weather } from "./world/virtual-network.js";
import { explore } from "./world/explore.js";
import { idleMs, World } from "./world/world.js";

explore("a line typed at the idle timeout still arrives, and both sides print the same time-outs", (seed) => {
  const world = talkAtTheEdge(seed, {});
  world.assertAllHeard();
  const [alice, bob] = [timeouts(world, "Alice", "Bob"), timeouts(world, "Bob", "Alice")];
  if (alice !== bob || alice === 0) throw new Error(`Alice read ${alice} time-outs and Bob ${bob}`);
  world.stop();
});

explore("with lost packets, messages on a closing connection are shown before later ones", (seed) => {
  const world = talkAtTheEdge(seed, { losses: 0.15 });
  world.assertAllHeard();
  world.stop();
});

/** Several times: silence for the idle timeout, then a few lines from either side around its end. */
function talkAtTheEdge(seed: number, weather: Partial<Weather>): World {
  const world = new World({ seed, names: ["Alice", "Bob"], weather }).start();
  const { dice, time } = world;
  world.say("Alice", "Bob", "first");
  for (let period = dice.whole(1, 4); period > 0; period -= 1) {
    for (let line = dice.whole(1, 4); line > 0; line -= 1) {
      const [from, to] = dice.chance(0.5) ? (["Alice", "Bob"] as const) : (["Bob", "Alice"] as const);
      time.after(idleMs + dice.between(-60, 160), () => world.say(from, to, `edge ${period}.${line}`));
    }
    time.runFor(idleMs + 300);
  }
  time.runFor(idleMs * 2);
  return world;
}

function timeouts(world: World, name: string, friend: string): number {
  return world.member(name).count(`Connection with ${friend} timed out`);
}
