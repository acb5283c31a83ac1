// Composition root of the commands that talk to a running member. Imports only modules that each of them needs, because scripts
// start these commands often.

import { ask, type Question } from "../commands/ask.js";
import type { Ending, Running } from "../core/ending.js";
import { startFlush } from "../commands/flush.js";
import { startFollow } from "../commands/follow.js";
import { readGroup, type Answer } from "../commands/group.js";
import { cancelQuestion, requestQuestion, statusQuestion, stopQuestion } from "../commands/questions.js";
import type { TemporaryMember, TemporaryMemberEvents } from "../commands/member-dialer.js";
import { startSend } from "../commands/send.js";
import { exitCode } from "../core/errors.js";
import { cleanLine } from "../core/escape.js";
import type { PeerName } from "../core/types.js";
import type { FollowOptions, MemberOptions, Membership, ScriptCommand } from "../commands/options.js";
import { dialMember } from "../platform/local-path.js";
import { NodeClock } from "../platform/node-clock.js";
import { atExit, endProcess, print, stopAtSignals, surroundings, warn } from "../platform/node-process.js";
import { openPipeConsole, openStandardInput } from "../platform/node-console.js";
import { NodeMachine } from "../platform/node-machine.js";
import { writeLines } from "../platform/standard-output.js";
import { StartClaim } from "../platform/start-claim.js";
import { stateFolderOf } from "../platform/state-place.js";

/** A temporary member that runs in this process. */
export interface RunningTemporaryMember {
  finish(): void;
}

/** Loads the modules of a member and starts one. */
export type StartTemporaryMember = (
  options: MemberOptions,
  events: TemporaryMemberEvents,
) => Promise<RunningTemporaryMember>;

export function runScriptCommand(command: ScriptCommand, startTemporary: StartTemporaryMember): void {
  const place = placeOf(command.options);
  switch (command.kind) {
    case "send":
      return run((onEnd) =>
        startSend(
          command.options,
          {
            ...memberPorts(place),
            temporary: temporaryMember(command.options, place, startTemporary),
            input: openStandardInput,
            print,
          },
          onEnd,
        ),
      );
    case "flush":
      return run((onEnd) =>
        startFlush(
          command.options,
          { ...memberPorts(place), temporary: temporaryMember(command.options, place, startTemporary), print },
          onEnd,
        ),
      );
    case "follow":
      return follow(command.options, place);
    case "status":
      return askMember(statusQuestion(command.options, { self: place.self, where: place.folder }), place);
    case "stop":
      return askMember(stopQuestion(command.options, place.self), place);
    case "ask":
      return askMember(requestQuestion(command.options, place.self), place);
    case "cancel":
      return askMember(cancelQuestion(command.options), place);
  }
}

interface Place {
  readonly self: PeerName;
  /** The member's state folder. It may not exist. */
  readonly folder: string;
}

function placeOf(options: Membership): Place {
  const group = readGroup(options, new NodeMachine());
  if (!group.ok) return endProcess({ code: exitCode.usage, message: group.message });
  const member = group.value.self.name;
  const { stateDir, group: name } = options;
  return { self: member, folder: stateFolderOf({ stateDir, group: name, member }, surroundings()) };
}

const memberPorts = ({ folder }: Place) => ({ clock: new NodeClock(), dial: () => dialMember(folder) });

function temporaryMember(
  options: MemberOptions,
  { folder }: Place,
  startTemporary: StartTemporaryMember,
): TemporaryMember {
  let running: RunningTemporaryMember | undefined;
  const claim = new StartClaim(folder);
  atExit(() => claim.release());
  return {
    start: ({ onBusy, onReady, onEnd }) => {
      if (!claim.take()) return onBusy();
      const released = <Args extends readonly unknown[]>(then: (...args: Args) => void) => {
        return (...args: Args): void => {
          claim.release();
          then(...args);
        };
      };
      const events = { onBusy, onReady: released(onReady), onEnd: released(onEnd) };
      void startTemporary(options, events).then((started) => (running = started));
    },
    finish: () => running?.finish(),
  };
}

/** Runs the command until it ends. The first signal stops it, a second one ends the process at once. */
function run(start: (onEnd: (ending: Ending) => void) => Running): void {
  const running = start(endProcess);
  stopAtSignals(() => running.stop());
}

function follow(options: FollowOptions, place: Place): void {
  const console = openPipeConsole();
  run((onEnd) => startFollow(options, { ...memberPorts(place), console, warn }, onEnd));
}

function askMember(question: Question, place: Place): void {
  ask(question, memberPorts(place), printAnswer);
}

function printAnswer({ code, lines = [], message }: Answer): void {
  writeLines(lines.map(cleanLine));
  endProcess(message === undefined ? { code } : { code, message });
}
