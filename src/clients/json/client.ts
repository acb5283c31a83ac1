// JSON lines in and out, for scripts. It promises a final line for each message that is handed over here, however slowly
// its reader reads: what cannot be written yet waits as ranges, not as lines.

import { cleanLine } from "../../core/escape.js";
import { jsonLineBytesMax, outcomesAtOnce } from "../../core/limits.js";
import type { Contact, Notice } from "../../core/notice.js";
import type { Origin, Outcome, SendOptions } from "../../core/outcome.js";
import type { Received } from "../../core/record.js";
import type { Batch, Bytes, Peer, Result } from "../../core/types.js";
import { plural } from "../../core/peer-table.js";
import { fromUtf8 } from "../../core/utf8.js";
import type { Clock, Console } from "../../ports.js";
import { LineFramer } from "../../wire/line-framer.js";
import { parseLines, type Command } from "../command.js";
import type { Client } from "../../member/client.js";
import type { MemberApi } from "../../member/api.js";
import { answer } from "./answers.js";
import { connectedLine, eventLine, messageLines, noticeLine, outcomeLines, type Fields } from "./events.js";
import { flawOf, readRequest, type DoRequest, type SendRequest } from "./request.js";
import { SendTracker } from "../send-tracker.js";
import { Screen } from "../screen.js";

export interface JsonClientParts {
  readonly console: Console;
  readonly api: () => MemberApi;
  readonly clock: Pick<Clock, "wallTime">;
  readonly tracker: SendTracker;
  /** How long a message is worth sending that does not say so itself, in milliseconds. */
  readonly expireMs: number | undefined;
  readonly guest?: Guest;
}

export type Tell = (event: string, fields: Fields) => void;

/** Where a program speaks to a member that is not its own: it asks more than others, ends nothing and stops no friend. */
export interface Guest {
  /** Undefined: nothing is known by that name. It tells the answer itself, now or later. */
  obey(request: DoRequest, tell: Tell): Result<null> | undefined;
  /** Confirms up to the message of that number. */
  confirm(seq: string): Result<null>;
}

/** Each line has passed the sanitiser for JSON. */
const asItIs = { line: cleanLine, texts: (lines: string): string => lines };

const formatVersion = 1;

export class JsonClient implements Client, Origin {
  readonly #parts: JsonClientParts;
  readonly #framer = new LineFramer(jsonLineBytesMax);
  readonly #screen: Screen;
  readonly #untold: Outcome[] = [];
  /** Messages of the first of them that were told. */
  #toldOfFirst = 0;
  #lines = 0;
  /** News that were not told. */
  #unread = 0;
  /** Texts for one friend that follow each other, and the slip that goes with them. */
  #run: { readonly to: string; readonly texts: string[] } | undefined;
  #sendOptions: SendOptions | undefined;
  #congested = false;
  /** Lines that were refused. */
  #faults = 0;

  constructor(parts: JsonClientParts) {
    this.#parts = parts;
    this.#screen = new Screen(parts.console, (full) => this.#limitIntake(full), asItIs);
  }

  greet(port: number): void {
    this.tell("ready", { name: this.#api.self, port, version: formatVersion });
  }

  /** Lines that were read. */
  get lines(): number {
    return this.#lines;
  }

  get faults(): number {
    return this.#faults;
  }

  // What comes in.

  onBytes(chunk: Bytes): void {
    const { blocks, overlong } = this.#framer.push(chunk);
    // A line can only be too long that was begun in an earlier chunk.
    for (let count = overlong; count > 0; count -= 1) this.#refuseOverlong();
    for (const block of blocks) this.#read(fromUtf8(block));
    this.#handOver();
  }

  onEnd(): void {
    const rest = this.#framer.flush();
    if (rest.length > 0) this.#read(fromUtf8(rest));
    this.#handOver();
  }

  onDrain(): void {
    this.#screen.onDrain();
  }

  #refuseOverlong(): void {
    this.#lines += 1;
    this.refuse(`a line may have ${jsonLineBytesMax} bytes`);
  }

  #read(block: string): void {
    if (block.startsWith("{") || block.includes("\n{")) for (const line of linesOf(block)) this.#readLine(line);
    else this.#readPlain(block);
  }

  #readPlain(block: string): void {
    const commands = parseLines(block);
    if (!commands.every(({ kind }) => kind === "send")) for (const line of linesOf(block)) this.#readLine(line);
    else {
      for (const command of commands) this.#obey(command);
      this.#lines += linesOf(block).length;
    }
  }

  #readLine(line: string): void {
    this.#lines += 1;
    const [, seq] = this.#parts.guest === undefined ? [] : (/^ack (\S*)\r?$/.exec(line) ?? []);
    if (seq !== undefined) this.#answered(this.#parts.guest?.confirm(seq));
    else if (!line.startsWith("{")) for (const command of parseLines(`${line}\n`)) this.#obey(command);
    else this.#request(line);
  }

  #request(line: string): void {
    const request = readRequest(line);
    if (!request.ok) this.refuse(request.message);
    else if (request.value.kind === "send") this.#take(request.value);
    else this.#do(request.value);
  }

  #take({ to, text, id, expireMs, flaw = flawOf(text) }: SendRequest): void {
    if (flaw !== undefined) return this.#fail({ to, id, reason: flaw });
    if (id === undefined && expireMs === undefined) return this.#append(to, text);
    this.#handOver();
    this.#send(to, { texts: `${text}\n`, count: 1 }, this.#slipFor(id, expireMs ?? this.#parts.expireMs));
  }

  /** Neighbouring messages for one friend travel together. */
  #append(to: string, text: string): void {
    if (this.#run?.to !== to) this.#handOver();
    this.#run ??= { to, texts: [] };
    this.#run.texts.push(text);
  }

  #handOver(): void {
    const run = this.#run;
    this.#run = undefined;
    if (run !== undefined)
      this.#send(run.to, { texts: `${run.texts.join("\n")}\n`, count: run.texts.length }, this.#commonSlip);
  }

  #send(to: string, batch: Batch, sendOptions: SendOptions): void {
    this.#parts.tracker.handedOver(this.#api.send(to, batch, sendOptions), batch.count);
  }

  #obey(command: Command): void {
    this.#handOver();
    if (command.kind === "send") return this.#send(command.to, command.batch, this.#commonSlip);
    if (command.kind === "slash" && command.word === "quit") return this.#quit();
    this.refuse(refusals[command.kind]);
  }

  #do(request: DoRequest): void {
    this.#handOver();
    if (request.what === "quit") return this.#quit();
    const named: Tell = (event, fields) => this.tell(event, { id: request.id, ...fields });
    const obeyed = this.#parts.guest?.obey(request, named);
    if (obeyed !== undefined) return this.#answered(obeyed);
    const answered = answer(request, this.#api);
    if (answered.ok) named(request.what, answered.value);
    else this.#complain(answered.message);
  }

  #answered(obeyed: Result<null> | undefined): void {
    if (obeyed?.ok === false) this.#complain(obeyed.message);
  }

  #quit(): void {
    if (this.#parts.guest === undefined) this.#api.quit();
    else this.#complain("quit: only standard input ends the program");
  }

  /** Of one turn: without a name of their own, messages need no slip of their own. */
  get #commonSlip(): SendOptions {
    return (this.#sendOptions ??= this.#slipFor(undefined, this.#parts.expireMs));
  }

  #slipFor(id: string | undefined, expireMs: number | undefined): SendOptions {
    const expires = expireMs === undefined ? {} : { expires: this.#now + expireMs };
    return { origin: this, quiet: true, ...(id === undefined ? {} : { id }), ...expires };
  }

  #fail({ to, id, reason }: Pick<Outcome, "to" | "id" | "reason">): void {
    this.#handOver();
    this.#parts.tracker.refused();
    this.#untold.push({
      ...{ kind: "failed", final: true, to, id, count: 1, number: undefined },
      ...(reason && { reason }),
    });
  }

  /** Of the line that was read last. */
  refuse(text: string): void {
    this.#parts.tracker.refused();
    this.#complain(text);
  }

  /** Of what was no message. */
  #complain(text: string): void {
    this.#handOver();
    this.#faults += 1;
    this.tell("error", { line: this.#lines, text });
  }

  // What goes out.

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

  /** Told what becomes of messages that an earlier run was given: nobody here waits for them. */
  get reporter(): Origin {
    const blocked = (): boolean => this.blocked;
    return {
      get pending() {
        return blocked();
      },
      outcome: (outcome) => void this.#untold.push(outcome),
    };
  }

  notice(notice: Notice): void {
    this.#news(() => noticeLine(notice, this.#now));
  }

  connected(peer: Peer, contact: Contact | undefined): void {
    this.#news(() => connectedLine(peer, contact, this.#now));
  }

  /** News that nobody reads are counted: unlike outcomes they are owed to nobody. */
  #news(line: () => string): void {
    if (this.#screen.roomy) this.#screen.write(line());
    else this.#unread += 1;
  }

  #tellUnread(): void {
    if (this.#unread === 0 || !this.#screen.roomy) return;
    const text = `${plural(this.#unread, "notice")} more could not be told: nobody was reading.`;
    this.#unread = 0;
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
    this.#tellUnread();
    do {
      this.#spellOut();
      this.#screen.flush();
    } while (this.#untold.length > 0 && !this.#screen.blocked);
  }

  tell(event: string, fields: Fields): void {
    this.#screen.write(eventLine(event, this.#now, fields));
  }

  /** As many outcomes as there is room for: a million messages may have ended at once. */
  #spellOut(): void {
    let told = 0;
    while (this.#screen.roomy) {
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
  slash: "expected friend/msg or one JSON object; of the commands only /quit",
  malformed: "expected one JSON object, or friend/msg",
  empty: "the message is empty",
  nul: "the message holds a NUL character",
  overlong: "the message is too long",
};
