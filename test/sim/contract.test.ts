// The delivery contract: each message that was accepted has one end, and it is true, whatever happens to machines, disks, clocks
// and the network between them.

import type { DialectName } from "../../src/core/types.js";
import { explore } from "./world/explore.js";
import { Ledger } from "./world/ledger.js";
import { deaths, heal } from "./world/trouble.js";
import { World } from "./world/world.js";

const weather = { resets: 0.02, bufferBytes: 2_000 };

interface Contract {
  readonly world: World;
  readonly ledger: Ledger;
}

function begin(seed: number, dialect: DialectName, names: readonly string[]): Contract {
  const contract: { ledger?: Ledger } = {};
  const world = new World({
    ...{ seed, dialect, names, weather: dialect === "line" ? { bufferBytes: 2_000 } : weather },
    onStart: (member) => contract.ledger?.begin(member),
  });
  const ledger = (contract.ledger = new Ledger(world));
  world.start();
  return { world, ledger };
}

/** Somebody hands over, with and without names and times, and somebody takes back. */
function business({ world, ledger }: Contract, lines: number, withinMs: number): void {
  const { dice, time } = world;
  for (let line = 0; line < lines; line += 1) {
    const from = dice.pick(world.names);
    const to = dice.pick(world.names.filter((name) => name !== from));
    const named = dice.chance(0.6);
    const at = dice.between(0, withinMs);
    const lasts = dice.chance(0.3) ? dice.pick([0, 1, dice.between(1, 2_000), dice.between(1, 40_000)]) : undefined;
    time.after(at, () => {
      const expires = lasts === undefined ? {} : { expires: world.member(from).clock.wallTime() + lasts };
      ledger.hand(from, to, {
        ...(named && { id: `id ${String(line)}` }),
        ...expires,
        texts: named ? 1 : dice.whole(1, 4),
      });
      if (dice.chance(0.15)) time.after(dice.pick([0, dice.between(0, 3_000)]), () => ledger.cancel(from, to));
    });
  }
}

function fullDisks({ world }: Contract, withinMs: number): void {
  const { dice, time } = world;
  for (let times = dice.whole(1, 3); times > 0; times -= 1) {
    const member = world.member(dice.pick(world.names));
    const start = dice.between(0, withinMs);
    time.after(start, () => (member.disk.failWith = "the disk is full"));
    time.after(start + dice.between(1, 15_000), () => (member.disk.failWith = undefined));
  }
}

/** Nobody reads for a while, so that something waits. */
function cuts({ world }: Contract, withinMs: number): void {
  const { dice, time, internet } = world;
  for (let times = dice.whole(0, 4); times > 0; times -= 1) {
    const [from, to] = [world.address(world.names[0] ?? ""), world.address(world.names[1] ?? "")];
    const start = dice.between(0, withinMs);
    time.after(start, () => internet.cut(from, to));
    time.after(start + dice.between(100, 30_000), () => internet.heal(from, to));
  }
}

function rest({ world, ledger }: Contract): void {
  ledger.deadly = 0;
  for (const name of world.names) world.member(name).disk.failWith = undefined;
  heal(world);
  ledger.assertSettled();
}

explore(
  "each message that was accepted has one true end, through full disks and cuts",
  (seed) => {
    const contract = begin(seed, seed % 3 === 0 ? "line" : "secure", ["Alice", "Bob"]);
    const { world } = contract;
    business(contract, 40, 60_000);
    cuts(contract, 60_000);
    if (seed % 2 === 0) fullDisks(contract, 60_000);
    world.time.runFor(80_000);
    rest(contract);
    if (seed % 3 !== 0) world.assertAllCommitted();
    if (seed % 3 !== 0) world.assertNothingWaits();
    world.assertNobodyStepsBack();
    world.stop();
  },
  0.5,
);

explore(
  "who is killed at any moment tells the end in a later life, the same one, and of what was named none is lost",
  (seed) => {
    const contract = begin(seed, "secure", ["Alice", "Bob"]);
    const { world, ledger } = contract;
    business(contract, 40, 60_000);
    cuts(contract, 60_000);
    if (seed % 3 === 0) fullDisks(contract, 60_000);
    if (seed % 2 === 0) ledger.deadly = 0.05;
    deaths(world, { count: world.dice.whole(1, 10), withinMs: 60_000 });
    world.time.runFor(80_000);
    rest(contract);
    world.assertAllCommitted();
    world.assertNothingWaits();
    world.stop();
  },
  0.5,
);

explore(
  "in the clear, too, what was told to be taken back is never shown, whoever dies",
  (seed) => {
    const contract = begin(seed, "line", ["Alice", "Bob"]);
    const { world, ledger } = contract;
    business(contract, 40, 60_000);
    cuts(contract, 60_000);
    if (seed % 2 === 0) ledger.deadly = 0.05;
    deaths(world, { count: world.dice.whole(1, 10), withinMs: 60_000 });
    world.time.runFor(80_000);
    rest(contract);
    world.stop();
  },
  0.5,
);

explore(
  "in the clear, what went out in the moment of a death is not taken back by a later life",
  (seed) => {
    const contract = begin(seed, "line", ["Alice", "Bob"]);
    const { world, ledger } = contract;
    const { dice, time, internet } = world;
    const alice = world.member("Alice");
    const [here, there] = [world.address("Alice"), world.address("Bob")];
    for (let round = 0; round < 4; round += 1) {
      internet.cut(here, there);
      time.runFor(dice.between(100, 5_000));
      const expires = alice.clock.wallTime() + dice.between(5_000, 40_000);
      ledger.hand("Alice", "Bob", { id: `round ${String(round)}`, expires, texts: 1 });
      time.runFor(10);
      internet.heal(here, there);
      // The next commit is the one of the turn in which the connection stands.
      alice.killInCommit();
      time.runFor(40_000);
      internet.cut(here, there);
      alice.kill();
      alice.restart();
      time.runFor(dice.between(1_000, 60_000));
      internet.heal(here, there);
      time.runFor(60_000);
    }
    rest(contract);
    world.stop();
  },
  0.1,
);

explore(
  "clocks that jump make things expire early or late, and nothing twice",
  (seed) => {
    const contract = begin(seed, "secure", ["Alice", "Bob"]);
    const { world } = contract;
    const { dice, time } = world;
    business(contract, 30, 60_000);
    cuts(contract, 60_000);
    for (let jump = dice.whole(1, 4); jump > 0; jump -= 1)
      time.after(dice.between(0, 60_000), () => {
        world.member(dice.pick(world.names)).clock.wallOffsetMs = dice.between(-1e7, 1e7);
      });
    time.runFor(80_000);
    for (const name of world.names) world.member(name).clock.wallOffsetMs = 1e8;
    rest(contract);
    world.assertAllCommitted();
    world.assertNothingWaits();
    world.stop();
  },
  0.25,
);
