// Installs packages and compiles. Make runs it under a lock (.make/locked), so one process at a time is at work here.
// Each result is made beside its place and renamed into it when it is complete. A build that was killed at any moment leaves
// the old result, or none, and temporary folders that the next build deletes.
//
//   program ENTRY   dist/p2p.js and what it loads, with the packages of "dependencies"
//   demo ENTRY      .demo/, with the same packages
//   tools           all packages: "devDependencies" are what tests and checks need
//   compiled        .build/: src and test, one file for each, with all packages

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

/** What an installation depends on. */
const installInputs = ["package.json", "package-lock.json", ".taprc"];
const temporary = (name) => `.tmp-${name}-${process.pid}`;

/** Killed builds left these. We hold the lock, but an npm whose parent was killed may still write: then the next build deletes it. */
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

// --- Whole folders: each keeps a list of its files and their sizes, so that a damaged one is noticed and made anew. ---

function filesUnder(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort();
}

const listName = ".complete.json";
const sizeOf = (file) => lstatSync(file, { throwIfNoEntry: false })?.size;

/** `key` says from what the folder was made. */
function recordFiles(folder, key) {
  const files = filesUnder(folder).map((file) => [file, sizeOf(path.join(folder, file))]);
  writeFileSync(path.join(folder, listName), JSON.stringify({ key, files }));
}

/** "complete", "damaged", or "outdated" where it was made from something else or is not there at all. */
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

/** Renames are two, because a folder cannot replace one that has files. A build killed between them leaves no folder. */
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

/** "all" packages are enough for the program, too. */
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
  // What npm has in its cache is as good as what the registry has: the lockfile says the checksum. The cache may be too old.
  const installed = run("npm", [...words, "--prefer-offline"], folder, "pipe") || run("npm", words, folder, "inherit");
  if (!installed) fail("npm ci failed; what it says stands above. node_modules is as it was.");
  deleteOtherPlatforms(path.join(folder, "node_modules"));
  // The test runner compiles itself once, without its TypeScript plugin: our tests are compiled when it runs them.
  if (wanted === "all" && !run(path.resolve(folder, "node_modules/.bin/tap"), ["build"], folder, "pipe"))
    fail("tap build failed. node_modules is as it was.");
  recordFiles(path.join(folder, "node_modules"), `${wanted} ${hash}`);
  replaceFolder(path.join(folder, "node_modules"), "node_modules");
  remove(folder);
}

function run(command, words, cwd, stdio) {
  return spawnSync(command, words, { cwd, stdio: ["ignore", stdio, stdio] }).status === 0;
}

/** Native parts come ready for many machines: 40 MB for one that is used. */
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

/** One file for each of src and test, by the TypeScript compiler. Removed and renamed sources leave nothing behind. */
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

/** Bundles straight from TypeScript; types are checked where tests are compiled. It takes less time than to find out whether it must. */
async function bundle(from, name, folder, extra = {}) {
  const { outputFiles } = await bundled(from, name, folder);
  const wanted = new Map(
    outputFiles.map(({ path: file, contents }) => [path.relative(path.resolve(folder), file), Buffer.from(contents)]),
  );
  for (const [file, text] of Object.entries(extra)) wanted.set(file, Buffer.from(text));
  // The entry comes last: a program that starts meanwhile finds the parts that its entry names.
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
      // A start reads few files: one, and where it runs a member, one more and what both need.
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

// --- What make asks for ---

const [target, entry] = process.argv.slice(2);
process.umask(0o022);
deleteLeftovers();
if (target === "tools" || target === "compiled") install("all");
else install("program");
if (target === "compiled") compile();
if (target === "program") await bundle(entry, "p2p", "dist", await licenceFiles(entry));
if (target === "demo") await bundle(entry, "test/e2e/kit/demo", ".demo");
