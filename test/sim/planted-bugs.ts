// The bugs that `plant.ts` plants: the code in the built program, and its replacement.

export interface Bug {
  readonly name: string;
  /** Path below src, without the extension. */
  readonly file: string;
  readonly right: string;
  readonly wrong: string;
  /** The test that must find it; by default the promises of the secure dialect. */
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
export const attached = ["test/sim/attach.test.js"];
export const typed = ["test/sim/typed.test.js"];
export const lines = ["test/sim/private-line.test.js"];

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
    name: "the position in the friend's stream is not stored",
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
    name: "credit is granted for messages that were not shown",
    file: "delivery/credit-ledger",
    right: "Math.max(0, windowBytes - this.#unshownBytes)",
    wrong: "windowBytes",
  },
  {
    name: "resume one message too late",
    file: stream,
    right: "from: this.#record.retired - this.#record.base + 1",
    wrong: "from: this.#record.retired - this.#record.base + 2",
  },
  {
    name: "unacknowledged messages are not sent again",
    file: stream,
    right: "{ sent: this.#record.retired, granted",
    wrong: "{ sent: this.#record.written, granted",
  },
  {
    name: "messages are retired when the kernel took them",
    file: stream,
    right: "this.#connected.sent += count;",
    wrong: "this.#connected.sent += count; this.#retireTo(this.#connected.sent, noTag);",
  },
  {
    name: "a step back of the peer is not noticed",
    file: stream,
    right: 'retired === base ? "begins" : "anew"',
    wrong: '"begins"',
  },
  {
    name: "batches of an earlier run are taken for new ones",
    file: stream,
    right: "position.received === 0 || this.#tagAt(at, lookup) === position.tag",
    wrong: "true",
  },
  {
    name: "a new stream keeps its old numbers",
    file: stream,
    right: "stream, key, base: this.#record.retired",
    wrong: "stream, key, base: this.#record.base",
  },
  {
    name: "receipts of another key count for this one",
    file: stream,
    right: "if (this.#record.key !== key)",
    wrong: "if (this.#record.key === undefined)",
  },
  {
    name: "messages that could not be stored count as received",
    file: acknowledged,
    right: "this.#in.rollBack();",
    wrong: "this.#in.commit();",
  },
  {
    name: "messages that could not be stored are dropped without a word",
    file: acknowledged,
    right: "this.#parts.deliveryEvents.refused(this.#fresh.count, reason);",
    wrong: ";",
  },
  {
    name: "show before the commit",
    file: acknowledged,
    right: "this.#inbound.push({ ...entry, number });",
    wrong: "this.#inbound.push({ ...entry, number }); this.#parts.deliveryEvents.received({ ...entry, number });",
  },
  {
    name: "messages count as shown before the screen has taken them",
    file: "clients/screen",
    right: "if (!this.#blocked)",
    wrong: "",
  },
  {
    name: "a restart forgets messages that were not shown",
    file: "member/member",
    right: "this.#showUnshown();",
    wrong: "",
  },
  {
    name: "a page read from the disk is off by one",
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
    name: "late messages of a replaced connection are accepted",
    file: session,
    right: '(this.#dialect.traits.transport === "one" && link !== this.#carryingLink)',
    wrong: "false",
  },
  {
    name: "a connection that swallows everything is never closed",
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
    name: "a portion that the kernel did not take counts as sent",
    file: written,
    right: "writeFailed() {",
    wrong: "writeFailed() { this.writeTaken();",
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
    name: "a connection in use by a neighbour is closed",
    file: "session/inbound-receiver",
    right: "return this.#receive(caller, link, event);",
    wrong: "return this.#receive(caller, link, event), link.finish();",
    where: mixed,
  },
  {
    name: "the address alone identifies the sender",
    file: "session/claimed-sender",
    right: "rows.find(({ port }) => port === from.port)",
    wrong: "rows[0]",
    where: mixed,
  },
  {
    name: "one timeout is printed for each direction",
    file: "session/silence",
    right: "this.#heardInbound && !told",
    wrong: "this.#heardInbound",
    where: mixed,
  },
  {
    name: "the end of a friend's own connection is never printed",
    file: "session/inbound-receiver",
    right: "this.#parts.onLeft(caller.host, caller.from)",
    wrong: "undefined",
    where: mixed,
  },
  {
    name: "the rest of a piece before the quiet time becomes a message of its own",
    file: "wire/dialects/prefixed",
    right: "return end < 0 ? [] : this.#finish();",
    wrong: "return this.#finish();",
    where: mixed,
  },
  {
    name: "an outcome that was not reported before a kill is forgotten",
    file: receipts,
    right: "this.#recall(start.retired, nextOrdinal - 1);",
    wrong: "",
    where: contract,
  },
  {
    name: "sent messages are reported as delivered",
    file: receipts,
    right: "this.#reportSent(written);",
    wrong: "this.#retire(written, end);",
    where: contract,
  },
  {
    name: "a refusal is not reported to the sender",
    file: receipts,
    right: 'this.#tellHanded(handed, "failed", reason)',
    wrong: "void reason",
    where: contract,
  },
  {
    name: "messages that the disk did not take are reported as queued",
    file: receipts,
    right: "if (ok)\n            this.#keep(kept);",
    wrong: "this.#keep(Infinity);",
    where: contract,
  },
  {
    name: "the outcome of a retired message is reported again",
    file: receipts,
    right: "retired: Math.max(retired, done)",
    wrong: "retired: 0",
    where: contract,
  },
  {
    name: "a message that was sent in the stream is cancelled",
    file: acknowledged,
    right: "Math.max(this.#out.record.written, this.#out.record.retired) + 1",
    wrong: "this.#out.record.retired + 1",
    where: contract,
  },
  {
    name: "a cancelled message is sent from an earlier read",
    file: acknowledged,
    right: "this.#sendWindow.dropFrom(",
    wrong: "void (",
    where: contract,
  },
  {
    name: "a cancelled message loses its number in the stream",
    file: stream,
    right: "base: base + count, retired: to",
    wrong: "base, retired: to",
    where: contract,
  },
  {
    name: "a cancellation that the disk did not take is reported",
    file: "delivery/withdrawals",
    right: "return committed.ok ? done : [];",
    wrong: "return done;",
    where: contract,
  },
  {
    name: "in the clear a message is sent before the disk knows that it may have been sent",
    file: written,
    right: "last <= this.#markedThrough || first >= this.#stored.next",
    wrong: "true",
    where: contract,
  },
  {
    name: "in the clear a message is sent in the turn that cancels it",
    file: written,
    right: "return last <= this.#lastSendable && ",
    wrong: "return ",
    where: contract,
  },
  {
    name: "a window begins with the newest message instead of the first unread one",
    file: "clients/socket/local-client",
    right: "Following.begin(store, String(store.shown + 1), client",
    wrong: 'Following.begin(store, "now", client === "terminal" ? undefined : client',
    where: attached,
  },
  {
    name: "a window confirms what it was told before its screen has shown it",
    file: "clients/socket/following",
    right: "this.#told = received.number + batch.count - 1;",
    wrong:
      "this.#told = received.number + batch.count - 1; if (this.reader !== undefined) this.#store.confirm(this.reader, this.#told);",
    where: attached,
  },
  {
    name: "a window never confirms what it has shown",
    file: "commands/attach",
    right: "if (!this.#place || shown <= this.#acknowledged",
    wrong: "if (shown >= 0 || shown <= this.#acknowledged",
    where: attached,
  },
  {
    name: "a message with a kind that came before is received again",
    file: acknowledged,
    right: "seen.value > 0 || this.#parts.store.typedMessages.holds(message.id)",
    wrong: "seen.value > 0",
    where: typed,
  },
  {
    name: "a message with a kind uses the credit of its fallback only",
    file: acknowledged,
    right: "entry?.raw.length ?? textsBytes(next.batch)",
    wrong: "textsBytes(next.batch)",
    where: typed,
  },
  {
    name: "credit is granted for a message with a kind that was not shown",
    file: acknowledged,
    right: "told.typed !== undefined && isInvisible(batch)",
    wrong: "told.typed !== undefined",
    where: typed,
  },
  {
    name: "the position moves in a commit before the one that stores the message with a kind",
    file: acknowledged,
    right: "const known = seen.value > 0",
    wrong: "this.#parts.store.commit(); const known = seen.value > 0",
    where: typed,
  },
  {
    name: "a message with a kind goes to a program that cannot read it",
    file: acknowledged,
    right: "this.#contact?.entries === true ? next.typed",
    wrong: "true ? next.typed",
    where: typed,
  },
  {
    name: "an older program gets nothing for a message with a kind, and nobody is told",
    file: acknowledged,
    right: "if (next.typed !== entry && isInvisible(next.batch))",
    wrong: "if (false)",
    where: typed,
  },
  {
    name: "a text that arrives again on a new private line is shown again",
    file: "compat/says/lines",
    right: "if (number <= partner.heard)",
    wrong: "if (number < 0)",
    where: lines,
  },
  {
    name: "a text gets another number on a new private line",
    file: "compat/says/lines",
    right: "this.#carrier?.continueAfter(this.#confirmed);",
    wrong: "",
    where: lines,
  },
  {
    name: "the end of another private line counts as the end of the one that carries the text",
    file: "compat/says/lines",
    right: "if (chat === this.#carrier)",
    wrong: "if (true)",
    where: lines,
  },
  {
    name: "a caller with another key takes the place of a connected peer",
    file: "compat/says/lines",
    right: "known.key !== key",
    wrong: "false",
    where: lines,
  },
  {
    name: "after a private line broke, a text goes out in the clear",
    file: "compat/says/outbox",
    right: "if (this.#hadPrivateLine)\n            return this.#hold(reason);",
    wrong: "",
    where: lines,
  },
  {
    name: "the first bytes go out before the banner was read",
    file: "compat/banner-connection",
    right: "this.#connected = true;",
    wrong: "this.#connected = true; this.under.write(new Uint8Array(1));",
    where: lines,
  },
  {
    name: "a peer whose screen is full is given up",
    file: "compat/numbered/chat",
    right: "this.hold(this.#held);",
    wrong: "",
    where: lines,
  },
];
