// Further windows of a member: each attaches, leaves and comes back at any moment, and members are killed meanwhile.

import type { Running } from "../../src/core/ending.js";
import { assertSame } from "./world/assert-same.js";
import { explore } from "./world/explore.js";
import { chatter, deaths, heal } from "./world/trouble.js";
import { VirtualConsole } from "./world/virtual-console.js";
import { World } from "./world/world.js";

/** One person's window, opened again and again. */
class Window {
  readonly #world: World;
  readonly #name: string;
  /** The screens, one for each time that it was open. */
  readonly #screens: VirtualConsole[] = [];
  #running: Running | undefined;

  constructor(world: World, name: string) {
    this.#world = world;
    this.#name = name;
  }

  open(): void {
    this.leave();
    if (!this.#world.internet.isOn(this.#world.address(this.#name))) return;
    const member = this.#world.member(this.#name);
    const screen = new VirtualConsole(member.clock);
    this.#screens.push(screen);
    this.#running = member.attach(screen, () => (this.#running = undefined));
  }

  leave(): void {
    this.#running?.stop();
    this.#running = undefined;
  }

  say(friend: string, text: string): void {
    this.#screens.at(-1)?.type(`${friend}/${text}`);
  }

  /** What its present screen has shown of a friend. */
  lastShownFrom(friend: string): readonly string[] {
    return this.#screens.at(-1)?.lines.filter((line) => line.startsWith(`${friend} : `)) ?? [];
  }

  /** What was shown of a friend, over all screens; what a screen repeats of the one before counts once. */
  shownFrom(friend: string): readonly string[] {
    const shown: string[] = [];
    for (const screen of this.#screens) {
      const late = new Set(shown);
      for (const line of screen.lines) if (line.startsWith(`${friend} : `) && !late.has(line)) shown.push(line);
    }
    return shown.map((line) => line.slice(`${friend} : `.length));
  }
}

explore(
  "a window that is opened again shows every message, once and in order, whatever dies meanwhile",
  (seed) => {
    const world = new World({ seed, dialect: "secure", names: ["Bob", "Martha"], local: true }).start();
    const { dice, time } = world;
    const window = new Window(world, "Bob");
    chatter(world, { lines: 40, withinMs: 60_000 });
    deaths(world, { count: dice.whole(0, 4), withinMs: 60_000 });
    for (let move = dice.whole(2, 12); move > 0; move -= 1)
      time.after(dice.between(0, 60_000), () => (dice.chance(0.6) ? window.open() : window.leave()));
    for (let line = 0; line < 5; line += 1)
      time.after(dice.between(0, 60_000), () => window.say("Martha", `window ${line}`));
    time.runFor(70_000);
    heal(world);
    for (let opening = 0; opening < 2; opening += 1) {
      window.open();
      time.runFor(10_000);
    }
    assertSame(window.lastShownFrom("Martha"), [], "in peace nothing is shown again");
    assertSame(window.shownFrom("Martha"), world.disks.of("Bob").heard.get("Martha") ?? [], "the window showed");
    world.assertAllCommitted();
    world.assertShownOnce();
    window.leave();
    time.runFor(1_000);
    world.stop();
  },
  0.5,
);
