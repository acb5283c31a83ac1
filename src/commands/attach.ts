// `p2p` beside a running member of the same name: becomes a client of that member. Leaving it leaves the member running.

import { exitCode } from "../core/errors.js";
import type { Ending, Running } from "../core/ending.js";
import { durationWord } from "../core/duration.js";
import { attachRetryMs, jsonLineBytesMax, reachMs } from "../core/limits.js";
import type { PeerTable } from "../core/peer-table.js";
import type { Bytes, PeerName } from "../core/types.js";
import { fromUtf8, toUtf8 } from "../core/utf8.js";
import { LineConsole } from "../clients/lines/console.js";
import { SendTracker } from "../clients/send-tracker.js";
import { lineOrigin } from "../clients/console.js";
import { eventLine } from "../clients/json/events.js";
import type { SendOptions } from "../core/outcome.js";
import type { MemberApi } from "../member/api.js";
import type { Client } from "../member/client.js";
import type { Cancel, Clock, Connection, Console } from "../ports.js";
import { LineFramer } from "../wire/line-framer.js";
import { AttachedMember } from "./attached-member.js";
import { MemberConnection, refusalOf, textOf, toldIn, type Told } from "./member-connection.js";
import type { ChatOptions } from "./options.js";

export interface AttachPorts {
  readonly clock: Clock;
  readonly console: Console;
  dial(): Connection;
  /** Builds the client for a person at a terminal; undefined without one. */
  readonly people: ((api: () => MemberApi) => Client) | undefined;
  /** Whether standard input can hold anything: it is neither closed nor `/dev/null`. */
  readonly hasInput: boolean;
}

export interface AttachEvents {
  /** No lasting member runs any more: this program may become the member. */
  onVacant(): void;
  /** Called exactly once, unless `onVacant` is. */
  onEnd(ending: Ending): void;
}

export interface AttachTo {
  readonly self: PeerName;
  readonly table: PeerTable;
  /** Why this program is not the member itself. */
  readonly busy: string;
}

/** Another process is the member. Attaches to it, or waits until it has ended if it runs for a single command. */
export function attach(options: ChatOptions, to: AttachTo, ports: AttachPorts, events: AttachEvents): Running {
  const attached = new Attached(options, to, ports, events);
  attached.dial();
  return { stop: () => attached.leave() };
}

const drainTag = "drain";
const attachedWords = (self: PeerName): string =>
  `${self} runs already; this is one more window. /quit leaves it running, p2p stop ends it.`;
const overlongLine = `the line is longer than ${jsonLineBytesMax} bytes`;

class Attached {
  readonly #options: ChatOptions;
  readonly #to: AttachTo;
  readonly #ports: AttachPorts;
  readonly #events: AttachEvents;
  readonly #since: number;
  #connection: MemberConnection | undefined;
  #timer: Cancel = () => undefined;
  #ended = false;
  #session: Session | undefined;
  /** The member has said that it ends. */
  #closing = false;

  constructor(options: ChatOptions, to: AttachTo, ports: AttachPorts, events: AttachEvents) {
    this.#options = options;
    this.#to = to;
    this.#ports = ports;
    this.#events = events;
    this.#since = ports.clock.now();
  }

  dial(): void {
    let greeting: Told | undefined;
    const connection = new MemberConnection(this.#ports.dial(), {
      onOpen: (told) => {
        greeting = told;
        this.#connection = connection;
        this.#greeted(told);
      },
      onLines: (lines) => this.#hear(lines),
      onDrain: () => this.#session?.onDrain(),
      onClose: (code) => this.#closed(code, greeting),
    });
  }

  leave(): void {
    this.#end({ code: exitCode.stopped });
  }

  #greeted(greeting: Told): void {
    if (greeting["momentary"] === true) return;
    const { self } = this.#to;
    if (!this.#ports.hasInput)
      return this.#end({
        code: exitCode.queued,
        message: `${self} runs already, and there is no input to pass on. Messages arrive there; p2p follow prints them here too.`,
      });
    const { json, drainMs, expireMs } = this.#options;
    const client = json ? "json" : this.#ports.people === undefined ? "lines" : "terminal";
    const expire = expireMs === undefined ? {} : { expire: durationWord(expireMs) };
    this.#connection?.say({ do: "attach", client, ...(json && expire), tag: client });
    const parts = { ports: this.#ports, to: this.#to, connection: () => this.#connection };
    const session = {
      ...parts,
      drainMs,
      expireMs,
      leave: () => this.leave(),
      end: (code: number) => this.#end({ code }),
    };
    this.#session = json ? new JsonSession(session, greeting) : new ChatSession(session, greeting);
  }

  #hear(lines: string): void {
    for (const told of toldIn(lines)) {
      if (told.event === "closing") this.#closing = true;
      // The member refused to be attached to.
      if (told.event === "error" && this.#session?.begun === false)
        return this.#end({ code: exitCode.unsent, message: textOf(told["text"]) ?? "" });
    }
    this.#session?.hear(lines);
  }

  #closed(code: string | undefined, greeting: Told | undefined): void {
    this.#connection = undefined;
    if (this.#ended) return;
    if (greeting === undefined && refusalOf(code) === "broken")
      return this.#end({ code: exitCode.unsent, message: this.#to.busy });
    if (greeting === undefined || greeting["momentary"] === true || this.#session === undefined)
      return this.#tryLater();
    if (!this.#closing) return this.#end({ code: exitCode.unsent, message: "The connection to the member broke." });
    const left = this.#options.drainMs === undefined ? exitCode.stopped : exitCode.queued;
    this.#end({ code: left, message: "The member has ended." });
  }

  /** The member starts, ends, or runs for a single command. */
  #tryLater(): void {
    const { clock } = this.#ports;
    if (clock.now() - this.#since > reachMs && this.#ports.hasInput)
      return this.#end({ code: exitCode.cannotBind, message: this.#to.busy });
    this.#timer = clock.after(attachRetryMs, () => this.#events.onVacant());
  }

  #end(ending: Ending): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#timer();
    this.#connection?.close();
    this.#events.onEnd(ending);
  }
}

interface SessionParts {
  readonly ports: AttachPorts;
  readonly to: AttachTo;
  readonly connection: () => MemberConnection | undefined;
  readonly drainMs: number | undefined;
  readonly expireMs: number | undefined;
  readonly leave: () => void;
  readonly end: (code: number) => void;
}

interface Session {
  /** The member has answered `attach`. */
  readonly begun: boolean;
  hear(lines: string): void;
  onDrain(): void;
}

const waitFor = ({ drainMs = 0 }: SessionParts) => ({
  ...{ do: "wait", for: "delivered", tag: drainTag },
  ...(drainMs !== Infinity && { deadline: durationWord(drainMs) }),
});

/** `--json`: lines pass in both directions as they are. */
class JsonSession implements Session {
  readonly #parts: SessionParts;
  readonly #framer = new LineFramer(jsonLineBytesMax);
  begun = false;

  constructor(parts: SessionParts, greeting: Told) {
    this.#parts = parts;
    const { console } = parts.ports;
    this.#write(`${JSON.stringify(greeting)}\n`);
    console.bind({
      onBytes: (chunk) => this.#read(chunk),
      onEnd: () => this.#finish(),
      onDrain: () => parts.connection()?.resume(),
      onReaderGone: () => parts.leave(),
    });
  }

  hear(lines: string): void {
    this.begun = true;
    this.#write(lines);
    if (!lines.includes(`"tag":"${drainTag}"`)) return;
    for (const told of toldIn(lines))
      if (told.event === "wait" && told["tag"] === drainTag) this.#parts.end(Number(told["code"]));
  }

  onDrain(): void {
    this.#parts.ports.console.resume();
  }

  #read(chunk: Bytes): void {
    const { blocks, overlong } = this.#framer.push(chunk);
    this.#pass(blocks);
    if (overlong > 0)
      this.#write(eventLine("error", this.#parts.ports.clock.wallTime(), { line: 0, text: overlongLine }));
  }

  #pass(blocks: readonly Bytes[]): void {
    for (const block of blocks) this.#parts.connection()?.sayLines(fromUtf8(block));
    if (this.#parts.connection()?.blocked === true) this.#parts.ports.console.pause();
  }

  #finish(): void {
    this.#pass([this.#framer.flush()]);
    if (this.#parts.drainMs !== undefined) this.#parts.connection()?.say(waitFor(this.#parts));
  }

  #write(lines: string): void {
    if (!this.#parts.ports.console.write(toUtf8(lines))) this.#parts.connection()?.pause();
  }
}

/** Lines or a terminal: the same client as in the member's own process. */
class ChatSession implements Session {
  readonly #parts: SessionParts;
  readonly #member: AttachedMember;
  readonly #client: Client;
  readonly #tracker = new SendTracker();
  readonly #place: boolean;
  begun = false;
  #acknowledged = 0;

  constructor(parts: SessionParts, greeting: Told) {
    this.#parts = parts;
    const { ports, to, connection } = parts;
    const { people, console } = ports;
    this.#place = people !== undefined;
    this.#member = new AttachedMember({
      ...to,
      clock: ports.clock,
      connection,
      client: () => this.#client,
      leave: parts.leave,
    });
    const api = (): MemberApi => this.#member;
    this.#client = people?.(api) ?? new LineConsole(console, api, this.#tracking);
    this.#client.greet(Number(greeting["port"]), to.table.peers);
    if (this.#place) this.#client.notice({ kind: "remark", message: attachedWords(to.self) });
    console.bind({
      onBytes: (chunk) => this.#turn(() => this.#client.onBytes(chunk)),
      onTyped: (typed) => this.#turn(() => this.#client.onTyped?.(typed)),
      onEnd: () => this.#turn(() => this.#finish()),
      onDrain: () => this.#turn(() => this.#client.onDrain()),
      onReaderGone: () => parts.leave(),
    });
    this.#client.flush();
  }

  get #tracking(): ConstructorParameters<typeof LineConsole>[2] {
    const { drainMs, expireMs, ports } = this.#parts;
    if (drainMs === undefined && expireMs === undefined) return undefined;
    const origin = lineOrigin(this.#tracker, (notice) => this.#client.notice(notice));
    const sendOptions = (): SendOptions =>
      expireMs === undefined ? { origin } : { origin, expires: ports.clock.wallTime() + expireMs };
    return { tracker: this.#tracker, sendOptions };
  }

  hear(lines: string): void {
    this.#turn(() => {
      for (const told of toldIn(lines)) this.#handle(told);
    });
  }

  onDrain(): void {
    this.#turn(() => this.#client.congested(false));
  }

  #handle(told: Told): void {
    if (told.event === "attach") {
      this.begun = true;
      return this.#member.begin(told);
    }
    if (told.event === "wait" && told["tag"] === drainTag) return this.#drained(Number(told["code"]));
    this.#member.hear(told);
  }

  /** A line that was refused here is unknown to the member. */
  #drained(code: number): void {
    this.#client.flush();
    const worse = this.#tracker.failed && code !== exitCode.notTrusted ? exitCode.unsent : code;
    this.#parts.end(worse);
  }

  #finish(): void {
    this.#client.onEnd();
    if (this.#parts.drainMs !== undefined) this.#parts.connection()?.say(waitFor(this.#parts));
  }

  /** Runs it, then lets the client write, and tells the member what was read. */
  #turn(run: () => void): void {
    run();
    this.#client.flush();
    const connection = this.#parts.connection();
    if (connection?.blocked === true) this.#client.congested(true);
    const { shown } = this.#client;
    if (!this.#place || shown <= this.#acknowledged || connection === undefined) return;
    this.#acknowledged = shown;
    connection.say({ do: "ack", seq: String(shown) });
  }
}
