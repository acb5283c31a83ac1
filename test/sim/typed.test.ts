// Messages with a kind among texts, between programs of the newest minor and of minor 0, which change when they restart.

import { windowBytes } from "../../src/core/limits.js";
import type { Origin, Outcome } from "../../src/core/outcome.js";
import type { TypedMessage } from "../../src/core/typed-message.js";
import type { Member } from "../../src/member/member.js";
import { entryOf } from "../unit/kit/entries.js";
import { explore } from "./world/explore.js";
import { chatter, deaths, heal } from "./world/trouble.js";
import { World } from "./world/world.js";

const weather = { resets: 0.02, bufferBytes: 2_000 };

interface Posted {
  readonly from: string;
  readonly to: string;
  readonly message: TypedMessage;
  readonly life: Member;
  readonly ends: Outcome[];
}

/** Sends messages with a kind, and holds their outcomes against what the friends have. */
class Postings {
  readonly #world: World;
  readonly #all: Posted[] = [];
  #count = 0;

  constructor(world: World) {
    this.#world = world;
  }

  /** Some have nothing to show. Of these, some repeat an earlier one. */
  schedule({ count, withinMs }: { readonly count: number; readonly withinMs: number }): void {
    const { dice, time, names } = this.#world;
    for (let left = count; left > 0; left -= 1) {
      const from = dice.pick(names);
      const to = dice.pick(names.filter((name) => name !== from));
      const message = this.#message();
      time.after(dice.between(0, withinMs), () => this.post(from, to, message));
      if (message.fallback === "" && dice.chance(0.5))
        time.after(dice.between(0, withinMs), () => this.post(from, to, message));
    }
  }

  #message(): TypedMessage {
    const { dice } = this.#world;
    const shown = dice.chance(0.5);
    this.#count += 1;
    return entryOf({
      id: dice.hex(16),
      silent: !shown && dice.chance(0.5),
      fallback: shown ? `entry ${this.#count}` : "",
      body: new Uint8Array(dice.chance(0.1) ? 20_000 : 5),
    });
  }

  post(from: string, to: string, message: TypedMessage): void {
    const member = this.#world.member(from);
    if (!member.alive) return;
    const life = member.running;
    const ends: Outcome[] = [];
    const lives = (): boolean => member.alive && member.running === life;
    const origin: Origin = {
      outcome: (outcome) => {
        if (outcome.final && lives()) ends.push(outcome);
      },
    };
    this.#all.push({ from, to, message, life, ends });
    member.sendTyped(to, message, origin);
  }

  assertTrue(): void {
    for (const posted of this.#all) this.#assertTrue(posted);
  }

  #assertTrue({ from, to, message, life, ends }: Posted): void {
    const what = `${message.id} (${message.fallback}) from ${from} to ${to}`;
    if (ends.length > 1) throw new Error(`${what} has ${ends.length} ends`);
    if (this.#world.member(from).running === life && ends.length === 0) throw new Error(`${what} has no end`);
    const disk = this.#world.disks.of(to);
    const there = disk.typedMessages.holds(message.id) || disk.heard.get(from)?.includes(message.fallback) === true;
    for (const { kind, reason } of ends) {
      if (kind === "delivered" && !there) throw new Error(`${what} delivered, and not there`);
      if (kind === "failed" && message.fallback !== "") throw new Error(`${what} failed, with a fallback`);
      if (kind === "failed" && reason === undefined) throw new Error(`${what} failed without a reason`);
    }
  }
}

explore(
  "messages with a kind are applied once and in order with texts, whatever dies meanwhile",
  (seed) => {
    const world = new World({ seed, dialect: "secure", weather }).start();
    const postings = new Postings(world);
    chatter(world, { lines: 25, withinMs: 60_000 });
    postings.schedule({ count: 25, withinMs: 60_000 });
    deaths(world, { count: world.dice.whole(0, 12), withinMs: 60_000 });
    world.time.runFor(70_000);
    heal(world);
    world.assertAllCommitted();
    world.assertNothingWaits();
    world.assertShownOnce();
    world.assertNobodyStepsBack();
    postings.assertTrue();
    world.stop();
  },
  0.5,
);

explore(
  "programs that become older and newer lose, repeat and reorder nothing",
  (seed) => {
    const world = new World({ seed, dialect: "secure", weather, mixedMinors: true }).start();
    const postings = new Postings(world);
    chatter(world, { lines: 20, withinMs: 60_000 });
    postings.schedule({ count: 20, withinMs: 60_000 });
    deaths(world, { count: world.dice.whole(2, 12), withinMs: 60_000 });
    world.time.runFor(70_000);
    heal(world);
    world.assertAllCommitted();
    world.assertNothingWaits();
    world.assertShownOnce();
    world.assertNobodyStepsBack();
    postings.assertTrue();
    world.stop();
  },
  0.5,
);

explore(
  "after a restored backup or a lost database, no message with a kind is received twice",
  (seed) => {
    const world = new World({ seed, dialect: "secure", names: ["Alice", "Bob"], weather }).start();
    const { dice, time } = world;
    const victim = world.member(dice.pick(world.names));
    world.disks.strict = false;
    const postings = new Postings(world);
    postings.schedule({ count: 10, withinMs: 10_000 });
    let backup = 0;
    if (dice.chance(0.7)) time.after(dice.between(0, 10_000), () => (backup = victim.disk.moment));
    time.runFor(40_000);
    world.internet.weather = { ...world.internet.weather, resets: 0 };
    victim.kill();
    victim.restore(backup);
    victim.restart();
    const since = entryOf({ id: dice.hex(16), fallback: "since" });
    for (const [from, to] of [
      ["Alice", "Bob"],
      ["Bob", "Alice"],
    ] as const)
      time.after(dice.between(0, 5_000), () => postings.post(from, to, { ...since, id: dice.hex(16) }));
    heal(world);
    world.assertNothingWaits();
    for (const name of world.names)
      if (!world.member(name).console.lines.some((line) => line.endsWith(" : since")))
        throw new Error(`${name} was not shown the last message`);
    world.stop();
  },
  0.25,
);

explore(
  "a blocked screen bounds the bytes of incoming messages with a kind",
  (seed) => {
    const world = new World({ seed, dialect: "secure", names: ["Alice", "Bob"], weather: { resets: 0.01 } }).start();
    const { dice, time } = world;
    const postings = new Postings(world);
    const bob = world.member("Bob");
    const body = new Uint8Array(100_000);
    time.after(dice.between(0, 5_000), () => bob.console.stall());
    for (let count = 0; count < 80; count += 1)
      time.after(dice.between(0, 20_000), () =>
        postings.post("Alice", "Bob", entryOf({ id: dice.hex(16), fallback: `entry ${count}`, body })),
      );
    time.runFor(30_000);
    const waiting = (world.disks.of("Bob").heard.get("Alice")?.length ?? 0) - bob.heardFrom("Alice").length;
    if (waiting * body.length > windowBytes) throw new Error(`Bob took ${waiting} messages that it could not show`);
    if (dice.chance(0.5)) {
      bob.kill();
      bob.restart();
    } else bob.console.unstall();
    heal(world);
    world.assertAllCommitted();
    world.assertNothingWaits();
    world.assertShownOnce();
    postings.assertTrue();
    world.stop();
  },
  0.1,
);
