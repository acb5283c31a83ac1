// The first handshake loads the Noise library. That may fail, for example when no file descriptors are left.

import { noiseLibrary } from "../../../src/platform/noise-library.js";
import { PeerAuthenticator } from "../../../src/trust/peer-authenticator.js";
import { noEncryption } from "../../../src/trust/secure-connection.js";
import { secureDialect } from "../../../src/wire/dialects/secure.js";
import type { NoiseLibrary } from "../../../src/wire/secure/noise.js";
import { publicKey } from "../kit/encounter.js";
import type { FakeConnection } from "../kit/fake-network.js";
import { groupOf, nameOf } from "../kit/keys.js";
import { MemoryKeyring } from "../kit/memory-keyring.js";
import { promise, type Test } from "../kit/promise.js";
import { SecureFriend } from "../kit/secure-friend.js";
import { SessionRig } from "../kit/session-rig.js";
import { alice, bob, keysOf } from "../kit/two-channels.js";

const missing = "EMFILE: too many open files";
const backOffMs = 10_000;

/** Alice's session. Loading the library fails `failures` times. */
class LateRig extends SessionRig {
  failures = 0;

  constructor() {
    super(undefined, secureDialect, (beneath) => authenticator.dial(row, beneath));
    const noise: NoiseLibrary = { ...noiseLibrary, handshake: (options) => this.#handshake(options) };
    const authenticator = new PeerAuthenticator({
      ...{ noise, reactor: this.reactor, keyring: new MemoryKeyring(), clock: this.clock, requireVerified: false },
      self: { name: nameOf("Alice"), keys: keysOf(alice), key: publicKey(alice) },
      table: () => group,
      notice: () => undefined,
    });
  }

  #handshake(options: Parameters<NoiseLibrary["handshake"]>[0]): ReturnType<NoiseLibrary["handshake"]> {
    if (this.failures === 0) return noiseLibrary.handshake(options);
    this.failures -= 1;
    throw new Error(missing);
  }

  /** Errors that our own handlers threw since the last call. */
  get thrown(): readonly unknown[] {
    const thrown = this.log.lines.splice(0).filter(({ level }) => level === "error");
    return thrown.map(({ error }) => String(error).split("\n", 1)[0]);
  }
}

const group = groupOf("Alice 10.1.1.0", "Bob 10.1.2.0");
const row = group.peers[1]!;

/** Fails the open dial by a local fault, and closes it. */
function failOnce(t: Test, rig: LateRig): void {
  const connection = rig.network.last;
  connection.open();
  rig.clock.settle();
  t.strictSame(rig.thrown, [`Error: ${missing}`]);
  t.ok(connection.destroyed);
  t.equal(connection.text, "");
  rig.turn(() => connection.close());
}

const answer = (rig: LateRig, connection: FakeConnection): SecureFriend =>
  new SecureFriend({ connection, initiator: false, secrets: bob, name: "Bob", turn: () => rig.turn() }).greet();

promise(
  "fails a dial when the library cannot be loaded, without blaming the friend, and connects with a later dial",
  (t) => {
    const rig = new LateRig();
    rig.failures = 2;
    rig.session.want();
    failOnce(t, rig);
    rig.pass(backOffMs);
    t.equal(rig.network.dials.length, 2);
    failOnce(t, rig);
    t.strictSame(rig.shown, [`unreachable: ${noEncryption}`, `unreachable: ${noEncryption}`]);
    rig.pass(backOffMs);
    t.equal(rig.network.dials.length, 3);
    rig.turn(() => rig.network.last.open());
    answer(rig, rig.network.last);
    t.strictSame(rig.shown.slice(2), [`stands: ${publicKey(bob)}`]);
  },
);
