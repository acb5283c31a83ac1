// Two members send messages in both directions while one of them is killed at random, again and again.

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

/** A member that is killed and restarted. Its history tells how many lines it accepted before. */
class Side {
  readonly name: string;
  readonly friend: string;
  readonly lives: Member[] = [];
  readonly #group: Group;
  /** Number of lines that the accepted history and the current process have got. */
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
    // Lines in the pipe are lost. A commit during the kill may be in SQLite's log without being complete: only the next start
    // decides whether it counts. So read the history after the restart, not before.
    this.#fed = this.accepted;
  }

  /** Writes the lines before number `end` that were not written yet. */
  feed(end: number): void {
    const from = this.#fed;
    this.#fed = end;
    const lines = Array.from(
      { length: Math.max(0, end - from) },
      (_, at) => `${this.friend}/${this.text(from + at)}\n`,
    );
    // The pipe breaks if the member is killed. The next process gets the missing lines.
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

/** Describes the first difference between the history and the expected texts. */
function firstDifference(found: readonly HistoryMessage[], wanted: readonly string[]): string | undefined {
  const at = Array.from({ length: Math.max(found.length, wanted.length) }).findIndex(
    (_, index) => found[index]?.text !== wanted[index],
  );
  if (at < 0) return undefined;
  return `number ${at} of ${found.length} is "${found[at]?.text}" and should be "${wanted[at]}"`;
}

t.test(
  `after ${2 * perSide} messages and ${kills} kills both histories have each message once and in order, and each was shown`,
  async (t) => {
    const group = await Group.secure(t, "Alice", "Bob");
    const [alice, bob] = [new Side(group, "Alice", "Bob"), new Side(group, "Bob", "Alice")];
    const sides = [alice, bob] as const;
    await Promise.all(sides.map((side) => side.start()));
    for (let kill = 1; kill <= kills; kill += 1) {
      // Messages are in flight in both directions at each kill.
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
      t.equal(firstDifference(out, wanted), undefined, `${sender.name}'s history`);
      t.equal(firstDifference(into, wanted), undefined, `${receiver.name}'s history`);
      t.equal(out.filter(({ state }) => state !== "delivered").length, 0, "all delivered");
      const shown = new Set(receiver.shown);
      t.equal(wanted.filter((text) => !shown.has(text)).length, 0, "each was shown");
      const alarms = receiver.lives.flatMap(({ stdout }) =>
        stdout.lines.filter((line) => /lost or restored/.test(line)),
      );
      t.same(alarms, [], "no store counts as lost or restored");
    }
  },
);
