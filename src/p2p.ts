// Composition root: argv, signals, adapters, exit code. `start.ts` loads it for all that is more than a word with a running member.

import { randomBytes } from "node:crypto";
import { closeSync } from "node:fs";
import { homedir } from "node:os";
import { parseArguments } from "./cli.js";
import type {
  Command,
  MemberOptions,
  HistoryOptions,
  Membership,
  NumberedOptions,
  Options,
  SystemOptions,
  TrustOptions,
} from "./options.js";
import { startSays } from "./commands/says.js";
import { startChat, type Chat, type ChatMachine } from "./commands/chat.js";
import type { Ending, Running } from "./commands/ending.js";
import type { Answer, OwnKey } from "./commands/group.js";
import type { OwnMemberEvents } from "./commands/reach.js";
import { obeyScript, type OwnRunning } from "./scripts.js";
import { friendNames } from "./commands/friends.js";
import { showHistory } from "./commands/history.js";
import { showKey } from "./commands/key.js";
import type { Seat } from "./commands/people-face.js";
import { startMenu } from "./commands/menu.js";
import { startNumbered } from "./commands/numbered.js";
import { startRendezvous } from "./commands/rendezvous.js";
import { trustFriend } from "./commands/trust.js";
import { exitCode, reasonOf } from "./core/errors.js";
import { cleanLine } from "./core/escape.js";
import { ok, type PeerName, type Result } from "./core/types.js";
import type { Ports } from "./daemon.js";
import { MemoryStore } from "./delivery/memory-store.js";
import { localeOf, localTime } from "./platform/locale.js";
import { FileKeyring } from "./platform/file-keyring.js";
import { kernelConnections } from "./platform/kernel-connections.js";
import { messagesFile, openMemberState } from "./platform/member-state.js";
import { NodeClock } from "./platform/node-clock.js";
import { NodeConsole, nonBlocking } from "./platform/node-console.js";
import { NodeMachine } from "./platform/node-machine.js";
import { NodeTerminal } from "./platform/node-terminal.js";
import { ReadlineTerminal } from "./platform/readline-terminal.js";
import { NodeNetwork } from "./platform/node-network.js";
import { noiseLibrary } from "./platform/noise-library.js";
import { PinoLog } from "./platform/pino-log.js";
import { SqliteHistory } from "./platform/sqlite-history.js";
import { writeLines } from "./platform/standard-output.js";
import { loadIdentity, openStateFolder, systemReason } from "./platform/state-folder.js";
import { stateFolderOf, type StatePlace, type Surroundings } from "./platform/state-place.js";
import { TranscriptFile } from "./platform/transcript-file.js";
import type { Console, History, Keyring } from "./ports.js";

const version = "0.1.0";

/** The whole command line. */
export function main(): void {
  const invocation = parseArguments(process.argv.slice(2), version);
  switch (invocation.kind) {
    case "usage":
      return end({ code: exitCode.usage, message: invocation.message });
    case "print":
      return void process.stdout.write(`${invocation.text}\n`);
    default:
      return obey(invocation);
  }
}

function obey(command: Command): void {
  switch (command.kind) {
    case "chat":
      return chat(command.options);
    case "key":
      return key(command.options);
    case "friends":
      return answer(friendNames(command.options, new NodeMachine()));
    case "trust":
      return trust(command.options);
    case "history":
      return history(command.options);
    case "menu":
      return system(command.options, startMenu);
    case "says":
      return system(command.options, startSays);
    case "rendezvous":
      return system(command.options, startRendezvous);
    case "numbered":
      return numbered(command.options);
    default:
      return obeyScript(command, (options, events) => Promise.resolve(startOwnMember(options, events)));
  }
}

/** A program without a group has nothing to read again. */
const unaskable = { tell: () => undefined, reload: () => undefined, finish: () => undefined };

/** Whether a person sits at both ends. */
const atTerminal = (): boolean => process.stdin.isTTY && process.stdout.isTTY && process.env["TERM"] !== "dumb";

/** Where a person sits at both ends, questions stand below what is printed meanwhile. */
function openConsole(): Console {
  const [{ stdin }, stdout] = [process, nonBlocking(process.stdout)];
  if (!atTerminal()) return new NodeConsole({ stdin, stdout });
  const terminal = new NodeTerminal({
    ...{ stdin, stdout, signal: (name) => process.kill(name === "SIGTSTP" ? 0 : process.pid, name) },
    gone: () => (terminalGone = true),
  });
  process.on("SIGCONT", () => terminal.again());
  return terminal;
}

/** The chat's own terminal, where there is one. */
function openSeat(): Seat | undefined {
  if (!atTerminal()) return undefined;
  nonBlocking(process.stdout);
  const terminal = new ReadlineTerminal({
    ...{ stdin: process.stdin, stdout: process.stdout },
    // The whole process group, as the kernel does: `make run` must stop too, or its shell waits for ever.
    suspend: () => process.kill(0, "SIGTSTP"),
    now: () => performance.now(),
    quitNow: () => end({ code: exitCode.interruptedTwice }),
    gone: () => (terminalGone = true),
  });
  process.on("SIGCONT", () => terminal.again());
  process.on("exit", () => {
    if (!terminalGone) terminal.close();
  });
  return { terminal, manners: localeOf(process.env), localTime };
}

function key(options: Membership): void {
  answer(showKey(options, new NodeMachine(), ownKey(options)));
}

function trust(options: TrustOptions): void {
  const keyring = (member: PeerName): Keyring => new FileKeyring(orEnd(stateFolder(options, member)));
  answer(trustFriend(options, { machine: new NodeMachine(), ownKey: ownKey(options), keyring }));
}

function history(options: HistoryOptions): void {
  const openHistory = (member: PeerName): Result<History> | undefined => {
    const file = messagesFile(stateFolderOf(placeOf(options, member), surroundings()));
    return SqliteHistory.begun(file) ? SqliteHistory.open(file) : undefined;
  };
  answer(showHistory(options, { machine: new NodeMachine(), wallTime: Date.now(), openHistory }));
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

const surroundings = (): Surroundings => ({ xdgStateHome: process.env["XDG_STATE_HOME"], home: homedir() });

function orEnd<Value>(result: Result<Value>): Value {
  return result.ok ? result.value : end({ code: exitCode.usage, message: result.message });
}

function answer({ code, lines = [], ifNone, ...more }: Answer<Iterable<string>>): void {
  let message = ifNone ?? more.message;
  const shown = (): void => void (message = more.message);
  try {
    writeLines(cleaned(lines, shown));
  } catch (error) {
    end({ code: exitCode.usage, message: `The rest cannot be shown: ${systemReason(error)}.` });
  }
  end(message === undefined ? { code } : { code, message });
}

function* cleaned(lines: Iterable<string>, onLine: () => void): Iterable<string> {
  for (const line of lines) {
    onLine();
    yield cleanLine(line);
  }
}

function chat(options: Options): void {
  const log = openLog(options);
  const seat = options.json || options.drainMs !== undefined ? undefined : openSeat();
  const console = seat?.terminal ?? new NodeConsole({ stdin: process.stdin, stdout: nonBlocking(process.stdout) });
  const running = startChat(options, { ...chatMachine(options), seat }, portsWith(console, log), { onEnd: end });
  if (running !== undefined) obeySignals(running, log, options.logFile);
}

/** A member for a moment: it reads nothing, shows nothing, and serves the local socket. */
export function startOwnMember(options: MemberOptions, { onBusy, onReady, onEnd }: OwnMemberEvents): OwnRunning {
  const asked = {
    ...options,
    store: true,
    silent: true,
    bell: false,
    json: false,
    drainMs: undefined,
    expireMs: undefined,
  };
  const machine = chatMachine(asked);
  let busy = false;
  const openState: ChatMachine["openState"] = (member) => {
    const opened = machine.openState(member);
    busy = "busy" in opened;
    return opened;
  };
  const events = { onEnd: (ending: Ending) => (busy ? onBusy() : onEnd(ending)), onOpen: onReady };
  const running = startChat(asked, { ...machine, openState }, portsWith(noConsole, openLog(options)), events);
  return { finish: () => running?.finish() };
}

/** Nobody types, and what is written goes nowhere. */
const noConsole: Console = {
  ...{ interactive: false, bind: () => undefined, write: () => true },
  ...{ pause: () => undefined, resume: () => undefined },
};

/** One of the older systems' own programs. */
function system<Asked extends SystemOptions>(
  options: Asked,
  start: (options: Asked, ports: Ports, onEnd: (ending: Ending) => void) => Running,
): void {
  const log = openLog(options);
  const running = start(options, portsWith(openConsole(), log), end);
  obeySignals({ ...unaskable, stop: () => running.stop() }, log, options.logFile);
}

function numbered(options: NumberedOptions): void {
  const transcript = options.file === undefined ? undefined : new TranscriptFile(options.file);
  const addresses = new NodeMachine().addresses();
  system(options, (asked, ports, onEnd) => startNumbered(asked, { ...ports, transcript, addresses }, onEnd));
}

function portsWith(console: Console, log: PinoLog): Ports {
  return {
    clock: new NodeClock(),
    network: new NodeNetwork(),
    console,
    random: { next: () => Math.random(), hex: (bytes: number) => randomBytes(bytes).toString("hex") },
    noise: noiseLibrary,
    kernel: kernelConnections,
    log,
  };
}

function chatMachine(options: Membership & Pick<Options, "store">): ChatMachine {
  const machine = new NodeMachine();
  const memory = options.store ? undefined : new MemoryStore({ keepHistory: false });
  return {
    readFile: (path) => machine.readFile(path),
    addresses: () => machine.addresses(),
    openState: (member) => {
      const folder = stateFolder(options, member);
      return folder.ok ? openMemberState(folder.value, noiseLibrary, memory) : folder;
    },
  };
}

function openLog({ logLevel, logFile }: SystemOptions): PinoLog {
  try {
    return new PinoLog(logLevel, { file: logFile, stderr: nonBlocking(process.stderr) });
  } catch (error) {
    return end({
      code: exitCode.usage,
      message: `--log-file: cannot write ${logFile ?? ""} (${reasonOf((error as NodeJS.ErrnoException).code ?? String(error))})`,
    });
  }
}

function stopper(running: Running): () => void {
  let asked = false;
  return () => {
    if (asked) end({ code: exitCode.interruptedTwice });
    asked = true;
    running.stop();
  };
}

function obeySignals(running: Chat, log: PinoLog, logFile: string | undefined): void {
  const stop = stopper(running);
  // Without a listener Node would open its debugger.
  process.on("SIGUSR1", () => undefined);
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  process.on("SIGHUP", () => {
    terminalGone = process.stdin.isTTY || process.stdout.isTTY;
    if (terminalGone) return stop();
    if (!log.reopen()) running.tell(`${logFile ?? ""} cannot be opened again; the log goes on where it was`);
    running.reload();
  });
}

/** At its end Node gives the terminal back its modes, and aborts when there is none any more. */
let terminalGone = false;

function end({ code, message }: Ending): never {
  if (message !== undefined) process.stderr.write(`${message.split("\n").map(cleanLine).join("\n")}\n`);
  if (terminalGone) for (const descriptor of [0, 1, 2]) closeSync(descriptor);
  process.exit(code);
}
