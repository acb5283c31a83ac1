import { readFileSync } from "node:fs";
import fc from "fast-check";
import { formatEndpoint, isNotUnicast } from "../../../src/core/address.js";
import { tableBytesMax } from "../../../src/core/limits.js";
import { onLoopback, parsePeerTable, PeerTable, type TableDefaults } from "../../../src/core/peer-table.js";
import { parseSeconds } from "../../../src/core/row-attributes.js";
import type { Bytes, Peer, PeerName } from "../../../src/core/types.js";
import { toUtf8 } from "../../../src/core/utf8.js";
import { promise } from "../kit/promise.js";

const file = "peer_details.txt";
const defaults: TableDefaults = { port: 6969, dialect: "line", idleMs: 120_000 };

const parseBytes = (content: Bytes, over: Partial<TableDefaults> = {}): ReturnType<typeof parsePeerTable> =>
  parsePeerTable(file, content, { ...defaults, ...over });

function peersOf(content: string | Bytes, over: Partial<TableDefaults> = {}): readonly Peer[] {
  const table = parseBytes(typeof content === "string" ? toUtf8(content) : content, over);
  if (!table.ok) throw new Error(table.message);
  return table.value.peers;
}

function messageOf(content: string | Bytes, over: Partial<TableDefaults> = {}): string {
  const table = parseBytes(typeof content === "string" ? toUtf8(content) : content, over);
  if (table.ok) throw new Error("expected a fault");
  return table.message;
}

const short = (peers: readonly Peer[]): string[] => peers.map((peer) => `${peer.name} ${formatEndpoint(peer)}`);

const seed = "3\nAlice\n10.1.1.0\nBob\n10.1.2.0\nMartha\n10.1.3.0\n";
const group = ["Alice 10.1.1.0:6969", "Bob 10.1.2.0:6969", "Martha 10.1.3.0:6969"];

promise("the shipped group file is the seed's, byte for byte, and parses", (t) => {
  const shipped = readFileSync(file);
  t.equal(shipped.toString("latin1"), seed);
  t.strictSame(short(peersOf(shipped)), group);
  t.strictSame(peersOf(shipped)[1], {
    name: "Bob",
    host: "10.1.2.0",
    port: 6969,
    ownPort: false,
    dialect: "line",
    idle: { kind: "close", afterMs: 120_000 },
  });
});

promise("splits at any white space, ignores comments and skips a byte order mark", (t) => {
  t.strictSame(short(peersOf("3 Alice 10.1.1.0 Bob 10.1.2.0 Martha 10.1.3.0")), group);
  t.strictSame(short(peersOf("\n\n  3\tAlice\t10.1.1.0\v\fBob 10.1.2.0\n\n\nMartha\u00a010.1.3.0")), group);
  t.strictSame(short(peersOf(seed.replaceAll("\n", "\r\n"))), group);
  t.strictSame(short(peersOf(seed.replaceAll("\n", "\r"))), group);
  t.strictSame(short(peersOf(`\ufeff${seed}`)), group);
  t.strictSame(short(peersOf(`# we\n3 # of us\nAlice 10.1.1.0 #Bob\nBob 10.1.2.0\n#\nMartha 10.1.3.0 # last`)), group);
  t.match(messageOf("1\nA#lice 10.1.1.0"), /^peer_details.txt:2: expected a name .* found "A#lice"$/);
});

promise("an address may have a port and may be IPv6, and is brought to its canonical spelling", (t) => {
  const peers = peersOf("5 A 10.1.1.0:7001 B fd00::2 C [FD00:0::3]:6970 D ::ffff:10.1.1.9 E [fe80::1%eth0]:6969");
  t.strictSame(short(peers), [
    "A 10.1.1.0:7001",
    "B [fd00::2]:6969",
    "C [fd00::3]:6970",
    "D 10.1.1.9:6969",
    "E [fe80::1%eth0]:6969",
  ]);
  t.strictSame(
    peers.map((peer) => peer.ownPort),
    [true, false, true, false, true],
  );
  t.equal(peersOf("1 A 10.1.1.0", { port: 7000 })[0]?.port, 7000);
});

promise("attributes follow the address and override the defaults", (t) => {
  const idleOf = (attributes: string, idleMs = 120_000): unknown =>
    peersOf(`1 A 10.1.1.0 ${attributes}`, { idleMs })[0]?.idle;
  t.strictSame(idleOf("idle=5"), { kind: "close", afterMs: 5_000 });
  t.strictSame(idleOf("idle=0.25"), { kind: "close", afterMs: 250 });
  t.strictSame(idleOf("dialect=line idle=detach"), { kind: "detach", afterMs: 120_000 });
  t.strictSame(idleOf("idle=never"), { kind: "never", afterMs: 0 });
  t.strictSame(idleOf("idle=0"), { kind: "never", afterMs: 0 });
  t.strictSame(idleOf("", 0), { kind: "never", afterMs: 0 });
  t.strictSame(idleOf("idle=detach", 0), { kind: "never", afterMs: 0 });
  t.strictSame(idleOf("idle=7", 0), { kind: "close", afterMs: 7_000 });
  t.strictSame(short(peersOf("2 A 10.1.1.0\nidle=never\nB 10.1.2.0")), ["A 10.1.1.0:6969", "B 10.1.2.0:6969"]);
});

promise("names may be in any script, and any Unicode normal form finds the member", (t) => {
  const table = parseBytes(toUtf8("4 अनिता 10.1.1.0 Jose\u0301 10.1.2.0 雪 10.1.3.0 7of9_a.b-c 10.1.4.0"));
  if (!table.ok) throw new Error(table.message);
  t.equal(table.value.find("José".normalize("NFC"))?.host, "10.1.2.0");
  t.equal(table.value.find("José".normalize("NFD"))?.host, "10.1.2.0");
  t.equal(table.value.find("अनिता")?.host, "10.1.1.0");
  t.equal(table.value.find("jose"), undefined);
  t.equal(table.value.find("__proto__"), undefined);
  t.strictSame(short(peersOf(`1 ${"x".repeat(32)} 10.1.1.0`)), [`${"x".repeat(32)} 10.1.1.0:6969`]);
});

const nameRule = `expected a name (1 to 32 letters, digits, ".", "_" or "-", beginning with a letter or digit), found`;
const tells = "in the line dialect the address identifies the sender";
const noHost = `${tells}, and only a secure row may name a host`;
const attributeRule = "expected dialect=… or idle=… or key=…, found";
const keyRule = "expected key= with the 64 hexadecimal digits that p2p key prints, found";
const aKey = "0123456789abcdef".repeat(4);

/** File contents with their error. */
const faults: readonly (readonly [content: string, message: string])[] = [
  ["", "peer_details.txt:1: expected the number of peers, found an empty file"],
  [" \n\n# only a comment\n", "peer_details.txt:3: expected the number of peers, found an empty file"],
  ["Alice\n10.1.1.0\n", 'peer_details.txt:1: expected the number of peers, found "Alice"'],
  ["0\n", 'peer_details.txt:1: expected the number of peers, found "0"'],
  ["-1 Alice 10.1.1.0", 'peer_details.txt:1: expected the number of peers, found "-1"'],
  ["1e3 Alice 10.1.1.0", 'peer_details.txt:1: expected the number of peers, found "1e3"'],
  ["\n2\nAlice\n10.1.1.0\n", "peer_details.txt:2: expected 2 peers as the count says, found 1"],
  ["1\nAlice 10.1.1.0\nBob 10.1.2.0", "peer_details.txt:1: expected 1 peer as the count says, found 2"],
  ["1\n", "peer_details.txt:1: expected 1 peer as the count says, found 0"],
  ["3\nAlice 10.1.1.0\nMartha", 'peer_details.txt:3: expected an IP address after "Martha", found the end of the file'],
  ["2\nAlice\nBob\n10.1.2.0", 'peer_details.txt:3: expected an IP address after "Alice", found "Bob"'],
  ["2\n10.1.1.0\nBob\n10.1.2.0", 'peer_details.txt:3: expected an IP address after "10.1.1.0", found "Bob"'],
  ["2\nfd00::1\nBob\n10.1.2.0", `peer_details.txt:2: ${nameRule} "fd00::1"`],
  ["1\n-x 10.1.1.0", `peer_details.txt:2: ${nameRule} "-x"`],
  ["1\na/b 10.1.1.0", `peer_details.txt:2: ${nameRule} "a/b"`],
  ["1\na\u001b[31m 10.1.1.0", `peer_details.txt:2: ${nameRule} "a\\x1b[31m"`],
  [`1\n${"x".repeat(33)} 10.1.1.0`, `peer_details.txt:2: ${nameRule} "${"x".repeat(33)}"`],
  [
    "2\nAlice 10.1.1.0\nAlice 10.1.2.0",
    'peer_details.txt:3: expected a new name, found "Alice" again (first on line 2)',
  ],
  [
    "2\nJos\u00e9 10.1.1.0\nJose\u0301 10.1.2.0",
    'peer_details.txt:3: expected a new name, found "Jos\u00e9" again (first on line 2)',
  ],
  ["1 Alice 10.103.45.601", 'peer_details.txt:1: expected an IP address after "Alice", found "10.103.45.601"'],
  ["1 Alice 010.1.1.0", 'peer_details.txt:1: expected an IP address after "Alice", found "010.1.1.0"'],
  ["1 Alice 10.1.1", 'peer_details.txt:1: expected an IP address after "Alice", found "10.1.1"'],
  ["1 Alice example.org", `peer_details.txt:1: expected an IP address after "Alice", found "example.org": ${noHost}`],
  [
    "1\nAlice Example.ORG:7001\ndialect=line",
    `peer_details.txt:2: expected an IP address after "Alice", found "example.org": ${noHost}`,
  ],
  [
    "1 Alice bob.local:0 dialect=secure",
    'peer_details.txt:1: expected a port from 1 to 65535 after "Alice", found "bob.local:0"',
  ],
  [
    "1 Alice bob_.local dialect=secure",
    'peer_details.txt:1: expected an IP address or a host name after "Alice", found "bob_.local"',
  ],
  [
    `1 Alice 10.1.1.0 key=${aKey}`,
    "peer_details.txt:1: expected key=… in a secure row only: the line dialect proves no key",
  ],
  [
    `1 Alice 10.1.1.0\nkey=${aKey} dialect=line`,
    "peer_details.txt:2: expected key=… in a secure row only: the line dialect proves no key",
  ],
  ["1 Alice 10.1.1.0 dialect=secure key=", `peer_details.txt:1: ${keyRule} "key="`],
  [`1 Alice 10.1.1.0 dialect=secure key=${aKey}0`, `peer_details.txt:1: ${keyRule} "key=${aKey}0"`],
  [`1 Alice 10.1.1.0 dialect=secure key=${aKey.slice(1)}g`, `peer_details.txt:1: ${keyRule} "key=${aKey.slice(1)}g"`],
  [
    `2\nAlice 10.1.1.0 dialect=secure key=${aKey}\nBob 10.1.2.0 dialect=secure key=${aKey.toUpperCase()}`,
    'peer_details.txt:3: expected a key of its own for "Bob", found that of "Alice" again (first on line 2)',
  ],
  [
    "2\nAlice 10.1.1.0 dialect=secure\nBob 10.1.1.0 dialect=secure",
    'peer_details.txt:3: expected an address and port of its own for "Bob", found 10.1.1.0:6969 again (first on line 2)',
  ],
  [
    "2\nAlice a.local dialect=secure\nBob A.LOCAL:6969 dialect=secure",
    'peer_details.txt:3: expected an address and port of its own for "Bob", found a.local:6969 again (first on line 2)',
  ],
  [
    "3\nAlice 10.1.1.0:1\nBob 10.1.1.0:2 dialect=secure\nMartha 10.1.1.0:3",
    `peer_details.txt:4: expected an address of its own for "Martha", found 10.1.1.0 again (first on line 2): ${tells}`,
  ],
  ["1 Alice [fd00::2", 'peer_details.txt:1: expected an IP address after "Alice", found "[fd00::2"'],
  ["1 Alice fd00:::2", 'peer_details.txt:1: expected an IP address after "Alice", found "fd00:::2"'],
  ["1 Alice 10.1.1.0:", 'peer_details.txt:1: expected a port from 1 to 65535 after "Alice", found "10.1.1.0:"'],
  ["1 Alice bob:x dialect=secure", 'peer_details.txt:1: expected a port from 1 to 65535 after "Alice", found "bob:x"'],
  [
    "1 Alice 10.1.2.O dialect=secure",
    'peer_details.txt:1: expected an IP address or a host name after "Alice", found "10.1.2.O"',
  ],
  [
    "2\nAlice\nBob dialect=secure",
    `peer_details.txt:1: expected 2 peers as the count says, found 1; "bob" was read as Alice's host, is an address missing?`,
  ],
  ["1 Alice 0.0.0.0", 'peer_details.txt:1: expected the address of one machine after "Alice", found "0.0.0.0"'],
  ["1 Alice ff02::1", 'peer_details.txt:1: expected the address of one machine after "Alice", found "ff02::1"'],
  ["1 Alice 239.1.1.1", 'peer_details.txt:1: expected the address of one machine after "Alice", found "239.1.1.1"'],
  ["1 Alice 10.1.1.0:0", 'peer_details.txt:1: expected a port from 1 to 65535 after "Alice", found "10.1.1.0:0"'],
  [
    "1 Alice\n[fd00::2]:65536",
    'peer_details.txt:2: expected a port from 1 to 65535 after "Alice", found "[fd00::2]:65536"',
  ],
  [
    "2\nAlice 10.1.1.0:7001\nBob 10.1.1.0:7001",
    'peer_details.txt:3: expected an address and port of its own for "Bob", found 10.1.1.0:7001 again (first on line 2)',
  ],
  [
    "2\nAlice fd00::1\nBob\n[fd00:0:0::1]:6969 idle=3",
    'peer_details.txt:4: expected an address and port of its own for "Bob", found [fd00::1]:6969 again (first on line 2)',
  ],
  [
    "2\nAlice 10.1.1.0\nBob 10.1.1.0:7001",
    `peer_details.txt:3: expected an address of its own for "Bob", found 10.1.1.0 again (first on line 2): ${tells}`,
  ],
  ["1\nAlice 10.1.1.0\ncolour=red", `peer_details.txt:3: ${attributeRule} "colour=red"`],
  ["1\nAlice 10.1.1.0 idle=3 idle=4", 'peer_details.txt:2: expected each attribute once, found "idle" again'],
  [
    "1\nAlice 10.1.1.0 idle=soon",
    'peer_details.txt:2: expected idle=SECONDS, idle=detach or idle=never, found "idle=soon"',
  ],
  [
    "1\nAlice 10.1.1.0 idle=-1",
    'peer_details.txt:2: expected idle=SECONDS, idle=detach or idle=never, found "idle=-1"',
  ],
  [
    "2\nAlice 10.1.1.0\nBob 10.1.1.0:7001 dialect=named",
    'peer_details.txt:3: expected dialect=line for "Bob", as for "Alice" on the same address (line 2), found dialect=named: all clear rows with the same address need the same dialect',
  ],
  [
    "1\nAlice 10.1.1.0 dialect=smoke",
    'peer_details.txt:2: expected dialect= with secure, line, named, tagged, says, found "smoke"',
  ],
  ["1\r# old\rAlice\r10.1.1.999", 'peer_details.txt:4: expected an IP address after "Alice", found "10.1.1.999"'],
  ["1\r\nAlice\r\n10.1.1.999", 'peer_details.txt:3: expected an IP address after "Alice", found "10.1.1.999"'],
];

promise("reports each fault as one error with file, line and what was expected", (t) => {
  for (const [content, message] of faults) t.equal(messageOf(content), message);
});

const joined = (...parts: readonly (string | readonly number[])[]): Bytes =>
  Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : Buffer.from(part))));

promise("refuses a file that is not UTF-8 and names the first bad line", (t) => {
  const refusal = (line: number): string => `peer_details.txt:${String(line)}: expected UTF-8 text, found other bytes`;
  t.equal(messageOf(joined("1\nAnn", [0xe9], " 10.1.1.0\n")), refusal(2));
  t.equal(messageOf(joined("1\r\nAnn 10.1.1.0\r", [0xff])), refusal(3));
  t.equal(messageOf(joined("1\nAnn 10.1.1.0\n# cut", [0xe2, 0x82])), refusal(3));
  t.equal(messageOf(joined("# a replacement character \ufffd\n1\n", [0xc0, 0x80])), refusal(3));
});

promise("refuses a file that is far too large without parsing it", (t) => {
  t.equal(
    messageOf(new Uint8Array(tableBytesMax + 1)),
    "peer_details.txt:1: expected a group file, found more than 16777216 bytes",
  );
});

// Properties.

const nameArbitrary = fc
  .tuple(
    fc.constantFrom(..."aZ7éक雪".split("")),
    fc.array(fc.constantFrom(..."bY0._-üअ月".split("")), { maxLength: 12 }),
  )
  .map(([first, rest]) => (first + rest.join("")).normalize("NFC"));

const rowArbitrary = fc.record({
  name: nameArbitrary,
  host: fc.oneof(
    fc.ipV4().filter((text) => !isNotUnicast(text)),
    fc.integer({ min: 1, max: 0xffff }).map((n) => `fd00::${n.toString(16)}`),
  ),
  port: fc.option(fc.integer({ min: 1, max: 65_535 }), { nil: undefined }),
  idle: fc.constantFrom("", "idle=detach", "idle=never", "idle=0.5", "dialect=line idle=30", "dialect=secure"),
});

const spaceArbitrary = fc.constantFrom(" ", "\t", "\n", "\r\n", " \n ", "\n\n", " # a comment 10.9.9.9\n", "\n#\n");

const address = (host: string, port: number | undefined): string =>
  port === undefined ? host : formatEndpoint({ host, port });

promise("a table printed with any white space and comments parses to the same table", (t) => {
  fc.assert(
    fc.property(
      fc.uniqueArray(rowArbitrary, {
        minLength: 1,
        maxLength: 12,
        comparator: (a, b) => a.name === b.name || a.host === b.host,
      }),
      fc.infiniteStream(spaceArbitrary),
      (rows, spaces) => {
        const words = [String(rows.length)];
        for (const row of rows)
          words.push(row.name, address(row.host, row.port), ...row.idle.split(" ").filter(Boolean));
        const printed = words.map((word) => word + (spaces.next().value as string)).join("");
        const expected = rows.map((row) => `${row.name} ${formatEndpoint({ host: row.host, port: row.port ?? 6969 })}`);
        return JSON.stringify(short(peersOf(printed))) === JSON.stringify(expected);
      },
    ),
    { numRuns: 300 },
  );
  t.pass();
});

/** Bytes that often pass the first check and so reach the others. */
const nearlyTable = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "1",
        "2",
        "3",
        "Alice",
        "Bob",
        "10.1.1.0",
        "10.1.2.0:7",
        "idle=",
        "idle=3",
        "dialect=secure",
        "bob.local",
        "key=",
        `key=${aKey}`,
        "#",
        "\n",
        "=",
        ":",
        "é",
      ),
      fc.string({ unit: "binary", maxLength: 4 }),
    ),
    { maxLength: 20 },
  )
  .map((words) => toUtf8(words.join(" ")));

function isTableOrOneError(content: Bytes): boolean {
  const table = parseBytes(content);
  if (table.ok) return table.value.peers.length > 0;
  const fits = /^peer_details\.txt:[1-9]\d*: expected [^\n]*$/.test(table.message);
  // eslint-disable-next-line no-control-regex -- the test asserts that none is printed
  const clean = !/[\0-\x1f\x7f-\x9f]/.test(table.message) && table.message.length < 400;
  if (!fits || !clean) throw new Error(JSON.stringify(table.message));
  return true;
}

promise("arbitrary bytes never throw and give a table or a one-line error with file and line", (t) => {
  fc.assert(fc.property(fc.oneof(fc.uint8Array({ maxLength: 60 }), nearlyTable), isTableOrOneError), {
    numRuns: 3_000,
  });
  t.pass();
});

promise("seconds are plain decimals up to a year", (t) => {
  for (const [word, seconds] of [
    ["0", 0],
    ["120", 120],
    ["0.5", 0.5],
    [".5", 0.5],
    ["31536000", 31_536_000],
  ] as const)
    t.equal(parseSeconds(word), seconds, word);
  for (const word of ["", "-1", "1e3", "0x10", "NaN", "Infinity", "31536001", "5s", "1.", " 5", "٣"])
    t.equal(parseSeconds(word), undefined, word);
});

const table = (count: number): PeerTable =>
  new PeerTable(
    Array.from({ length: count }, (_, index) => ({
      name: `N${String(index)}` as PeerName,
      host: `10.${String(index >> 16)}.${String((index >> 8) & 255)}.${String(index & 255)}`,
      port: 6969 + (index % 2),
      ownPort: index % 2 === 1,
      dialect: "line",
      idle: { kind: "never", afterMs: 0 },
    })),
  );

promise("onLoopback gives every member its own address and changes nothing else", (t) => {
  const before = table(70_000);
  const after = onLoopback(before);
  const hosts = new Set(after.peers.map((peer) => peer.host));
  t.equal(hosts.size, 70_000);
  t.ok([...hosts].every((host) => /^127\.\d+\.\d+\.\d+$/.test(host) && !host.startsWith("127.0.0.")));
  t.ok([...hosts].every((host) => host.split(".").every((part) => Number(part) <= 255)));
  t.strictSame(
    after.peers.slice(0, 3).map((peer) => ({ ...peer, host: "" })),
    before.peers.slice(0, 3).map((peer) => ({ ...peer, host: "" })),
  );
  t.strictSame(
    after.peers.slice(0, 3).map((peer) => peer.host),
    ["127.1.0.1", "127.1.0.2", "127.1.0.3"],
  );
});
