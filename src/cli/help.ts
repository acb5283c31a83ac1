// The commands that only tell something: completion for a shell, and topics of help.

import type { Argv } from "yargs";
import { completionScript, shells } from "./completion.js";
import { topicNames, topicText } from "./topics.js";

export interface Telling {
  readonly print: (text: string) => void;
  /** A command's help, each entry on one line; the chat's for an empty name. */
  readonly helpOf: (command: string) => string;
}

export const tellingCommands = (definition: Argv, { print, helpOf }: Telling): Argv =>
  definition
    .command("completion <shell>", "a script that makes your shell complete these words", shellWords, ({ shell }) =>
      print(completionScript(shell, helpOf)),
    )
    .command("help <topic>", `more about a topic: ${topicNames.join(", ")}`, topicWords, ({ topic }) =>
      print(topicText(topic)),
    );

const shellWords = (words: Argv) =>
  words.positional("shell", { choices: shells, demandOption: true, describe: "which one" });

const topicWords = (words: Argv) =>
  words.positional("topic", { choices: topicNames, demandOption: true, describe: "which one" });
