// A reader of stdout who goes away or stalls neither kills nor bloats the program.

import { readFileSync } from "node:fs";
import path from "node:path";
import t from "tap";
import { Group } from "./kit/group.js";
import { mebibyte, whyNoMemory } from "./kit/memory.js";
import { Wire } from "./kit/neighbour.js";
import { timePasses, until } from "./kit/patience.js";

t.test("when the reader of stdout goes away, the program goes on sending and receiving", async (t) => {
  const group = await Group.of(t, "Alice", "Bob");
  const [alice, bob] = [await group.start("Alice"), await group.start("Bob")];
  alice.closeOutput();
  for (const number of [1, 2, 3]) {
    bob.say(`Alice/into the void ${number}`);
    alice.say(`Alice/into the void ${number}`);
    alice.say(`Bob/alive ${number}`);
    await bob.sees(`Alice : alive ${number}`);
  }
  t.match(await alice.stop(), { code: 0 });
});

t.test("with stdout closed from the start the program works", async (t) => {
  const group = await Group.of(t, "Alice", "Bob");
  const bob = await group.start("Bob");
  const alice = group.launch("Alice", [], ["sh", "-c", 'exec "$@" >&-', "sh"]);
  alice.say("Bob/blind but talking");
  await bob.sees("Alice : blind but talking");
  t.match(await alice.stop(), { code: 0 });
});

t.test("stdout may be a file", async (t) => {
  const group = await Group.of(t, "Alice", "Bob");
  const bob = await group.start("Bob");
  const file = path.join(group.folder, "shown");
  const alice = group.launch("Alice", [], ["sh", "-c", `exec "$@" >${file}`, "sh"]);
  alice.say("Bob/hi");
  await bob.sees("Alice : hi");
  bob.say("Alice/hi yourself");
  await until(
    () => readFileSync(file, "utf8").endsWith("\nBob : hi yourself\n"),
    () => readFileSync(file, "utf8"),
  );
  t.match(await alice.stop(), { code: 0 });
});

const lineCount = 300_000;
const textOf = (number: number): string => `${String(number).padStart(6, "0")} ${"x".repeat(100)}`;

function* flood(): Generator<string> {
  for (let from = 0; from < lineCount; from += 500)
    yield Array.from({ length: 500 }, (_, index) => `${textOf(from + index)}\n`).join("");
}

t.test(
  "while nobody reads stdout, a flooding friend is held back, memory stays bounded, and then every line is shown",
  { skip: whyNoMemory },
  async (t) => {
    const group = await Group.of(t, "Alice", "Bob");
    const alice = await group.start("Alice");
    const before = alice.residentBytes;
    alice.stopReading();
    const bob = await Wire.dial(t, group.hostOf("Bob"), group.at("Alice"));
    const fed = bob.feed(flood());
    await bob.stalls();
    const grown = alice.residentBytes - before;
    t.ok(grown < 64 * mebibyte, `grew by ${Math.round(grown / mebibyte)} MiB`);
    alice.goOnReading();
    await fed;
    await alice.sees(`Bob : ${textOf(lineCount - 1)}`);
    const shown = alice.stdout.lines.filter((line) => line.startsWith("Bob : "));
    t.equal(shown.length, lineCount);
    t.equal(
      shown.findIndex((line, index) => line !== `Bob : ${textOf(index)}`),
      -1,
      "in order",
    );
  },
);

t.test(
  "while nobody reads stdout, notices without end cost bounded memory, and then the console works",
  { skip: whyNoMemory },
  async (t) => {
    const group = await Group.of(t, "Alice", "Bob");
    const alice = await group.start("Alice");
    alice.stopReading();
    const before = alice.residentBytes;
    const nonsense = "nonsense without a slash\n".repeat(2_000);
    const fed = alice.feed(Array.from({ length: 500 }, () => nonsense));
    await timePasses(1_500);
    const grown = alice.residentBytes - before;
    t.ok(grown < 64 * mebibyte, `grew by ${Math.round(grown / mebibyte)} MiB`);
    alice.goOnReading();
    await fed;
    alice.say("Alice/the end");
    await alice.sees("Alice : the end");
  },
);

t.test("SIGTERM ends with 0 even if the reader of stdout reads nothing", async (t) => {
  const group = await Group.of(t, "Alice", "Bob");
  const alice = await group.start("Alice");
  alice.stopReading();
  const bob = await Wire.dial(t, group.hostOf("Bob"), group.at("Alice"));
  void bob.feed(flood()).catch(() => undefined);
  await bob.stalls();
  t.match(await alice.stop(), { code: 0 });
});
