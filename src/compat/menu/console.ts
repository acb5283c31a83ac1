// The console of `p2p menu`: asks for a name and a port, then for one choice after another. It finishes each choice before
// it takes the next answer; messages are shown at any time.

import { canonicalAddress, formatEndpoint, parsePort, portExpected } from "../../core/address.js";
import { batchOf, portionsOf } from "../../core/batch.js";
import { reasonOf } from "../../core/errors.js";
import { excerpt } from "../../core/escape.js";
import { lineBytesMax, nameLengthMax, writeCharsMax } from "../../core/limits.js";
import { menuPeersMax } from "../../core/older-limits.js";
import { plural } from "../../core/peer-table.js";
import type { Batch, Bytes, Endpoint } from "../../core/types.js";
import type { Console } from "../../ports.js";
import type { Sender } from "../../wire/event.js";
import { taggedDialect } from "../../wire/dialects/tagged.js";
import { LineFramer } from "../../wire/line-framer.js";
import { Prompter } from "../prompter.js";
import { expected, typedLines } from "../../clients/typed.js";

/** The outcome of a message: undefined if it was sent, else the reason in plain words. */
export type Outcome = string | undefined;

export interface OutgoingMessage {
  readonly to: Endpoint;
  readonly text: string;
  /** The sender in the message: our team's name and listening port. */
  readonly name: string;
  readonly port: number;
  /** greeting: short deadline. answer: to a peer's request; also short, because the peer's address is not proven. */
  readonly kind: "message" | "greeting" | "answer";
}

/** The program's side of the menu. No method calls back before it returns. */
export interface MenuActions {
  /** `listening` or `notListening` follows. */
  listen(port: number): void;
  send(order: OutgoingMessage, onOutcome: (outcome: Outcome) => void): void;
  /** Stops receiving messages: the screen is full. */
  pauseReading(): void;
  resumeReading(): void;
  /** The user quits. `unsent`: a typed message was not sent. */
  quit(unsent: boolean): void;
}

type Purpose = "send" | "connect";

/** The question that the next answer is for. busy: answers wait until the current action is done. */
type Question =
  | { readonly kind: "name" | "port" | "choice" | "busy" | "over" }
  | { readonly kind: "host"; readonly purpose: Purpose }
  | { readonly kind: "peer-port"; readonly purpose: Purpose; readonly host: string }
  | { readonly kind: "message"; readonly to: Endpoint };

const prompts = {
  name: "Enter your name: ",
  port: "Enter your port number: ",
  choice: "Enter choice: ",
  host: "Enter the recipient's IP address: ",
  "peer-port": "Enter the recipient's port number: ",
  message: "Enter your message: ",
} as const;

const menu = [
  ...["", "***** Menu *****", "1. Send message", "2. Query active peers", "3. Connect to active peers", "0. Quit", ""],
];

const greeting = "hello";
const connecting = "connect";

/** Answers to connection requests, by request. No answer is itself a request, so no answer is answered. */
const answers: ReadonlyMap<string, string> = new Map([
  [connecting, "connect_ack"],
  ["CONNECT_REQUEST", "CONNECT_ACCEPTED"],
]);

/** The peer's machine says that no program listens there. After other failures the peer may come back. */
const noListener = reasonOf("ECONNREFUSED");

const leaving = /^(?:exit|quit|disconnect|\[peer_quit\])$/i;

export class MenuConsole {
  readonly #console: Console;
  readonly #acts: MenuActions;
  readonly #greet: readonly Endpoint[];
  readonly #screen: Prompter;
  readonly #framer = new LineFramer(lineBytesMax);
  /** Peers by their listening address, in order of arrival. */
  readonly #peers = new Map<string, Endpoint>();
  #question: Question = { kind: "name" };
  /** Answers typed during an action, and their total length. */
  #early: string[] = [];
  #earlyChars = 0;
  #inputEnded = false;
  #name = "";
  #port = 0;
  #toldFull = false;
  #unsent = false;

  constructor(console: Console, acts: MenuActions, greet: readonly Endpoint[]) {
    this.#console = console;
    this.#acts = acts;
    this.#greet = greet;
    this.#screen = new Prompter(console, (full) => this.#limitIntake(full));
  }

  get blocked(): boolean {
    return this.#screen.blocked;
  }

  start(): void {
    this.#ask({ kind: "name" });
  }

  // From the keyboard.

  onBytes(chunk: Bytes): void {
    const { blocks, overlong } = this.#framer.push(chunk);
    for (const block of blocks) this.#keep(block);
    this.#proceed();
    if (overlong > 0) this.#refuse(`That answer was longer than ${lineBytesMax} bytes and was ignored.`);
  }

  /** End of input: finishes what was asked for, then quits. */
  onEnd(): void {
    this.#keep(this.#framer.flush());
    this.#inputEnded = true;
    this.#proceed();
  }

  onDrain(): void {
    this.#screen.onDrain();
  }

  /** Called at the end of the turn. */
  flush(): void {
    this.#screen.flush();
  }

  // From the program.

  listening(port: number): void {
    this.#port = port;
    this.#screen.print([`Server listening on port ${port}`]);
    for (const to of this.#greet) this.#greetOne(to);
    this.#offer();
    this.#proceed();
  }

  notListening(reason: string): void {
    this.#screen.print([reason]);
    this.#ask({ kind: "port" });
    this.#proceed();
  }

  /** `host` is the address that the message came from. */
  hear(host: string, batch: Batch, from: Sender | undefined): void {
    if (from?.port === undefined) return this.#screen.write(batch.texts);
    const peer: Endpoint = { host: from.host ?? host, port: from.port };
    const prefix = `${formatEndpoint(peer)} ${from.name} `;
    const text = batch.texts.slice(0, -1);
    this.#screen.write(`${prefix}${text.replaceAll("\n", `\n${prefix}`)}\n`);
    if (leaving.test(text.trim())) return this.#drop(peer, `${from.name} disconnected`);
    this.#keepPeer(peer);
    const answer = answers.get(text.trim());
    if (answer !== undefined) this.#send(peer, answer, "answer", () => undefined);
  }

  /** The program is asked to stop: ends in every state. */
  stop(): void {
    this.#end(false);
  }

  // Answers.

  #keep(block: Bytes): void {
    for (const line of typedLines(block)) {
      this.#early.push(line);
      this.#earlyChars += line.length;
    }
  }

  /** Takes answers while a question is open. */
  #proceed(): void {
    while (this.#asking) {
      const answer = this.#early.shift();
      if (answer === undefined) break;
      this.#earlyChars -= answer.length;
      this.#screen.answered();
      this.#take(answer);
    }
    this.#regulate();
    if (this.#inputEnded && this.#asking) this.#end(this.#unsent);
  }

  get #asking(): boolean {
    return this.#question.kind !== "busy" && this.#question.kind !== "over";
  }

  #take(answer: string): void {
    const question = this.#question;
    switch (question.kind) {
      case "name":
        return this.#takeName(answer.trim());
      case "port":
        return this.#takePort(answer.trim());
      case "choice":
        return this.#choose(answer.trim());
      case "host":
        return this.#takeHost(question.purpose, answer.trim());
      case "peer-port":
        return this.#takePeerPort(question, answer.trim());
      case "message":
        return this.#takeMessage(question.to, answer);
      default:
        return undefined;
    }
  }

  #takeName(name: string): void {
    const length = Array.from(name).length;
    if (length < 1 || length > nameLengthMax || excerpt(name) !== name)
      return this.#refuse(`Expected a name of 1 to ${nameLengthMax} characters.`);
    this.#name = name;
    this.#ask({ kind: "port" });
  }

  #takePort(answer: string): void {
    const port = parsePort(answer);
    if (port === undefined) return this.#refuse(expected(portExpected, answer));
    this.#question = { kind: "busy" };
    this.#acts.listen(port);
  }

  #choose(choice: string): void {
    switch (choice) {
      case "1":
        return this.#ask({ kind: "host", purpose: "send" });
      case "2":
        return this.#query();
      case "3":
        return this.#connect();
      case "0":
        return this.#end(this.#unsent);
      default:
        return this.#refuse(expected("expected 1, 2, 3 or 0", choice));
    }
  }

  #query(): void {
    const peers = [...this.#peers.keys()].map((peer, index) => `${index + 1}. ${peer}`);
    this.#screen.print(peers.length === 0 ? ["No connected peers"] : ["Connected Peers:", ...peers]);
    this.#offer();
  }

  #takeHost(purpose: Purpose, answer: string): void {
    const host = canonicalAddress(answer);
    if (host === undefined) return this.#refuse(expected("expected an IP address like 10.206.4.122", answer));
    this.#ask({ kind: "peer-port", purpose, host });
  }

  #takePeerPort({ purpose, host }: { readonly purpose: Purpose; readonly host: string }, answer: string): void {
    const port = parsePort(answer);
    if (port === undefined) return this.#refuse(expected(portExpected, answer));
    if (purpose === "send") this.#ask({ kind: "message", to: { host, port } });
    else this.#connectTo([{ host, port }]);
  }

  #takeMessage(to: Endpoint, answer: string): void {
    const text = answer.replaceAll("\0", "");
    if (text.trim() === "") return this.#refuse("An empty message is not sent.");
    this.#question = { kind: "busy" };
    const portions = portionsOf(
      batchOf(`${leaving.test(text.trim()) ? asPeersSay(text) : text}\n`),
      this.#portionBytes(to),
    );
    this.#sendNext(
      to,
      portions.map(({ texts }) => texts.slice(0, -1)),
    );
  }

  // Actions.

  #connect(): void {
    const peers = [...this.#peers.values()];
    if (peers.length === 0) this.#ask({ kind: "host", purpose: "connect" });
    else this.#connectTo(peers);
  }

  #connectTo(peers: readonly Endpoint[]): void {
    this.#question = { kind: "busy" };
    const outcomes = new Map<Endpoint, Outcome>();
    for (const peer of peers)
      this.#send(peer, connecting, "message", (outcome) => {
        outcomes.set(peer, outcome);
        if (outcomes.size === peers.length) this.#tellConnected(peers, outcomes);
      });
  }

  #tellConnected(peers: readonly Endpoint[], outcomes: ReadonlyMap<Endpoint, Outcome>): void {
    for (const peer of peers) {
      const reason = outcomes.get(peer);
      if (reason === undefined) this.#keepPeer(peer);
      this.#screen.print([reason === undefined ? `Connected to ${formatEndpoint(peer)}` : notReached(peer, reason)]);
      if (reason === noListener) this.#drop(peer, "was removed from the table.");
    }
    this.#done();
  }

  /** Sends the portions one after the other: each has its own connection, and they could overtake each other. */
  #sendNext(to: Endpoint, portions: readonly string[]): void {
    const [portion, ...rest] = portions;
    if (portion === undefined) return this.#done();
    this.#send(to, portion, "message", (reason) => {
      if (reason === undefined) return this.#sendNext(to, rest);
      this.#unsent = true;
      this.#screen.print([notReached(to, reason)]);
      this.#done();
    });
  }

  #greetOne(to: Endpoint): void {
    this.#send(to, greeting, "greeting", (reason) =>
      this.#screen.print([reason === undefined ? `Greeted ${formatEndpoint(to)}` : notReached(to, reason)]),
    );
  }

  #send(to: Endpoint, text: string, kind: OutgoingMessage["kind"], onOutcome: (outcome: Outcome) => void): void {
    this.#acts.send({ to, text, kind, name: this.#name, port: this.#port }, onOutcome);
  }

  /** Our address on the connection is not known yet: leaves room for the longest. */
  #portionBytes({ host }: Endpoint): number {
    const longest = host.includes(":") ? "ffff:".repeat(8) : "255.255.255.255";
    return taggedDialect({ name: this.#name, host: longest, port: this.#port }).traits.portionBytes ?? lineBytesMax;
  }

  #done(): void {
    if (this.#question.kind === "over") return;
    this.#offer();
    this.#proceed();
  }

  #end(unsent: boolean): void {
    if (this.#question.kind === "over") return;
    this.#question = { kind: "over" };
    this.#screen.answered();
    this.#screen.print(["Exiting"]);
    this.#acts.quit(unsent);
  }

  // The table.

  #keepPeer(peer: Endpoint): void {
    const text = formatEndpoint(peer);
    if (this.#peers.size < menuPeersMax && !this.#peers.has(text)) this.#peers.set(text, peer);
    if (this.#peers.has(text) || this.#toldFull) return;
    this.#toldFull = true;
    this.#screen.print([`The table is full (${plural(menuPeersMax, "peer")}); new peers are not added.`]);
  }

  #drop(peer: Endpoint, words: string): void {
    if (!this.#peers.delete(formatEndpoint(peer))) return;
    this.#toldFull = false;
    this.#screen.print([`${formatEndpoint(peer)} ${words}`]);
  }

  // The screen.

  #offer(): void {
    this.#screen.print(menu);
    this.#ask({ kind: "choice" });
  }

  #ask(question: Question): void {
    this.#question = question;
    if (question.kind !== "busy" && question.kind !== "over") this.#screen.ask(prompts[question.kind]);
  }

  /** Prints the reason and asks the same question again. */
  #refuse(reason: string): void {
    this.#screen.print([reason]);
    this.#ask(this.#question);
  }

  #limitIntake(full: boolean): void {
    if (full) this.#acts.pauseReading();
    else this.#acts.resumeReading();
    this.#regulate();
  }

  #regulate(): void {
    if (this.#screen.full || this.#earlyChars >= writeCharsMax) this.#console.pause();
    else this.#console.resume();
  }
}

const notReached = (to: Endpoint, reason: string): string => `${formatEndpoint(to)} could not be reached: ${reason}.`;

/** Other programs compare the whole text with `exit` in lower case. */
const asPeersSay = (text: string): string => (text.trim().toLowerCase() === "exit" ? "exit" : text);
