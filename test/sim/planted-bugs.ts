// The bugs that `plant.ts` plants: what stands in the built program, and what is put in its place.

export interface Bug {
  readonly name: string;
  /** Below src, without its ending. */
  readonly file: string;
  readonly right: string;
  readonly wrong: string;
  /** Where it must be found; among the promises of the secure dialect where nothing is said. */
  readonly where?: readonly string[];
}

const acknowledged = "delivery/acknowledged";
const stream = "delivery/stream";
const session = "session/session";
const written = "delivery/written";
const receipts = "delivery/receipts";
export const secure = ["test/sim/durable.test.js", "test/sim/state.test.js"];
export const mixed = ["test/sim/mixed.test.js"];
export const contract = ["test/sim/contract.test.js"];

export const bugs: readonly Bug[] = [
  {
    name: "acknowledge before the commit",
    file: acknowledged,
    right: "this.#storeFresh();",
    wrong: "this.#in.commit(); this.#say(true); this.#storeFresh();",
  },
  {
    name: "send before the commit",
    file: acknowledged,
    right: "this.#choose();",
    wrong: "this.#choose(); this.#say(true);",
  },
  {
    name: "dedupe forgotten on restart",
    file: acknowledged,
    right: "this.#parts.store.incoming(contact.key) ?? emptyIncoming",
    wrong: "emptyIncoming",
  },
  {
    name: "where we stand in the friend's stream is not written down",
    file: acknowledged,
    right: "this.#parts.store.putIncoming(this.#contact.key, this.#in.current);",
    wrong: "",
  },
  {
    name: "window off by one batch",
    file: acknowledged,
    right: "bytes > this.#out.credit ||",
    wrong: "this.#out.credit <= 0 ||",
  },
  {
    name: "credit is granted for what was not shown",
    file: "delivery/credit-ledger",
    right: "Math.max(0, windowBytes - this.#unshownBytes)",
    wrong: "windowBytes",
  },
  {
    name: "resume one too late",
    file: stream,
    right: "from: this.#record.retired - this.#record.base + 1",
    wrong: "from: this.#record.retired - this.#record.base + 2",
  },
  {
    name: "what was sent and not acknowledged is not sent again",
    file: stream,
    right: "{ sent: this.#record.retired, granted",
    wrong: "{ sent: this.#record.written, granted",
  },
  {
    name: "retire what the kernel took",
    file: stream,
    right: "this.#connected.sent += count;",
    wrong: "this.#connected.sent += count; this.#retireTo(this.#connected.sent, noTag);",
  },
  {
    name: "a step back of the other side goes unnoticed",
    file: stream,
    right: 'retired === base ? "begins" : "anew"',
    wrong: '"begins"',
  },
  {
    name: "batches of another life pass for ours",
    file: stream,
    right: "position.received === 0 || this.#tagAt(at, look) === position.tag",
    wrong: "true",
  },
  {
    name: "a new stream keeps its old numbers",
    file: stream,
    right: "stream, key, base: this.#record.retired",
    wrong: "stream, key, base: this.#record.base",
  },
  {
    name: "what another key holds counts for this one",
    file: stream,
    right: "if (this.#record.key !== key)",
    wrong: "if (this.#record.key === undefined)",
  },
  {
    name: "what could not be stored is taken for received",
    file: acknowledged,
    right: "this.#in.rollBack();",
    wrong: "this.#in.commit();",
  },
  {
    name: "what could not be stored is dropped in silence",
    file: acknowledged,
    right: "this.#parts.deliveryEvents.refused(this.#freshCount, reason);",
    wrong: ";",
  },
  {
    name: "show before the commit",
    file: acknowledged,
    right: "this.#inbound.push({ ...entry, number });",
    wrong: "this.#inbound.push({ ...entry, number }); this.#parts.deliveryEvents.received({ ...entry, number });",
  },
  {
    name: "count as shown what the screen has not taken",
    file: "clients/screen",
    right: "if (!this.#blocked)",
    wrong: "",
  },
  {
    name: "forget on restart what was not shown",
    file: "member/member",
    right: "this.#showLate();",
    wrong: "",
  },
  {
    name: "the disk's word on a page is off by one",
    file: acknowledged,
    right: "name, this.#out.upNext, readAheadChars",
    wrong: "name, this.#out.upNext + 1, readAheadChars",
  },
  {
    name: "both crossing connections are kept",
    file: session,
    right: 'if (this.#dialect.traits.transport === "one")',
    wrong: 'if (this.#dialect.traits.transport === "")',
  },
  {
    name: "late words of a connection that was replaced are heard",
    file: session,
    right: '(this.#dialect.traits.transport === "one" && link !== this.#carryingLink)',
    wrong: "false",
  },
  {
    name: "a connection that swallows everything is trusted for ever",
    file: "session/silence",
    right: "this.#onSilence();",
    wrong: "",
  },
  {
    name: "a changed key is believed",
    file: "trust/known-keys",
    right: "expected !== undefined && expected !== key",
    wrong: "false",
  },
  {
    name: "no pause between two named messages",
    file: "session/write-state",
    right: "if (pauseMs > 0)",
    wrong: "if (pauseMs < 0)",
    where: mixed,
  },
  {
    name: "a FIN to a neighbour with idle=never",
    file: "session/silence",
    right: 'this.#policy.kind !== "never" && this.#timer?.pending',
    wrong: "this.#timer?.pending",
    where: mixed,
  },
  {
    name: "two texts in one write",
    file: written,
    right: "portionsOf(firstOf(head.batch, { messages: 1, chars: Infinity }), bytes).toReversed()",
    wrong: "[head.batch]",
    where: mixed,
  },
  {
    name: "a portion that the kernel did not take is done with",
    file: written,
    right: "untaken() {",
    wrong: "untaken() { this.taken();",
    where: mixed,
  },
  {
    name: "a connection for one message carries the next",
    file: session,
    right: 'transport === "one-shot" && link === this.#current',
    wrong: "false",
    where: mixed,
  },
  {
    name: "an old connection that drains late ends the new one",
    file: session,
    right: '"one-shot" && link === this.#current',
    wrong: '"one-shot"',
    where: mixed,
  },
  {
    name: "we close a connection on which a neighbour speaks",
    file: "session/inbound-receiver",
    right: "return this.#receive(caller, link, event);",
    wrong: "return this.#receive(caller, link, event), link.finish();",
    where: mixed,
  },
  {
    name: "the address alone tells who speaks",
    file: "session/claimed-sender",
    right: "rows.find(({ port }) => port === from.port)",
    wrong: "rows[0]",
    where: mixed,
  },
  {
    name: "one silence is told for each direction",
    file: "session/silence",
    right: "this.#heardInbound && !told",
    wrong: "this.#heardInbound",
    where: mixed,
  },
  {
    name: "the end of a friend's own connection is never told",
    file: "session/inbound-receiver",
    right: "this.#parts.onLeft(caller.host, caller.from)",
    wrong: "undefined",
    where: mixed,
  },
  {
    name: "what is left of a piece before quiet is a message of its own",
    file: "wire/dialects/prefixed",
    right: "return end < 0 ? [] : this.#finish();",
    wrong: "return this.#finish();",
    where: mixed,
  },
  {
    name: "an end that nobody lived to tell is forgotten",
    file: receipts,
    right: "this.#recall(start.retired, upcoming - 1);",
    wrong: "",
    where: contract,
  },
  {
    name: "delivered is told of what was sent",
    file: receipts,
    right: "this.#step(written);",
    wrong: "this.#retire(written, end);",
    where: contract,
  },
  {
    name: "what was refused is not told to who handed it over",
    file: receipts,
    right: 'this.#tellHanded(handed, "failed", reason)',
    wrong: "void reason",
    where: contract,
  },
  {
    name: "queued is told of what the disk did not take",
    file: receipts,
    right: "if (ok)\n            this.#keep(kept);",
    wrong: "this.#keep(Infinity);",
    where: contract,
  },
  {
    name: "what was retired is told again",
    file: receipts,
    right: "retired: Math.max(retired, done)",
    wrong: "retired: 0",
    where: contract,
  },
  {
    name: "what was sent in the stream is taken back",
    file: acknowledged,
    right: "Math.max(this.#out.record.written, this.#out.record.retired) + 1",
    wrong: "this.#out.record.retired + 1",
    where: contract,
  },
  {
    name: "what was taken back goes out as it was read before",
    file: acknowledged,
    right: "this.#sendWindow.dropFrom(",
    wrong: "void (",
    where: contract,
  },
  {
    name: "what was taken back has no number, and the stream has one for it",
    file: stream,
    right: "base: base + count, retired: to",
    wrong: "base, retired: to",
    where: contract,
  },
  {
    name: "a cancellation is told that the disk did not take",
    file: "delivery/withdrawals",
    right: "return committed.ok ? done : [];",
    wrong: "return done;",
    where: contract,
  },
  {
    name: "in the clear what waited goes before the disk knows that it may have gone",
    file: written,
    right: "last <= this.#cleared || first >= this.#stored.next",
    wrong: "true",
    where: contract,
  },
  {
    name: "in the clear what is taken back goes in that very turn",
    file: written,
    right: "return last <= this.#kept && ",
    wrong: "return ",
    where: contract,
  },
];
