import { queueCharsMax, queueHighWater } from "../../src/core/limits.js";
import { assertSame, explore } from "./world/explore.js";
import { World } from "./world/world.js";

explore("a friend who stops reading slows nobody else and costs bounded memory", (seed) => {
  const world = new World({ seed, weather: { bufferBytes: 4_096 } }).start();
  world.member("Bob").console.stall();
  const lines = world.dice.whole(20, 60);
  for (let line = 0; line < lines; line += 1) {
    world.say("Alice", "Bob", `${line} ${"b".repeat(2_000)}`);
    world.say("Alice", "Martha", `${line} short`);
  }
  world.time.runFor(5_000);
  assertSame(world.member("Martha").heardFrom("Alice"), world.member("Alice").said.get("Martha") ?? [], "Martha heard");
  if (world.member("Bob").console.unreadMax > 64 * 1_024) throw new Error("Bob's screen holds too much");
  if (queueHighWater > queueCharsMax) throw new Error("the bounds contradict each other");
  world.member("Bob").console.unstall();
  world.time.runFor(20_000);
  assertSame(world.member("Bob").heardFrom("Alice"), world.member("Alice").said.get("Bob") ?? [], "Bob heard");
  world.stop();
});

explore("a friend whose screen stalls beyond the idle timeout loses nothing", (seed) => {
  const world = new World({ seed, names: ["Alice", "Bob"], weather: { bufferBytes: 1_024 } }).start();
  world.say("Alice", "Bob", "before");
  world.time.runFor(1_000);
  world.member("Bob").console.stall();
  for (let line = 0; line < 8; line += 1) world.say("Alice", "Bob", `${line} ${"b".repeat(600)}`);
  world.time.runFor(world.dice.between(1_000, 110_000));
  world.member("Bob").console.unstall();
  world.time.runFor(30_000);
  assertSame(world.member("Bob").heardFrom("Alice"), world.member("Alice").said.get("Bob") ?? [], "Bob heard");
  world.stop();
});
