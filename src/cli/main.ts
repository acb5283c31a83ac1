// Composition root: connects each command to its options and adapters. Commands that only talk to a running member are in scripts.ts.

import { parseArguments } from "./arguments.js";
import type {
  Command,
  MemberOptions,
  HistoryOptions,
  Membership,
  NumberedOptions,
  ChatOptions,
  CompatOptions,
  TrustOptions,
} from "../commands/options.js";
import { startSays } from "../compat/says/program.js";
import { startChat, type Chat, type ChatMachine } from "../commands/chat.js";
import type { Ending, Running } from "../core/ending.js";
import type { Answer, OwnKey } from "../commands/group.js";
import type { TemporaryMemberEvents } from "../commands/member-dialer.js";
import { runScriptCommand, type RunningTemporaryMember } from "./scripts.js";
import { friendNames } from "../commands/friends.js";
import { showHistory } from "../commands/history.js";
import { showKey } from "../commands/key.js";
import { peopleAt, type TerminalEnvironment } from "../clients/terminal/environment.js";
import { attach, type AttachTo } from "../commands/attach.js";
import { startMenu } from "../compat/menu/program.js";
import { startNumbered } from "../compat/numbered/program.js";
import { startRendezvous } from "../compat/rendezvous/program.js";
import { trustFriend } from "../commands/trust.js";
import { exitCode, reasonOf } from "../core/errors.js";
import { cleanLine } from "../core/escape.js";
import { ok, type PeerName, type Result } from "../core/types.js";
import type { Ports } from "../member/member.js";
import { environmentLocale, localTime } from "../platform/locale.js";
import { FileKeyring } from "../platform/file-keyring.js";
import { kernelConnections } from "../platform/kernel-connections.js";
import { messagesFile, openMemberState } from "../store/member-state.js";
import { NodeClock } from "../platform/node-clock.js";
import {
  atTerminal,
  endProcess,
  hangUpAtSignal,
  inputCanHold,
  print,
  stopAtSignals,
  surroundings,
  typedArguments,
} from "../platform/node-process.js";
import { nodeRandom } from "../platform/node-random.js";
import { openChatTerminal, openQuestionTerminal } from "../platform/node-terminals.js";
import { openPipeConsole, openStandardError } from "../platform/node-console.js";
import { NodeMachine } from "../platform/node-machine.js";
import { NodeNetwork } from "../platform/node-network.js";
import { noiseLibrary } from "../platform/noise-library.js";
import { PinoLog } from "../platform/pino-log.js";
import { SqliteHistory } from "../store/sqlite-history.js";
import { writeLines } from "../platform/standard-output.js";
import { loadIdentity, openStateFolder, systemReason } from "../platform/state-folder.js";
import { stateFile, stateFolderOf, type StatePlace } from "../platform/state-place.js";
import { TypedLinesFile } from "../platform/typed-lines-file.js";
import { dialMember } from "../platform/local-path.js";
import { TranscriptFile } from "../platform/transcript-file.js";
import type { Console, History, Keyring } from "../ports.js";

const version = "0.1.0";

/** Parses the command line and runs the command. */
export function main(): void {
  const invocation = parseArguments(typedArguments(), version);
  switch (invocation.kind) {
    case "usage":
      return endProcess({ code: exitCode.usage, message: invocation.message });
    case "print":
      return print(invocation.text);
    default:
      return runCommand(invocation);
  }
}

function runCommand(command: Command): void {
  switch (command.kind) {
    case "chat":
      return chat(command.options);
    case "key":
      return key(command.options);
    case "friends":
      return printAnswer(friendNames(command.options, new NodeMachine()));
    case "trust":
      return trust(command.options);
    case "history":
      return history(command.options);
    case "menu":
      return compatProgram(command.options, startMenu);
    case "says":
      return compatProgram(command.options, startSays);
    case "rendezvous":
      return compatProgram(command.options, startRendezvous);
    case "numbered":
      return numbered(command.options);
    default:
      return runScriptCommand(command, (options, events) => Promise.resolve(startTemporaryMember(options, events)));
  }
}

/** A program without a group file has nothing to reload. */
const withoutGroup = { tell: () => undefined, reload: () => undefined, finish: () => undefined };

/** If stdin and stdout are a terminal, a console that can ask questions; otherwise a line console. */
const openConsole = (): Console => (atTerminal() ? openQuestionTerminal() : openPipeConsole());

function openEnvironment(): TerminalEnvironment | undefined {
  if (!atTerminal()) return undefined;
  return { terminal: openChatTerminal(), capabilities: environmentLocale(), localTime };
}

function key(options: Membership): void {
  printAnswer(showKey(options, new NodeMachine(), ownKey(options)));
}

function trust(options: TrustOptions): void {
  const keyring = (member: PeerName): Keyring => new FileKeyring(valueOrExit(stateFolder(options, member)));
  printAnswer(trustFriend(options, { machine: new NodeMachine(), ownKey: ownKey(options), keyring }));
}

function history(options: HistoryOptions): void {
  const openHistory = (member: PeerName): Result<History> | undefined => {
    const file = messagesFile(stateFolderOf(placeOf(options, member), surroundings()));
    return SqliteHistory.exists(file) ? SqliteHistory.open(file) : undefined;
  };
  printAnswer(showHistory(options, { machine: new NodeMachine(), wallTime: Date.now(), openHistory }));
}

function ownKey(options: Membership): OwnKey {
  return (member) => {
    const folder = stateFolder(options, member);
    const identity = folder.ok ? loadIdentity(folder.value, noiseLibrary) : folder;
    return identity.ok ? ok(identity.value.publicKey) : identity;
  };
}

function stateFolder(options: Membership, member: PeerName): Result<string> {
  return openStateFolder(placeOf(options, member), surroundings());
}

const placeOf = ({ stateDir, group }: Membership, member: PeerName): StatePlace => ({ stateDir, group, member });

function valueOrExit<Value>(result: Result<Value>): Value {
  return result.ok ? result.value : endProcess({ code: exitCode.usage, message: result.message });
}

function printAnswer({ code, lines = [], ifNone, ...more }: Answer<Iterable<string>>): void {
  let message = ifNone ?? more.message;
  const shown = (): void => void (message = more.message);
  try {
    writeLines(cleaned(lines, shown));
  } catch (error) {
    endProcess({ code: exitCode.usage, message: `Cannot read the rest: ${systemReason(error)}.` });
  }
  endProcess(message === undefined ? { code } : { code, message });
}

function* cleaned(lines: Iterable<string>, onLine: () => void): Iterable<string> {
  for (const line of lines) {
    onLine();
    yield cleanLine(line);
  }
}

/** Runs the member or, if another process is the member, becomes a client of that one. */
function chat(options: ChatOptions): void {
  const log = openLog(options);
  const environment = options.json || options.drainMs !== undefined ? undefined : openEnvironment();
  const console = environment?.terminal ?? openPipeConsole();
  let running: Partial<Chat> & Running = { stop: () => undefined };
  const ports = portsWith(console, log);
  const start = (): void => {
    const machine = { ...chatMachine(options), environment };
    running = startChat(options, machine, ports, { onEnd: endProcess, onBusy: join }) ?? running;
  };
  const join = (to: AttachTo): void => {
    const folder = stateFolderOf(placeOf(options, to.self), surroundings());
    const place = { keyFile: stateFile(folder, "key"), openTypedLines: () => new TypedLinesFile(folder) };
    const people = peopleAt(environment, { ...options, self: to.self, place, clock: ports.clock });
    const attachPorts = {
      clock: ports.clock,
      console,
      dial: () => dialMember(folder),
      people,
      hasInput: inputCanHold(),
    };
    running = attach(options, to, attachPorts, { onVacant: start, onEnd: endProcess });
  };
  start();
  obeySignals(
    {
      stop: () => running.stop(),
      tell: (message) => running.tell?.(message),
      reload: () => running.reload?.(),
      finish: () => running.finish?.(),
    },
    log,
    options.logFile,
  );
}

/** Starts a temporary member in this process: no input, no output, only the local socket. */
export function startTemporaryMember(
  options: MemberOptions,
  { onBusy, onReady, onEnd }: TemporaryMemberEvents,
): RunningTemporaryMember {
  const asked = {
    ...options,
    ...{ store: true, silent: true, bell: false, json: false, drainMs: undefined, expireMs: undefined },
  };
  const events = { onEnd, onBusy: () => onBusy(), onOpen: onReady };
  const running = startChat(asked, chatMachine(asked), portsWith(noConsole, openLog(options)), events);
  return { finish: () => running?.finish() };
}

/** Never delivers input, and discards output. */
const noConsole: Console = {
  ...{ interactive: false, bind: () => undefined, write: () => true },
  ...{ pause: () => undefined, resume: () => undefined },
};

/** Runs one of the older programs. */
function compatProgram<Asked extends CompatOptions>(
  options: Asked,
  start: (options: Asked, ports: Ports, onEnd: (ending: Ending) => void) => Running,
): void {
  const log = openLog(options);
  const running = start(options, portsWith(openConsole(), log), endProcess);
  obeySignals({ ...withoutGroup, stop: () => running.stop() }, log, options.logFile);
}

function numbered(options: NumberedOptions): void {
  const transcript = options.file === undefined ? undefined : new TranscriptFile(options.file);
  compatProgram(options, (asked, ports, onEnd) => startNumbered(asked, { ...ports, transcript }, onEnd));
}

function portsWith(console: Console, log: PinoLog): Ports {
  return {
    clock: new NodeClock(),
    network: new NodeNetwork(),
    console,
    random: nodeRandom,
    noise: noiseLibrary,
    kernel: kernelConnections,
    log,
  };
}

function chatMachine(options: Membership & Pick<ChatOptions, "store">): ChatMachine {
  const machine = new NodeMachine();
  return {
    readFile: (path) => machine.readFile(path),
    addresses: () => machine.addresses(),
    openState: (member) => {
      const folder = stateFolder(options, member);
      return folder.ok ? openMemberState(folder.value, noiseLibrary, options.store) : folder;
    },
  };
}

function openLog({ logLevel, logFile }: CompatOptions): PinoLog {
  try {
    return new PinoLog(logLevel, { file: logFile, stderr: openStandardError() });
  } catch (error) {
    return endProcess({
      code: exitCode.usage,
      message: `--log-file: cannot write ${logFile ?? ""} (${reasonOf((error as NodeJS.ErrnoException).code ?? String(error))})`,
    });
  }
}

function obeySignals(running: Chat, log: PinoLog, logFile: string | undefined): void {
  const stop = stopAtSignals(() => running.stop());
  hangUpAtSignal({
    stop,
    reload: () => {
      if (!log.reopen())
        running.tell(`${logFile ?? ""} cannot be reopened; logging continues in the file that is open`);
      running.reload();
    },
  });
}
