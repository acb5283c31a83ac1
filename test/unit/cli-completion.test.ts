// Completion for shells and the topics of help: what the program says of itself, in the shells' words.

import { spawnSync } from "node:child_process";
import t from "tap";
import { parseArguments } from "../../src/cli.js";
import { shells } from "../../src/cli-completion.js";
import { topicNames } from "../../src/cli-topics.js";
import { commandNames, optionNames } from "../../src/core/usage.js";

function printed(...argv: readonly string[]): string {
  const invocation = parseArguments(argv, "1.0");
  return invocation.kind === "print" ? invocation.text : "";
}

t.test("each shell's script has every command and every option that there is", (t) => {
  for (const shell of shells) {
    const script = printed("completion", shell);
    for (const name of commandNames) t.match(script, new RegExp(`\\b${name}\\b`), `${shell}: ${name}`);
    for (const name of optionNames)
      t.ok(script.includes(shell === "fish" ? `-l ${name} ` : `--${name}`), `${shell}: --${name}`);
  }
  t.match(parseArguments(["completion"], "1.0"), { kind: "usage", message: /p2p completion bash\|zsh\|fish/ });
  t.end();
});

t.test("bash completes by it", (t) => {
  const asked = [
    ["p2p", "tru"],
    ["p2p", "--dialect", "s"],
    ["p2p", "trust", "--pe"],
    ["p2p", "completion", "f"],
    ["p2p", "--name", "Alice", "hist"],
  ];
  const ask = 'ask() { COMP_WORDS=("$@"); COMP_CWORD=$(($#-1)); _p2p; echo "${COMPREPLY[@]}"; }';
  const calls = asked.map((words) => `ask ${words.join(" ")}`);
  const { stdout, stderr } = spawnSync("bash", ["-c", [printed("completion", "bash"), ask, ...calls].join("\n")], {
    encoding: "utf8",
  });
  t.equal(stderr, "");
  t.strictSame(stdout.trimEnd().split("\n"), ["trust", "secure says", "--peers", "fish", "history"]);
  t.end();
});

for (const shell of ["zsh", "fish"] as const) {
  const missing = spawnSync(shell, ["-c", "true"]).status === 0 ? false : `${shell} is missing`;
  t.test(`${shell} takes its script`, { skip: missing }, (t) => {
    const { stderr, status } = spawnSync(shell, ["-n"], { input: printed("completion", shell), encoding: "utf8" });
    t.equal(stderr, "");
    t.equal(status, 0);
    t.end();
  });
}

t.test("each topic fits a screen", (t) => {
  for (const topic of topicNames) {
    const lines = printed("help", topic).split("\n");
    t.ok(lines.length <= 20 && lines.every((line) => line.length <= 120), topic);
  }
  t.match(printed("--help"), /p2p help <topic>/);
  t.match(parseArguments(["help", "nonsense"], "1.0"), { kind: "usage" });
  t.end();
});
