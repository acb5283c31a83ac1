// The fast parser of script commands agrees with the full parser.

import fc from "fast-check";
import { parseArguments } from "../../../src/cli/arguments.js";
import { scriptCommands } from "../../../src/cli/script-commands.js";
import { parsePlainArguments } from "../../../src/cli/plain-arguments.js";
import { promise } from "../kit/promise.js";

const values = fc.constantFrom(
  ...["Bob", "Bob,Martha", "*", "now", "all", "12", "007", "1e3", "0x10", "queued", "sent", "10s", "2m", "500ms", "5x"],
  ...[
    "",
    "-",
    "--",
    "-5",
    "-x",
    "true",
    "false",
    "null",
    "undefined",
    "x=y",
    "a b",
    "hi!",
    "NaN",
    "6969",
    "secure",
    "warn",
  ],
  ...["two\nlines", "Bo\u0308b", "toString", "__proto__", "127.0.0.1", "send"],
);
const options = [...new Set(scriptCommands.flatMap(({ table }) => Object.keys(table)))];
const words = fc.oneof(
  { weight: 4, arbitrary: values.map((value) => [value]) },
  { weight: 2, arbitrary: fc.constantFrom(...options).map((name) => [`--${name}`]) },
  { weight: 4, arbitrary: fc.tuple(fc.constantFrom(...options), values).map(([name, value]) => [`--${name}`, value]) },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.constantFrom(...options), values).map(([name, value]) => [`--${name}=${value}`]),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom("--help", "-h", "--version", "--no-json", "--Json", "--state_dir").map((word) => [word]),
  },
);
const lines = fc
  .tuple(fc.constantFrom(...scriptCommands.map(({ name }) => name)), fc.array(words, { maxLength: 5 }))
  .map(([name, rest]) => [name, ...rest.flat()]);

promise("returns the same result as the full parser, or undefined", (t) => {
  let plain = 0;
  const holds = (argv: readonly string[]): void => {
    const found = parsePlainArguments(argv);
    if (found === undefined) return;
    plain += 1;
    const parsed = parseArguments(argv, "0");
    if (JSON.stringify(parsed) !== JSON.stringify(found))
      throw new Error(`${JSON.stringify(argv)}: ${JSON.stringify(found)} is not ${JSON.stringify(parsed)}`);
  };
  fc.assert(fc.property(lines, holds), { numRuns: 1_500 });
  t.ok(plain > 100, `${plain} were plain`);
});

promise("parses common command lines without the full parser", (t) => {
  for (const line of [
    "send Bob the backup is done",
    "send Bob hi --name Alice --peers p.txt --deadline 1m --json",
    "send Bob hi --name=Alice --loopback",
    "follow --json --as bot --auto-ack",
    "follow --as bot --forget",
    "status --json",
    "peers",
    "cancel Bob 12",
    "cancel Bob --all",
    "flush --deadline 5m",
  ])
    t.not(parsePlainArguments(line.split(" ")), undefined, line);
  for (const line of [
    "",
    "Bob",
    "send",
    "send Bob --help",
    "send Bob -- x",
    "send Bob --json false",
    "history Bob",
    "cancel Bob",
    "follow x",
  ])
    t.equal(parsePlainArguments(line.split(" ")), undefined, line);
});

promise("a text after -- may begin with a dash", (t) => {
  t.match(parseArguments(["send", "Bob", "a", "007", "--", "-5", "007", "--json", "--json"], "0"), {
    options: { friend: "Bob", text: "a 007 -5 007 --json --json", json: false },
  });
  t.match(parseArguments(["follow", "--", "x"], "0"), { kind: "usage" });
});
