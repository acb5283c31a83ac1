import { explore } from "./world/explore.js";
import { World } from "./world/world.js";

/** Finds the line that is shown as two, because the network held it back in its middle for longer than the quiet time. */
const completed = (tail: string, heard: readonly string[], said: readonly string[]): number => {
  const heads = heard.slice(0, heard.indexOf(tail));
  return said.findIndex((whole) => heads.some((head) => head + tail === whole));
};

const names = ["Alice", "Bob", "Martha"] as const;

explore("through cuts and resets each sender's order is kept, and every loss is announced", (seed) => {
  const world = new World({ seed, weather: { resets: 0.05, bufferBytes: 200 } }).start();
  schedule(world);
  world.time.runFor(60_000);
  world.internet.weather = { ...world.internet.weather, resets: 0 };
  world.time.runFor(200_000);
  for (const from of names) for (const to of names) if (from !== to) checkPair(world, from, to);
  world.stop();
});

function schedule(world: World): void {
  const { dice, time } = world;
  for (let line = 0; line < 40; line += 1) {
    const from = dice.pick(names);
    const to = dice.pick(names.filter((name) => name !== from));
    const text = `${line} ${"x".repeat(dice.whole(0, 90))} ${line}`;
    time.after(dice.between(0, 50_000), () => world.say(from, to, text));
  }
  for (let cut = 0; cut < dice.whole(0, 3); cut += 1) {
    const [one, other] = [dice.pick(names), dice.pick(names)].map((name) => world.address(name)) as [string, string];
    const start = dice.between(0, 45_000);
    time.after(start, () => world.internet.cut(one, other));
    time.after(start + dice.between(10, 20_000), () => world.internet.heal(one, other));
  }
}

// Lines that the kernel took may be lost with their connection, and a line that it took in part is sent again.
// But a broken connection is announced, a torn line is the beginning of a true one, and the order is kept.
function checkPair(world: World, from: string, to: string): void {
  const said = world.member(from).said.get(to) ?? [];
  const heard = world.member(to).heardFrom(from);
  let last = -1;
  const seen = new Set<number>();
  for (const text of heard) {
    const index = said.includes(text) ? said.indexOf(text) : completed(text, heard, said);
    if (index < 0 && !said.some((whole) => whole.startsWith(text)))
      throw new Error(`${to} heard what ${from} never said: ${text}`);
    if (index < 0 || seen.has(index)) continue;
    if (index < last) throw new Error(`${to} heard ${from}'s line ${said[index] ?? ""} after a later one`);
    last = index;
    seen.add(index);
  }
  const broke = [from, to].some((name, side) => {
    const friend = side === 0 ? to : from;
    return world.member(name).transcript.some((line) => line.startsWith(`Connection with ${friend} broke`));
  });
  if (seen.size < said.length && !broke) throw new Error(`${from} lost a line to ${to} and the user was not told`);
}
