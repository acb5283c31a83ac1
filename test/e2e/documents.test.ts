// Every command line in a document is run here, or covered by another test that is named here.
// Fails if a command line has no check, or if a check has no command line.

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import t, { type Test } from "tap";
import { parseArguments } from "../../src/cli/arguments.js";
import { commandLines, documents, fencesIn } from "./kit/documents.js";
import { freePort } from "./kit/free-port.js";
import { Member, program, projectFolder } from "./kit/member.js";
import { inTime } from "./kit/patience.js";

type Check =
  /** Runs the line unchanged, beside a running member or without one. `input`: standard input. `code`: expected exit code, default 0. */
  | { readonly kind: "run"; readonly beside: "member" | "nobody"; readonly input?: string; readonly code?: number }
  /** Runs the line with other ports, to avoid other programs. */
  | { readonly kind: "moved"; readonly moved: readonly string[]; readonly code: number }
  /** Heavy, or needs root: checks with `make -n` that the target exists and runs this. */
  | { readonly kind: "make"; readonly runs: string }
  /** A test in test/e2e/ whose name contains `name` covers the line. */
  | { readonly kind: "test"; readonly file: string; readonly name: string };

const beside: Check = { kind: "run", beside: "member" };
const alone = (input?: string): Check => ({ kind: "run", beside: "nobody", ...(input === undefined ? {} : { input }) });
const make = (runs: string): Check => ({ kind: "make", runs });
const byTest = (file: string, name: string): Check => ({ kind: "test", file, name });

const inNamespaces = byTest(
  "transcript.test.ts",
  "plays the seed's transcript in three network namespaces on port 6969, without --name",
);
const following = byTest("follow.test.ts", "follows from a number, from the beginning");
const listening = byTest("service.test.ts", "with stdin from /dev/null or closed it keeps running, receives");
const menuAsks = byTest("menu.test.ts", "the work plan of the assignment: four peers");
const numberedOnes = byTest("numbered.test.ts", "two copies talk, one from a pipe into a file, one in a terminal");
const stopping = byTest("attach.test.ts", "p2p stop ends the member; its clients say so and end");
const attaching = byTest("attach.test.ts", "a pipe, a script and JSON lines use the running member at once");
const trial = "--loopback --group trial";

const checks: Readonly<Record<string, Check>> = {
  // Building and testing.
  "make demo": make("node .demo/test/e2e/kit/demo.js"),
  "make test": make("run.js unit house contract sim e2e"),
  "make install": make("p2p is installed"),
  "make compiled": make("build.mjs compiled"),
  "make run NAME=Alice": make(`node dist/p2p.js --name "Alice" ${trial}`),
  "make run NAME=Bob": make(`node dist/p2p.js --name "Bob" ${trial}`),
  "make netns": make("netns.sh up"),
  "make netns-down": make("netns.sh down"),
  "make replay SEED=7": make("SEED=7 node .build/test/sim/replay.js"),
  "make sim SEED=7 SEEDS=1": make("SEED=7 SEEDS=1 "),
  "make sim SEEDS=100": make("SEED=1 SEEDS=100 "),
  "CHAOS_SECONDS=300 make chaos": make("node .build/test/e2e/chaos.js"),
  "node .build/test/unit/reactor/reactor.test.js": alone(),
  // The chat.
  p2p: alone("/quit\n"),
  [`node dist/p2p.js --name Alice ${trial}`]: alone("/quit\n"),
  [`node dist/p2p.js --name Bob ${trial} --idle-timeout 5`]: alone("/quit\n"),
  [`node dist/p2p.js --name Alice ${trial} --idle-timeout 5 --log-level debug --log-file alice.log`]: alone("/quit\n"),
  "ip netns exec Alice node dist/p2p.js": inNamespaces,
  "ip netns exec Bob node dist/p2p.js": inNamespaces,
  "ip netns exec Martha node dist/p2p.js": inNamespaces,
  // For scripts.
  "p2p send Bob the backup is done": beside,
  "p2p send Bob,Martha -- --this begins with a dash": beside,
  "p2p send Bob good morning --expire 10m": beside,
  "p2p send Bob noted --wait queued": beside,
  "df -h / | p2p send Bob": beside,
  "df -h / | p2p send Bob --deadline 1m": beside,
  "if p2p send Bob the backup is done; then code=0; else code=$?; fi": beside,
  'case $code in 0|75) ;; *) echo "p2p: the message to Bob was not accepted ($code)" ;; esac': beside,
  "if backup; then p2p send Bob the backup is done; else p2p send Bob the backup FAILED; fi": beside,
  "p2p flush": beside,
  "p2p status": beside,
  "p2p peers": beside,
  "p2p why Bob": beside,
  // These fail, because all messages were delivered.
  "p2p cancel Bob --all": { ...beside, code: 69 },
  "p2p cancel 12": { ...beside, code: 69 },
  "p2p cancel Bob --id x1": { ...beside, code: 69 },
  "p2p history Bob --since 7d": beside,
  'p2p history --search "lunch noon" --limit 20 --json': beside,
  // Fails, because this position does not exist here.
  "p2p follow --as bot --forget": { ...beside, code: 69 },
  "p2p follow": following,
  "p2p follow --from all": following,
  "p2p follow --json --as bot --auto-ack": byTest(
    "follow.test.ts",
    "a follower that is killed 50 times misses nothing",
  ),
  "p2p follow --json --as bot --auto-ack | ./bot": byTest(
    "follow.test.ts",
    "and ends with 0 when its reader stops reading",
  ),
  'echo "Bob/backup done" | p2p --drain 1m': alone(),
  "p2p --drain 10s <lines.txt": alone(),
  "p2p --drain 10s --expire 10m <lines.txt": alone(),
  "p2p --json": alone('{"do":"quit"}\n'),
  "p2p </dev/null >chat.txt &": listening,
  "p2p <lines.txt": attaching,
  "p2p stop": stopping,
  // Older programs.
  "nc -s 10.1.1.9 10.1.1.0 6969": byTest(
    "neighbour.test.ts",
    "shows the messages of a neighbour that dials, and answers",
  ),
  "p2p menu": menuAsks,
  "p2p menu --greet 10.206.4.122:1255,10.206.5.228:6555": byTest(
    "menu.test.ts",
    "greets two addresses without waiting for them",
  ),
  // Fails, because no program listens on the second port.
  "printf '%s\\n' blockchain 8080 1 127.0.0.1 9090 hello | p2p menu": {
    ...{ kind: "moved", moved: ["8080", "9090"], code: 69 },
  },
  "printf '%s\\n' Quy 9101 9102 hello | p2p says": byTest(
    "says.test.ts",
    "takes three answers and then messages from a pipe",
  ),
  "p2p says": byTest("says.test.ts", "two copies find each other's private line, confirm"),
  "p2p rendezvous --listen 127.0.0.1": numberedOnes,
  "p2p numbered 127.0.0.1 stdin --listen 127.0.0.2": numberedOnes,
  "p2p numbered 127.0.0.1 stdin --listen 127.0.0.3": numberedOnes,
  "printf '%s\\n' 2 10.1.3.0 Hie /exit | p2p numbered 155.246.163.104": numberedOnes,
};

const shownLines = documents().flatMap(({ file, text }) =>
  fencesIn(text)
    .flatMap(commandLines)
    .map((line) => ({ file, line })),
);
const lines = [...new Set(shownLines.map(({ line }) => line))];

t.test("every command line in a document has a check, and every check has a command line", (t) => {
  t.ok(lines.length > 40, `${lines.length} command lines`);
  t.strictSame(
    shownLines.filter(({ line }) => !Object.hasOwn(checks, line)),
    [],
  );
  t.strictSame(
    Object.keys(checks).filter((line) => !lines.includes(line)),
    [],
  );
  t.end();
});

t.test("every fence names its language, and text fences contain no command lines", (t) => {
  const languages = ["sh", "cron", "console", "text", "json", "ini", "c"];
  for (const { file, text } of documents().filter(({ file }) => !/ARCHITECTURE|PROTOCOL/.test(file)))
    for (const fence of fencesIn(text)) {
      t.ok(languages.includes(fence.language), `${file}: "${fence.language}"`);
      if (fence.language !== "text") continue;
      t.notMatch(fence.text, /^\s*(?:\$ |p2p |make |node |ip |printf |echo )/m, file);
    }
  t.end();
});

t.test("the extraction finds exactly the command lines", (t) => {
  const text = "# A\n```sh\np2p a   # why\n# no\nx | p2p b\n```\n```console\n$ p2p c <- d\nBob/p2p e\nBob>\n```\n";
  const cron = "```cron\nPATH=/bin\n*/5 * * * *  p2p f\n```\n```text\np2p g\n```\n";
  t.strictSame(fencesIn(text + cron).flatMap(commandLines), ["p2p a", "x | p2p b", "p2p c", "p2p f"]);
  t.end();
});

const checked = (kind: Check["kind"]): readonly (readonly [string, Check])[] =>
  Object.entries(checks).filter(([, check]) => check.kind === kind);

t.test("make has each target and runs the expected commands", (t) => {
  for (const [line, check] of checked("make")) {
    const words = line.split(" ");
    const at = words.indexOf("make");
    const { status, stdout, stderr } = spawnSync("make", ["-n", ...words.slice(at + 1)], {
      ...{ cwd: projectFolder, encoding: "utf8", env: { ...process.env, MAKEFLAGS: "" } },
    });
    t.equal(status, 0, `${line}\n${stderr}`);
    t.ok(check.kind === "make" && stdout.includes(check.runs), `${line} runs ${JSON.stringify(check)}`);
  }
  t.end();
});

t.test("each named test exists, and the program accepts the command line", (t) => {
  for (const [line, check] of checked("test")) {
    if (check.kind !== "test") continue;
    t.ok(readFileSync(path.join(projectFolder, "test/e2e", check.file), "utf8").includes(check.name), check.name);
    const words = /(?:^|\| )p2p(?: ([^|<>&]*))?/
      .exec(line)?.[1]
      ?.split(" ")
      .filter((word) => word !== "");
    if (words !== undefined) t.not(parseArguments(words, "0").kind, "usage", line);
  }
  t.end();
});

interface Scene {
  readonly folder: string;
  readonly words: (name: string) => readonly string[];
}

/** A folder with a group file that makes this machine Alice's, and the programs that the documents use. */
async function scene(t: Test): Promise<Scene> {
  const folder = t.testdir({});
  const [port, network] = [await freePort("127.0.0.1"), `127.${16 + Math.floor(Math.random() * 200)}.9`];
  const rows = [`Alice 127.0.0.1:${port}`, `Bob ${network}.2:${port}`, `Martha ${network}.3:${port}`];
  writeFileSync(path.join(folder, "peer_details.txt"), `3\n${rows.join("\n")}\n`);
  writeFileSync(path.join(folder, "lines.txt"), "Bob/hello\nMartha/hi\n");
  mkdirSync(path.join(folder, "bin"));
  for (const [name, words] of [
    ["p2p", `exec "${process.execPath}" "${program}" "$@"`],
    ["backup", "exit 0"],
  ] as const) {
    writeFileSync(path.join(folder, "bin", name), `#!/bin/sh\n${words}\n`);
    chmodSync(path.join(folder, "bin", name), 0o755);
  }
  for (const name of ["dist", ".build", "node_modules"])
    symlinkSync(path.join(projectFolder, name), path.join(folder, name));
  const words = (name: string): readonly string[] => [
    ...["--name", name, "--peers", path.join(folder, "peer_details.txt")],
    ...["--state-dir", path.join(folder, "state", "p2p")],
  ];
  return { folder, words };
}

async function run({ folder }: Scene, line: string, input = ""): Promise<{ code: number | null; told: string }> {
  const child = spawn("bash", ["-c", line], {
    cwd: folder,
    env: {
      ...process.env,
      ...{ HOME: folder, XDG_STATE_HOME: path.join(folder, "state") },
      PATH: `${path.join(folder, "bin")}:${process.env["PATH"] ?? ""}`,
    },
  });
  let told = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (told += chunk.toString()));
  child.stdin.on("error", () => undefined).end(input);
  const closed = once(child, "close") as Promise<[number | null]>;
  try {
    const [code] = await inTime(closed, () => `${line} to end\n${told}`);
    return { code, told };
  } finally {
    child.kill("SIGKILL");
  }
}

t.test("the command lines in the documents run unchanged on Alice's machine", async (t) => {
  const place = await scene(t);
  const start = (name: string): Promise<Member> => Member.start(t, { name, args: place.words(name) }).ready();
  await Promise.all([start("Bob"), start("Martha")]);
  for (const [line, check] of checked("run")) {
    if (check.kind !== "run" || check.beside !== "nobody") continue;
    const { code, told } = await run(place, line, check.input);
    t.equal(code, check.code ?? 0, `${line}\n${told}`);
  }
  for (const [line, check] of checked("moved")) {
    if (check.kind !== "moved") continue;
    let moved = line;
    for (const port of check.moved) moved = moved.replace(port, String(await freePort("127.0.0.1")));
    const { code, told } = await run(place, moved);
    t.equal(code, check.code, `${moved}\n${told}`);
  }
  const alice = await start("Alice");
  alice.say("Bob/shall we have lunch at noon?");
  for (const [line, check] of checked("run")) {
    if (check.kind !== "run" || check.beside !== "member") continue;
    const { code, told } = await run(place, line, check.input);
    t.equal(code, check.code ?? 0, `${line}\n${told}`);
  }
});
