// A member that sends increasing numbers to each friend and checks that received numbers are in order.
// After a kill and restart it continues after the last number in its history.

import path from "node:path";
import type { PeerName } from "../../../src/core/types.js";
import { SqliteHistory } from "../../../src/store/sqlite-history.js";
import { Member } from "../kit/member.js";

/** Counts of numbers received from one friend. */
export interface Heard {
  /** The last number in order, and so the count of shown numbers. */
  shown: number;
  twice: number;
  /** Numbers that were skipped or came too early. */
  astray: number;
}

export class Talker {
  readonly name: string;
  readonly said: Map<string, number>;
  readonly heard: Map<string, Heard>;
  /** Count of numbers shown again after a kill, with an announcement. */
  again = 0;
  fromOldFriend = 0;
  toOldFriend = 0;
  readonly #args: readonly string[];
  readonly #stateDir: string;
  readonly #oldFriend: string;
  #member: Member;
  #linesRead = 0;
  /** How many announced repetitions may still follow. */
  #repeatsAllowed = 0;
  #talking = false;

  constructor(
    name: string,
    {
      args,
      stateDir,
      friends,
      oldFriend,
    }: { args: readonly string[]; stateDir: string; friends: readonly string[]; oldFriend: string },
  ) {
    this.name = name;
    this.#args = [...args, "--name", name, "--state-dir", stateDir];
    this.#stateDir = stateDir;
    this.#oldFriend = oldFriend;
    this.said = new Map(friends.map((friend) => [friend, 0]));
    this.heard = new Map(friends.map((friend) => [friend, { shown: 0, twice: 0, astray: 0 }]));
    this.#member = this.#launch();
  }

  /** Whether it is running and ready. */
  get talking(): boolean {
    return this.#talking;
  }

  get member(): Member {
    return this.#member;
  }

  async ready(): Promise<void> {
    await this.#member.ready();
    this.#talking = true;
  }

  /** Sends this number of lines to each friend, and one to the old friend. */
  talk(lines: number): void {
    if (!this.#talking) return;
    for (const [friend, last] of this.said) {
      for (let number = last + 1; number <= last + lines; number += 1) this.#member.say(`${friend}/${String(number)}`);
      this.said.set(friend, last + lines);
    }
    this.toOldFriend += 1;
    this.#member.say(`${this.#oldFriend}/${String(this.toOldFriend)}`);
  }

  /** Kills the member and starts it again. */
  async killAndRestart(): Promise<void> {
    this.#talking = false;
    await this.#member.stop("SIGKILL");
    this.readOutput();
    for (const friend of this.said.keys()) this.said.set(friend, this.history(friend, "out").length);
    this.#linesRead = 0;
    this.#repeatsAllowed = 0;
    this.#member = this.#launch();
    await this.ready();
  }

  async stop(): Promise<void> {
    this.#talking = false;
    if (this.#member.alive) await this.#member.stop();
    this.readOutput();
  }

  /** Reads the lines printed since the last call. */
  readOutput(): void {
    const { lines } = this.#member.stdout;
    for (; this.#linesRead < lines.length; this.#linesRead += 1) this.#hear(lines[this.#linesRead]!);
  }

  /** The stored texts of one direction. */
  history(friend: string, direction: "in" | "out"): readonly string[] {
    const opened = SqliteHistory.open(path.join(this.#stateDir, "default", this.name, "messages.db"));
    if (!opened.ok) throw new Error(opened.message);
    const texts: string[] = [];
    for (const message of opened.value.messages({ peer: friend as PeerName }))
      if (message.direction === direction) texts.push(message.text);
    opened.value.close();
    return texts;
  }

  #hear(line: string): void {
    const [, announced] = /^(\d+) messages? came before the program ended/.exec(line) ?? [];
    if (announced !== undefined) this.#repeatsAllowed = Number(announced);
    const [, from = "", said] = /^(\w+) : (\d+)$/.exec(line) ?? [];
    if (from === this.#oldFriend) this.fromOldFriend += 1;
    const heard = this.heard.get(from);
    if (heard !== undefined) this.#count(heard, Number(said));
    if (said !== undefined) this.#repeatsAllowed = Math.max(0, this.#repeatsAllowed - 1);
  }

  #count(heard: Heard, number: number): void {
    if (number === heard.shown + 1) heard.shown = number;
    else if (number > heard.shown) heard.astray += 1;
    else if (this.#repeatsAllowed > 0) this.again += 1;
    else heard.twice += 1;
  }

  #launch(): Member {
    return new Member({ name: this.name, args: this.#args });
  }
}
