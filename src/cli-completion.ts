// Completion for shells, made from what `--help` says of each command: one definition for both. Pure.

export const shells = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof shells)[number];

export interface OptionHelp {
  readonly name: string;
  readonly describe: string;
  readonly takesValue: boolean;
  readonly choices: readonly string[];
}

export interface CommandHelp {
  /** Empty for the chat itself. */
  readonly name: string;
  readonly describe: string;
  /** Whether a friend's name stands behind it. */
  readonly friend: boolean;
  readonly options: readonly OptionHelp[];
}

/** `helpOf` gives a command's help, each entry on one line. */
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
    ([, name = "", words = "", describe = ""]) => ({ name, describe, friend: /^ [<[]friend\b/.test(words) }),
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

/** Whoever is in the group file that the words before name. A name is no word that a shell would do anything with. */
const bashFriends = [
  "_p2p_friends() {",
  "  local at name group=()",
  "  for ((at = 1; at < COMP_CWORD; at++)); do",
  '    case ${COMP_WORDS[at]} in --peers) group=(--peers "${COMP_WORDS[at+1]}") ;; esac',
  "  done",
  "  COMPREPLY=()",
  "  while IFS= read -r name; do",
  '    case $name in "$word"*) COMPREPLY+=("$name") ;; esac',
  '  done < <("${COMP_WORDS[0]}" friends "${group[@]}" 2>/dev/null)',
  "}",
];

const bash: Maker = (commands) =>
  [
    "# In ~/.bashrc: source <(p2p completion bash)",
    ...bashFriends,
    "_p2p() {",
    "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command= each",
    '  for each in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do',
    `    case $each in ${named(commands)
      .map(({ name }) => name)
      .join("|")}) command=$each; break ;; esac`,
    "  done",
    "  case $before in",
    ...withChoices(commands).map(
      ({ name, choices }) => `    --${name}) COMPREPLY=($(compgen -W "${choices.join(" ")}" -- "$word")); return ;;`,
    ),
    `    ${files.map((name) => `--${name}`).join("|")}) COMPREPLY=($(compgen -f -- "$word")); return ;;`,
    `    ${folders.map((name) => `--${name}`).join("|")}) COMPREPLY=($(compgen -d -- "$word")); return ;;`,
    "  esac",
    "  case $command in",
    ...commands.map(
      (command) =>
        `    ${command.name === "" ? '""' : command.name}) each="${[...firstWords(command, commands), words(command)].join(" ")}" ;;`,
    ),
    "  esac",
    `  case $word/$before in -*) ;; */${withFriend(commands).join("|*/")}) _p2p_friends; return ;; esac`,
    '  COMPREPLY=($(compgen -W "$each" -- "$word"))',
    "}",
    "complete -F _p2p p2p",
  ].join("\n");

/** What may stand behind a command besides options. */
function firstWords({ name }: CommandHelp, commands: readonly CommandHelp[]): readonly string[] {
  if (name === "") return named(commands).map((each) => each.name);
  return name === "completion" ? shells : [];
}

/** In single quotes, with a colon that parts nothing. */
const zshText = (text: string): string => text.replaceAll(":", "\\:").replaceAll("'", "'\\''");

const zshFriends = [
  "_p2p_friends() {",
  "  local -a group",
  "  local at=$words[(I)--peers]",
  '  (( at > 0 )) && group=(--peers "$words[at+1]")',
  '  compadd -- ${(f)"$($words[1] friends $group 2>/dev/null)"}',
  "}",
];

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
    `    ${files.map((name) => `--${name}`).join("|")}) _files; return ;;`,
    `    ${folders.map((name) => `--${name}`).join("|")}) _files -/; return ;;`,
    "  esac",
    "  case $command in",
    ...commands.flatMap((command) => [
      `    ${command.name === "" ? '""' : command.name})`,
      `      firsts=(${(command.name === "" ? named(commands) : []).map((each) => `'${each.name}:${zshText(each.describe)}'`).join(" ")}${command.name === "completion" ? shells.join(" ") : ""})`,
      `      options=(${command.options.map(({ name, describe }) => `'--${name}:${zshText(describe)}'`).join(" ")})`,
      "      ;;",
    ]),
    "  esac",
    `  case $PREFIX/$words[CURRENT-1] in -*) ;; */${withFriend(commands).join("|*/")}) _p2p_friends; return ;; esac`,
    "  [[ $PREFIX == -* ]] || _describe command firsts",
    "  _describe option options",
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
    `complete -c p2p -n '${when("completion")}' -a '${shells.join(" ")}'`,
    `complete -c p2p -n '__p2p_behind ${withFriend(commands).join(" ")}' -a '(__p2p_friends)'`,
    ...commands.flatMap((command) => command.options.map((each) => option(command.name, each))),
  ].join("\n");
};

const makers: Readonly<Record<Shell, Maker>> = { bash, zsh, fish };
