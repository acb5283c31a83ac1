// The client for scripts: JSON lines in and out. Each message that it sends gets a final line, however slow the reader:
// outcomes that cannot be written yet wait as ranges, not as lines.

import { cleanLine, excerpt } from "../../core/escape.js";
import { jsonLineBytesMax, outcomesAtOnce } from "../../core/limits.js";
import type { Contact, Notice } from "../../core/notice.js";
import type { Origin, Outcome, SendOptions } from "../../core/outcome.js";
import type { Received, Sent } from "../../core/record.js";
import type { Batch, Bytes, Peer, Result } from "../../core/types.js";
import { plural } from "../../core/peer-table.js";
import { fromUtf8 } from "../../core/utf8.js";
import type { Clock, Console } from "../../ports.js";
import { LineFramer } from "../../wire/line-framer.js";
import { parseLines, type Command } from "../command.js";
import type { Client } from "../../member/client.js";
import { isMemberRequest, type Fields, type MemberApi, type MemberRequest } from "../../member/api.js";
import { rowOf } from "../../member/request-table.js";
import { connectedLine, eventLine, messageLines, noticeLine, outcomeLines, ownLines } from "./events.js";
import { flawOf, readRequest, type DoRequest, type SendRequest } from "./request.js";
import { SendTracker } from "../send-tracker.js";
import { Screen } from "../screen.js";

export interface JsonClientParts {
  readonly console: Console;
  readonly api: () => MemberApi;
  readonly clock: Pick<Clock, "wallTime">;
  readonly tracker: SendTracker;
  /** Default time until a message expires, in milliseconds. */
  readonly expireMs: number | undefined;
  readonly guest?: Guest;
}

export type Tell = (event: string, fields: Fields) => void;

/** Set for a program at the local socket. It has more requests, but cannot end the member or stop reading from friends. */
export interface Guest {
  /** Handles a request and tells the answer, now or later. Undefined: the request is not one of the socket's own. */
  handle(request: DoRequest, tell: Tell): Result<null> | undefined;
  /** Confirms all messages up to number `seq`. */
  confirm(seq: string): Result<null>;
  /** Closes the connection. */
  leave(): void;
}

/** For lines that have already passed the sanitiser for JSON. */
const unchanged = { line: cleanLine, texts: (lines: string): string => lines };

const formatVersion = 1;

export class JsonClient implements Client, Origin {
  readonly #parts: JsonClientParts;
  readonly #framer = new LineFramer(jsonLineBytesMax);
  readonly #screen: Screen;
  readonly #untold: Outcome[] = [];
  /** How many messages of the first outcome in `#untold` were already told. */
  #toldOfFirst = 0;
  #lines = 0;
  /** Events that were dropped and not reported yet. */
  #dropped = 0;
  /** Successive texts for one friend, not sent yet. */
  #run: { readonly to: string; readonly texts: string[] } | undefined;
  #sendOptions: SendOptions | undefined;
  #expireMs: number | undefined;
  #congested = false;
  /** Number of errors told. */
  #faults = 0;
  #unanswered = 0;

  constructor(parts: JsonClientParts) {
    this.#parts = parts;
    this.#expireMs = parts.expireMs;
    this.#screen = new Screen(parts.console, (full) => this.#limitIntake(full), unchanged);
  }

  greet(port: number): void {
    this.greetWith({ port });
  }

  greetWith(fields: Fields): void {
    this.tell("ready", { name: this.#api.self, version: formatVersion, ...fields });
  }

  /** The client of this connection begins: its lines count from here. Its messages expire after so many milliseconds. */
  begin(expireMs: number | undefined): void {
    this.#lines = 0;
    this.#expireMs = expireMs;
  }

  /** Number of lines read. */
  get lines(): number {
    return this.#lines;
  }

  get faults(): number {
    return this.#faults;
  }

  /** Whether the member has yet to answer a request. */
  get asking(): boolean {
    return this.#unanswered > 0;
  }

  // Input.

  onBytes(chunk: Bytes): void {
    const { blocks, overlong } = this.#framer.push(chunk);
    // An overlong line began in an earlier chunk, so it precedes the lines of this one.
    for (let count = overlong; count > 0; count -= 1) this.#refuseOverlong();
    for (const block of blocks) this.#read(fromUtf8(block));
    this.#sendRun();
  }

  onEnd(): void {
    const rest = this.#framer.flush();
    if (rest.length > 0) this.#read(fromUtf8(rest));
    this.#sendRun();
  }

  onDrain(): void {
    this.#screen.onDrain();
  }

  #refuseOverlong(): void {
    this.#lines += 1;
    this.refuse(`the line is longer than ${jsonLineBytesMax} bytes`);
  }

  #read(block: string): void {
    if (block.startsWith("{") || block.includes("\n{")) for (const line of linesOf(block)) this.#readLine(line);
    else this.#readPlain(block);
  }

  #readPlain(block: string): void {
    const commands = parseLines(block);
    if (!commands.every(({ kind }) => kind === "send")) for (const line of linesOf(block)) this.#readLine(line);
    else {
      for (const command of commands) this.#handle(command);
      this.#lines += linesOf(block).length;
    }
  }

  #readLine(line: string): void {
    this.#lines += 1;
    const [, seq] = this.#parts.guest === undefined ? [] : (/^ack (\S*)\r?$/.exec(line) ?? []);
    if (seq !== undefined) this.#complainOfFault(this.#parts.guest?.confirm(seq));
    else if (!line.startsWith("{")) for (const command of parseLines(`${line}\n`)) this.#handle(command);
    else this.#request(line);
  }

  #request(line: string): void {
    const request = readRequest(line);
    if (!request.ok) this.refuse(request.message);
    else if (request.value.kind === "send") this.#take(request.value);
    else this.#do(request.value);
  }

  #take({ to, text, id, tag, expireMs, flaw = flawOf(text) }: SendRequest): void {
    if (flaw !== undefined) return this.#fail({ to, id, reason: flaw, ...(tag !== undefined && { tag }) });
    if (id === undefined && tag === undefined && expireMs === undefined) return this.#append(to, text);
    this.#sendRun();
    const sendOptions = this.#sendOptionsFor(id, expireMs ?? this.#expireMs);
    const origin = tag === undefined ? this : this.#tagged(tag);
    this.#send(to, { texts: `${text}\n`, count: 1 }, { ...sendOptions, origin });
  }

  /** Puts the tag on each outcome. */
  #tagged(tag: string): Origin {
    const blocked = (): boolean => this.blocked;
    return {
      client: this,
      get pending() {
        return blocked();
      },
      outcome: (outcome) => this.outcome({ ...outcome, tag }),
    };
  }

  /** Collects successive messages for one friend, to send them as one batch. */
  #append(to: string, text: string): void {
    if (this.#run?.to !== to) this.#sendRun();
    this.#run ??= { to, texts: [] };
    this.#run.texts.push(text);
  }

  #sendRun(): void {
    const run = this.#run;
    this.#run = undefined;
    if (run !== undefined)
      this.#send(run.to, { texts: `${run.texts.join("\n")}\n`, count: run.texts.length }, this.#commonOptions);
  }

  #send(to: string, batch: Batch, sendOptions: SendOptions): void {
    this.#parts.tracker.handedOver(this.#api.send(to, batch, sendOptions), batch.count);
  }

  #handle(command: Command): void {
    this.#sendRun();
    if (command.kind === "send") return this.#send(command.to, command.batch, this.#commonOptions);
    if (command.kind === "slash" && command.word === "quit") return this.#quit();
    this.refuse(refusals[command.kind]);
  }

  #do(request: DoRequest): void {
    this.#sendRun();
    if (request.what === "quit") return this.#quit();
    const { id, tag } = request;
    const tellWithId: Tell = (event, fields) => this.tell(event, { id, tag, ...fields });
    const handled = this.#parts.guest?.handle(request, tellWithId);
    if (handled !== undefined) return this.#complainOfFault(handled, tag);
    if (isMemberRequest(request.what)) return this.#ask(request.what, request, tellWithId);
    this.#complain(
      rowOf(request.what)?.json === undefined
        ? `"do": unknown request "${excerpt(request.what)}"`
        : `"do": ${request.what} is answered on the member's socket only`,
      { tag },
    );
  }

  #ask(what: MemberRequest, { fields, tag }: DoRequest, tell: Tell): void {
    const line = this.#lines;
    this.#unanswered += 1;
    this.#api.request(what, fields, (answer) => {
      this.#unanswered -= 1;
      if (answer.ok) tell(what, { ...answer.value });
      else this.#complain(answer.message, { line, tag });
    });
  }

  #complainOfFault(handled: Result<null> | undefined, tag?: string): void {
    if (handled?.ok === false) this.#complain(handled.message, { tag });
  }

  #quit(): void {
    if (this.#parts.guest === undefined) this.#api.quit();
    else this.#parts.guest.leave();
  }

  /** Shared by all messages of a turn that have neither an id nor an expiry of their own. */
  get #commonOptions(): SendOptions {
    return (this.#sendOptions ??= this.#sendOptionsFor(undefined, this.#expireMs));
  }

  #sendOptionsFor(id: string | undefined, expireMs: number | undefined): SendOptions {
    const expires = expireMs === undefined ? {} : { expires: this.#now + expireMs };
    return { origin: this, quiet: true, ...(id === undefined ? {} : { id }), ...expires };
  }

  #fail({ to, id, reason, tag }: Pick<Outcome, "to" | "id" | "reason" | "tag">): void {
    this.#sendRun();
    this.#parts.tracker.refused();
    this.#untold.push({
      ...{ kind: "failed", final: true, to, id, count: 1, number: undefined },
      ...(reason && { reason }),
      ...(tag !== undefined && { tag }),
    });
  }

  /** Refuses the line read last, as a message that failed. */
  refuse(text: string): void {
    this.#parts.tracker.refused();
    this.#complain(text);
  }

  /** Tells an error of a line that is no message. */
  #complain(
    text: string,
    { line = this.#lines, tag }: { readonly line?: number; readonly tag?: string | undefined } = {},
  ): void {
    this.#sendRun();
    this.#faults += 1;
    this.tell("error", { line, text, tag });
  }

  // Output.

  message(received: Received): void {
    this.#screen.write(messageLines(received), received.number + received.batch.count - 1);
  }

  get pending(): boolean {
    return this.blocked;
  }

  outcome(outcome: Outcome): void {
    this.#parts.tracker.outcome(outcome);
    this.#untold.push(outcome);
  }

  /** Gets the outcomes of messages from earlier runs, which the tracker does not count. */
  get reporter(): Origin {
    const blocked = (): boolean => this.blocked;
    return {
      get pending() {
        return blocked();
      },
      outcome: (outcome) => void this.#untold.push(outcome),
    };
  }

  /** At the socket only attached clients are told what others sent; the server asks them. */
  wantsOwn(origin: Origin | undefined): boolean {
    return (origin?.client ?? origin) !== this;
  }

  own(sent: Sent): void {
    this.#tellIfRoom(() => ownLines(sent));
  }

  notice(notice: Notice): void {
    this.#tellIfRoom(() => noticeLine(notice, this.#now));
  }

  connected(peer: Peer, contact: Contact | undefined): void {
    this.#tellIfRoom(() => connectedLine(peer, contact, this.#now));
  }

  /** For events that may be dropped, unlike outcomes: without room they are only counted. */
  #tellIfRoom(line: () => string): void {
    if (this.#screen.hasRoom) this.#screen.write(line());
    else this.#dropped += 1;
  }

  #reportDropped(): void {
    if (this.#dropped === 0 || !this.#screen.hasRoom) return;
    const text = `${plural(this.#dropped, "more notice")} could not be told: the reader was too slow.`;
    this.#dropped = 0;
    this.tell("notice", { kind: "untold", text });
  }

  congested(congested: boolean): void {
    this.#congested = congested;
    this.#regulate();
  }

  get shown(): number {
    return this.#screen.shown;
  }

  get blocked(): boolean {
    return this.#screen.blocked || this.#untold.length > 0;
  }

  flush(): void {
    this.#sendOptions = undefined;
    this.#reportDropped();
    do {
      this.#writeOutcomes();
      this.#screen.flush();
    } while (this.#untold.length > 0 && !this.#screen.blocked);
  }

  tell(event: string, fields: Fields): void {
    this.#screen.write(eventLine(event, this.#now, fields));
  }

  /** Writes as many outcomes as there is room for: a million messages may have ended at once. */
  #writeOutcomes(): void {
    let told = 0;
    while (this.#screen.hasRoom) {
      const outcome = this.#untold[told];
      if (outcome === undefined) break;
      const end = Math.min(outcome.count, this.#toldOfFirst + outcomesAtOnce);
      this.#screen.write(outcomeLines(outcome, this.#now, [this.#toldOfFirst, end]));
      this.#toldOfFirst = end === outcome.count ? 0 : end;
      if (end === outcome.count) told += 1;
    }
    this.#untold.splice(0, told);
  }

  #limitIntake(full: boolean): void {
    if (this.#parts.guest !== undefined) return this.#regulate();
    if (full) this.#api.pauseReading();
    else this.#api.resumeReading();
    this.#regulate();
  }

  #regulate(): void {
    if (this.#screen.full || this.#congested) this.#parts.console.pause();
    else this.#parts.console.resume();
  }

  get #api(): MemberApi {
    return this.#parts.api();
  }

  get #now(): number {
    return this.#parts.clock.wallTime();
  }
}

const linesOf = (block: string): readonly string[] => block.split("\n").slice(0, -1);

const refusals: Readonly<Record<Exclude<Command["kind"], "send">, string>> = {
  slash: "expected friend/msg, one JSON object, or /quit",
  malformed: "expected one JSON object, or friend/msg",
  empty: "the message is empty",
  nul: "the message has a NUL character",
  overlong: "the message is too long",
};
