// Two who become acquainted: the handshake, each side's hello, the rules of trust, and one deadline for all of it.

import { concat, toHex } from "../../../src/core/bytes.js";
import { acceptBurst, handshakeMs, lingerMs, refusedLingerMs } from "../../../src/core/limits.js";
import type { Notice } from "../../../src/core/notice.js";
import type { PublicKey } from "../../../src/core/types.js";
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
import { alice, bob, keysOf } from "../kit/two-channels.js";

const tick = 40;
const publicKey = (of: typeof alice): PublicKey => toHex(keysOf(of).publicKey) as PublicKey;

/** Alice, who dials Bob or is dialled by him. */
class Encounter {
  readonly base = rig();
  readonly connection = new FakeConnection("10.1.2.0");
  readonly keyring = new MemoryKeyring();
  readonly notices: Notice[] = [];
  /** What the owner of the connection hears, and of an accepted one, what becomes of it. */
  readonly heard: string[] = [];
  readonly meeting: Meeting;
  ours: Connection | undefined;
  friend: SecureFriend;

  constructor({ dials = true, requireVerified = false, rows = ["Alice 10.1.1.0", "Bob 10.1.2.0"], says = "Bob" } = {}) {
    const { reactor, log } = this.base;
    const self = { name: nameOf("Alice"), keys: keysOf(alice), key: publicKey(alice) };
    const table = groupOf(...rows);
    this.meeting = new Meeting({
      ...{ self, noise: noiseLibrary, reactor, keyring: this.keyring, log, requireVerified },
      table: () => table,
      notice: (notice) => this.notices.push(notice),
    });
    this.friend = this.#friend(!dials, says);
    const posted = new PostedConnection(reactor, this.connection);
    const row = table.find("Bob");
    if (dials && row !== undefined) this.#own(this.meeting.dial(row, posted));
    if (dials) this.turn(() => this.connection.open());
    else
      this.meeting.accept(posted, reactor.now, {
        onMet: (peer, connection) => {
          this.heard.push(`met ${peer.name}`);
          this.#own(connection);
        },
        onFailed: (reason) => this.heard.push(`failed: ${reason}`),
      });
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
  meeting.pass(lingerMs + tick);
  t.ok(meeting.connection.destroyed);
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
    t.strictSame(meeting.heard, ["failed: its key was refused"]);
    t.equal(meeting.keyring.keys.known(nameOf("Bob")), undefined);
  }
});

promise("a refusal is told once and not at every retry; another one is told", (t) => {
  const meeting = new Encounter();
  const again = (name: string): void => {
    const connection = new FakeConnection("10.1.2.0");
    meeting.meeting.accept(new PostedConnection(meeting.base.reactor, connection), meeting.base.reactor.now, {
      onMet: () => undefined,
      onFailed: () => undefined,
    });
    new SecureFriend({ connection, initiator: true, secrets: bob, name, turn: () => meeting.turn() }).greet();
  };
  for (const name of ["Nobody", "Nobody", "Nobody", "Somebody", "Nobody"]) again(name);
  t.equal(meeting.notices.length, 2);
  for (let index = 0; index < 100; index += 1) again(`Nobody ${String(index)}`);
  t.ok(meeting.notices.length < 30, "who makes up names does not fill the screen");
});

promise("what a refused one goes on saying is not even deciphered, and it is cut off soon", (t) => {
  const meeting = new Encounter({ dials: false, says: "Nobody" });
  meeting.friend.greet();
  meeting.friend.sayBytes(new Uint8Array(100_000));
  t.notOk(meeting.connection.destroyed, "the refusal is to arrive");
  meeting.pass(refusedLingerMs + tick);
  t.ok(meeting.connection.destroyed);
});

promise("a friend who comes again and again, from ever other addresses, is told to come later", (t) => {
  const meeting = new Encounter({ dials: false });
  meeting.friend.greet();
  let met = 0;
  const comes = (address: number): SecureFriend => {
    const connection = new FakeConnection(`10.7.${String(address >> 8)}.${String(address & 255)}`);
    meeting.meeting.accept(new PostedConnection(meeting.base.reactor, connection), meeting.base.reactor.now, {
      onMet: () => (met += 1),
      onFailed: () => undefined,
    });
    const turn = (): void => meeting.turn();
    return new SecureFriend({ connection, initiator: true, secrets: bob, name: "Bob", turn }).greet();
  };
  for (let address = 0; address < 2 * acceptBurst; address += 1) comes(address);
  t.equal(met, acceptBurst - 1, "and the first one");
  t.strictSame(comes(1).frames, [{ kind: "refused", reason: "busy" }]);
  meeting.pass(1_000);
  comes(1);
  t.equal(met, acceptBurst);
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
