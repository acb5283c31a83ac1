// The console of the chat of two ports: asks three questions, then sends each line as a message. There are no commands. It
// answers an invalid answer with a reason and asks again.

import { canonicalAddress, parseEndpoint, parseNamedEndpoint, parsePort, portExpected } from "../../core/address.js";
import { cleanLine } from "../../core/escape.js";
import { fingerprint } from "../../core/known-key.js";
import { lineBytesMax, nameLengthMax } from "../../core/limits.js";
import { plural } from "../../core/peer-table.js";
import { fault, ok, type Bytes, type Endpoint, type PublicKey, type Result } from "../../core/types.js";
import type { Sender } from "../../wire/event.js";
import { LineFramer } from "../../wire/line-framer.js";
import type { Prompter } from "../prompter.js";
import { expected, typedLines } from "../../clients/typed.js";

export interface SaysSelf {
  readonly name: string;
  readonly port: number;
}

/** Requests of this console. */
export interface SaysActions {
  /** Our name and listening port are known: start listening. */
  open(self: SaysSelf): void;
  /** The address of the peer is known. */
  meet(to: Endpoint): void;
  say(text: string): void;
  /** A message was refused, and the user was told the reason. */
  refuse(): void;
  /** stdin has ended. `asked`: all questions were answered. */
  endOfInput(asked: boolean): void;
}

/** The peer on a private line. */
export interface PrivateParty {
  readonly name: string;
  readonly port: number;
  readonly key: PublicKey;
}

const prompts = {
  name: "Enter your name: ",
  port: "Enter your port number: ",
  to: "Enter the port to send messages: ",
} as const;
type Question = keyof typeof prompts;

const nameExpected = `expected a name of 1 to ${nameLengthMax} characters`;
const targetExpected = `${portExpected}, or HOST:PORT`;
const here = "127.0.0.1";

export class SaysConsole {
  readonly #screen: Prompter;
  readonly #actions: SaysActions;
  readonly #framer = new LineFramer(lineBytesMax);
  #question: Question | undefined = "name";
  #name = "";

  constructor(screen: Prompter, actions: SaysActions) {
    this.#screen = screen;
    this.#actions = actions;
  }

  start(): void {
    this.#askAgain();
  }

  // From the keyboard.

  onBytes(chunk: Bytes): void {
    const { blocks, overlong } = this.#framer.push(chunk);
    for (const block of blocks) this.#hear(block);
    if (overlong > 0) this.#refuseOverlong();
  }

  onEnd(): void {
    this.#hear(this.#framer.flush());
    this.#actions.endOfInput(this.#question === undefined);
  }

  // To the screen.

  /** Prints like the older program. `from` is undefined for a text that names no sender. */
  message(text: string, from: Sender | undefined): void {
    const prefix = from === undefined ? "" : `${nameOf(from)} says: `;
    const lines = from === undefined ? cleanLine(text) : text.replaceAll("\n", `\n${prefix}`);
    this.#screen.write(`${prefix}${lines}\n`);
    this.#askAgain();
  }

  /** Written to the screen before the first clear message is sent. */
  clear(): void {
    this.#print("this chat is in the clear");
    this.#screen.flush();
  }

  held(party: Sender, reason: string, count: number): void {
    const wait = `${plural(count, "message")} ${count === 1 ? "waits" : "wait"}`;
    this.#print(
      `No private line with ${nameOf(party)} any more (${reason}); ${wait} for one. Start with --clear to talk in the clear.`,
    );
  }

  private(party: PrivateParty, ownKey: PublicKey): void {
    this.#print(
      `Private line with ${nameOf(party)}. Nobody is between you if both of you see the same two keys:`,
      `  theirs: ${fingerprint(party.key)}`,
      `  yours:  ${fingerprint(ownKey)}`,
    );
  }

  privateEnded(party: Sender, reason: string | undefined): void {
    this.#print(`Private line with ${nameOf(party)} ${reason === undefined ? "closed" : `broke (${reason})`}.`);
  }

  cannotListen(port: number, reason: string): void {
    this.#print(`Peers cannot reach you privately: cannot listen on port ${String(port)} (${reason}; --secure-port).`);
  }

  delivered(): void {
    this.#print("(delivered)");
  }

  failed(reason: string, waiting: { readonly count: number; readonly privately: boolean }): void {
    const way = waiting.privately ? " for the private line" : "";
    this.#print(`Connection Failed: ${reason}; ${plural(waiting.count, "message")} waiting${way}.`);
  }

  refused(): void {
    this.#print("Not sent: too much is waiting already.");
  }

  unsent(count: number): void {
    if (count > 0) this.#print(`${plural(count, "message")} could not be sent.`);
  }

  #print(...lines: readonly string[]): void {
    this.#screen.print(lines);
    this.#askAgain();
  }

  /** Repeats an open question below the new text. */
  #askAgain(): void {
    if (this.#question !== undefined) this.#screen.ask(prompts[this.#question]);
  }

  #hear(block: Bytes): void {
    for (const line of typedLines(block)) this.#take(line);
  }

  #take(line: string): void {
    if (this.#question !== undefined) return this.#answer(this.#question, line.trim());
    const text = line.replaceAll("\0", "");
    if (text.trim() !== "") this.#actions.say(text);
  }

  #refuseOverlong(): void {
    this.#screen.print([`A line longer than ${lineBytesMax} bytes was not sent.`]);
    if (this.#question === undefined) this.#actions.refuse();
  }

  #answer(question: Question, answer: string): void {
    const refusal = this.#accept(question, answer);
    if (refusal !== undefined) this.#screen.print([refusal]);
    if (this.#question !== undefined) return this.#askAgain();
    this.#screen.answered();
    this.#screen.print(["You can now start texting."]);
  }

  /** Returns the reason to refuse the answer; undefined: it was accepted. */
  #accept(question: Question, answer: string): string | undefined {
    switch (question) {
      case "name":
        return this.#acceptName(answer);
      case "port":
        return this.#acceptPort(answer);
      case "to":
        return this.#acceptTarget(answer);
    }
  }

  #acceptName(answer: string): string | undefined {
    if (!isName(answer)) return expected(nameExpected, answer);
    this.#name = answer;
    this.#question = "port";
    return undefined;
  }

  #acceptPort(answer: string): string | undefined {
    const port = parsePort(answer);
    if (port === undefined) return expected(portExpected, answer);
    this.#question = "to";
    this.#actions.open({ name: this.#name, port });
    return undefined;
  }

  #acceptTarget(answer: string): string | undefined {
    const target = toTarget(answer);
    if (!target.ok) return expected(target.message, answer);
    this.#question = undefined;
    this.#actions.meet(target.value);
    return undefined;
  }
}

const nameOf = ({ name, port }: Sender): string => `${cleanLine(name)}[PORT:${String(port)}]`;

/** Rejects names that contain the end mark of a name on the wire. */
const isName = (text: string): boolean =>
  text !== "" && Array.from(text).length <= nameLengthMax && cleanLine(text) === text && !text.includes("[PORT:");

/** A port alone means this machine, as in the older program. */
function toTarget(text: string): Result<Endpoint> {
  const port = parsePort(text);
  if (port !== undefined) return ok({ host: here, port });
  const address = parseEndpoint(text, 0);
  const found = address.ok ? address : parseNamedEndpoint(text, 0);
  if (!found.ok) return fault(targetExpected);
  const { host } = found.value;
  return ok({ host: canonicalAddress(host) ?? (host === "localhost" ? here : host), port: found.value.port });
}
