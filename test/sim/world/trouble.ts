// Events of a simulated world: talk, deaths, cuts, one-way silence; and a calm in which every message must arrive.

import type { SimulatedMember, World } from "./world.js";

export function chatter(
  world: World,
  { lines, withinMs }: { readonly lines: number; readonly withinMs: number },
): void {
  const { dice, time } = world;
  for (let line = 0; line < lines; line += 1) {
    const from = dice.pick(world.names);
    const to = dice.pick(world.names.filter((name) => name !== from));
    const text = `${line} ${"x".repeat(dice.chance(0.1) ? dice.whole(500, 5_000) : dice.whole(0, 60))}`;
    time.after(dice.between(0, withinMs), () => world.member(from).alive && world.say(from, to, text));
  }
}

const ways = (member: SimulatedMember): readonly (() => void)[] => [
  () => member.losePower(),
  () => member.kill(),
  () => member.killInCommit(),
  () => member.killAfterCommit(),
];

export function deaths(world: World, { count, withinMs }: { readonly count: number; readonly withinMs: number }): void {
  const { dice, time } = world;
  for (let death = 0; death < count; death += 1) {
    const member = world.member(dice.pick(world.names));
    const at = dice.between(0, withinMs);
    const way = dice.pick(ways(member));
    time.after(at, way);
    time.after(at + dice.between(1, 15_000), () => {
      member.kill();
      member.restart();
    });
  }
}

export function disturb(world: World): void {
  const { dice, time, internet } = world;
  const one = dice.pick(world.names);
  const other = dice.pick(world.names.filter((name) => name !== one));
  const [from, to] = [world.address(one), world.address(other)];
  const start = dice.between(0, 90_000);
  const end = start + dice.between(100, 40_000);
  if (dice.chance(0.5)) {
    time.after(start, () => internet.cut(from, to));
    time.after(end, () => internet.heal(from, to));
  } else {
    time.after(start, () => internet.mute(from, to));
    time.after(end, () => internet.unmute(from, to));
  }
}

/** A good network, all members alive, and time for the waiting messages. */
export function heal(world: World): void {
  world.internet.weather = { ...world.internet.weather, resets: 0, losses: 0 };
  for (const name of world.names) world.member(name).restart();
  world.time.runFor(300_000);
}
