import { assertSame } from "./world/assert-same.js";
import { explore } from "./world/explore.js";
import { OldProgram } from "./world/old-program.js";
import { VirtualClock } from "./world/virtual-time.js";
import { idleMs, World } from "./world/world.js";

explore("with idle=detach, a neighbour that a FIN would kill survives and talks", (seed) => {
  const world = new World({
    seed,
    names: ["Alice", "Old"],
    attributes: (_, row) => (row === "Old" ? "idle=detach" : ""),
  });
  const clock = new VirtualClock(world.time);
  world.members.delete("Old");
  const old = new OldProgram({
    network: world.internet.host(world.address("Old"), clock),
    clock,
    peer: { host: world.address("Alice"), port: 6969 },
    timeoutMs: idleMs * world.dice.between(1.05, 4),
  });
  world.start();
  converse(world, old);
  if (old.fate !== "alive") throw new Error(`it has ${old.fate}`);
  assertSame(world.member("Alice").heardFrom("Old"), old.said, "Alice heard");
  assertSame(old.heard, world.member("Alice").said.get("Old") ?? [], "the old program heard");
  world.stop();
});

// Its timeout is longer than ours, so we never send on a connection that it has forgotten. The two sides never
// send within one round trip after a silence, because its protocol cannot carry that.
function converse(world: World, old: OldProgram): void {
  for (let line = 0; line < 12; line += 1) {
    if (world.dice.chance(0.5)) world.say("Alice", "Old", `to old ${line}`);
    else old.say(`from old ${line}`);
    world.time.runFor(world.dice.chance(0.3) ? idleMs * world.dice.between(0.8, 5) : world.dice.between(300, 5_000));
  }
  world.time.runFor(5_000);
}
