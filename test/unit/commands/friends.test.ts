// `p2p friends`, which shell completion calls.

import t from "tap";
import { parseArguments } from "../../../src/cli/arguments.js";
import { friendNames } from "../../../src/commands/friends.js";
import { toUtf8 } from "../../../src/core/utf8.js";
import { fault, ok } from "../../../src/core/types.js";

t.test("prints the names in the group file, one per line, or the reason why it cannot", (t) => {
  const files: Record<string, string> = { group: "2\nAlice 10.1.1.1\nBéa 10.1.1.2\n", broken: "2\nAlice\n" };
  const machine = {
    readFile: (path: string) => (files[path] === undefined ? fault("no such file") : ok(toUtf8(files[path]))),
  };
  const answerTo = (file: string): unknown => {
    const invocation = parseArguments(["friends", "--peers", file], "1.0");
    return invocation.kind === "friends" ? friendNames(invocation.options, machine) : invocation;
  };
  t.strictSame(answerTo("group"), { code: 0, lines: ["Alice", "Béa"] });
  t.strictSame(answerTo("missing"), { code: 2, message: "missing: no such file" });
  t.match(answerTo("broken"), { code: 2, message: /^broken/ });
  t.notMatch((parseArguments(["--help"], "1.0") as { text: string }).text, /p2p friends/, "the help does not list it");
  t.end();
});
