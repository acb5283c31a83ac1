// One program at the local socket: its JSON client, its open questions, and the stream that it follows.

import { clientFaultsMax } from "../../core/limits.js";
import type { Contact, KeyTrouble, Notice } from "../../core/notice.js";
import type { Origin } from "../../core/outcome.js";
import { terminalPlace, type Sent } from "../../core/record.js";
import { fault, ok, type Bytes, type Peer, type Result } from "../../core/types.js";
import type { Clock, Connection, ConnectionEvents, Store } from "../../ports.js";
import { parseDuration } from "../../core/duration.js";
import { Following, isReaderName } from "./following.js";
import type { Fields, MemberApi, PeerRow } from "../../member/api.js";
import { JsonClient, type Tell } from "../json/client.js";
import type { DoRequest } from "../json/request.js";
import { Progress, stages, type Stage } from "./progress.js";
import { Questions, type After } from "./questions.js";

export interface LocalParts {
  readonly api: () => MemberApi;
  readonly peers: () => readonly PeerRow[];
  readonly clock: Clock;
  readonly after: After;
  readonly store: Store;
  /** Whether messages are kept on disk. */
  readonly kept: boolean;
  /** All programs at the socket, including this one. */
  readonly clients: Iterable<LocalClient>;
  /** Whether we refuse the friend's key, or the friend refuses ours; undefined if neither. */
  keyTrouble(name: string): KeyTrouble | undefined;
  /** Writes the first line, `ready`. */
  greet(json: JsonClient): void;
  /** The status of the member as a whole. */
  status(): Fields;
  /** The member runs for a single command and takes no clients that stay. */
  readonly momentary: boolean;
  /** Ends the member. */
  stop(): void;
  /** Dials all friends with waiting messages. Returns their names. */
  dialAll(): readonly string[];
  /** Makes sure that another turn runs. */
  requestTurn(): void;
}

export class LocalClient implements ConnectionEvents {
  readonly #connection: Connection;
  readonly #parts: LocalParts;
  readonly #onGone: () => void;
  readonly #progress = new Progress();
  readonly #questions: Questions;
  readonly #json: JsonClient;
  #following: Following | undefined;
  #attached: AttachedAs | undefined;
  /** not-reading: requests are ignored, answers still written. ending: our end of the connection is closed too. */
  #state: "open" | "not-reading" | "ending" = "open";
  #inputOver = false;

  constructor(connection: Connection, parts: LocalParts, onGone: () => void) {
    this.#connection = connection;
    this.#parts = parts;
    this.#onGone = onGone;
    this.#questions = new Questions(parts.after);
    this.#json = new JsonClient({
      ...{ console: { interactive: false, bind: () => undefined, ...writer(connection) }, clock: parts.clock },
      ...{ api: parts.api, tracker: this.#progress, expireMs: undefined },
      guest: {
        handle: (request, tell) => this.#handle(request, tell),
        confirm: (word) => this.#confirm(word),
        leave: () => this.close(),
      },
    });
    connection.bind(this);
    parts.greet(this.#json);
  }

  /** Whether an answer or outcome is missing or unread. Unread messages of a follower do not count: it resumes later. */
  get busy(): boolean {
    const unread = this.#json.blocked && this.#following === undefined;
    return this.#questions.open || this.#json.asking || this.#progress.open.length > 0 || unread;
  }

  /** The name under which the program follows. Any number of terminals share one. */
  get reader(): string | undefined {
    return this.#attached === undefined ? this.#following?.reader : undefined;
  }

  // From the member.

  arrived(last: number): void {
    this.#following?.arrived(last);
  }

  /** Whether to tell what another client sent. Attached pipes show no messages of their own user. */
  wantsOwn(origin: Origin | undefined): boolean {
    const shows = this.#attached === "json" || this.#attached === "terminal";
    return shows && this.#state !== "ending" && this.#json.wantsOwn(origin);
  }

  own(sent: Sent): void {
    this.#json.own(sent);
  }

  /** Unless it is attached: tells only notices about friends with open messages of this program, and none while it does not read. */
  notice(notice: Notice): void {
    if (this.#attached !== undefined || ("peer" in notice && this.#concerns(notice.peer))) this.#json.notice(notice);
  }

  connected(peer: Peer, contact: Contact | undefined): void {
    if (this.#attached !== undefined || this.#concerns(peer.name)) this.#json.connected(peer, contact);
  }

  congested(congested: boolean): void {
    this.#json.congested(congested);
  }

  flush(): void {
    if (this.#state === "ending") return;
    this.#json.flush();
    // An answer follows the outcomes that it sums up.
    if (!this.#json.blocked && this.#questions.answerReady()) this.#json.flush();
    if (this.#following?.advance(this.#json) === "more") this.#parts.requestTurn();
    if (this.#done || this.#json.faults > clientFaultsMax) this.close();
  }

  stopReading(): void {
    if (this.#state === "open") this.#state = "not-reading";
  }

  close(): void {
    if (this.#state === "ending") return;
    this.#json.tell("closing", { read: this.#json.lines });
    this.#json.flush();
    this.#state = "ending";
    this.#connection.end();
  }

  /** Another program took over the name to follow under. */
  replaced(): void {
    this.#following = undefined;
    this.#json.refuse("another program follows under this name now");
    this.close();
  }

  // From the connection.

  onOpen(): void {
    // A local connection is open from the start.
  }

  onBytes(chunk: Bytes): void {
    if (this.#state === "open") this.#json.onBytes(chunk);
  }

  onEnd(): void {
    if (this.#state === "open") this.#json.onEnd();
    this.#inputOver = true;
    // A program that has exited looks the same until something is written to it.
    if (this.busy || this.#following !== undefined) this.#json.tell("input-ended", { open: this.#progress.open });
  }

  onDrain(): void {
    this.#json.onDrain();
  }

  onClose(): void {
    this.#state = "ending";
    this.#questions.cancelAll();
    this.#onGone();
  }

  /** The input has ended, and everything is answered. */
  get #done(): boolean {
    return this.#inputOver && !this.busy && this.#following === undefined;
  }

  #concerns(name: string): boolean {
    return !this.#json.blocked && this.#progress.open.includes(name);
  }

  // Requests.

  #handle(request: DoRequest, tell: Tell): Result<null> | undefined {
    switch (request.what) {
      case "attach":
        return this.#attach(request, tell);
      case "stop":
        this.#parts.stop();
        return ok(null);
      case "status":
        return this.#tellStatus(tell);
      case "wait":
        return this.#wait(request, tell);
      case "flush":
        return this.#flushAll(request, tell);
      case "follow":
        return this.#follow(request, tell);
      case "ack":
        return this.#confirm(request.fields["seq"]);
      case "forget":
        return this.#forget(request, tell);
      default:
        return undefined;
    }
  }

  #tellStatus(tell: Tell): Result<null> {
    tell("status", this.#parts.status());
    return ok(null);
  }

  #wait({ fields }: DoRequest, tell: Tell): Result<null> {
    const stage = stages.find((each) => each === (fields["for"] ?? "delivered"));
    const longest = durationOf(fields["deadline"]);
    if (stage === undefined || longest === undefined)
      return fault('"wait": expected "for": queued, sent or delivered, and "deadline": 500ms, 10s, 2m or 1h');
    const over = (): boolean => this.#progress.before(stage).every((name) => stage !== "queued" && this.#blocked(name));
    return this.#questions.ask(longest, over, () => tell("wait", this.#waitFields(stage)));
  }

  #waitFields(stage: Stage): Fields {
    const open = this.#progress.before(stage);
    const distrusted = open.filter((name) => this.#blocked(name));
    const { kept } = this.#parts;
    const code = this.#progress.codeFor(stage, { distrusted: (name) => this.#blocked(name), kept });
    const refusing = distrusted.filter((name) => this.#parts.keyTrouble(name) === "refuses our key");
    return { for: stage, code, open, distrusted, refusing };
  }

  #blocked(name: string): boolean {
    return this.#parts.keyTrouble(name) !== undefined;
  }

  #flushAll({ fields }: DoRequest, tell: Tell): Result<null> {
    const longest = durationOf(fields["deadline"]);
    if (longest === undefined) return fault('"deadline": expected 500ms, 10s, 2m or 1h');
    const asked = new Set(this.#parts.dialAll());
    const rows = (): readonly PeerRow[] => this.#parts.peers().filter(({ name }) => asked.has(name));
    const over = (): boolean => rows().every(({ waiting, state }) => waiting === 0 || !hopeful.has(state));
    return this.#questions.ask(longest, over, () =>
      tell("flush", {
        left: rows()
          .filter(({ waiting }) => waiting > 0)
          .map(({ name, waiting, state }) => ({ to: name, waiting, state })),
      }),
    );
  }

  #follow({ fields }: DoRequest, tell: Tell): Result<null> {
    const { store, kept, clients } = this.#parts;
    const { from = "now", as } = fields;
    if (!kept) return fault("follow: this member stores no messages (--no-store)");
    if (as !== undefined && !isReaderName(as)) return fault('"as": expected a name of 1 to 128 characters');
    const begun = Following.begin(store, from, as);
    if (!begun.ok) return begun;
    for (const other of clients) if (other !== this && as !== undefined && other.reader === as) other.replaced();
    this.#following = begun.value;
    tell("following", { from: String(begun.value.next), newest: String(store.newest), as });
    return ok(null);
  }

  /** A terminal begins with what no terminal has shown, other clients with what the member itself has not shown. */
  #attach({ fields }: DoRequest, tell: Tell): Result<null> {
    const { store, kept, momentary } = this.#parts;
    const client = attachable.find((each) => each === fields["client"]);
    const expireMs = fields["expire"] === undefined ? undefined : durationOf(fields["expire"]);
    if (client === undefined || expireMs === Infinity)
      return fault('"attach": expected "client": lines, json or terminal, and "expire": 500ms, 10s, 2m or 1h');
    if (momentary) return fault("attach: this member runs for a single command");
    if (!kept) return fault("attach: this member stores no messages (--no-store), so it takes no other clients");
    const begun = Following.begin(store, String(store.shown + 1), client === "terminal" ? terminalPlace : undefined);
    if (!begun.ok) return begun;
    this.#following = begun.value;
    this.#attached = client;
    this.#json.begin(expireMs);
    tell("attach", { from: String(begun.value.next), newest: String(store.newest) });
    return ok(null);
  }

  #forget({ fields: { as } }: DoRequest, tell: Tell): Result<null> {
    const { store, clients } = this.#parts;
    if (!isReaderName(as) || store.confirmed(as) === undefined)
      return fault('"as": no program has followed under this name');
    for (const other of clients) if (other.reader === as) return fault("a program follows under this name now");
    // Runs after the turn's commit, or after its rollback.
    const told = (): void => {
      if (store.confirmed(as) === undefined) tell("forget", { as });
      else tell("error", { line: this.#json.lines, text: "the store cannot be written now; the place is kept" });
    };
    const asked = this.#questions.ask(Infinity, () => true, told);
    if (asked.ok) store.forget(as);
    return asked;
  }

  #confirm(word: unknown): Result<null> {
    if (this.#following === undefined) return fault("ack: this connection follows no messages");
    return this.#following.confirm(word);
  }
}

const attachable = ["lines", "json", "terminal"] as const;
type AttachedAs = (typeof attachable)[number];

/** States in which messages may still reach the friend soon. */
const hopeful: ReadonlySet<string> = new Set(["connected", "connecting", "not connected"]);

const durationOf = (word: unknown): number | undefined =>
  word === undefined ? Infinity : typeof word === "string" ? parseDuration(word) : undefined;

const writer = (connection: Connection): Pick<Connection, "write" | "pause" | "resume"> => ({
  write: (chunk) => connection.write(chunk),
  pause: () => connection.pause(),
  resume: () => connection.resume(),
});
