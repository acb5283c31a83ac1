// One program at the local socket: its face, what it waits for, and what it follows.

import { clientFaultsMax } from "../../core/limits.js";
import type { Contact, KeyTrouble, Notice } from "../../core/notice.js";
import { fault, ok, type Bytes, type Peer, type Result } from "../../core/types.js";
import type { Clock, Connection, ConnectionEvents, Store } from "../../ports.js";
import { parseDuration } from "../../core/duration.js";
import { Following, isReaderName } from "./following.js";
import type { MemberApi } from "../../member/api.js";
import type { Fields } from "../json/events.js";
import { JsonClient, type Tell } from "../json/client.js";
import type { DoRequest } from "../json/request.js";
import { Progress, stages, type Stage } from "./progress.js";
import { Questions, type After } from "./questions.js";

export interface LocalParts {
  readonly api: () => MemberApi;
  readonly clock: Clock;
  readonly after: After;
  readonly store: Store;
  /** Whether what waits and what arrives outlives the program. */
  readonly kept: boolean;
  /** Everybody who is at the door. */
  readonly rivals: Iterable<LocalClient>;
  /** Whether the friend's key, or ours there, stands in the way. */
  keyTrouble(name: string): KeyTrouble | undefined;
  /** The port, and who is in the group. */
  greet(json: JsonClient): void;
  /** Of the member as a whole. */
  status(): Fields;
  /** Dials everybody for whom something waits. Returns who that is. */
  dialAll(): readonly string[];
  /** A turn's end is wanted. */
  stir(): void;
}

export class LocalClient implements ConnectionEvents {
  readonly #connection: Connection;
  readonly #parts: LocalParts;
  readonly #onGone: () => void;
  readonly #progress = new Progress();
  readonly #questions: Questions;
  readonly #json: JsonClient;
  #following: Following | undefined;
  /** Nothing more is read. ending: our end of the connection is closed as well. */
  #state: "open" | "deaf" | "ending" = "open";
  #inputOver = false;

  constructor(connection: Connection, parts: LocalParts, onGone: () => void) {
    this.#connection = connection;
    this.#parts = parts;
    this.#onGone = onGone;
    this.#questions = new Questions(parts.after);
    this.#json = new JsonClient({
      ...{ console: { interactive: false, bind: () => undefined, ...writer(connection) }, clock: parts.clock },
      ...{ api: parts.api, tracker: this.#progress, expireMs: undefined },
      guest: { obey: (request, tell) => this.#obey(request, tell), confirm: (word) => this.#confirm(word) },
    });
    connection.bind(this);
    parts.greet(this.#json);
  }

  /** Whether something is owed: an answer, an outcome, or what of them the reader has not taken yet. Followers go on elsewhere. */
  get busy(): boolean {
    const unread = this.#json.blocked && this.#following === undefined;
    return this.#questions.open || this.#progress.open.length > 0 || unread;
  }

  /** The name that it follows under. */
  get reader(): string | undefined {
    return this.#following?.reader;
  }

  // What the member tells.

  arrived(last: number): void {
    this.#following?.arrived(last);
  }

  /** Only what concerns its own messages, and nothing while it does not read. */
  notice(notice: Notice): void {
    if ("peer" in notice && this.#minds(notice.peer)) this.#json.notice(notice);
  }

  connected(peer: Peer, contact: Contact | undefined): void {
    if (this.#minds(peer.name)) this.#json.connected(peer, contact);
  }

  congested(congested: boolean): void {
    this.#json.congested(congested);
  }

  flush(): void {
    if (this.#state === "ending") return;
    this.#json.flush();
    // An answer comes behind the outcomes that it sums up.
    if (!this.#json.blocked && this.#questions.look()) this.#json.flush();
    if (this.#following?.goOn(this.#json) === "more") this.#parts.stir();
    if (this.#done || this.#json.faults > clientFaultsMax) this.close();
  }

  deafen(): void {
    if (this.#state === "open") this.#state = "deaf";
  }

  close(): void {
    if (this.#state === "ending") return;
    this.#json.tell("closing", { read: this.#json.lines });
    this.#json.flush();
    this.#state = "ending";
    this.#connection.end();
  }

  /** Another program follows under the same name now. */
  replaced(): void {
    this.#following = undefined;
    this.#json.refuse("another program follows under this name now");
    this.close();
  }

  // What the connection tells.

  onOpen(): void {
    // It stands from the start.
  }

  onBytes(chunk: Bytes): void {
    if (this.#state === "open") this.#json.onBytes(chunk);
  }

  onEnd(): void {
    if (this.#state === "open") this.#json.onEnd();
    this.#inputOver = true;
    // Who has left altogether looks the same, until something is written.
    if (this.busy || this.#following !== undefined) this.#json.tell("input-ended", { open: this.#progress.open });
  }

  onDrain(): void {
    this.#json.onDrain();
  }

  onClose(): void {
    this.#state = "ending";
    this.#questions.forget();
    this.#onGone();
  }

  /** Nothing more comes from there, and nothing more is owed. */
  get #done(): boolean {
    return this.#inputOver && !this.busy && this.#following === undefined;
  }

  #minds(name: string): boolean {
    return !this.#json.blocked && this.#progress.open.includes(name);
  }

  // What it asks.

  #obey(request: DoRequest, tell: Tell): Result<null> | undefined {
    switch (request.what) {
      case "status":
        return this.#tellStatus(tell);
      case "wait":
        return this.#wait(request, tell);
      case "flush":
        return this.#flushAll(request, tell);
      case "cancel":
        return this.#cancel(request, tell);
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
    if (stage === undefined || longest === undefined) return fault('"wait": expected "for" and "deadline" as written');
    const over = (): boolean => this.#progress.before(stage).every((name) => stage !== "queued" && this.#blocked(name));
    return this.#questions.ask(longest, over, () => tell("wait", this.#account(stage)));
  }

  #account(stage: Stage): Fields {
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
    const rows = (): MemberApi["status"] => this.#parts.api().status.filter(({ peer }) => asked.has(peer.name));
    const over = (): boolean => rows().every(({ waiting, state }) => waiting === 0 || !hopeful.has(state));
    return this.#questions.ask(longest, over, () =>
      tell("flush", {
        left: rows()
          .filter(({ waiting }) => waiting > 0)
          .map(({ peer, waiting, state }) => ({ to: peer.name, waiting, state })),
      }),
    );
  }

  #cancel({ fields, id }: DoRequest, tell: Tell): Result<null> {
    const { to, seq } = fields;
    if (typeof to !== "string") return fault('"to": expected a name of the group file');
    if (seq !== undefined && !isSeq(seq)) return fault('"seq": expected the number of a message, as text');
    const which = seq !== undefined ? { seq: Number(seq) } : id !== undefined ? { id } : "all";
    this.#parts.api().cancel(to, which, (done) => tell("cancel", { to, ...done }));
    return ok(null);
  }

  #follow({ fields }: DoRequest, tell: Tell): Result<null> {
    const { store, kept, rivals } = this.#parts;
    const { from = "now", as } = fields;
    if (!kept) return fault("nothing can be followed: this member keeps no messages (--no-store)");
    if (as !== undefined && !isReaderName(as)) return fault('"as": expected a name of 1 to 128 characters');
    const begun = Following.begin(store, from, as);
    if (!begun.ok) return begun;
    for (const rival of rivals) if (rival !== this && as !== undefined && rival.reader === as) rival.replaced();
    this.#following = begun.value;
    tell("following", { from: String(begun.value.next), newest: String(store.newest), as });
    return ok(null);
  }

  #forget({ fields: { as } }: DoRequest, tell: Tell): Result<null> {
    const { store, rivals } = this.#parts;
    if (!isReaderName(as) || store.confirmed(as) === undefined)
      return fault('"as": nobody has followed under this name');
    for (const rival of rivals) if (rival.reader === as) return fault("a program follows under this name now");
    // Looked at when the turn is committed, or taken back.
    const told = (): void => {
      if (store.confirmed(as) === undefined) tell("forget", { as });
      else tell("error", { line: this.#json.lines, text: "the disk takes nothing now, and the place is kept" });
    };
    const asked = this.#questions.ask(Infinity, () => true, told);
    if (asked.ok) store.forget(as);
    return asked;
  }

  #confirm(word: unknown): Result<null> {
    if (this.#following === undefined) return fault("ack: nothing is followed here");
    return this.#following.confirm(word);
  }
}

const isSeq = (word: unknown): word is string => typeof word === "string" && /^[1-9]\d{0,14}$/.test(word);

/** States in which a friend may still take something. */
const hopeful: ReadonlySet<string> = new Set(["connected", "connecting", "not connected"]);

const durationOf = (word: unknown): number | undefined =>
  word === undefined ? Infinity : typeof word === "string" ? parseDuration(word) : undefined;

const writer = (connection: Connection): Pick<Connection, "write" | "pause" | "resume"> => ({
  write: (chunk) => connection.write(chunk),
  pause: () => connection.pause(),
  resume: () => connection.resume(),
});
