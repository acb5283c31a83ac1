// Checks the rules for the source: imports, access to the outside, file lengths, file names and documents.
// The import and lint rules are also run on code that breaks them, to prove that each rule fires.

import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, existsSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import tap from "tap";
import { ESLint } from "eslint";
import { documents, fencesIn, spansIn } from "../e2e/kit/documents.js";

const checkout = process.cwd();
const linesMax = 600;

interface Cruise {
  readonly code: number | null;
  readonly output: string;
}

function cruise(directory: string): Cruise {
  const command = [
    resolve("node_modules/dependency-cruiser/bin/dependency-cruise.mjs"),
    ...["--config", resolve(".dependency-cruiser.cjs"), "--output-type", "err", "src"],
  ];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, {
    cwd: directory,
    encoding: "utf8",
    env: { ...process.env, NODE_OPTIONS: "" },
  });
  return { code: status, output: stdout + stderr };
}

/** A temporary folder with these files. The keys are paths, the values contents. */
function folderWith(files: Readonly<Record<string, string>>): string {
  const directory = mkdtempSync(join(tmpdir(), "p2p-house-"));
  for (const [path, content] of Object.entries({ ...files, "tsconfig.json": readFileSync("tsconfig.json", "utf8") })) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), content);
  }
  return directory;
}

tap.test("files import only modules that their folder may import", (t) => {
  const { code, output } = cruise(checkout);
  t.equal(code, 0, output);
  t.match(output, /no dependency violations found \((\d+) modules, (\d+) dependencies/);
  t.end();
});

const fixture = (name: string): string => readFileSync(`test/house/fixtures/${name}`, "utf8");

tap.test("each import rule fires on the import that breaks it and on no other", (t) => {
  const files = JSON.parse(fixture("broken-imports.json")) as Record<string, string>;
  const directory = folderWith(files);
  const { code, output } = cruise(directory);
  rmSync(directory, { recursive: true });
  t.not(code, 0);
  const inOneLine = output.replace(/\s+/g, " ");
  const rooms = readdirSync("src", { withFileTypes: true }).flatMap((each) => (each.isDirectory() ? [each.name] : []));
  const edges = [
    ...rooms.map((room) => `error room-${room}: src/${room}/broken.ts → src/`),
    "error room-p2p: src/p2p.ts → src/wire/room.ts",
    "error room-ports: src/ports.ts → src/reactor/room.ts",
    "error room-core: src/core/reads-files.ts → fs",
    "error room-wire: src/wire/logs.ts → node_modules/pino/pino.js",
    "error room-member: src/member/imports-tests.ts → test/check.ts",
    "error every-file-has-a-room: src/loose.ts → src/core/room.ts",
    "error no-cycles: src/core/first.ts → src/core/second.ts → src/core/first.ts",
  ];
  for (const edge of edges) t.ok(inOneLine.includes(edge), edge);
  t.equal(inOneLine.match(/error [a-z0-9-]+: /g)?.length, edges.length, output);
  t.end();
});

// If CI is set, typescript-eslint assumes a single run and lints the file on the disk instead of our text.
const lint = new ESLint({
  overrideConfigFile: resolve(".eslint.config.mjs"),
  overrideConfig: { languageOptions: { parserOptions: { disallowAutomaticSingleRunInference: true } } },
});

/** Lints the text as if it were the content of the file. Returns `LINE RULE MESSAGE` for each complaint. */
async function complaintsAbout(text: string, filePath: string): Promise<string[]> {
  const [result] = await lint.lintText(text, { filePath });
  return (result?.messages ?? []).map(({ line, ruleId, message }) => `${String(line)} ${String(ruleId)} ${message}`);
}

tap.test("lint finds each access to the outside that bypasses the ports, except in src/platform", async (t) => {
  const text = fixture("broken-globals.txt");
  const wanted = text.split("\n").flatMap((line, index) => {
    const rules = /\/\/ breaks (.*)$/.exec(line)?.[1]?.split(", ") ?? [];
    return rules.map((rule) => `${String(index + 1)} ${rule}`);
  });
  t.ok(wanted.length >= 14);
  const complaints = await complaintsAbout(text, "src/core/batch.ts");
  for (const each of wanted)
    t.ok(
      complaints.some((complaint) => complaint.startsWith(`${each} `)),
      each,
    );
  const outside = (await complaintsAbout(text, "src/platform/node-clock.ts")).filter((each) =>
    each.includes("no-restricted"),
  );
  t.strictSame(outside, []);
});

function filesUnder(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

const linesOf = (file: string): number => readFileSync(file, "utf8").split("\n").length - 1;

tap.test(`no source file has more than ${String(linesMax)} lines`, (t) => {
  const sources = filesUnder("src").filter((file) => file.endsWith(".ts"));
  t.ok(sources.length > 20);
  for (const file of sources) t.ok(linesOf(file) <= linesMax, `${file} has ${String(linesOf(file))} lines`);
  t.end();
});

tap.test("each document is as short as its reader expects", (t) => {
  const rooms = readdirSync("src", { withFileTypes: true }).filter((each) => each.isDirectory());
  t.ok(rooms.length > 10);
  // The reactor's explains select(), and compat's is the manual of the older programs.
  for (const { name } of rooms.filter(({ name }) => name !== "reactor" && name !== "compat"))
    t.ok(linesOf(`src/${name}/README.md`) <= 10, `src/${name}/README.md says in ten lines what belongs there`);
  t.ok(linesOf("README.md") <= 250);
  t.ok(linesOf("src/ARCHITECTURE.md") <= 200);
  t.end();
});

tap.test("the table of rooms in ARCHITECTURE.md is the one that the import rules enforce", (t) => {
  const { forbidden } = createRequire(import.meta.url)(resolve(".dependency-cruiser.cjs")) as {
    forbidden: { name: string }[];
  };
  const ruled = forbidden.flatMap(({ name }) => /^room-(.*)$/.exec(name)?.[1] ?? []);
  const section = /^## Rooms[\s\S]*?(?=^## )/m.exec(readFileSync("src/ARCHITECTURE.md", "utf8"))?.[0] ?? "";
  const drawn = [...section.matchAll(/^\| `([a-z0-9]+)(?:\/|\.ts)` \|/gm)].map(([, name]) => name!);
  t.strictSame([...drawn].sort(), [...ruled].sort());
  const present = readdirSync("src", { withFileTypes: true }).map(({ name }) => name.replace(/\.ts$/, ""));
  t.strictSame(
    present.filter((name) => name !== "ARCHITECTURE.md" && !drawn.includes(name)),
    [],
    "and every room is in it",
  );
  t.end();
});

tap.test("every source file begins with a comment", (t) => {
  for (const file of filesUnder("src").filter((each) => each.endsWith(".ts")))
    t.match(readFileSync(file, "utf8"), /^(#!.*\n)?\/\/ \S/, file);
  t.end();
});

tap.test("file names are kebab-case, and there are no index files", (t) => {
  for (const file of filesUnder("src"))
    t.match(file, /^src\/(?:[a-z0-9-]+\/)*(?:[a-z0-9-]+\.ts|[a-z0-9-]+\.schema\.json|[A-Z]+\.md)$/);
  for (const file of filesUnder("src")) t.notMatch(file, /\/index\.ts$/);
  t.end();
});

const allowed = [
  "package.json",
  "package-lock.json",
  "tsconfig.json",
  "src",
  "test",
  "peer_details.txt",
  "Makefile",
  "README.md",
  "LICENSE",
];
const generated = ["node_modules", "dist"];

tap.test("the top level contains only the allowed files", (t) => {
  const names = readdirSync(".").filter((name) => !name.startsWith(".") && !generated.includes(name));
  t.strictSame(
    names.filter((name) => !allowed.includes(name)),
    [],
  );
  t.end();
});

function makeTargets(): { readonly helped: string[]; readonly phony: string[] } {
  const makefile = readFileSync("Makefile", "utf8");
  return {
    helped: [...makefile.matchAll(/^([a-z0-9-]+):.*## /gm)].map(([, name]) => name!),
    phony: /^\.PHONY: (.*)$/m.exec(makefile)?.[1]?.split(" ") ?? [],
  };
}

tap.test("make help lists exactly the existing targets", (t) => {
  const { helped, phony } = makeTargets();
  const { stdout } = spawnSync("make", ["help"], { encoding: "utf8" });
  const listed = stdout.split("\n").flatMap((line) => /^([a-z0-9-]+) {2,}\S/.exec(line)?.[1] ?? []);
  t.strictSame(listed, helped);
  t.strictSame([...helped].sort(), [...phony].sort());
  for (const name of [
    "build",
    "demo",
    "test",
    "check",
    "unit",
    "sim",
    "e2e",
    "bench",
    "run",
    "install",
    "netns",
    "netns-down",
    "help",
  ])
    t.ok(listed.includes(name), name);
  t.end();
});

tap.test("the program prints the version of its package", (t) => {
  const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
  t.equal(/^const version = "(.*)";$/m.exec(readFileSync("src/cli/main.ts", "utf8"))?.[1], version);
  t.end();
});

const allDocuments = documents();

tap.test("the documents name exactly the make targets that make help lists", (t) => {
  const { helped } = makeTargets();
  const code = allDocuments
    .flatMap(({ text }) => [...fencesIn(text).map((fence) => fence.text), ...spansIn(text)])
    .join("\n");
  const named = [...code.matchAll(/\bmake ([a-z][a-z0-9-]*)/g)].map(([, name]) => name!);
  t.strictSame(
    named.filter((name) => !helped.includes(name)),
    [],
  );
  t.strictSame(
    helped.filter((name) => !named.includes(name)),
    [],
    "the documents name every target",
  );
  t.end();
});

tap.test("every file that a document links to exists", (t) => {
  for (const { file, text } of allDocuments)
    for (const [, target] of text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g))
      t.ok(existsSync(join(dirname(file), target!)), `${file} points to ${target!}`);
  t.end();
});

tap.test("every option in a document is in --help, and every option of the chat is in a document", async (t) => {
  const { parseArguments } = await import("../../src/cli/arguments.js");
  const optionsIn = (text: string): string[] => [
    ...new Set([...text.matchAll(/(?<![\w-])--[a-z][a-z-]*/g)].map(([option]) => option)),
  ];
  t.strictSame(optionsIn("|---|---|\n| `--port PORT` | a table"), ["--port"], "the rule of a table is not an option");
  const helpOf = (...words: readonly string[]): string => {
    const help = parseArguments([...words, "--help"], "0");
    return help.kind === "print" ? help.text : "";
  };
  const commands = [...helpOf().matchAll(/^ {2}p2p ([a-z]+)/gm)].map(([, name]) => name!);
  t.ok(commands.includes("send") && commands.includes("numbered"));
  const real = optionsIn([[], ...commands.map((command) => [command])].map((words) => helpOf(...words)).join("\n"));
  t.ok(real.length > 20 && real.includes("--since"));
  const written = allDocuments.flatMap(({ file, text }) => optionsIn(text).map((option) => ({ file, option })));
  t.strictSame(
    // `--this` is part of an example message.
    written.filter(({ option }) => !real.includes(option) && option !== "--this"),
    [],
  );
  t.strictSame(
    optionsIn(helpOf()).filter((option) => option !== "--version" && !written.some((each) => each.option === option)),
    [],
  );
});
