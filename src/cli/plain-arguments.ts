// Parses simple command lines of the script commands without yargs, which takes longer to load than such a command runs.
// The result equals that of `parseArguments`, or is undefined: then call `parseArguments`.

import { scriptCommands, type ScriptSyntax, type OptionValues } from "./script-commands.js";
import type { OptionTable } from "./option-tables.js";
import type { ScriptCommand } from "../commands/options.js";

/** Undefined for anything that is not simple: help, mistakes, texts that begin with a dash, `--`. */
export function parsePlainArguments([name, ...words]: readonly string[]): ScriptCommand | undefined {
  const command = scriptCommands.find((each) => each.name === name);
  const split = command && splitWords(command, words);
  if (command === undefined || split === undefined || !fits(command, split.positionals)) return undefined;
  try {
    return command.read({ options: { ...defaultsOf(command), ...split.options }, positionals: split.positionals });
  } catch {
    return undefined;
  }
}

interface Split {
  readonly options: OptionValues;
  readonly positionals: readonly string[];
}

function splitWords({ table }: ScriptSyntax, words: readonly string[]): Split | undefined {
  const options: Record<string, string | boolean> = {};
  const positionals: string[] = [];
  const rest = words.values();
  for (const typed of rest) {
    const option = typed.startsWith("-") ? readOption(table, typed, () => rest.next().value) : undefined;
    if (option !== undefined && !Object.hasOwn(options, option.name)) options[option.name] = option.value;
    else if (typed.startsWith("-") || ambiguousWords.includes(typed)) return undefined;
    else positionals.push(typed);
  }
  return { options, positionals };
}

interface Option {
  readonly name: string;
  readonly value: string | boolean;
}

/** `next` consumes the following word. */
function readOption(table: OptionTable, typed: string, next: () => string | undefined): Option | undefined {
  const [, name = "", given] = /^--([a-z-]+)(?:=(.*))?$/s.exec(typed) ?? [];
  const word = Object.hasOwn(table, name) ? table[name] : undefined;
  if (word === undefined) return undefined;
  if (word.type === "boolean") return given === undefined ? { name, value: true } : undefined;
  const value = valueOf(given ?? next(), word.choices);
  return value === undefined ? undefined : { name, value };
}

/** yargs takes these as a flag's value if they follow it. */
const ambiguousWords: readonly string[] = ["", "true", "false"];

function valueOf(word: string | undefined, choices: readonly string[] | undefined): string | undefined {
  if (word === undefined || word === "" || word.startsWith("-")) return undefined;
  return choices === undefined || choices.includes(word) ? word : undefined;
}

function fits({ usage }: ScriptSyntax, positionals: readonly string[]): boolean {
  const expected = usage.split(" ").slice(1);
  const needed = expected.filter((each) => each.startsWith("<")).length;
  const most = usage.endsWith("..]") ? Infinity : expected.length;
  return positionals.length >= needed && positionals.length <= most;
}

const defaultsOf = ({ table }: ScriptSyntax): OptionValues =>
  Object.fromEntries(Object.entries(table).map(([name, word]) => [name, word.default]));
