// A plain command line of the commands that speak to a running member, read without yargs, which costs more time than all the
// rest of such a command. It promises to say what `parseArguments` says, or nothing: then that one must be asked.

import { scriptCommands, type ScriptSyntax, type Typing } from "./cli-scripts.js";
import type { ScriptCommand } from "./options.js";

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
    if (typed === "" || !typed.startsWith("-")) positionals.push(typed);
    else {
      const [, option = "", given] = /^--([a-z-]+)(?:=(.*))?$/s.exec(typed) ?? [];
      const word = Object.hasOwn(table, option) ? table[option] : undefined;
      const value = word?.type === "boolean" ? given === undefined : valueOf(given ?? rest.next().value, word?.choices);
      if (word === undefined || value === undefined || value === false || Object.hasOwn(options, option))
        return undefined;
      options[option] = value;
    }
  }
  return positionals.every((typed) => !strange.includes(typed)) ? { options, positionals } : undefined;
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
