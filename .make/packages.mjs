// Lists the packages that the program loads at run time, and the licences of those bundled into dist/.
// Run as a program, it prints the folders of the loaded packages, which `make install` copies.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** Packages with native code. They cannot be bundled: the program loads them from node_modules. */
export const libraries = ["@photostructure/sqlite", "noise-handshake"];

const manifestOf = (folder) => JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8"));

/** The package folder of a file; undefined for our own files. */
export const packageOf = (file) => /^.*node_modules\/(@[^/]+\/)?[^/]+/.exec(file)?.[0];

/** The folders of the libraries and all their dependencies, resolved like Node does. */
export function loadedPackages() {
  const found = new Set();
  const visit = (name, from, needed) => {
    const folder = resolve(name, from);
    if (folder === undefined && needed) throw new Error(`${name} is not in node_modules`);
    if (folder === undefined || found.has(folder)) return;
    found.add(folder);
    const { dependencies = {}, optionalDependencies = {} } = manifestOf(folder);
    for (const each of Object.keys(dependencies)) visit(each, folder, !(each in optionalDependencies));
  };
  for (const name of libraries) visit(name, ".", true);
  return [...found].sort();
}

function resolve(name, from) {
  for (let folder = from; ; folder = path.dirname(folder)) {
    const candidate = path.join(folder, "node_modules", name);
    if (existsSync(path.join(candidate, "package.json"))) return candidate;
    if (folder === ".") return undefined;
  }
}

/** sodium-native's binaries contain libsodium, but the package lacks its licence. */
const libsodium = `ISC License

Copyright (c) 2013-2026 Frank Denis <j at pureftpd dot org>

Permission to use, copy, modify, and/or distribute this software for any
purpose with or without fee is hereby granted, provided that the above
copyright notice and this permission notice appear in all copies.

THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES
WITH REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF
MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR
ANY SPECIAL, DIRECT, INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES
WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN
ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF
OR IN CONNECTION WITH THE USE OR PERFORMANCE OF THIS SOFTWARE.`;

const isLicence = (name) => /^(licen[cs]e|copying|notice)/i.test(name);

/** The licence texts of these packages. A package without a licence stops the build: we must not distribute it. */
export function notices(folders) {
  const parts = folders.map((folder) => {
    const { name, version, license } = manifestOf(folder);
    const texts = readdirSync(folder).filter(isLicence).sort();
    if (texts.length === 0) throw new Error(`${folder} has no licence file`);
    return [
      `${name} ${version} (${license})`,
      ...texts.map((file) => readFileSync(path.join(folder, file), "utf8").trim()),
    ].join("\n\n");
  });
  const head = "p2p contains these packages. The packages that it loads from node_modules have their licences there.";
  const inside = `libsodium, part of node_modules/sodium-native (ISC)\n\n${libsodium}`;
  return `${[head, ...parts, inside].join(`\n\n${"-".repeat(80)}\n\n`)}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(loadedPackages().join("\n"));
