// Alice's peer authenticator on one connection with Bob, with a keyring in memory and recorded events.

import type { Notice } from "../../../src/core/notice.js";
import { publicKeyOf } from "../../../src/core/known-key.js";
import type { PeerTable } from "../../../src/core/peer-table.js";
import type { PublicKey } from "../../../src/core/types.js";
import type { Connection } from "../../../src/ports.js";
import { noiseLibrary } from "../../../src/platform/noise-library.js";
import { PostedConnection } from "../../../src/reactor/posted.js";
import { PeerAuthenticator } from "../../../src/trust/peer-authenticator.js";
import { ourVersion, type Version } from "../../../src/wire/secure/preamble.js";
import { FakeConnection } from "./fake-network.js";
import { groupOf, nameOf } from "./keys.js";
import { MemoryKeyring } from "./memory-keyring.js";
import { rig } from "./reactor-rig.js";
import { SecureFriend } from "./secure-friend.js";
import { alice, bob, keysOf } from "./two-channels.js";

export const publicKey = (of: typeof alice): PublicKey => publicKeyOf(keysOf(of).publicKey);

/** Alice dials Bob, or Bob dials Alice. */
export class Encounter {
  readonly base = rig();
  readonly connection: FakeConnection;
  readonly keyring = new MemoryKeyring();
  readonly notices: Notice[] = [];
  /** Events of the connection, and for an accepted one, whether it was authenticated. */
  readonly heard: string[] = [];
  readonly authenticator: PeerAuthenticator;
  table: PeerTable;
  ours: Connection | undefined;
  friend: SecureFriend;

  constructor({
    dials = true,
    requireVerified = false,
    rows = ["Alice 10.1.1.0", "Bob 10.1.2.0"] as readonly string[],
    says = "Bob",
    host = "10.1.2.0",
    ours = ourVersion,
    theirs = ourVersion,
  } = {}) {
    this.connection = new FakeConnection(host);
    const { reactor } = this.base;
    const self = { name: nameOf("Alice"), keys: keysOf(alice), key: publicKey(alice), version: ours };
    this.table = groupOf(...rows);
    this.authenticator = new PeerAuthenticator({
      ...{ self, noise: noiseLibrary, reactor, keyring: this.keyring, clock: this.base.clock, requireVerified },
      table: () => this.table,
      notice: (notice) => this.notices.push(notice),
    });
    this.friend = this.#friend(!dials, says, theirs);
    const posted = new PostedConnection(reactor, this.connection);
    const row = this.table.find("Bob");
    if (dials && row !== undefined) this.#own(this.authenticator.dial(row, posted));
    if (dials) this.turn(() => this.connection.open());
    else
      this.authenticator.accept(posted, reactor.now, {
        onAuthenticated: (peer, connection) => {
          this.heard.push(`met ${peer.name}`);
          this.#own(connection);
        },
        onFailed: (reason, told) => this.heard.push(`failed: ${reason}${told ? ", and told" : ""}`),
      });
  }

  /** A peer at Bob's address, or another one, dials, proves a key and sends a name. */
  knock(name: string, { host = "10.1.2.0", secrets = bob } = {}): SecureFriend {
    const connection = new FakeConnection(host);
    this.authenticator.accept(new PostedConnection(this.base.reactor, connection), this.base.reactor.now, {
      onAuthenticated: () => undefined,
      onFailed: () => undefined,
    });
    return new SecureFriend({ connection, initiator: true, secrets, name, turn: () => this.turn() }).greet();
  }

  /** The beginning of each notice to the user. */
  get words(): readonly string[] {
    return this.notices.map((notice) => (notice.kind === "key-refused" ? notice.words.slice(0, 40) : notice.kind));
  }

  #friend(initiator: boolean, name: string, version: Version): SecureFriend {
    const turn = (): void => this.turn();
    return new SecureFriend({ connection: this.connection, initiator, secrets: bob, name, version, turn });
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
