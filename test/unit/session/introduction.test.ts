// Two who become acquainted: the handshake, each side's hello, the rules of trust, and one deadline for all of it.

import { concat } from "../../../src/core/bytes.js";
import { publicKeyOf } from "../../../src/core/known-key.js";
import { handshakeMs, recordBytesMax, refusalLogLineBurst, refusedLingerMs } from "../../../src/core/limits.js";
import type { Notice } from "../../../src/core/notice.js";
import type { PeerTable } from "../../../src/core/peer-table.js";
import { ok, type PublicKey } from "../../../src/core/types.js";
import { fromUtf8, toUtf8 } from "../../../src/core/utf8.js";
import type { Connection } from "../../../src/ports.js";
import { noiseLibrary } from "../../../src/platform/noise-library.js";
import { PostedConnection } from "../../../src/reactor/posted.js";
import { Meeting } from "../../../src/session/meeting.js";
import type { Frame } from "../../../src/wire/secure/frames.js";
import { FakeConnection } from "../kit/fake-network.js";
import { groupOf, keyOf, nameOf } from "../kit/keys.js";
import { MemoryKeyring } from "../kit/memory-keyring.js";
import { promise } from "../kit/promise.js";
import { rig } from "../kit/reactor-rig.js";
import { SecureFriend } from "../kit/secure-friend.js";
import { alice, bob, keysOf, secret } from "../kit/two-channels.js";

const tick = 40;
const publicKey = (of: typeof alice): PublicKey => publicKeyOf(keysOf(of).publicKey);

/** Alice, who dials Bob or is dialled by him. */
class Encounter {
  readonly base = rig();
  readonly connection: FakeConnection;
  readonly keyring = new MemoryKeyring();
  readonly notices: Notice[] = [];
  /** What the owner of the connection hears, and of an accepted one, what becomes of it. */
  readonly heard: string[] = [];
  readonly meeting: Meeting;
  table: PeerTable;
  ours: Connection | undefined;
  friend: SecureFriend;

  constructor({
    dials = true,
    requireVerified = false,
    rows = ["Alice 10.1.1.0", "Bob 10.1.2.0"] as readonly string[],
    says = "Bob",
    host = "10.1.2.0",
  } = {}) {
    this.connection = new FakeConnection(host);
    const { reactor } = this.base;
    const self = { name: nameOf("Alice"), keys: keysOf(alice), key: publicKey(alice) };
    this.table = groupOf(...rows);
    this.meeting = new Meeting({
      ...{ self, noise: noiseLibrary, reactor, keyring: this.keyring, clock: this.base.clock, requireVerified },
      table: () => this.table,
      notice: (notice) => this.notices.push(notice),
    });
    this.friend = this.#friend(!dials, says);
    const posted = new PostedConnection(reactor, this.connection);
    const row = this.table.find("Bob");
    if (dials && row !== undefined) this.#own(this.meeting.dial(row, posted));
    if (dials) this.turn(() => this.connection.open());
    else
      this.meeting.accept(posted, reactor.now, {
        onMet: (peer, connection) => {
          this.heard.push(`met ${peer.name}`);
          this.#own(connection);
        },
        onFailed: (reason, told) => this.heard.push(`failed: ${reason}${told ? ", and told" : ""}`),
      });
  }

  /** Somebody at Bob's address, or elsewhere, proves a key and says a name. */
  knock(name: string, { host = "10.1.2.0", secrets = bob } = {}): SecureFriend {
    const connection = new FakeConnection(host);
    this.meeting.accept(new PostedConnection(this.base.reactor, connection), this.base.reactor.now, {
      onMet: () => undefined,
      onFailed: () => undefined,
    });
    return new SecureFriend({ connection, initiator: true, secrets, name, turn: () => this.turn() }).greet();
  }

  /** What the user was told, each in its first words. */
  get words(): readonly string[] {
    return this.notices.map((notice) => (notice.kind === "key-refused" ? notice.words.slice(0, 40) : notice.kind));
  }

  #friend(initiator: boolean, name: string): SecureFriend {
    return new SecureFriend({ connection: this.connection, initiator, secrets: bob, name, turn: () => this.turn() });
  }

  #own(connection: Connection): void {
    this.ours = connection;
    connection.bind({
      onOpen: () => this.heard.push("open"),
      onBytes: (chunk) => this.heard.push(`${String(chunk.length)} bytes`),
      onDrain: () => this.heard.push("drain"),
      onEnd: () => this.heard.push("end"),
      onClose: (code) => this.heard.push(`close ${String(code)}`),
    });
  }

  turn(...happenings: (() => void)[]): void {
    for (const happening of happenings) happening();
    this.base.clock.settle();
    const bugs = this.base.log.lines.filter(({ level }) => level === "error");
    if (bugs.length > 0) throw new Error(JSON.stringify(bugs));
  }

  pass(ms: number): this {
    this.base.clock.advance(ms);
    return this;
  }

  close(code?: string): this {
    this.turn(() => this.connection.close(code));
    return this;
  }

  get notice(): string {
    const [only] = this.notices;
    return only?.kind === "key-refused" ? only.words : String(only?.kind);
  }
}

const bye: Frame = { kind: "bye", reason: "idle" };
const helloBytes = 5 + 2 + 3;
const byeBytes = 5 + 1;

promise(
  "who dials says hello first, opens when the friend's hello was accepted, and misses nothing that came with it",
  (t) => {
    const meeting = new Encounter();
    t.strictSame(meeting.heard, []);
    meeting.friend.greet(bye);
    t.strictSame(meeting.friend.frames, [{ kind: "hello", minor: 0, name: "Alice" }]);
    t.strictSame(meeting.heard, ["open", `${String(helloBytes + byeBytes)} bytes`]);
    t.strictSame(meeting.ours?.contact, {
      key: publicKey(bob),
      standing: "first-use",
      preferred: publicKey(alice) < publicKey(bob),
    });
    t.strictSame(meeting.notices, [{ kind: "first-key", peer: "Bob", key: publicKey(bob) }]);
    t.equal(meeting.keyring.keys.known(nameOf("Bob"))?.key, publicKey(bob), "remembered before it is used");
    meeting.friend.say(bye);
    t.equal(meeting.heard.at(-1), `${String(byeBytes)} bytes`);
    meeting.pass(10 * handshakeMs);
    t.notOk(meeting.connection.destroyed, "no deadline any more");
    t.equal(meeting.base.reactor.wheel.size, 0);
  },
);

promise("who is dialled says nothing of himself before he has accepted the other's hello", (t) => {
  const meeting = new Encounter({ dials: false });
  meeting.friend.sayBytes(meeting.friend.opening);
  meeting.friend.hear();
  t.strictSame(meeting.friend.frames, []);
  meeting.friend.say({ kind: "hello", minor: 0, name: "Bob" }, bye);
  t.strictSame(meeting.friend.frames, [{ kind: "hello", minor: 0, name: "Alice" }]);
  t.strictSame(meeting.heard, ["met Bob", `${String(helloBytes + byeBytes)} bytes`], "an accepted one does not open");
  t.equal(meeting.ours?.contact?.preferred, publicKey(bob) < publicKey(alice));
});

promise("what is written once they have met arrives, and its ends are passed on", (t) => {
  const meeting = new Encounter();
  meeting.friend.greet();
  const text = concat([new Uint8Array([7, 0, 0, 0, 1, 2])]);
  t.ok(meeting.ours?.write(text));
  t.strictSame(meeting.friend.hear().frames.at(-1), { kind: "bye", reason: "quit" });
  t.notMatch(meeting.connection.text, fromUtf8(toUtf8("Alice")), "and nothing in clear");
  meeting.turn(() => meeting.connection.fin());
  meeting.close("ECONNRESET");
  t.strictSame(meeting.heard.slice(2), ["end", "close ECONNRESET"]);
});

promise("both sides prefer the connection that the smaller key dialled", (t) => {
  const [dialled, accepted] = [new Encounter(), new Encounter({ dials: false })];
  dialled.friend.greet();
  accepted.friend.greet();
  t.equal(dialled.ours?.contact?.preferred, !accepted.ours?.contact?.preferred);
});

promise("a key that is not the friend's is refused before our name is told, in words on both screens, once", (t) => {
  const meeting = new Encounter({ rows: ["Alice 10.1.1.0", `Bob 10.1.2.0 key=${keyOf("7")}`] });
  meeting.friend.greet();
  t.strictSame(meeting.friend.frames, [{ kind: "refused", reason: "key-changed" }]);
  t.match(meeting.notice, "Bob's key is not the one we know");
  t.ok(meeting.connection.ended);
  t.notOk(meeting.connection.destroyed, "what was said last is to arrive");
  meeting.pass(refusedLingerMs - tick);
  t.notOk(meeting.connection.destroyed);
  meeting.pass(2 * tick);
  t.ok(meeting.connection.destroyed, "and no longer than that");
  meeting.close();
  t.strictSame(meeting.heard, ["close its key was refused"]);
  t.equal(meeting.notices.length, 1);
  t.equal(meeting.base.reactor.wheel.size, 0);
});

promise("what the rules of trust refuse of a guest gets its code, is not met and learns no name", (t) => {
  const cases: readonly (readonly [ConstructorParameters<typeof Encounter>[0], string])[] = [
    [{ says: "Nobody" }, "unknown-name"],
    [{ says: "Alice" }, "unknown-name"],
    [{ rows: ["Alice 10.1.1.0", `Bob 10.1.2.0 key=${keyOf("7")}`] }, "key-changed"],
    [{ rows: ["Alice 10.1.1.0", "Bob 10.1.2.0", `Eve 10.1.4.0 key=${publicKey(bob)}`] }, "key-of-another"],
    [{ rows: ["Alice 10.1.1.0", "Bob 10.1.2.0 dialect=line"] }, "not-secure-row"],
    [{ requireVerified: true }, "not-verified"],
    [{ rows: ["Alice 10.1.1.0", "Bob 10.9.9.9"] }, "unknown-name"],
  ];
  for (const [options, reason] of cases) {
    const meeting = new Encounter({ ...options, dials: false });
    meeting.friend.greet();
    t.strictSame(meeting.friend.frames, [{ kind: "refused", reason }]);
    t.equal(meeting.notices[0]?.kind, "key-refused");
    meeting.close();
    t.strictSame(meeting.heard, ["failed: its key was refused, and told"]);
    t.equal(meeting.keyring.keys.known(nameOf("Bob")), undefined);
  }
});

promise("a refusal is told once and not at every retry; another one is told", (t) => {
  const meeting = new Encounter();
  for (const name of ["Nobody", "Nobody", "Nobody", "Somebody", "Nobody"]) meeting.knock(name);
  t.equal(meeting.notices.length, 2);
  for (let index = 0; index < 100; index += 1) meeting.knock(`Nobody ${String(index)}`);
  t.ok(meeting.notices.length < 30, "who makes up names does not fill the screen");
});

promise("a friend who refuses us is told with what can be done, and the connection ends", (t) => {
  const meeting = new Encounter();
  meeting.friend.hear().say({ kind: "refused", reason: "key-changed" });
  t.match(meeting.notice, "Bob refused us, knowing another key as ours");
  t.ok(meeting.connection.ended);
  meeting.close();
  t.strictSame(meeting.heard, ["close it refused us"]);
});

promise("a keyring that cannot be read or written trusts nobody: the friend is told to come later", (t) => {
  const meeting = new Encounter({ dials: false });
  meeting.keyring.broken = "the disk is full";
  meeting.friend.greet();
  t.strictSame(meeting.friend.frames, [{ kind: "refused", reason: "busy" }]);
  t.equal(meeting.notice, "the disk is full");
});

promise("whoever does not finish within the deadline is cut off, however he drips, and whoever dialled", (t) => {
  for (const dials of [true, false]) {
    const meeting = new Encounter({ dials });
    // A preamble, and a message of the length that is due; its bytes are no matter before it is whole.
    const bytes = [0xfe, 0x70, 0x32, 0x70, 1, 0, 0, dials ? 96 : 32];
    for (let ms = 0; ms + 200 < handshakeMs; ms += 200) {
      meeting.turn(() => meeting.connection.sayBytes(new Uint8Array([bytes[ms / 200] ?? 0x33])));
      meeting.pass(200);
    }
    t.notOk(meeting.connection.destroyed);
    meeting.pass(200 + tick);
    t.ok(meeting.connection.destroyed, dials ? "dialled" : "accepted");
    meeting.close();
    t.equal(meeting.base.reactor.wheel.size, 0);
  }
});

promise("a hello that does not come after a whole handshake is no reason to wait longer", (t) => {
  const meeting = new Encounter({ dials: false });
  meeting.friend.sayBytes(meeting.friend.opening);
  meeting.friend.hear();
  meeting.pass(handshakeMs - tick);
  t.notOk(meeting.connection.destroyed);
  meeting.pass(2 * tick);
  t.ok(meeting.connection.destroyed);
  meeting.close();
  t.strictSame(meeting.heard, ["failed: it did not finish its handshake"]);
});

promise("who answers in another dialect, another version, or with something else than a hello is told apart", (t) => {
  const answers: readonly (readonly [string, (meeting: Encounter) => void])[] = [
    [
      "it does not speak the secure dialect; if it is an older program, write dialect=line behind its address",
      ({ connection }) => connection.say("hello\n"),
    ],
    [
      "it does not speak the secure dialect; if it is an older program, write dialect=line behind its address",
      ({ connection }) => connection.fin(),
    ],
    [
      "it speaks version 2.0 of the secure dialect, we speak 1.0",
      ({ connection }) => connection.sayBytes(new Uint8Array([0xfe, 0x70, 0x32, 0x70, 2, 0])),
    ],
    ["a frame before its hello", ({ friend }) => friend.hear().say(bye)],
  ];
  for (const [reason, answer] of answers) {
    const meeting = new Encounter();
    meeting.turn(() => answer(meeting));
    t.ok(meeting.connection.destroyed || meeting.connection.ended);
    meeting.close();
    t.strictSame(meeting.heard, [`close ${reason}`]);
    t.strictSame(meeting.notices, []);
  }
});

promise("who talks without having introduced himself is cut off, however little of it is a frame", (t) => {
  for (const dials of [true, false]) {
    const meeting = new Encounter({ dials });
    if (!dials) meeting.friend.sayBytes(meeting.friend.opening);
    meeting.friend.hear();
    // The head of a frame of some newer kind, which is longer than all that may come before a hello.
    const piece = 5_000;
    let said = meeting.friend.sayPlain(new Uint8Array([200, 0, 3, 0, 0])) && 5;
    for (; said + piece <= recordBytesMax; said += piece) meeting.friend.sayPlain(new Uint8Array(piece));
    t.notOk(meeting.connection.destroyed);
    meeting.friend.sayPlain(new Uint8Array(recordBytesMax - said));
    t.notOk(meeting.connection.destroyed, "the bound itself is allowed");
    meeting.friend.sayPlain(new Uint8Array(1));
    t.ok(meeting.connection.destroyed, dials ? "dialled" : "accepted");
    meeting.close();
    const reason = "it talks without having introduced itself";
    t.strictSame(meeting.heard, [dials ? `close ${reason}` : `failed: ${reason}`]);
  }
});

promise(
  "a friend who refuses us again and again is told once, and is waited for no longer than a refusal takes",
  (t) => {
    const meeting = new Encounter();
    const refusal: Frame = { kind: "refused", reason: "key-changed" };
    meeting.friend.hear().say(refusal, refusal);
    meeting.friend.say(refusal).say({ kind: "hello", minor: 0, name: "Bob" }, refusal);
    t.strictSame(
      meeting.words,
      ["Bob refused us, knowing another key as ou"].map((words) => words.slice(0, 40)),
    );
    meeting.pass(refusedLingerMs - tick);
    t.notOk(meeting.connection.destroyed);
    meeting.friend.say(refusal);
    meeting.pass(2 * tick);
    t.ok(meeting.connection.destroyed, "what else he says makes it no longer");
    meeting.close();
    t.strictSame(meeting.heard, ["close it refused us"]);
    t.equal(meeting.base.reactor.wheel.size, 0);
  },
);

/** Somebody dials us, proves a key and refuses ours. */
function refusedBy(host: string, rows: readonly string[]): Encounter {
  const meeting = new Encounter({ dials: false, rows, host });
  meeting.friend.sayBytes(meeting.friend.opening);
  meeting.friend.hear().say({ kind: "refused", reason: "key-changed" });
  meeting.close();
  return meeting;
}

promise("a guest who refuses us is told where his key or his address is a member's, and there only", (t) => {
  const holder = ["Alice 10.1.1.0", `Bob 10.1.2.0 key=${publicKey(bob)}`];
  const unknown = ["Alice 10.1.1.0", "Bob 10.1.2.0"];
  const another = ["Alice 10.1.1.0", `Bob 10.1.2.0 key=${keyOf("7")}`];
  const shared = [...unknown, "Martha 10.1.2.0:7001"];
  for (const [host, rows, told] of [
    ["10.1.2.0", holder, true],
    ["10.9.9.9", holder, true],
    ["10.1.2.0", unknown, true],
    ["10.9.9.9", unknown, false],
    ["10.1.2.0", another, false],
    ["10.1.2.0", shared, false],
  ] as const) {
    const meeting = refusedBy(host, rows);
    t.strictSame(
      meeting.words,
      told ? ["Bob refused us, knowing another key as ou"].map((words) => words.slice(0, 40)) : [],
    );
    t.strictSame(meeting.heard, [`failed: it refused us${told ? ", and told" : ""}`]);
  }
});

promise(
  "who says to be a friend from elsewhere, with another key than the known one, reads that the key is wrong",
  (t) => {
    const meeting = acquainted();
    const stranger = meeting.knock("Bob", {
      host: "10.9.9.9",
      secrets: { static: secret(0x80), ephemeral: secret(0xa0) },
    });
    t.strictSame(stranger.frames, [{ kind: "refused", reason: "key-changed" }]);
    t.match(meeting.notice, /says to be Bob from an address that is not Bob's; Bob is known by another key/);
    t.strictSame(meeting.keyring.keys.refused(nameOf("Bob")), [], "anybody can do that: it leaves no trace");
  },
);

promise("a guest who refuses us has failed, once", (t) => {
  const meeting = new Encounter({ dials: false });
  const refusal: Frame = { kind: "refused", reason: "busy" };
  meeting.friend.sayBytes(meeting.friend.opening);
  meeting.friend.hear().say(refusal, refusal).say(refusal);
  meeting.pass(refusedLingerMs + tick).close();
  t.strictSame(meeting.heard, ["failed: it refused us, and told"]);
});

promise("a record on a slow line counts as heard before it is whole, once the two have met", (t) => {
  const meeting = new Encounter();
  meeting.friend.hear().saySlowly({ kind: "hello", minor: 0, name: "Bob" });
  t.strictSame(meeting.heard, ["open", `${String(helloBytes)} bytes`]);
  meeting.friend.saySlowly(bye);
  t.strictSame(meeting.heard.slice(2), ["0 bytes", `${String(byeBytes)} bytes`]);
});

// Whom we would not take now.

/** Bob is met, with his key known by first use. */
function acquainted(): Encounter {
  const meeting = new Encounter();
  meeting.friend.greet();
  meeting.turn(() => meeting.meeting.refresh());
  meeting.heard.length = 0;
  meeting.notices.length = 0;
  return meeting;
}

function expelled(meeting: Encounter): boolean {
  if (!meeting.connection.destroyed) return false;
  meeting.close();
  return meeting.heard.join() === "close its key is no longer trusted";
}

promise("another key that the user trusts for a friend ends the connection of the old one at once", (t) => {
  const meeting = acquainted();
  t.ok(meeting.meeting.trust("Bob", { kind: "whole", key: publicKey(bob) }).ok);
  t.notOk(meeting.connection.destroyed, "the same key is no change");
  t.ok(meeting.meeting.trust("Bob", { kind: "whole", key: keyOf("7") }).ok);
  t.ok(expelled(meeting));
});

promise("what another program trusts holds before the next turn writes", (t) => {
  const meeting = acquainted();
  meeting.keyring.remember(nameOf("Martha"), { key: keyOf("3"), standing: "pinned" });
  meeting.meeting.refresh();
  t.notOk(meeting.connection.destroyed, "about somebody else");
  meeting.keyring.remember(nameOf("Bob"), { key: keyOf("7"), standing: "pinned" });
  meeting.meeting.refresh();
  t.ok(expelled(meeting));
});

promise(
  "a row whose key= or dialect changes, or that is gone, ends the connection; one that says the same does not",
  (t) => {
    const changes: readonly (readonly [row: string, expels: boolean])[] = [
      [`Bob 10.1.2.0 key=${publicKey(bob)}`, false],
      ["Bob 10.9.9.9", false],
      [`Bob 10.1.2.0 key=${keyOf("7")}`, true],
      [`Martha 10.1.2.0 key=${publicKey(bob)}`, true],
      ["Bob 10.1.2.0 dialect=line", true],
      ["Martha 10.1.2.0", true],
    ];
    for (const [row, expels] of changes) {
      const meeting = acquainted();
      meeting.table = groupOf("Alice 10.1.1.0", row);
      meeting.meeting.recheck();
      t.equal(expelled(meeting), expels, row);
      t.equal(meeting.connection.destroyed, expels, row);
    }
  },
);

promise("known keys that cannot be read expel nobody whom we know; that is told once, and rows still decide", (t) => {
  const meeting = acquainted();
  meeting.keyring.broken = "known-keys:3 is damaged";
  for (let turns = 0; turns < 5; turns += 1) meeting.meeting.refresh();
  meeting.meeting.recheck();
  t.notOk(meeting.connection.destroyed);
  t.strictSame(meeting.words, ["known-keys:3 is damaged"]);
  meeting.table = groupOf("Alice 10.1.1.0", `Bob 10.1.2.0 key=${keyOf("7")}`);
  meeting.meeting.recheck();
  t.ok(expelled(meeting));
  const repaired = acquainted();
  repaired.keyring.broken = "known-keys:3 is damaged";
  repaired.meeting.refresh();
  repaired.keyring.broken = undefined;
  repaired.keyring.remember(nameOf("Bob"), { key: keyOf("7"), standing: "pinned" });
  repaired.meeting.refresh();
  t.ok(expelled(repaired), "what was trusted meanwhile holds when they can be read again");
});

promise("a first use that finds another key trusted meanwhile is refused, and nothing is shown", (t) => {
  const meeting = new Encounter({ dials: false });
  const before = meeting.keyring.keys;
  meeting.keyring.remember(nameOf("Bob"), { key: keyOf("7"), standing: "pinned" });
  meeting.keyring.read = () => ok(before);
  meeting.friend.greet();
  t.strictSame(meeting.friend.frames, [{ kind: "refused", reason: "busy" }]);
  t.match(meeting.words, ["Another key of Bob's was trusted at this"]);
  t.equal(meeting.keyring.keys.known(nameOf("Bob"))?.key, keyOf("7"));
});

promise(
  "strangers who make up names do not keep from the screen what concerns a friend, nor one friend another's",
  (t) => {
    const rows = ["Alice 10.1.1.0", `Bob 10.1.2.0 key=${keyOf("7")}`, `Martha 10.1.3.0 key=${keyOf("8")}`];
    const meeting = new Encounter({ rows, dials: false });
    for (let index = 0; index < 2 * refusalLogLineBurst; index += 1) meeting.knock(`Nobody ${String(index)}`);
    t.equal(meeting.notices.length, refusalLogLineBurst);
    for (let index = 0; index < 2 * refusalLogLineBurst; index += 1) {
      const secrets = { ...bob, static: secret(index + 3) };
      meeting.knock("Bob", { secrets });
    }
    t.equal(meeting.words.filter((words) => words.startsWith("Bob's key is not")).length, refusalLogLineBurst);
    meeting.knock("Martha", { host: "10.1.3.0" });
    t.match(meeting.words.at(-1), /^Martha's key is not/);
  },
);
