// `make replay SEED=n`: prints a day of three members in the simulation, in about a second: their messages, their deaths and
// restarts, failures of the links, and the lines on each screen. The same seed gives the same day.

import { styleText } from "node:util";
import { World } from "./world/world.js";

const seed = wholeNumber(process.env["SEED"] ?? "1");
const minuteMs = 60_000;
const dayMs = 1_440 * minuteMs;
const messages = 60;
const deathsMax = 6;
const cutsMax = 5;

const began = performance.now();
const weather = { resets: 0.01, bufferBytes: 4_000 };
const world = new World({ seed, dialect: "secure", names: ["Alice", "Bob", "Martha"], weather });
const { dice, time, internet } = world;
const day: string[] = [];
const coloured = process.stdout.isTTY;

function wholeNumber(word: string): number {
  if (/^\d{1,9}$/.test(word)) return Number(word);
  console.error(`SEED: expected a whole number of up to nine digits, found ${JSON.stringify(word)}`);
  process.exit(2);
}

function note(who: string, what: string, format: Parameters<typeof styleText>[0]): void {
  const at = new Date(time.now).toISOString().slice(11, 19);
  const line = `${at}  ${who.padEnd(15)} ${what}`;
  day.push(coloured ? styleText(format, line) : line);
}

/** Notes the lines that each screen has shown since the last event, over all lives. */
function watchScreens(): void {
  const seen = new Map(world.names.map((name) => [name, { screen: world.member(name).console, chars: 0 }]));
  const { afterEvent } = time;
  time.afterEvent = () => {
    afterEvent();
    for (const name of world.names) {
      const { console } = world.member(name);
      const last = seen.get(name)!;
      const from = last.screen === console ? last.chars : 0;
      if (console.shown.length === from) continue;
      for (const line of console.shown.slice(from).split("\n").slice(0, -1))
        if (!isGreeting(line)) note(name, `reads: ${line}`, line.includes(" : ") ? "green" : "yellow");
      seen.set(name, { screen: console, chars: console.shown.length });
    }
  };
}

const isGreeting = (line: string): boolean =>
  line === "" || /^(P2P Server Running|Number of peers|Peer #|You can now send)/.test(line);

function talk(): void {
  for (let message = 1; message <= messages; message += 1) {
    const from = dice.pick(world.names);
    const to = dice.pick(world.names.filter((name) => name !== from));
    time.after(dice.between(minuteMs, dayMs), () => {
      if (!world.member(from).alive) return;
      note(from, `types: ${to}/message ${message}`, "bold");
      world.say(from, to, `message ${message}`);
    });
  }
}

function die(): void {
  for (let death = dice.whole(1, deathsMax); death > 0; death -= 1) {
    const name = dice.pick(world.names);
    const member = world.member(name);
    const plug = dice.chance(0.4);
    const at = dice.between(minuteMs, dayMs - 120 * minuteMs);
    time.after(at, () => {
      if (!member.alive) return;
      note(name, plug ? "LOSES POWER" : "IS KILLED", "red");
      if (plug) member.losePower();
      else member.kill();
    });
    time.after(at + dice.between(minuteMs, 90 * minuteMs), () => {
      if (member.alive) return;
      note(name, "STARTS AGAIN", "red");
      member.restart();
    });
  }
}

function cut(): void {
  for (let cuts = dice.whole(1, cutsMax); cuts > 0; cuts -= 1) {
    const one = dice.pick(world.names);
    const other = dice.pick(world.names.filter((name) => name !== one));
    const [from, to] = [world.address(one), world.address(other)];
    const [start, lasts, oneWay] = [dice.between(0, dayMs), dice.between(minuteMs, 15 * minuteMs), dice.chance(0.4)];
    const who = oneWay ? `${one} → ${other}` : `${one} | ${other}`;
    time.after(start, () => {
      note(who, oneWay ? "NOTHING GETS THROUGH, one way" : "LINK CUT", "red");
      if (oneWay) internet.mute(from, to);
      else internet.cut(from, to);
    });
    time.after(start + lasts, () => {
      note(who, "LINK HEALED", "red");
      if (oneWay) internet.unmute(from, to);
      else internet.heal(from, to);
    });
  }
}

function endOfDay(): void {
  time.runUntil(dayMs + 121 * minuteMs);
  internet.weather = { ...internet.weather, resets: 0 };
  for (const name of world.names) world.member(name).restart();
  time.runFor(10 * minuteMs);
  world.assertAllCommitted();
  world.assertNothingWaits();
  world.assertShownOnce();
}

let broken: Error | undefined;
world.start();
watchScreens();
try {
  talk();
  die();
  cut();
  endOfDay();
} catch (error) {
  broken = error as Error;
}
const texts = world.names.flatMap((name) => [...world.disks.of(name).sent.values()].flat());
const seconds = ((performance.now() - began) / 1_000).toFixed(1);
console.log(
  "Time in the simulated day, who, and what: typed there, read on that screen, or (in capitals) done to them.\n",
);
console.log(day.join("\n"));
console.log(`\nSeed ${seed}: a day in ${seconds} s, ${time.events} events, ${texts.length} messages.`);
console.log(
  broken === undefined
    ? "Each was shown once, in order."
    : `BROKEN: ${broken instanceof Error ? broken.message : "by something that is no error"}`,
);
process.exitCode = broken === undefined ? 0 : 1;
