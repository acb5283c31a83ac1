// Friends' keys in the text file `known-keys` of a state folder. Every call checks the disk, so that `p2p trust` in another
// process is effective at once. A damaged file is reported, never emptied.

import { readFileSync, statSync } from "node:fs";
import path from "node:path";
import { excerpt } from "../core/escape.js";
import {
  KnownKeys,
  keyStandings,
  toPublicKey,
  type KeyEntry,
  type KnownKey,
  type RefusedKey,
} from "../core/known-key.js";
import { toPeerName } from "../core/peer-name.js";
import { formatTime, parseTimePoint } from "../core/time-point.js";
import { fault, ok, type PeerName, type Result } from "../core/types.js";
import type { Keyring } from "../ports.js";
import { replaceFile, withLock } from "./durable-file.js";
import { systemReason } from "./state-folder.js";

const heading = `# Friends' keys, kept by p2p; change them with p2p trust.
# name  key  standing  refused since then: key,address,time ...
`;

const noKeys = new KnownKeys();

export class FileKeyring implements Keyring {
  readonly #file: string;
  #last: { readonly version: string; readonly keys: Result<KnownKeys> } | undefined;

  constructor(folder: string) {
    this.#file = path.join(folder, "known-keys");
  }

  /** The value read last, valid while the file is unchanged. */
  read(): Result<KnownKeys> {
    try {
      const { mtimeNs, size, ino } = statSync(this.#file, { bigint: true });
      const version = [mtimeNs, size, ino].join();
      if (this.#last?.version !== version)
        this.#last = { version, keys: this.#parse(readFileSync(this.#file, "utf8")) };
      return this.#last.keys;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return ok(noKeys);
      return fault(
        `${this.#file} cannot be read (${systemReason(error)}): no secure friend can connect anew. See to its permissions.`,
      );
    }
  }

  remember(name: PeerName, known: KnownKey): Result<null> {
    return this.#change((keys) => keys.withFirstUse(name, known));
  }

  /** Repeated attempts with the same wrong key cause no writes. */
  noteRefused(name: PeerName, refused: RefusedKey): Result<null> {
    return this.#change((keys) => ok(keys.withRefused(name, refused)));
  }

  #change(change: (keys: KnownKeys) => Result<KnownKeys>): Result<null> {
    try {
      return withLock(this.#file, () => {
        const before = this.read();
        if (!before.ok) return before;
        const after = change(before.value);
        if (!after.ok) return after;
        if (after.value !== before.value) replaceFile(this.#file, print(after.value));
        return ok(null);
      });
    } catch (error) {
      return fault(
        `${this.#file} cannot be written (${systemReason(error)}); nothing was changed. See to the disk and the permissions.`,
      );
    }
  }

  /** This program writes a comment first, so an empty file was emptied by something else. */
  #parse(text: string): Result<KnownKeys> {
    const entries = new Map<PeerName, KeyEntry>();
    for (const [index, line] of text.split("\n").entries()) {
      if (line.startsWith("#") || line.trim() === "") continue;
      const row = parseRow(line);
      if (row === undefined || entries.has(row.name)) return this.#damaged(index + 1, line);
      entries.set(row.name, row);
    }
    return text.endsWith("\n") && noKeyTwice(entries) ? ok(new KnownKeys(entries)) : this.#damaged(0, "");
  }

  #damaged(line: number, found: string): Result<never> {
    const where = line === 0 ? this.#file : `${this.#file}:${line}`;
    const what = line === 0 ? "cut short, or a key twice" : `found "${excerpt(found)}"`;
    return fault(
      `${where} is damaged (${what}) and was left as it is: no secure friend can connect anew. Repair it, or move it away to learn all keys anew.`,
    );
  }
}

function parseRow(line: string): (KeyEntry & { readonly name: PeerName }) | undefined {
  const [nameWord = "", keyWord, standingWord, ...refusedWords] = line.trim().split(/\s+/);
  const name = toPeerName(nameWord);
  const known = parseKnown(keyWord, standingWord);
  const refused = parseAllRefused(refusedWords);
  if (name === undefined || known === undefined || refused === undefined) return undefined;
  return { name, known: known.value, refused };
}

/** A dash means none. */
function parseAllRefused(words: readonly string[]): readonly RefusedKey[] | undefined {
  if (words.length === 1 && words[0] === "-") return [];
  const all = words.map(parseRefused).filter((refused) => refused !== undefined);
  const whole = all.length === words.length && all.length > 0;
  return whole && new Set(all.map(({ key }) => key)).size === all.length ? all : undefined;
}

function parseRefused(word: string): RefusedKey | undefined {
  const [keyWord = "", host = "", timeWord = "", ...more] = word.split(",");
  const key = toPublicKey(keyWord);
  const time = parseTimePoint(timeWord);
  if (key === undefined || host === "" || time?.kind !== "at" || more.length > 0) return undefined;
  return { key, host, time: time.ms };
}

interface Optional<Value> {
  readonly value: Value | undefined;
}

/** A dash means none; undefined for an invalid word. */
function orDash<Value>(
  word: string | undefined,
  parse: (word: string) => Value | undefined,
): Optional<Value> | undefined {
  if (word === "-") return { value: undefined };
  const value = word === undefined ? undefined : parse(word);
  return value === undefined ? undefined : { value };
}

function parseKnown(keyWord: string | undefined, standingWord: string | undefined): Optional<KnownKey> | undefined {
  const key = orDash(keyWord, toPublicKey);
  const standing = orDash(standingWord, (word) => keyStandings.find((each) => each === word));
  if (key === undefined || standing === undefined) return undefined;
  if (key.value === undefined || standing.value === undefined)
    return key.value === standing.value ? { value: undefined } : undefined;
  return { value: { key: key.value, standing: standing.value } };
}

function noKeyTwice(entries: ReadonlyMap<PeerName, KeyEntry>): boolean {
  const keys = [...entries.values()].flatMap(({ known }) => (known === undefined ? [] : [known.key]));
  return new Set(keys).size === keys.length;
}

function print(keys: KnownKeys): string {
  const rows = [...keys.entries].map(([name, { known, refused }]) =>
    [
      name,
      known?.key ?? "-",
      known?.standing ?? "-",
      ...(refused.length === 0 ? ["-"] : refused.map(printRefused)),
    ].join("  "),
  );
  return heading + rows.map((row) => `${row}\n`).join("");
}

const printRefused = ({ key, host, time }: RefusedKey): string => [key, host, formatTime(time)].join(",");
