// Shell completion scripts and help topics.

import { spawnSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import t from "tap";
import { parseArguments } from "../../../src/cli/arguments.js";
import { shells } from "../../../src/cli/completion.js";
import { topicNames } from "../../../src/cli/topics.js";
import { commandNames, optionNames } from "../../../src/cli/usage.js";

function printed(...argv: readonly string[]): string {
  const invocation = parseArguments(argv, "1.0");
  return invocation.kind === "print" ? invocation.text : "";
}

t.test("each shell's script contains every command and option", (t) => {
  for (const shell of shells) {
    const script = printed("completion", shell);
    for (const name of commandNames) t.match(script, new RegExp(`\\b${name}\\b`), `${shell}: ${name}`);
    for (const name of optionNames)
      t.ok(script.includes(shell === "fish" ? `-l ${name} ` : `--${name}`), `${shell}: --${name}`);
  }
  t.match(parseArguments(["completion"], "1.0"), { kind: "usage", message: /p2p completion bash\|zsh\|fish/ });
  t.end();
});

t.test("bash completes commands, options and values", (t) => {
  const asked = [
    ["p2p", "tru"],
    ["p2p", "--dialect", "s"],
    ["p2p", "trust", "--pe"],
    ["p2p", "completion", "f"],
    ["p2p", "--name", "Alice", "hist"],
    ["p2p", "help", "d"],
    ["p2p", "peers", ""],
    ["p2p", "help", "dialects", ""],
    ["p2p", "nonsense", ""],
  ];
  const ask = 'ask() { COMP_WORDS=("$@"); COMP_CWORD=$(($#-1)); _p2p; echo "${COMPREPLY[@]}"; }';
  const calls = asked.map((words) => `ask ${words.map((word) => `"${word}"`).join(" ")}`);
  const { stdout, stderr } = spawnSync("bash", ["-c", [printed("completion", "bash"), ask, ...calls].join("\n")], {
    encoding: "utf8",
  });
  t.equal(stderr, "");
  t.strictSame(stdout.slice(0, -1).split("\n"), [
    "trust",
    "secure says",
    "--peers",
    "fish",
    "history",
    "dialects",
    "",
    "",
    "",
  ]);
  t.end();
});

/** The reason to skip the test, or false. */
const without = (shell: string): string | false =>
  spawnSync(shell, ["-c", "true"]).status === 0 ? false : `${shell} is missing`;

function fileOf(shell: "zsh" | "fish"): string {
  const file = path.join(mkdtempSync(path.join(os.tmpdir(), "p2p-completion-")), `p2p.${shell}`);
  writeFileSync(file, `${printed("completion", shell)}\n`);
  return file;
}

t.test("fish completes commands, options and values", { skip: without("fish") }, (t) => {
  const asked = ["p2p tru", "p2p --dialect s", "p2p trust --pe", "p2p completion f"];
  const calls = asked.map((words) => `complete -C "${words}" | cut -f 1`);
  const { stdout } = spawnSync("fish", ["-c", [`source ${fileOf("fish")}`, ...calls].join("; ")], { encoding: "utf8" });
  t.strictSame(stdout.trimEnd().split("\n"), ["trust", "says", "secure", "--peers", "fish"]);
  t.end();
});

t.test("zsh loads the script", { skip: without("zsh") }, (t) => {
  const load = `autoload -U compinit; compinit -D; source ${fileOf("zsh")}; whence -w _p2p; print $_comps[p2p]`;
  const { stdout, stderr } = spawnSync("zsh", ["-f", "-c", load], { encoding: "utf8" });
  t.equal(stderr, "");
  t.equal(stdout, "_p2p: function\n_p2p\n");
  t.end();
});

/** A folder with a fake `p2p` that lists friends of the default group file and of `--peers other`. */
function programs(): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), "p2p-completion-"));
  const usual = "printf '%s\\n' Alice Bob Béa";
  const text = `#!/bin/sh\n[ "$1" = friends ] || exit 2\nif [ "$2 $3" = "--peers other" ]; then echo Bernard; else ${usual}; fi\n`;
  writeFileSync(path.join(folder, "p2p"), text, { mode: 0o755 });
  return folder;
}

const env = { ...process.env, LC_ALL: "C.UTF-8", PATH: `${programs()}:${process.env["PATH"] ?? ""}` };

t.test("bash completes friends of the group file where a command takes one", (t) => {
  const asked = [
    ["p2p", "send", "B"],
    ["p2p", "why", ""],
    ["p2p", "history", "--pe"],
    ["p2p", "--peers", "other", "trust", "B"],
    ["p2p", "send", "Bob", "A"],
    ["p2p", "send", "X"],
    ["p2p", "--name", "A"],
    ["p2p", "trust", "--peers", "other", "B"],
    ["p2p", "trust", "--peers", "=", "other", "B"],
    ["p2p", "--name", "=", "A"],
  ];
  const ask = 'ask() { COMP_WORDS=("$@"); COMP_CWORD=$(($#-1)); COMPREPLY=(old); _p2p; echo "${COMPREPLY[@]}"; }';
  const calls = asked.map((words) => `ask ${words.map((word) => `"${word}"`).join(" ")}`);
  const script = [printed("completion", "bash"), ask, ...calls].join("\n");
  const { stdout, stderr } = spawnSync("bash", ["-c", script], { encoding: "utf8", env });
  t.equal(stderr, "");
  t.strictSame(stdout.split("\n"), [
    "Bob Béa",
    "Alice Bob Béa",
    "--peers",
    "Bernard",
    "",
    "",
    ...["Alice", "Bernard", "Bernard", "Alice", ""],
  ]);
  t.end();
});

t.test("fish completes friends of the group file where a command takes one", { skip: without("fish") }, (t) => {
  const asked = [
    "p2p send B",
    "p2p --peers other why B",
    "p2p send Bob A",
    "p2p peers B",
    "p2p --name A",
    "p2p help d",
  ];
  const calls = asked.map((words) => `complete -C "${words}" | cut -f 1 | string join " "; echo .`);
  const { stdout } = spawnSync("fish", ["-c", [`source ${fileOf("fish")}`, ...calls].join("; ")], {
    encoding: "utf8",
    env,
  });
  t.strictSame(stdout.trimEnd().split("\n"), ["Bob Béa", ".", "Bernard", ".", ".", ".", "Alice", ".", "dialects", "."]);
  t.end();
});

t.test("zsh completes friends of the group file where a command takes one", { skip: without("zsh") }, (t) => {
  const ask = (...words: readonly string[]): string =>
    `words=(${words.map((word) => `'${word}'`).join(" ")}); CURRENT=${words.length}; PREFIX='${words.at(-1) ?? ""}'; _p2p`;
  const said = "compadd() { print compadd $@ }; _describe() { print describe $1 }";
  const load = [
    "autoload -U compinit; compinit -D",
    `source ${fileOf("zsh")}`,
    said,
    ask("p2p", "send", "B"),
    ask("p2p", "--peers", "other", "trust", ""),
    ask("p2p", "send", "-"),
    ask("p2p", "--name", ""),
    ask("p2p", "help", ""),
  ];
  const { stdout, stderr } = spawnSync("zsh", ["-f", "-c", load.join("\n")], { encoding: "utf8", env });
  t.equal(stderr, "");
  t.strictSame(stdout.trimEnd().split("\n"), [
    "compadd -- Alice Bob Béa",
    "compadd -- Bernard",
    "describe option",
    "compadd -- Alice Bob Béa",
    "describe command",
  ]);
  t.end();
});

t.test("each help topic fits on a screen", (t) => {
  for (const topic of topicNames) {
    const lines = printed("help", topic).split("\n");
    t.ok(lines.length <= 20 && lines.every((line) => line.length <= 120), topic);
  }
  t.match(printed("--help"), /p2p help <topic>/);
  t.match(parseArguments(["help", "nonsense"], "1.0"), { kind: "usage" });
  t.end();
});
