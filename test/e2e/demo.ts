// `make demo`: three real processes on this machine, Alice, Bob and Martha, play the conversation of seed 000.
// Prints their three terminals. Exits with 0 only if each has exactly the expected lines in order.

import { styleText } from "node:util";
import { difference } from "./kit/difference.js";
import { freePort } from "./kit/free-port.js";
import { Member, type Entry } from "./kit/member.js";
import {
  expected,
  expectedStart,
  fallSilent,
  inOrder,
  talk,
  trioNames,
  type Trio,
  type TrioName,
  withoutAcquaintances,
} from "./kit/seed-conversation.js";

const idleSeconds = 2;
const addresses: Readonly<Record<TrioName, string>> = { Alice: "127.1.0.1", Bob: "127.1.0.2", Martha: "127.1.0.3" };

const coloured = process.stdout.isTTY;
const style = (format: Parameters<typeof styleText>[0], text: string): string =>
  coloured ? styleText(format, text) : text;
const show = (line = ""): void => void process.stdout.write(`${line}\n`);

async function main(): Promise<void> {
  const port = await freePort("0.0.0.0");
  show(`Three members on this machine, port ${port}, idle timeout ${idleSeconds} s instead of 120 s.\n`);
  const trio = startTrio(port);
  const broke = await step("Start all members", () => everybody(trio, (member) => member.ready()))
    .then(() => step("Each member says hello to the others", () => talk(trio, 1)))
    .then(() => step("Wait until the idle connections time out on both sides", () => fallSilent(trio, 1)))
    .then(() => step("Chat again: the next message opens a new connection", () => talk(trio, 2)))
    .then(() => undefined, String);
  show();
  const right = trioNames.map((name) => showTerminal(name, trio[name], port));
  await everybody(trio, (member) => member.stop());
  if (broke !== undefined) show(style("red", broke));
  conclude(broke === undefined && right.every(Boolean));
}

function startTrio(port: number): Trio {
  const start = (name: TrioName): Member => new Member({ name, args: argumentsOf(name, port) });
  return { Alice: start("Alice"), Bob: start("Bob"), Martha: start("Martha") };
}

const argumentsOf = (name: TrioName, port: number): readonly string[] => [
  ...["--name", name, "--loopback", "--peers", "peer_details.txt"],
  ...["--port", String(port), "--idle-timeout", String(idleSeconds)],
];

async function everybody(trio: Trio, act: (member: Member) => Promise<unknown>): Promise<void> {
  await Promise.all(trioNames.map((name) => act(trio[name])));
}

async function step(what: string, act: () => Promise<void>): Promise<void> {
  const start = performance.now();
  process.stdout.write(`  ${what} … `);
  await act().catch((error: unknown) => {
    show(style("red", "no"));
    throw error;
  });
  show(style("green", `${((performance.now() - start) / 1_000).toFixed(1)} s`));
}

/** Prints one terminal, typed lines in bold. Returns whether it has the expected lines. */
function showTerminal(name: TrioName, member: Member, port: number): boolean {
  const wanted = [...expectedStart(port, addresses), ...expected(name, ["talk", "silence", "talk"])];
  const found = inOrder(member.transcript);
  show(style("cyan", `${name} :: ${addresses[name]}> node dist/p2p.js ${argumentsOf(name, port).join(" ")}`));
  const told = withoutAcquaintances(found).map(toLine);
  const right = told.join("\n") === wanted.map(toLine).join("\n");
  const lines = right ? found.map(paint) : difference(wanted.map(toLine), told).map(paintDifference);
  for (const line of lines) show(line);
  show();
  return right;
}

const toLine = ({ by, line }: Entry): string => (by === "typed" ? `${line}   (typed)` : line);
const paint = ({ by, line }: Entry): string => (by === "typed" ? style("bold", line) : line);

function paintDifference(line: string): string {
  if (line.startsWith("- ")) return style("green", `${line}   <- missing`);
  return line.startsWith("+ ") ? style("red", `${line}   <- not expected`) : line;
}

function conclude(right: boolean): void {
  show(
    right
      ? style("green", "Right: every message arrived once, every timeout was on both sides, and the chat went on.")
      : style("red", "Wrong: the marked lines differ from the conversation of the seed."),
  );
  process.exitCode = right ? 0 : 1;
}

await main();
