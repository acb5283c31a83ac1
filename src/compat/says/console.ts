// The console of the chat of two ports: asks three questions, then sends each line as a message. There are no commands.

import { canonicalAddress, parseEndpoint, parseNamedEndpoint, parsePort, portExpected } from "../../core/address.js";
import { cleanLine } from "../../core/escape.js";
import { fingerprint } from "../../core/known-key.js";
import { lineBytesMax, nameLengthMax } from "../../core/limits.js";
import { plural } from "../../core/peer-table.js";
import { fault, ok, type Endpoint, type PublicKey, type Result } from "../../core/types.js";
import type { Console } from "../../ports.js";
import type { Sender } from "../../wire/event.js";
import { expected } from "../../clients/typed.js";
import { portAnswer, QuestionConsole } from "../question-console.js";

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
  /** Pauses or resumes reading messages: the screen is full or not. */
  hold(held: boolean): void;
  /** stdin has ended. `asked`: all questions were answered. */
  endOfInput(asked: boolean): void;
}

const nameExpected = `expected a name of 1 to ${nameLengthMax} characters`;
const targetExpected = `${portExpected}, or HOST:PORT`;
const here = "127.0.0.1";

export class SaysConsole extends QuestionConsole {
  readonly #actions: SaysActions;
  #texting = false;

  constructor(console: Console, actions: SaysActions) {
    super(console);
    this.#actions = actions;
  }

  start(): void {
    this.ask("Enter your name: ", (answer) => this.#takeName(answer.trim()));
  }

  // To the screen.

  /** Prints like the older program. `from` is undefined for a text that names no sender. */
  message(text: string, from: Sender | undefined): void {
    const prefix = from === undefined ? "" : `${nameOf(from)} says: `;
    const lines = from === undefined ? cleanLine(text) : text.replaceAll("\n", `\n${prefix}`);
    this.write(`${prefix}${lines}\n`);
    this.repeatQuestion();
  }

  /** Written to the screen before the first clear message is sent. */
  clear(): void {
    this.#tell("this chat is in the clear");
    this.flush();
  }

  held(party: Sender, reason: string, count: number): void {
    const wait = `${plural(count, "message")} ${count === 1 ? "waits" : "wait"}`;
    this.#tell(
      `No private line with ${nameOf(party)} any more (${reason}); ${wait} for one. Start with --clear to talk in the clear.`,
    );
  }

  private(party: Sender, theirKey: PublicKey, ownKey: PublicKey): void {
    this.#tell(
      `Private line with ${nameOf(party)}. Nobody is between you if both of you see the same two keys:`,
      `  theirs: ${fingerprint(theirKey)}`,
      `  yours:  ${fingerprint(ownKey)}`,
    );
  }

  privateEnded(party: Sender, reason: string | undefined): void {
    this.#tell(`Private line with ${nameOf(party)} ${reason === undefined ? "closed" : `broke (${reason})`}.`);
  }

  cannotListen(port: number, reason: string): void {
    this.#tell(`Peers cannot reach you privately: cannot listen on port ${String(port)} (${reason}; --secure-port).`);
  }

  delivered(): void {
    this.#tell("(delivered)");
  }

  failed(reason: string, count: number, privately: boolean): void {
    const way = privately ? " for the private line" : "";
    this.#tell(`Connection Failed: ${reason}; ${plural(count, "message")} waiting${way}.`);
  }

  refused(): void {
    this.#tell("Not sent: too much is waiting already.");
  }

  unsent(count: number): void {
    if (count > 0) this.#tell(`${plural(count, "message")} could not be sent.`);
  }

  protected onFull(full: boolean): void {
    this.#actions.hold(full);
  }

  protected onOverlong(): void {
    this.print(`A line longer than ${lineBytesMax} bytes was not sent.`);
    if (this.#texting) this.#actions.refuse();
  }

  protected onNoAnswer(): void {
    this.#actions.endOfInput(this.#texting);
  }

  #tell(...lines: readonly string[]): void {
    this.print(...lines);
    this.repeatQuestion();
  }

  // Questions.

  #takeName(name: string): string | undefined {
    if (!isName(name)) return expected(nameExpected, name);
    this.ask(
      "Enter your port number: ",
      portAnswer((port) => {
        this.ask("Enter the port to send messages: ", (answer) => this.#takeTarget(answer.trim()));
        this.#actions.open({ name, port });
      }),
    );
    return undefined;
  }

  #takeTarget(answer: string): string | undefined {
    const target = toTarget(answer);
    if (!target.ok) return expected(target.message, answer);
    this.#actions.meet(target.value);
    this.#texting = true;
    this.print("You can now start texting.");
    this.#takeTexts();
    return undefined;
  }

  #takeTexts(): void {
    this.ask("", (line) => {
      this.#takeTexts();
      const text = line.replaceAll("\0", "");
      if (text.trim() !== "") this.#actions.say(text);
      return undefined;
    });
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
