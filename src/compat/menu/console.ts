// The console of `p2p menu`: asks for a name and a port, then for one choice after another. It finishes each choice before
// it takes the next answer; messages are shown at any time.

import { canonicalAddress, formatEndpoint } from "../../core/address.js";
import { reasonOf } from "../../core/errors.js";
import { excerpt } from "../../core/escape.js";
import { lineBytesMax, nameLengthMax } from "../../core/limits.js";
import { menuPeersMax } from "../../core/older-limits.js";
import { plural } from "../../core/peer-table.js";
import type { Batch, Endpoint } from "../../core/types.js";
import { piecesOfText } from "../../core/utf8.js";
import type { Console } from "../../ports.js";
import type { Sender } from "../../wire/event.js";
import { taggedDialect } from "../../wire/dialects/tagged.js";
import { expected } from "../../clients/typed.js";
import { portAnswer, QuestionConsole } from "../question-console.js";

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
  open(port: number): void;
  send(order: OutgoingMessage, onOutcome: (outcome: Outcome) => void): void;
  /** Stops receiving messages, or receives again. */
  hold(held: boolean): void;
  /** The user quits. `unsent`: a typed message was not sent. */
  quit(unsent: boolean): void;
}

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

export class MenuConsole extends QuestionConsole {
  readonly #acts: MenuActions;
  readonly #greet: readonly Endpoint[];
  /** Peers by their listening address, in order of arrival. */
  readonly #peers = new Map<string, Endpoint>();
  #name = "";
  #port = 0;
  #toldFull = false;
  #unsent = false;
  #over = false;

  constructor(console: Console, acts: MenuActions, greet: readonly Endpoint[]) {
    super(console);
    this.#acts = acts;
    this.#greet = greet;
  }

  start(): void {
    this.ask("Enter your name: ", (answer) => this.#takeName(answer.trim()));
  }

  // From the program.

  listening(port: number): void {
    this.#port = port;
    this.print(`Server listening on port ${port}`);
    for (const to of this.#greet)
      this.#send(to, greeting, "greeting", (reason) =>
        this.print(reason === undefined ? `Greeted ${formatEndpoint(to)}` : notReached(to, reason)),
      );
    this.#offer();
  }

  notListening(reason: string): void {
    if (this.#over) return;
    this.print(reason);
    this.#askPort();
    this.proceed();
  }

  /** `host` is the address that the message came from. */
  hear(host: string, batch: Batch, from: Sender | undefined): void {
    if (from?.port === undefined) return this.write(batch.texts);
    const peer: Endpoint = { host: from.host ?? host, port: from.port };
    const prefix = `${formatEndpoint(peer)} ${from.name} `;
    const text = batch.texts.slice(0, -1);
    this.write(`${prefix}${text.replaceAll("\n", `\n${prefix}`)}\n`);
    if (leaving.test(text.trim())) return this.#drop(peer, `${from.name} disconnected`);
    this.#keepPeer(peer);
    const answer = answers.get(text.trim());
    if (answer !== undefined) this.#send(peer, answer, "answer", () => undefined);
  }

  /** The program is asked to stop: ends in every state. */
  stop(): void {
    this.#end(false);
  }

  protected onFull(full: boolean): void {
    this.#acts.hold(full);
  }

  protected onOverlong(): void {
    this.print(`That answer was longer than ${lineBytesMax} bytes and was ignored.`);
    this.repeatQuestion();
  }

  /** End of input: everything that was asked for is done. */
  protected onNoAnswer(): void {
    this.#end(this.#unsent);
  }

  // Questions.

  #takeName(name: string): string | undefined {
    const length = Array.from(name).length;
    if (length < 1 || length > nameLengthMax || excerpt(name) !== name)
      return `Expected a name of 1 to ${nameLengthMax} characters.`;
    this.#name = name;
    this.#askPort();
    return undefined;
  }

  #askPort(): void {
    this.ask(
      "Enter your port number: ",
      portAnswer((port) => this.#acts.open(port)),
    );
  }

  #offer(): void {
    if (this.#over) return;
    this.print(...menu);
    this.ask("Enter choice: ", (answer) => this.#choose(answer.trim()));
    this.proceed();
  }

  #choose(choice: string): string | undefined {
    switch (choice) {
      case "1":
        this.#askAddress((to) => this.ask("Enter your message: ", (answer) => this.#takeMessage(to, answer)));
        break;
      case "2":
        this.#query();
        break;
      case "3":
        if (this.#peers.size === 0) this.#askAddress((to) => this.#connectTo([to]));
        else this.#connectTo([...this.#peers.values()]);
        break;
      case "0":
        this.#end(this.#unsent);
        break;
      default:
        return expected("expected 1, 2, 3 or 0", choice);
    }
    return undefined;
  }

  #askAddress(use: (to: Endpoint) => void): void {
    this.ask("Enter the recipient's IP address: ", (answer) => {
      const host = canonicalAddress(answer.trim());
      if (host === undefined) return expected("expected an IP address like 10.206.4.122", answer.trim());
      this.ask(
        "Enter the recipient's port number: ",
        portAnswer((port) => use({ host, port })),
      );
      return undefined;
    });
  }

  #takeMessage(to: Endpoint, answer: string): string | undefined {
    const text = answer.replaceAll("\0", "");
    if (text.trim() === "") return "An empty message is not sent.";
    // Other programs compare the whole text with `exit` in lower case.
    const sent = text.trim().toLowerCase() === "exit" ? "exit" : text;
    this.#sendNext(to, piecesOfText(sent, this.#portionBytes(to)));
    return undefined;
  }

  // Actions.

  #query(): void {
    const peers = [...this.#peers.keys()].map((peer, index) => `${index + 1}. ${peer}`);
    this.print(...(peers.length === 0 ? ["No connected peers"] : ["Connected Peers:", ...peers]));
    this.#offer();
  }

  #connectTo(peers: readonly Endpoint[]): void {
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
      this.print(reason === undefined ? `Connected to ${formatEndpoint(peer)}` : notReached(peer, reason));
      if (reason === noListener) this.#drop(peer, "was removed from the table.");
    }
    this.#offer();
  }

  /** Sends the portions one after the other: each has its own connection, and they could overtake each other. */
  #sendNext(to: Endpoint, [portion, ...rest]: readonly string[]): void {
    if (portion === undefined) return this.#offer();
    this.#send(to, portion, "message", (reason) => {
      if (reason === undefined) return this.#sendNext(to, rest);
      this.#unsent = true;
      this.print(notReached(to, reason));
      this.#offer();
    });
  }

  #send(to: Endpoint, text: string, kind: OutgoingMessage["kind"], onOutcome: (outcome: Outcome) => void): void {
    this.#acts.send({ to, text, kind, name: this.#name, port: this.#port }, onOutcome);
  }

  /** Our address on the connection is not known yet: leaves room for the longest. */
  #portionBytes({ host }: Endpoint): number {
    const longest = host.includes(":") ? "ffff:".repeat(8) : "255.255.255.255";
    return taggedDialect({ name: this.#name, host: longest, port: this.#port }).traits.portionBytes ?? lineBytesMax;
  }

  #end(unsent: boolean): void {
    if (this.#over) return;
    this.#over = true;
    this.answered();
    this.print("Exiting");
    this.#acts.quit(unsent);
  }

  // The table.

  #keepPeer(peer: Endpoint): void {
    const text = formatEndpoint(peer);
    if (this.#peers.size < menuPeersMax && !this.#peers.has(text)) this.#peers.set(text, peer);
    if (this.#peers.has(text) || this.#toldFull) return;
    this.#toldFull = true;
    this.print(`The table is full (${plural(menuPeersMax, "peer")}); new peers are not added.`);
  }

  #drop(peer: Endpoint, words: string): void {
    if (!this.#peers.delete(formatEndpoint(peer))) return;
    this.#toldFull = false;
    this.print(`${formatEndpoint(peer)} ${words}`);
  }
}

const notReached = (to: Endpoint, reason: string): string => `${formatEndpoint(to)} could not be reached: ${reason}.`;
