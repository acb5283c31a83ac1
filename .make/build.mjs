// Installs packages and compiles. Make runs it under a lock (.make/locked), so only one build runs at a time.
// Each result is made in a temporary folder and renamed when it is complete. A killed build leaves the old result, or none, and
// temporary folders that the next build deletes.
//
//   program ENTRY   dist/p2p.js and what it loads, with the packages of "dependencies"
//   demo ENTRY      .demo/, with the same packages
//   compiled        .build/: src and test, one file for each, with all packages ("devDependencies" are for tests and checks)

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { libraries, notices, packageOf } from "./packages.mjs";

/** node_modules is made from these files. */
const installInputs = ["package.json", "package-lock.json", ".taprc"];
const temporary = (name) => `.tmp-${name}-${process.pid}`;

/** Deletes temporary folders of killed builds. An npm whose build was killed may still write to one: the next build deletes that. */
function deleteLeftovers() {
  for (const name of readdirSync(".").filter((each) => each.startsWith(".tmp-")))
    try {
      remove(name);
    } catch (error) {
      if (error.code !== "ENOTEMPTY") throw error;
    }
}

function remove(name) {
  rmSync(name, { recursive: true, force: true, maxRetries: 3 });
}

function fail(why) {
  console.error(why);
  process.exit(1);
}

// --- Folders: each has a list of its files and sizes, so that a damaged folder is noticed and made again. ---

function filesUnder(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort();
}

const listName = ".complete.json";
const sizeOf = (file) => lstatSync(file, { throwIfNoEntry: false })?.size;

/** `key` identifies the inputs of the folder. */
function recordFiles(folder, key) {
  const files = filesUnder(folder).map((file) => [file, sizeOf(path.join(folder, file))]);
  writeFileSync(path.join(folder, listName), JSON.stringify({ key, files }));
}

/** "complete"; "damaged"; or "outdated": made from other inputs, or missing. */
function stateOf(folder, ...keys) {
  let list;
  try {
    list = JSON.parse(readFileSync(path.join(folder, listName), "utf8"));
  } catch {
    return existsSync(folder) ? "damaged" : "outdated";
  }
  if (!keys.includes(list.key)) return "outdated";
  return list.files.every(([file, size]) => sizeOf(path.join(folder, file)) === size) ? "complete" : "damaged";
}

/** Takes two renames, because a rename cannot replace a folder with files. A build killed between them leaves no folder. */
function replaceFolder(made, folder) {
  const old = temporary("old");
  if (existsSync(folder)) renameSync(folder, old);
  renameSync(made, folder);
  remove(old);
}

function hashOf(files) {
  const hash = createHash("sha256");
  for (const file of files) hash.update(`${file}\0`).update(readFileSync(file)).update("\0");
  return hash.digest("hex");
}

// --- Packages ---

/** Installs "all" packages or those of the "program". An installation of "all" serves for "program", too. */
function install(wanted) {
  const hash = `${hashOf(installInputs)} ${process.platform}-${process.arch}`;
  const state = stateOf("node_modules", `all ${hash}`, ...(wanted === "program" ? [`program ${hash}`] : []));
  if (state === "complete") return;
  if (state === "damaged") console.log("node_modules is not complete. Installing it again.");
  console.log(
    wanted === "all" ? "Installing all packages, for tests and checks too …" : "Installing the program's packages …",
  );
  const folder = temporary("install");
  mkdirSync(folder);
  for (const file of installInputs) copyFileSync(file, path.join(folder, file));
  const words = ["ci", "--no-audit", "--no-fund", "--loglevel=error", ...(wanted === "program" ? ["--omit=dev"] : [])];
  // Try npm's cache first: the lockfile has the checksums. If the cache is too old, ask the registry.
  const installed = run("npm", [...words, "--prefer-offline"], folder, "pipe") || run("npm", words, folder, "inherit");
  if (!installed) fail("npm ci failed; see its output above. node_modules is unchanged.");
  deleteOtherPlatforms(path.join(folder, "node_modules"));
  // The test runner builds itself once, without its TypeScript plugin: our tests are compiled before it runs them.
  if (wanted === "all" && !run(path.resolve(folder, "node_modules/.bin/tap"), ["build"], folder, "pipe"))
    fail("tap build failed. node_modules is unchanged.");
  recordFiles(path.join(folder, "node_modules"), `${wanted} ${hash}`);
  replaceFolder(path.join(folder, "node_modules"), "node_modules");
  remove(folder);
}

function run(command, words, cwd, stdio) {
  return spawnSync(command, words, { cwd, stdio: ["ignore", stdio, stdio] }).status === 0;
}

/** Native packages bring binaries for many platforms, 40 MB in total. Keeps only those of this platform. */
function deleteOtherPlatforms(modules) {
  for (const folder of readdirSync(modules, { recursive: true, withFileTypes: true }))
    if (
      folder.isDirectory() &&
      path.basename(folder.parentPath) === "prebuilds" &&
      folder.name !== `${process.platform}-${process.arch}`
    )
      remove(path.join(folder.parentPath, folder.name));
}

// --- Compiling ---

/** Compiles each file of src and test with the TypeScript compiler. The output of removed sources is removed. */
function compile() {
  const sources = [
    ...filesUnder("src").map((file) => `src/${file}`),
    ...filesUnder("test").map((file) => `test/${file}`),
  ];
  const key = hashOf(["tsconfig.json", "package-lock.json", ...sources.filter((file) => /\.(ts|json)$/.test(file))]);
  if (stateOf(".build", key) === "complete") return;
  console.log("Compiling src and test …");
  const folder = temporary("compile");
  if (!run("node_modules/.bin/tsc", ["-p", ".", "--outDir", folder], ".", "inherit"))
    fail("The TypeScript compiler found errors.");
  recordFiles(folder, key);
  replaceFolder(folder, ".build");
}

/** Bundles from TypeScript without checking types; `compile` checks them. Always runs, which is faster than checking whether it must. */
async function bundle(from, name, folder, extra = {}) {
  const { outputFiles } = await bundled(from, name, folder);
  const wanted = new Map(
    outputFiles.map(({ path: file, contents }) => [path.relative(path.resolve(folder), file), Buffer.from(contents)]),
  );
  for (const [file, text] of Object.entries(extra)) wanted.set(file, Buffer.from(text));
  // Write the entry last: a program that starts meanwhile finds all parts that its entry loads.
  const main = `${name}.js`;
  for (const file of [...[...wanted.keys()].filter((each) => each !== main), main])
    writeWhole(path.join(folder, file), wanted.get(file));
  for (const file of filesUnder(folder)) if (!wanted.has(file)) remove(path.join(folder, file));
}

function writeWhole(file, contents) {
  if (sizeOf(file) === contents.length && readFileSync(file).equals(contents)) return;
  mkdirSync(path.dirname(file), { recursive: true });
  const made = temporary("file");
  writeFileSync(made, contents);
  if (contents.subarray(0, 2).equals(Buffer.from("#!"))) chmodSync(made, 0o755);
  renameSync(made, file);
}

let result;

async function bundled(from, name, folder) {
  const esbuild = createRequire(import.meta.url)("esbuild");
  try {
    return (result ??= await esbuild.build({
      ...{ entryPoints: { [name]: from }, outdir: folder, write: false, metafile: true, logLevel: "warning" },
      // Splitting lets a start read few files: the entry, and one more plus shared parts if it runs a member.
      ...{ bundle: true, splitting: true, minify: true, platform: "node", target: "node20", format: "esm" },
      ...{ external: libraries, legalComments: "none" },
      banner: {
        js: "import{createRequire as requireFrom}from'node:module';const require=requireFrom(import.meta.url);",
      },
    }));
  } catch {
    fail("esbuild found errors.");
  }
}

async function licenceFiles(from) {
  const { metafile } = await bundled(from, "p2p", "dist");
  const folders = new Set(Object.keys(metafile.inputs).flatMap((file) => packageOf(file) ?? []));
  return { LICENSE: readFileSync("LICENSE"), "THIRD-PARTY-LICENSES.txt": notices([...folders].sort()) };
}

// --- Targets ---

const [target, entry] = process.argv.slice(2);
process.umask(0o022);
deleteLeftovers();
if (target === "compiled") install("all");
else install("program");
if (target === "compiled") compile();
if (target === "program") await bundle(entry, "p2p", "dist", await licenceFiles(entry));
if (target === "demo") await bundle(entry, "test/e2e/kit/demo", ".demo");
