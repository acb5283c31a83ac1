// The delivery contract: each accepted message gets one outcome, and it is true, through failures of machines, disks, clocks
// and the network.

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

/** Members send with and without ids and expiry times, and cancel. */
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

/** No member reads for a while, so that messages wait. */
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
  "each accepted message gets one true outcome, through full disks and cuts",
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
  "a killed member reports the same outcome after its restart, and loses no message with an id",
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
  "in the clear, a message that was reported cancelled is never shown, through kills",
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
  "in the clear, a message that was sent in the moment of a kill is not cancelled after the restart",
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
      // The next commit is that of the turn in which the connection opens.
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
  "messages expire early or late when clocks jump, but no outcome comes twice",
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
