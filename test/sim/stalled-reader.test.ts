import { screenHighWater } from "../../src/core/limits.js";
import { PeerTable } from "../../src/core/peer-table.js";
import { assertSame } from "./world/assert-same.js";
import { explore } from "./world/explore.js";
import { World } from "./world/world.js";

explore(
  "a friend who stops reading slows no other member, and the messages wait at the sender",
  (seed) => {
    const world = new World({ seed, weather: { bufferBytes: 65_536, splits: 0 } }).start();
    const { dice, time } = world;
    world.member("Bob").console.stall();
    world.say("Alice", "Bob", "first");
    for (let line = dice.whole(40, 60); line > 0; line -= 1) {
      world.say("Alice", "Bob", `${line} ${"b".repeat(12_000)}`);
      world.say("Alice", "Martha", `${line} short`);
    }
    time.runFor(10_000);
    assertSame(
      world.member("Martha").heardFrom("Alice"),
      world.member("Alice").said.get("Martha") ?? [],
      "Martha heard",
    );
    world.member("Alice").console.type("/peers");
    time.runFor(1);
    if (!/^Bob .*messages are waiting$/m.test(world.member("Alice").console.shown))
      throw new Error("no message waits for Bob");
    world.member("Bob").console.unstall();
    time.runFor(20_000);
    world.assertAllHeard();
    world.stop();
  },
  0.25,
);

explore("a friend whose screen is blocked beyond the idle timeout loses no message and no connection", (seed) => {
  const world = new World({ seed, names: ["Alice", "Bob"] }).start();
  const { dice, time } = world;
  world.say("Alice", "Bob", "before");
  time.runFor(1_000);
  world.member("Bob").console.stall();
  for (let line = dice.whole(5, 20); line > 0; line -= 1) {
    world.say("Alice", "Bob", `${line} while the screen stood still`);
    time.runFor(dice.between(10_000, 60_000));
  }
  assertSame(world.member("Alice").transcript, [], "Alice was told");
  world.member("Bob").console.unstall();
  time.runFor(30_000);
  world.assertAllHeard();
  world.stop();
});

explore("lines that the kernel had not taken when a connection broke are sent on the next one", (seed) => {
  const bufferBytes = 1_024;
  const world = new World({ seed, names: ["Alice", "Bob"], weather: { bufferBytes } }).start();
  const lines = world.dice.whole(10, 40);
  world.member("Bob").console.stall();
  world.say("Alice", "Bob", "first");
  world.time.runFor(1_000);
  for (let line = 0; line < lines; line += 1) world.say("Alice", "Bob", `${line} ${"b".repeat(200)}`);
  world.time.runFor(2_000);
  for (const end of world.internet.connections())
    if (end.localHost === world.address("Alice")) world.internet.reset(end);
  world.time.runFor(100);
  world.member("Bob").console.unstall();
  world.time.runFor(60_000);
  const heard = new Set(world.member("Bob").heardFrom("Alice"));
  const lost = (world.member("Alice").said.get("Bob") ?? []).filter((text) => !heard.has(text));
  if (lost.length * 200 > bufferBytes + 200) throw new Error(`${lost.length} lines lost, more than any kernel held`);
  world.stop();
});

explore(
  "while the screen is full, a new group file does not resume reading from members that leave or join",
  (seed) => {
    const world = new World({ seed, weather: { bufferBytes: 65_536, splits: 0 } }).start();
    const [alice, bob] = [world.member("Alice"), world.member("Bob")];
    bob.console.stall();
    world.say("Martha", "Bob", "first");
    world.time.runFor(1_000);
    for (let line = 0; line < 12; line += 1) world.say("Alice", "Bob", `${line} ${"a".repeat(60_000)}`);
    world.time.runFor(5_000);
    const table = world.table("Bob");
    bob.running.replaceTable("group", new PeerTable(table.peers.filter(({ name }) => name !== "Alice")));
    world.time.runFor(5_000);
    bob.running.replaceTable("group", table);
    world.time.runFor(5_000);
    for (let line = 12; line < 24; line += 1) world.say("Alice", "Bob", `${line} ${"a".repeat(60_000)}`);
    world.time.runFor(60_000);
    alice.console.type("/peers");
    world.time.runFor(1);
    if (!/^Bob .*messages are waiting$/m.test(alice.console.shown)) throw new Error("no message waits for Bob");
    bob.console.unstall();
    world.time.runFor(60_000);
    const fromBefore = bob.heardFrom("Alice").filter((text) => parseInt(text) < 12);
    if (fromBefore.join("").length > 2 * screenHighWater) throw new Error(`${fromBefore.length} lines came in`);
    if (bob.heardFrom("Alice").at(-1) !== alice.said.get("Bob")?.at(-1)) throw new Error("Bob heard no more of Alice");
    world.stop();
  },
  0.25,
);
