// A friend that does not read blocks only its own messages.

import t from "tap";
import { Group } from "./kit/group.js";
import { Neighbour } from "./kit/neighbour.js";

const lineCount = 40_000;
const textOf = (number: number): string => `${String(number)} ${"x".repeat(1_000)}`;

function* linesForBoth(): Generator<string> {
  for (let number = 0; number < lineCount; number += 1) yield `Carol/${textOf(number)}\nBob/${textOf(number)}\n`;
}

const numberOf = (line: string): number => Number(line.split(" ")[0]);

t.test("with input for two friends, one of which does not read, the other gets every line", async (t) => {
  const group = await Group.of(t, "Alice", "Bob", "Carol");
  const carol = await Neighbour.listen(t, group.at("Carol"));
  const [alice, bob] = [await group.start("Alice"), await group.start("Bob")];
  alice.say("Carol/hi");
  const wire = await carol.wire();
  await wire.heard.sees("hi");
  wire.stopReading();

  await alice.feed(linesForBoth());
  await bob.sees(`Alice : ${textOf(lineCount - 1)}`);
  const shown = bob.stdout.lines.filter((line) => line.startsWith("Alice : ")).map((line) => line.slice(8));
  t.equal(shown.length, lineCount);
  t.ok(
    shown.every((line, index) => numberOf(line) === index),
    "in order",
  );

  await alice.sees(/messages? to Carol refused and not sent: the queue is full \(\d+ waiting, limit/);
  alice.say("Alice/the end");
  await alice.sees("Alice : the end");
  wire.goOnReading();
  const refused = alice.stdout.lines
    .map((line) => /^(\d+) messages? to Carol refused/.exec(line)?.[1])
    .reduce((sum, count) => sum + Number(count ?? 0), 0);
  alice.say("Carol/farewell");
  await wire.heard.sees("farewell");
  const arrived = wire.heard.lines.slice(1, -1).map(numberOf);
  t.equal(arrived.length + refused, lineCount, "each line arrived or was refused");
  t.ok(
    arrived.every((number, index) => index === 0 || number > arrived[index - 1]!),
    "the arrived lines are in order",
  );
});
