// The console of the numbered chat: a menu, a question for each incoming call, and the chat. A typed line waits until the
// state that it is meant for: a script's lines go to the chat they belong to. It prints whole lines only.

import { canonicalAddress } from "../../core/address.js";
import { cleanLine, excerpt } from "../../core/escape.js";
import { lineBytesMax } from "../../core/limits.js";
import { typedLinesMax } from "../../core/older-limits.js";
import { fingerprint } from "../../core/known-key.js";
import type { ChatEnd } from "../../core/notice.js";
import { plural } from "../../core/peer-table.js";
import type { Bytes, PublicKey } from "../../core/types.js";
import type { Transcript } from "../../ports.js";
import { LineFramer } from "../../wire/line-framer.js";
import type { Screen } from "../../clients/screen.js";
import { typedLines } from "../../clients/typed.js";
import { rendezvousBack, rendezvousLost } from "../../clients/words.js";
import type { NumberedChat } from "./chat.js";

/** What this console needs of the program. */
export interface NumberedActions {
  list(): void;
  readonly calls: {
    call(host: string): void;
    readonly chat: Pick<NumberedChat, "answer" | "say" | "exit" | "ownHost"> | undefined;
  };
  /** Pauses or resumes reading stdin. */
  holdInput(held: boolean): void;
  /** stdin has ended, and nothing is left to do. `unsent`: a call failed or a message was not sent. */
  quit(unsent: boolean): void;
}

export interface NumberedConsoleParts {
  readonly screen: Screen;
  readonly actions: NumberedActions;
  readonly names: ReadonlyMap<string, string>;
  /** The file that takes the conversation instead of the screen. */
  readonly transcript: Transcript | undefined;
  /** A person types: unexpected lines are answered at once. A script's answers wait for their question. */
  readonly interactive: boolean;
}

const menu = ["Press 1 to get Online Clients List.", "Press 2 to connect to a peer (need its IP address)."];
const addressWanted = "Enter the IP address of the peer:";
const comparison = "Nobody is between you if both of you see the same two.";
const noChat = "There is no chat to leave; Ctrl-C ends the program.";

/** calling: waits for the peer's answer. leaving: our `/exit` waits to be sent. */
type State = "menu" | "address" | "listing" | "calling" | "chatting" | "leaving";

export class NumberedConsole {
  readonly #parts: NumberedConsoleParts;
  readonly #framer = new LineFramer(lineBytesMax);
  #state: State = "menu";
  /** The caller's address while the user is asked. */
  #caller: string | undefined;
  /** The address of the peer that we call or talk to. */
  #peer = "";
  /** Typed lines; those before index `#taken` are done. */
  #lines: string[] = [];
  #taken = 0;
  #takingLines = false;
  #ended = false;
  #congested = false;
  #unsent = false;
  /** Number of our messages that the peer has not acknowledged. */
  #unseen = 0;
  #conversation: string[] = [];
  #fileFails = false;

  constructor(parts: NumberedConsoleParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#print(...menu);
  }

  // From the keyboard.

  onBytes(chunk: Bytes): void {
    const { blocks, overlong } = this.#framer.push(chunk);
    for (const block of blocks) this.#keep(block);
    if (overlong > 0) this.#print(`A line longer than ${lineBytesMax} bytes was ignored.`);
    this.#takeLines();
  }

  onEnd(): void {
    this.#keep(this.#framer.flush());
    this.#ended = true;
    this.#takeLines();
  }

  /** Called at the end of the turn: appends the conversation to the file. */
  flush(): void {
    const { transcript } = this.#parts;
    const lines = this.#conversation;
    if (transcript === undefined || lines.length === 0) return;
    this.#conversation = [];
    const appended = transcript.append(lines.map((line) => `${line}\n`).join(""));
    if (appended.ok === this.#fileFails) this.#print(this.#fileWords(appended.ok ? undefined : appended.message));
    this.#fileFails = !appended.ok;
    if (!appended.ok) this.#parts.screen.write(lines.map((line) => `${line.trimStart()}\n`).join(""));
  }

  // From the rendezvous server.

  onOnline(server: string): void {
    this.#print(rendezvousBack(server));
  }

  onOffline(server: string, reason: string): void {
    this.#print(rendezvousLost(server, reason));
  }

  onList(addresses: readonly string[]): void {
    if (this.#state !== "listing") return;
    this.#print("Online clients :-", ...addresses.map((host) => this.#hostAndName(host)));
    this.#toMenu();
  }

  onNoList(reason: string): void {
    if (this.#state !== "listing") return;
    this.#print(`The list is not available: ${reason}.`);
    this.#toMenu();
  }

  // From the chat.

  onRing(host: string): void {
    this.#caller = host;
    this.#print(`got connection from ${this.#hostAndName(host)}`);
    this.#ask();
    this.#takeLines();
  }

  onClear(): void {
    this.#print("this chat is in the clear");
  }

  onPrivate(theirKey: PublicKey, ownKey: PublicKey): void {
    const [theirs, own] = [fingerprint(theirKey), fingerprint(ownKey)];
    this.#print(`this chat is encrypted: their key is ${theirs}, yours ${own}.`, comparison);
  }

  onCannotListen(port: number, reason: string): void {
    this.#print(`Peers cannot call you privately: cannot listen on port ${port} (${reason}; --secure-port).`);
  }

  onStarted(): void {
    this.#state = "chatting";
    this.#unseen = 0;
    this.#print("Connected successfully to peer. You may now start chatting");
    this.#takeLines();
  }

  onMessage(number: number, text: string): void {
    this.#converse("\t", `${this.#nameOf(this.#peer)}#${number}:${cleanLine(text)}`);
  }

  onStray(text: string): void {
    this.#converse("\t", `${this.#nameOf(this.#peer)}:${cleanLine(text)}`);
  }

  onSeen(number: number): void {
    this.#unseen -= 1;
    this.#converse("\t\t\t", `Message:${number} seen.`);
  }

  /** The terminal already shows the line as it was typed. */
  onSent(number: number, text: string): void {
    this.#unseen += 1;
    if (this.#parts.transcript === undefined) return;
    this.#converse("", `${this.#nameOf(this.#parts.actions.calls.chat?.ownHost ?? "")}#${number}:${cleanLine(text)}`);
  }

  onCongested(congested: boolean): void {
    this.#congested = congested;
    this.#takeLines();
  }

  onOver(end: ChatEnd, unsent: number, reason?: string): void {
    if (this.#caller !== undefined) return this.#stopAsking(this.#caller, end);
    this.#print(...this.#endWords(end, reason));
    if (unsent > 0 || failed.includes(end) || (reason !== undefined && this.#unseen > 0)) this.#unsent = true;
    if (unsent > 0) this.#print(`${plural(unsent, "message")} could not be sent.`);
    this.#congested = false;
    this.#toMenu();
  }

  /** Shows the prompt that the question interrupted. */
  #stopAsking(caller: string, end: ChatEnd): void {
    this.#caller = undefined;
    if (end === "unanswered") this.#print(`The call from ${this.#hostAndName(caller)} was not answered, and is over.`);
    else if (end !== "left") this.#print(`${this.#hostAndName(caller)} has hung up.`);
    if (this.#state === "address") this.#print(addressWanted);
    else this.#print(...menu);
    this.#takeLines();
  }

  #endWords(end: ChatEnd, reason: string | undefined): readonly string[] {
    switch (end) {
      case "left":
        return [];
      case "denied":
        return ["Peer denied connection request"];
      case "unreachable":
        return [`Cannot connect to ${this.#hostAndName(this.#peer)}: ${reason ?? "no answer"}.`];
      case "unanswered":
        return [`${this.#hostAndName(this.#peer)} does not answer; the call is over.`];
      case "closed":
        return [...(reason === undefined ? [] : [`The connection broke: ${reason}.`]), closedByPeer];
    }
  }

  // Lines.

  #keep(block: Bytes): void {
    for (const line of typedLines(block)) this.#lines.push(line);
  }

  /** Takes the lines that the present state accepts. A taken line may change the state. */
  #takeLines(): void {
    if (this.#takingLines) return;
    this.#takingLines = true;
    this.#giveUpCalling();
    for (let line = this.#lines[this.#taken]; line !== undefined && this.#takes(line);) {
      this.#taken += 1;
      this.#take(line);
      line = this.#lines[this.#taken];
    }
    this.#takingLines = false;
    this.#regulateInput();
  }

  /** A person's `/exit` ends the present call even behind other typed lines; a script's `/exit` belongs to a later chat. */
  #giveUpCalling(): void {
    if (!this.#parts.interactive || this.#state !== "calling" || this.#caller !== undefined) return;
    const at = this.#lines.findIndex((line, index) => index >= this.#taken && line.trimEnd() === "/exit");
    if (at > this.#taken) this.#print(`${plural(at - this.#taken, "message")} could not be sent.`);
    if (at >= 0) this.#taken = at;
  }

  #regulateInput(): void {
    const left = this.#lines.length - this.#taken;
    if (left === 0) [this.#lines, this.#taken] = [[], 0];
    this.#parts.actions.holdInput(left > typedLinesMax);
    if (this.#ended && left === 0) this.#finish();
  }

  #takes(line: string): boolean {
    if (this.#caller !== undefined) return true;
    switch (this.#state) {
      case "menu":
        return this.#parts.interactive || toAnswer(line) === undefined;
      case "address":
        return true;
      case "calling":
        return line.trimEnd() === "/exit";
      case "chatting":
        return !this.#congested;
      case "listing":
      case "leaving":
        return false;
    }
  }

  #take(line: string): void {
    if (this.#caller !== undefined) return this.#takeAnswer(this.#caller, line);
    switch (this.#state) {
      case "menu":
        return this.#takeChoice(line.trim());
      case "address":
        return this.#takeAddress(line.trim());
      default:
        return this.#takeText(line);
    }
  }

  #takeAnswer(caller: string, line: string): void {
    const accepted = toAnswer(line);
    if (accepted === undefined) return this.#ask();
    if (accepted) {
      this.#caller = undefined;
      this.#peer = caller;
    }
    this.#parts.actions.calls.chat?.answer(accepted);
  }

  #takeChoice(choice: string): void {
    switch (choice) {
      case "":
        return;
      case "1":
        this.#state = "listing";
        return this.#parts.actions.list();
      case "2":
        this.#state = "address";
        return this.#print(addressWanted);
      case "/exit":
        return this.#print(noChat);
      default:
        this.#print(
          toAnswer(choice) === undefined
            ? `Expected 1 or 2, found "${excerpt(choice)}".`
            : "No call is waiting for an answer.",
        );
    }
  }

  #takeAddress(word: string): void {
    if (word === "") return this.#toMenu();
    const host = canonicalAddress(word) ?? this.#hostOf(word);
    if (host === undefined)
      return this.#print(`Expected an IP address such as 10.1.2.0, found "${excerpt(word)}".`, addressWanted);
    this.#state = "calling";
    this.#peer = host;
    this.#print(`Calling ${this.#hostAndName(host)}. /exit gives up.`);
    this.#parts.actions.calls.call(host);
  }

  #takeText(line: string): void {
    if (line.trimEnd() === "/exit") {
      this.#state = "leaving";
      return this.#parts.actions.calls.chat?.exit();
    }
    if (line.trim() === "" || this.#parts.actions.calls.chat?.say(line) === true) return;
    this.#unsent = true;
    this.#print("Not sent: too much is waiting already.");
  }

  /** No more input can come: denies a caller, or quits at the menu; a chat goes on until the peer ends it. */
  #finish(): void {
    if (this.#caller !== undefined) this.#parts.actions.calls.chat?.answer(false);
    else if (this.#state === "menu" || this.#state === "address") this.#parts.actions.quit(this.#unsent);
  }

  #ask(): void {
    this.#print(`Do you want to chat with ${this.#hostAndName(this.#caller ?? "")}?[y/n]:`);
  }

  #toMenu(): void {
    this.#state = "menu";
    this.#print(...menu);
    this.#takeLines();
  }

  // The screen and the file.

  #nameOf(host: string): string {
    return cleanLine(this.#parts.names.get(host) ?? host);
  }

  /** The address with this name; undefined if none or several have it. */
  #hostOf(name: string): string | undefined {
    const [host, ...others] = [...this.#parts.names].filter(([, known]) => known === name).map(([at]) => at);
    return others.length === 0 ? host : undefined;
  }

  #hostAndName(host: string): string {
    const name = this.#parts.names.get(host);
    return name === undefined ? host : `${host} ${cleanLine(name)}`;
  }

  #converse(indent: string, line: string): void {
    if (this.#parts.transcript === undefined) this.#parts.screen.write(`${line}\n`);
    else this.#conversation.push(`${indent}${line}`);
  }

  #fileWords(reason: string | undefined): string {
    const name = this.#parts.transcript?.name ?? "";
    return reason === undefined
      ? `${name} can be written again: the conversation goes there.`
      : `${name} cannot be written (${reason}): the conversation is shown here until it can.`;
  }

  #print(...lines: readonly string[]): void {
    this.#parts.screen.print(lines);
  }
}

/** Ends of our calls that never became a chat. */
const failed: readonly ChatEnd[] = ["denied", "unreachable", "unanswered"];

const closedByPeer = "Connection closed by peer. Chat will exit.";

/** True: yes. False: no. undefined: neither. */
function toAnswer(line: string): boolean | undefined {
  const word = line.trim().toLowerCase();
  return word === "y" || word === "n" ? word === "y" : undefined;
}
