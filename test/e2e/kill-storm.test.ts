// Two members talk in both directions while a driver kills either of them at random, again and again.

import path from "node:path";
import t from "tap";
import type { HistoryMessage } from "../../src/core/record.js";
import type { PeerName } from "../../src/core/types.js";
import { SqliteHistory } from "../../src/store/sqlite-history.js";
import { Group } from "./kit/group.js";
import type { Member } from "./kit/member.js";
import { timePasses } from "./kit/patience.js";

const perSide = 10_000;
const kills = 50;

/** One side of the talk: its program dies and comes back, the driver knows by its history how far it got. */
class Side {
  readonly name: string;
  readonly friend: string;
  readonly lives: Member[] = [];
  readonly #group: Group;
  /** Up to here this life was given lines. */
  #fed = 0;

  constructor(group: Group, name: string, friend: string) {
    this.#group = group;
    this.name = name;
    this.friend = friend;
  }

  get member(): Member {
    return this.lives.at(-1)!;
  }

  async start(): Promise<void> {
    this.lives.push(await this.#group.start(this.name));
  }

  async kill(): Promise<void> {
    await this.member.stop("SIGKILL");
    await this.start();
    // What was in its pipe died with it. A commit in which it died may stand in the log without being listed beside it:
    // whether it counts is decided when the next life reads that log, so we ask after that and not before.
    this.#fed = this.accepted;
  }

  /** Everything up to message number `end`. */
  feed(end: number): void {
    const from = this.#fed;
    this.#fed = end;
    const lines = Array.from(
      { length: Math.max(0, end - from) },
      (_, at) => `${this.friend}/${this.text(from + at)}\n`,
    );
    // The pipe of one who is killed breaks; its next life makes up for it.
    void this.member.feed([lines.join("")]).catch(() => undefined);
  }

  text(number: number): string {
    return `${this.name} says ${number}`;
  }

  get accepted(): number {
    const history = SqliteHistory.open(path.join(this.#group.stateOf(this.name), "messages.db"));
    if (!history.ok) throw new Error(history.message);
    let count = 0;
    for (const { direction } of history.value.messages({ peer: this.friend as PeerName }))
      if (direction === "out") count += 1;
    history.value.close();
    return count;
  }

  get shown(): readonly string[] {
    const prefix = `${this.friend} : `;
    return this.lives.flatMap(({ stdout }) =>
      stdout.lines.filter((line) => line.startsWith(prefix)).map((line) => line.slice(prefix.length)),
    );
  }
}

/** The first place where a history is not what it should be, in words. */
function firstOther(found: readonly HistoryMessage[], wanted: readonly string[]): string | undefined {
  const at = Array.from({ length: Math.max(found.length, wanted.length) }).findIndex(
    (_, index) => found[index]?.text !== wanted[index],
  );
  if (at < 0) return undefined;
  return `number ${at} of ${found.length} is "${found[at]?.text}" and should be "${wanted[at]}"`;
}

t.test(
  `${2 * perSide} messages in both directions and ${kills} kills: both histories hold each exactly once, in order, and each was shown`,
  async (t) => {
    const group = await Group.secure(t, "Alice", "Bob");
    const [alice, bob] = [new Side(group, "Alice", "Bob"), new Side(group, "Bob", "Alice")];
    const sides = [alice, bob] as const;
    await Promise.all(sides.map((side) => side.start()));
    for (let kill = 1; kill <= kills; kill += 1) {
      // While somebody is killed there is always something under way, in both directions.
      const end = Math.floor((perSide * kill) / (kills + 1));
      for (const side of sides) side.feed(end);
      await timePasses(Math.random() * 250);
      await sides[Math.random() < 0.5 ? 0 : 1].kill();
    }
    for (const side of sides) side.feed(perSide);
    await Promise.all([
      alice.member.sees(`Bob : ${bob.text(perSide - 1)}`),
      bob.member.sees(`Alice : ${alice.text(perSide - 1)}`),
    ]);
    await Promise.all(sides.map(async (side) => t.same(await side.member.stop(), { code: 0, signal: null })));
    for (const [sender, receiver] of [
      [alice, bob],
      [bob, alice],
    ] as const) {
      const wanted = Array.from({ length: perSide }, (_, number) => sender.text(number));
      const out = (await group.history(sender.name)).filter(({ direction }) => direction === "out");
      const into = (await group.history(receiver.name)).filter(({ direction }) => direction === "in");
      t.equal(firstOther(out, wanted), undefined, `${sender.name}'s history`);
      t.equal(firstOther(into, wanted), undefined, `${receiver.name}'s history`);
      t.equal(out.filter(({ state }) => state !== "delivered").length, 0, "all delivered");
      const shown = new Set(receiver.shown);
      t.equal(wanted.filter((text) => !shown.has(text)).length, 0, "each was shown");
      const fright = receiver.lives.flatMap(({ stdout }) =>
        stdout.lines.filter((line) => /lost or restored/.test(line)),
      );
      t.same(fright, [], "no store is taken for another");
    }
  },
);
