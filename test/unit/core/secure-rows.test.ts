import fc from "fast-check";
import { formatEndpoint } from "../../../src/core/address.js";
import { onLoopback, parsePeerTable, PeerTable, type TableDefaults } from "../../../src/core/peer-table.js";
import type { Peer, PublicKey, Result } from "../../../src/core/types.js";
import { toUtf8 } from "../../../src/core/utf8.js";
import { promise } from "../kit/promise.js";

const defaults: TableDefaults = { port: 6969, dialect: "secure", idleMs: 0 };
const aKey = "0123456789abcdef".repeat(4);

const parse = (content: string): Result<PeerTable> => parsePeerTable("peer_details.txt", toUtf8(content), defaults);

function peersOf(content: string): readonly Peer[] {
  const table = parse(content);
  if (!table.ok) throw new Error(table.message);
  return table.value.peers;
}

const short = (peers: readonly Peer[]): string[] => peers.map((peer) => `${peer.name} ${formatEndpoint(peer)}`);

promise("a secure row may have a key in upper or lower case, and secure is the default if requested", (t) => {
  const [alice, bob] = peersOf(`2 A 10.1.1.0 key=${aKey.toUpperCase()} B 10.1.2.0 dialect=line`);
  t.strictSame([alice?.dialect, alice?.key], ["secure", aKey as PublicKey]);
  t.strictSame([bob?.dialect, bob !== undefined && "key" in bob], ["line", false]);
});

promise("a secure row may have a host name instead of an address, which is stored in lower case", (t) => {
  const peers = peersOf("4 A Alice.Local B bob.example.org:7001 C host3 D 10.1.1.0");
  t.strictSame(short(peers), ["A alice.local:6969", "B bob.example.org:7001", "C host3:6969", "D 10.1.1.0:6969"]);
  t.strictSame(
    peers.map((peer) => peer.ownPort),
    [false, true, false, false],
  );
});

promise("reports the line of a row without an address, even if the next row's name could be a host", (t) => {
  const missing = (content: string): string => {
    const table = parse(content);
    return table.ok ? "it was taken" : table.message;
  };
  t.equal(missing("2\nAlice\nBob\n10.1.2.0"), 'peer_details.txt:3: expected an IP address after "Alice", found "Bob"');
  t.equal(
    missing("2\nAlice\nBob\n[fd00::1]:7"),
    'peer_details.txt:3: expected an IP address after "Alice", found "Bob"',
  );
  t.equal(missing("1 Alice 010.1.1.0"), 'peer_details.txt:1: expected an IP address after "Alice", found "010.1.1.0"');
});

promise("a secure row may share an address with any row that has another port", (t) => {
  const rows = ["A 10.1.1.0:1 dialect=line", "B 10.1.1.0:2", "C 10.1.1.0:3", "D 10.1.2.0", "E 10.1.2.0:7 dialect=line"];
  t.equal(peersOf(`5 ${rows.join(" ")}`).length, 5);
});

promise("finds a member by its key and, for a hint, by its name in another case", (t) => {
  const table = new PeerTable(peersOf(`2 Alice 10.1.1.0 key=${aKey} \u00c9va 10.1.2.0`));
  t.equal(table.withKey(aKey as PublicKey)?.name, "Alice");
  t.equal(table.withKey("f".repeat(64) as PublicKey), undefined);
  t.equal(table.meant("aLICE")?.name, "Alice");
  t.equal(table.meant("e\u0301VA")?.name, "\u00c9va");
  t.equal(table.meant("Alcie")?.name, "Alice");
  t.equal(table.meant("Martha"), undefined);
});

const hostArbitrary = fc
  .array(fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?$/), { minLength: 1, maxLength: 4 })
  .map((labels) => [...labels, "local"].join("."));

promise("a host name may begin like a multicast address", (t) => {
  t.strictSame(short(peersOf("1 A 224.0.local")), ["A 224.0.local:6969"]);
  t.throws(() => peersOf("1 A 224.0.0.1"), /the address of one machine/);
});

promise("secure rows with hosts, ports and keys parse to the same rows", (t) => {
  const row = fc.record({
    host: hostArbitrary,
    port: fc.option(fc.integer({ min: 1, max: 65_535 }), { nil: undefined }),
    key: fc.option(fc.stringMatching(/^[0-9a-f]{64}$/), { nil: undefined }),
  });
  const rows = fc.uniqueArray(row, {
    minLength: 1,
    maxLength: 8,
    comparator: (a, b) => a.host === b.host || (a.key !== undefined && a.key === b.key),
  });
  fc.assert(
    fc.property(rows, (given) => {
      const printed = given.map(
        ({ host, port, key }, index) =>
          `N${index} ${port === undefined ? host.toUpperCase() : `${host.toUpperCase()}:${port}`} ${key === undefined ? "" : `key=${key}`}`,
      );
      const parsed = peersOf(`${given.length}\n${printed.join("\n")}`);
      return parsed.every(({ host, port, key }, index) => {
        const wanted = given[index]!;
        return host === wanted.host && port === (wanted.port ?? 6969) && key === wanted.key;
      });
    }),
  );
  t.pass();
});

promise("onLoopback also gives a member with a host name an address, and keeps its key", (t) => {
  const rows = peersOf(`2 A a.local key=${aKey} B b.local:7001`);
  t.strictSame(short(onLoopback(new PeerTable(rows)).peers), ["A 127.1.0.1:6969", "B 127.1.0.2:7001"]);
  t.equal(onLoopback(new PeerTable(rows)).withKey(aKey as PublicKey)?.host, "127.1.0.1");
});
