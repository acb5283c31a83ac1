import { assertSame } from "./world/assert-same.js";
import { explore } from "./world/explore.js";
import { idleMs, World } from "./world/world.js";

const order = ["Alice", "Bob", "Martha"];
const others = (name: string): string[] => order.filter((other) => other !== name);

explore("plays the seed's transcript: messages, time-outs on both sides, messages again", (seed) => {
  const world = new World({ seed }).start();
  for (let round = 0; round < 2; round += 1) {
    for (const name of order) {
      for (const friend of others(name)) world.say(name, friend, `Hello to ${friend} from ${name}`);
      world.time.runFor(world.dice.between(200, 20_000));
    }
    world.time.runFor(idleMs * 1.5);
  }
  for (const name of order) checkTranscript(world, name);
  world.stop();
});

function checkTranscript(world: World, name: string): void {
  const heard = (friend: string): string => `${friend} : Hello to ${name} from ${friend}`;
  const expected = [
    ...others(name).map(heard),
    ...others(name).map((friend) => `Connection with ${friend} timed out`),
  ].sort();
  const transcript = world.member(name).transcript;
  assertSame([...transcript.slice(0, 4)].sort(), expected, `${name}'s first round`);
  assertSame([...transcript.slice(4)].sort(), expected, `${name}'s second round`);
}
