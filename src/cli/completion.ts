// Generates shell completion scripts from each command's `--help` text, so both have one definition. Pure.

import { topicNames } from "./topics.js";

export const shells = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof shells)[number];

export interface OptionHelp {
  readonly name: string;
  readonly describe: string;
  readonly takesValue: boolean;
  readonly choices: readonly string[];
}

export interface CommandHelp {
  /** Empty for the chat, the command without a name. */
  readonly name: string;
  readonly describe: string;
  /** Whether its first argument is a friend's name. */
  readonly friend: boolean;
  readonly options: readonly OptionHelp[];
}

/** `helpOf` returns a command's help text with each entry on one line. */
export function completionScript(shell: Shell, helpOf: (command: string) => string): string {
  const chat = { name: "", describe: "", friend: false, options: readOptions(helpOf("")) };
  const commands = readCommands(helpOf("")).map((command) => ({
    ...command,
    options: readOptions(helpOf(command.name)),
  }));
  return makers[shell]([chat, ...commands]);
}

export function readCommands(help: string): readonly Omit<CommandHelp, "options">[] {
  const [commands = ""] = help.split(/^Options:$/m);
  return Array.from(
    commands.matchAll(/^ {2}p2p ([a-z]+)\b([^\n]*?) {2,}(.*?)\s*$/gm),
    ([, name = "", words = "", describe = ""]) => ({ name, describe, friend: /^ [<[](?:friend|to)\b/.test(words) }),
  );
}

export function readOptions(help: string): readonly OptionHelp[] {
  const [, options = ""] = help.split(/^Options:$/m);
  return Array.from(options.matchAll(/^ +(?:-\w, )?--([a-z-]+) +(.*)$/gm), ([, name = "", rest = ""]) => ({
    name,
    describe: rest.replace(/\s*\[.*$/, ""),
    takesValue: !rest.includes("[boolean]"),
    choices: Array.from(
      (/\[choices: (.*?)\]/.exec(rest)?.[1] ?? "").matchAll(/"([^"]*)"/g),
      ([, choice = ""]) => choice,
    ),
  }));
}

type Maker = (commands: readonly CommandHelp[]) => string;

const files = ["peers", "log-file", "file"];
const folders = ["state-dir"];

const named = (commands: readonly CommandHelp[]): readonly CommandHelp[] => commands.filter(({ name }) => name !== "");
const withFriend = (commands: readonly CommandHelp[]): readonly string[] =>
  commands.filter(({ friend }) => friend).map(({ name }) => name);
const words = (command: CommandHelp): string => command.options.map(({ name }) => `--${name}`).join(" ");
const withChoices = (commands: readonly CommandHelp[]): readonly OptionHelp[] => [
  ...new Map(
    commands
      .flatMap(({ options }) => options.filter(({ choices }) => choices.length > 0))
      .map((option) => [option.name, option]),
  ).values(),
];

/** Names of all options that take a value. */
const withValue = (commands: readonly CommandHelp[]): readonly string[] => [
  ...new Set(commands.flatMap(({ options }) => options.filter((each) => each.takesValue).map(({ name }) => name))),
];

const dashed = (options: readonly string[]): string => options.map((name) => `--${name}`).join("|");

/** Completes names from the group file of the typed `--peers`. Names contain no characters that are special to a shell. */
const bashFriends = [
  "_p2p_friends() {",
  "  local name",
  "  while IFS= read -r name; do",
  '    case $name in "$word"*) COMPREPLY+=("$name") ;; esac',
  '  done < <("${COMP_WORDS[0]}" friends "${group[@]}" 2>/dev/null)',
  "}",
];

/** Finds the command, the group file, and the number of words after the command. bash splits words at `=`. */
const bashWords = (commands: readonly CommandHelp[]): readonly string[] => [
  "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command= behind=0 at each group=()",
  "  for ((at = 1; at < COMP_CWORD; at++)); do",
  "    each=${COMP_WORDS[at]}",
  "    case $each in",
  `      ${dashed(withValue(commands))})`,
  "        [[ ${COMP_WORDS[at+1]} == = ]] && ((at++))",
  "        ((at++))",
  '        [[ $each == --peers ]] && group=(--peers "${COMP_WORDS[at]/#\\~\\//$HOME/}") ;;',
  "      -*) ;;",
  "      *) if [[ $command ]]; then ((behind++)); else command=$each; fi ;;",
  "    esac",
  "  done",
  "  [[ $before == = ]] && before=${COMP_WORDS[COMP_CWORD-2]}",
  "  [[ $word == = ]] && word=",
  "  COMPREPLY=()",
];

const bash: Maker = (commands) =>
  [
    "# In ~/.bashrc: source <(p2p completion bash)",
    ...bashFriends,
    "_p2p() {",
    ...bashWords(commands),
    "  case $before in",
    ...withChoices(commands).map(
      ({ name, choices }) => `    --${name}) COMPREPLY=($(compgen -W "${choices.join(" ")}" -- "$word")); return ;;`,
    ),
    `    ${dashed(files)}) COMPREPLY=($(compgen -f -- "$word")); return ;;`,
    `    ${dashed(folders)}) COMPREPLY=($(compgen -d -- "$word")); return ;;`,
    "    --name) _p2p_friends; return ;;",
    `    ${dashed(withValue(commands))}) return ;;`,
    "  esac",
    "  case $word/$command/$behind in",
    ...commands.map((command) => `    -*/${command.name}/*) each="${words(command)}" ;;`),
    ...commands
      .filter((command) => firstWords(command, commands).length > 0)
      .map((command) => `    */${command.name}/0) each="${firstWords(command, commands).join(" ")}" ;;`),
    `    */${withFriend(commands).join("/0|*/")}/0) _p2p_friends; return ;;`,
    "    *) return ;;",
    "  esac",
    '  COMPREPLY=($(compgen -W "$each" -- "$word"))',
    "}",
    "complete -F _p2p p2p",
  ].join("\n");

/** Words that may follow the command, besides options and friends. */
function firstWords({ name }: CommandHelp, commands: readonly CommandHelp[]): readonly string[] {
  if (name === "") return named(commands).map((each) => each.name);
  if (name === "help") return topicNames;
  return name === "completion" ? shells : [];
}

/** For single quotes. Escapes colons too: they separate a word from its description. */
const zshText = (text: string): string => text.replaceAll(":", "\\:").replaceAll("'", "'\\''");

const zshFriends = [
  "_p2p_friends() {",
  "  local -a group",
  "  local at=$words[(I)--peers]",
  '  (( at > 0 )) && group=(--peers "$words[at+1]")',
  '  compadd -- ${(f)"$($words[1] friends $group 2>/dev/null)"}',
  "}",
];

const zshFirsts = (command: CommandHelp, commands: readonly CommandHelp[]): readonly string[] =>
  command.name === ""
    ? named(commands).map(({ name, describe }) => `'${name}:${zshText(describe)}'`)
    : firstWords(command, commands);

const zsh: Maker = (commands) =>
  [
    "#compdef p2p",
    "# In ~/.zshrc, after compinit: source <(p2p completion zsh)",
    ...zshFriends,
    "_p2p() {",
    "  local command= each",
    "  local -a firsts options",
    '  for each in "${(@)words[2,CURRENT-1]}"; do',
    `    case $each in ${named(commands)
      .map(({ name }) => name)
      .join("|")}) command=$each; break ;; esac`,
    "  done",
    "  case $words[CURRENT-1] in",
    ...withChoices(commands).map(({ name, choices }) => `    --${name}) compadd -- ${choices.join(" ")}; return ;;`),
    `    ${dashed(files)}) _files; return ;;`,
    `    ${dashed(folders)}) _files -/; return ;;`,
    "    --name) _p2p_friends; return ;;",
    `    ${dashed(withValue(commands))}) return ;;`,
    "  esac",
    "  case $command in",
    ...commands.flatMap((command) => [
      `    ${command.name === "" ? '""' : command.name})`,
      `      firsts=(${zshFirsts(command, commands).join(" ")})`,
      `      options=(${command.options.map(({ name, describe }) => `'--${name}:${zshText(describe)}'`).join(" ")})`,
      "      ;;",
    ]),
    "  esac",
    `  case $PREFIX/$words[CURRENT-1] in -*) ;; */${withFriend(commands).join("|*/")}) _p2p_friends; return ;; esac`,
    "  if [[ $PREFIX == -* ]]; then _describe option options; else _describe command firsts; fi",
    "}",
    "compdef _p2p p2p",
  ].join("\n");

const fishText = (text: string): string => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;

const fishFriends = [
  "function __p2p_behind",
  "  contains -- (commandline -opc)[-1] $argv",
  "end",
  "function __p2p_friends",
  "  set -l typed (commandline -opc)",
  "  set -l group",
  "  set -l at (contains -i -- --peers $typed)",
  "  and set group --peers $typed[(math $at + 1)]",
  "  $typed[1] friends $group 2>/dev/null",
  "end",
];

const fish: Maker = (commands) => {
  const when = (name: string): string => (name === "" ? "__p2p_no_command" : `__fish_seen_subcommand_from ${name}`);
  const option = (command: string, { name, describe, takesValue, choices }: OptionHelp): string =>
    [
      `complete -c p2p -n '${when(command)}' -l ${name} -d ${fishText(describe)}`,
      ...(takesValue ? [files.includes(name) || folders.includes(name) ? "-r -F" : "-x"] : []),
      ...(name === "name" ? ["-a '(__p2p_friends)'"] : []),
      ...(choices.length > 0 ? [`-a '${choices.join(" ")}'`] : []),
    ].join(" ");
  return [
    "# p2p completion fish > ~/.config/fish/completions/p2p.fish",
    "function __p2p_no_command",
    `  not __fish_seen_subcommand_from ${named(commands)
      .map(({ name }) => name)
      .join(" ")}`,
    "end",
    ...fishFriends,
    "complete -c p2p -f",
    ...named(commands).map(
      ({ name, describe }) => `complete -c p2p -n '${when("")}' -a ${name} -d ${fishText(describe)}`,
    ),
    ...named(commands)
      .map((command) => ({ name: command.name, firsts: firstWords(command, commands) }))
      .filter(({ firsts }) => firsts.length > 0)
      .map(({ name, firsts }) => `complete -c p2p -n '__p2p_behind ${name}' -a '${firsts.join(" ")}'`),
    `complete -c p2p -n '__p2p_behind ${withFriend(commands).join(" ")}' -a '(__p2p_friends)'`,
    ...commands.flatMap((command) => command.options.map((each) => option(command.name, each))),
  ].join("\n");
};

const makers: Readonly<Record<Shell, Maker>> = { bash, zsh, fish };
