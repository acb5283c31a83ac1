// The commands that only print text: `p2p completion` and `p2p help TOPIC`.

import type { Argv } from "yargs";
import { completionScript, shells } from "./completion.js";
import { topicNames, topicText } from "./topics.js";

export interface TextPorts {
  readonly print: (text: string) => void;
  /** Returns a command's help with each entry on one line. An empty name is the chat. */
  readonly helpOf: (command: string) => string;
}

export const textCommands = (definition: Argv, { print, helpOf }: TextPorts): Argv =>
  definition
    .command("completion <shell>", "print a completion script for your shell", shellWords, ({ shell }) =>
      print(completionScript(shell, helpOf)),
    )
    .command("help <topic>", `show help on a topic: ${topicNames.join(", ")}`, topicWords, ({ topic }) =>
      print(topicText(topic)),
    );

const shellWords = (words: Argv) =>
  words.positional("shell", { choices: shells, demandOption: true, describe: "your shell" });

const topicWords = (words: Argv) =>
  words.positional("topic", { choices: topicNames, demandOption: true, describe: "topic to show" });
