// A plain command line of the commands that speak to a running member, read without yargs, which costs more time than all the
// rest of such a command. It promises to say what `parseArguments` says, or nothing: then that one must be asked.

import { scriptCommands, type ScriptSyntax, type Typing } from "./script-commands.js";
import type { OptionTable } from "./option-tables.js";
import type { ScriptCommand } from "../commands/options.js";

/** Undefined for everything that is not plain: help, mistakes, words that begin with a dash, `--`. */
export function readPlainly([name, ...words]: readonly string[]): ScriptCommand | undefined {
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
  readonly options: Typing;
  readonly positionals: readonly string[];
}

function splitWords({ table }: ScriptSyntax, words: readonly string[]): Split | undefined {
  const options: Record<string, string | boolean> = {};
  const positionals: string[] = [];
  const rest = words.values();
  for (const typed of rest) {
    const option = typed.startsWith("-") ? readOption(table, typed, () => rest.next().value) : undefined;
    if (option !== undefined && !Object.hasOwn(options, option.name)) options[option.name] = option.value;
    else if (typed.startsWith("-") || strange.includes(typed)) return undefined;
    else positionals.push(typed);
  }
  return { options, positionals };
}

interface Option {
  readonly name: string;
  readonly value: string | boolean;
}

/** `next` takes the word behind it. */
function readOption(table: OptionTable, typed: string, next: () => string | undefined): Option | undefined {
  const [, name = "", given] = /^--([a-z-]+)(?:=(.*))?$/s.exec(typed) ?? [];
  const word = Object.hasOwn(table, name) ? table[name] : undefined;
  if (word === undefined) return undefined;
  if (word.type === "boolean") return given === undefined ? { name, value: true } : undefined;
  const value = valueOf(given ?? next(), word.choices);
  return value === undefined ? undefined : { name, value };
}

/** Behind a flag these would be its value. */
const strange: readonly string[] = ["", "true", "false"];

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

const defaultsOf = ({ table }: ScriptSyntax): Typing =>
  Object.fromEntries(Object.entries(table).map(([name, word]) => [name, word.default]));
