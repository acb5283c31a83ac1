import fc from "fast-check";
import { canonicalAddress, canonicalHostName, formatEndpoint, parseEndpoint } from "../../../src/core/address.js";
import { backoffMs } from "../../../src/core/backoff.js";
import { batchOf, countLines, joinBatches } from "../../../src/core/batch.js";
import { reasonOf } from "../../../src/core/errors.js";
import { fingerprint, publicKeyOf, toNamedKey, toPublicKey } from "../../../src/core/known-key.js";
import { backoffFirstMs, backoffMaxMs, listedRowsMax } from "../../../src/core/limits.js";
import { parsePeerTable, type PeerTable } from "../../../src/core/peer-table.js";
import { formatTime, parseTimePoint } from "../../../src/core/time-point.js";
import { TokenBucket } from "../../../src/core/token-bucket.js";
import { toUtf8 } from "../../../src/core/utf8.js";
import { whoAmI } from "../../../src/commands/who-am-i.js";
import { promise } from "../kit/promise.js";

promise("an IPv4 address is four decimal numbers without leading zeros", (t) => {
  fc.assert(fc.property(fc.ipV4(), (text) => canonicalAddress(text) === text));
  for (const junk of [
    "",
    "1",
    "1.2.3",
    "1.2.3.4.5",
    "1.2.3.256",
    "01.2.3.4",
    "1.2.3.04",
    "1.2.3.4 ",
    "0x1.2.3.4",
    "1.2.3.٤",
  ])
    t.equal(canonicalAddress(junk), undefined, junk);
});

promise("every spelling of an IPv6 address has one canonical spelling", (t) => {
  const cases: readonly (readonly [string, string])[] = [
    ["::1", "::1"],
    ["::", "::"],
    ["FD00:0:0::2", "fd00::2"],
    ["fd00:0000:0000:0000:0000:0000:0000:0002", "fd00::2"],
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["fe80::1%eth0", "fe80::1%eth0"],
    ["FE80::1%wlan-0.7", "fe80::1%wlan-0.7"],
    ["::ffff:10.1.2.0", "10.1.2.0"],
    ["::FFFF:10.1.2.0", "10.1.2.0"],
    ["64:ff9b::10.1.2.0", "64:ff9b::a01:200"],
  ];
  for (const [spelling, canonical] of cases) t.equal(canonicalAddress(spelling), canonical);
  fc.assert(
    fc.property(fc.ipV6(), (text) => {
      const once = canonicalAddress(text);
      return once !== undefined && canonicalAddress(once) === once && canonicalAddress(text.toUpperCase()) === once;
    }),
  );
});

promise("an IPv4 address inside IPv6 becomes the IPv4 address, also from hexadecimal", (t) => {
  t.equal(canonicalAddress("::ffff:0a01:0200"), "10.1.2.0");
  t.equal(canonicalAddress("0:0:0:0:0:ffff:10.1.2.0"), "10.1.2.0");
  t.equal(canonicalAddress("::ffff:0:10.1.2.0"), "::ffff:0:a01:200");
});

promise("a text that is not an IP literal has no canonical spelling", (t) => {
  for (const junk of [
    ":",
    ":::",
    "1::2::3",
    "fd00::g",
    "fd00::1/64",
    "[::1]",
    "::1%",
    "::1%a%b",
    "::1 ",
    "a:b",
    "::ffff:1.2.3.256",
  ])
    t.equal(canonicalAddress(junk), undefined, junk);
  t.equal(canonicalAddress("fe80::1%\u001b[31m"), undefined, "an escape sequence as zone");
  t.equal(canonicalAddress("fe80::1%\u202eth0"), undefined, "a bidi override as zone");
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => /^[\x20-\x7e]*$/.test(canonicalAddress(text) ?? "")));
});

promise("parsing a formatted endpoint gives the same endpoint", (t) => {
  const host = fc.oneof(fc.ipV4(), fc.ipV6()).map((text) => canonicalAddress(text) ?? text);
  fc.assert(
    fc.property(host, fc.integer({ min: 1, max: 65_535 }), (address, port) => {
      const endpoint = parseEndpoint(formatEndpoint({ host: address, port }), 1);
      return endpoint.ok && endpoint.value.host === address && endpoint.value.port === port && endpoint.value.ownPort;
    }),
  );
  t.strictSame(parseEndpoint("fd00::2", 7), { ok: true, value: { host: "fd00::2", port: 7, ownPort: false } });
  t.strictSame(parseEndpoint("[10.1.2.0]:8", 7), { ok: true, value: { host: "10.1.2.0", port: 8, ownPort: true } });
});

promise("a token bucket gives its burst at once, then its rate, and no more", (t) => {
  const bucket = new TokenBucket({ perSecond: 2, burst: 3, nowMs: 1_000 });
  const takes = (nowMs: number, times: number): number =>
    Array.from({ length: times }, () => bucket.take(nowMs)).filter(Boolean).length;
  t.equal(takes(1_000, 10), 3);
  t.equal(takes(1_499, 1), 0);
  t.equal(takes(1_500, 2), 1);
  t.equal(takes(900, 5), 0, "a clock that goes back earns nothing");
  t.equal(takes(1_000_000, 10), 3, "a long rest fills it to its burst");
});

promise("a token bucket gives at most its burst and its rate over any period", (t) => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 60 }), (cancelledSet) => {
      const bucket = new TokenBucket({ perSecond: 5, burst: 4, nowMs: 0 });
      let now = 0;
      let taken = 0;
      for (const gap of cancelledSet) if (bucket.take((now += gap))) taken += 1;
      return taken <= 4 + (now / 1_000) * 5 + 1e-9;
    }),
  );
  t.pass();
});

promise("the retry delay doubles each time up to a bound, and half of it is random", (t) => {
  t.equal(backoffMs(1, 0), backoffFirstMs / 2);
  t.equal(backoffMs(2, 0), backoffFirstMs);
  t.equal(backoffMs(3, 0.5), backoffFirstMs * 3);
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1e9 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (failures, random) => {
        const delay = backoffMs(failures, random);
        return delay >= backoffFirstMs / 2 && delay <= backoffMaxMs && delay >= backoffMs(failures, 0);
      },
    ),
  );
  t.ok(backoffMs(1e9, 0) >= backoffMaxMs / 2);
});

promise("a batch counts its lines, and joining adds the counts", (t) => {
  const texts = fc.array(fc.string().map((text) => `${text.replaceAll("\n", " ")}\n`)).map((lines) => lines.join(""));
  fc.assert(fc.property(texts, (text) => countLines(text) === text.split("\n").length - 1));
  fc.assert(
    fc.property(fc.array(texts), (parts) => {
      const joined = joinBatches(parts.map(batchOf));
      return joined.texts === parts.join("") && joined.count === countLines(joined.texts);
    }),
  );
  t.strictSame(joinBatches([]), { texts: "", count: 0 });
});

promise("system error codes become words, and an unknown code stays unchanged", (t) => {
  t.equal(reasonOf("ECONNREFUSED"), "connection refused");
  t.equal(reasonOf("EHOSTUNREACH"), "no route to that address");
  t.equal(reasonOf("EWHATEVER"), "EWHATEVER");
  for (const name of ["constructor", "__proto__", "toString"]) t.equal(reasonOf(name), name);
});

function tableOf(rows: readonly string[]): PeerTable {
  const content = toUtf8(`${String(rows.length)}\n${rows.join("\n")}\n`);
  const table = parsePeerTable("group", content, { port: 6969, dialect: "line", idleMs: 0 });
  if (!table.ok) throw new Error(table.message);
  return table.value;
}

const group = tableOf(["Alice 10.1.1.0", "José 10.1.2.0", "Martha fd00::3"]);

function who(name: string | undefined, ...addresses: string[]): string {
  const self = whoAmI(group, { name, addresses: new Set(addresses) });
  return self.ok ? self.value.name : self.message;
}

promise("we are whom we say, else the one row whose address this machine holds", (t) => {
  t.equal(who("Martha", "10.1.1.0"), "Martha");
  t.equal(who("José".normalize("NFD")), "José".normalize("NFC"));
  t.equal(who(undefined, "127.0.0.1", "10.1.2.0", "::1"), "José");
  t.equal(who(undefined, "fd00::3"), "Martha");
});

promise("no row, or several, is an error that lists the rows and shows the way on", (t) => {
  const rows = "  Alice   10.1.1.0\n  José    10.1.2.0\n  Martha  fd00::3\n";
  const way = "Say it with --name Alice; to try the group on one machine: --name Alice --loopback";
  t.equal(
    who(undefined, "127.0.0.1"),
    `None of the group file's addresses is on this machine. Who are you?\n${rows}${way}`,
  );
  t.equal(
    who("Eve\u0007", "10.1.1.0"),
    `The group file has no "Eve\\x07". Who are you?\n${rows}Choose one of these names, such as Alice.`,
  );
  t.equal(
    who(undefined, "10.1.2.0", "fd00::3"),
    `Several of the group file's addresses are on this machine. Who are you?\n  José    10.1.2.0\n  Martha  fd00::3\n${way.replaceAll("Alice", "José")}`,
  );
});

promise("who mistypes the case of a name is told which one was meant", (t) => {
  const rows = "  Alice   10.1.1.0\n  José    10.1.2.0\n  Martha  fd00::3\n";
  const way = "Choose one of these names, such as José.";
  t.equal(who("josé"), `The group file has no "josé". Did you mean José?\n${rows}${way}`);
});

promise("a host name follows RFC 1123, in lower case, and does not end in a number", (t) => {
  for (const [text, host] of [
    ["Bob.Local", "bob.local"],
    ["3com", "3com"],
    ["a-b.c", "a-b.c"],
    ["10.1.2.abc", "10.1.2.abc"],
    ["1.x.2.local", "1.x.2.local"],
    [`${"x".repeat(63)}.y`, `${"x".repeat(63)}.y`],
  ] as const)
    t.equal(canonicalHostName(text), host, text);
  for (const junk of [
    "",
    ".",
    "a.",
    ".a",
    "a..b",
    "-a",
    "a-",
    "a_b",
    "10.1.2.O",
    "1o.1.l.2",
    "10.1.2.0",
    "10",
    "a.7",
    "0x7f.0x1",
    "é.local",
    "a b",
    `${"x".repeat(64)}.y`,
    "a:7",
    Array(128).fill("aa").join("."),
  ])
    t.equal(canonicalHostName(junk), undefined, junk);
});

promise("a key has 64 hexadecimal digits, and its fingerprint is half of them in groups", (t) => {
  const key = toPublicKey("0123456789ABCDEF".repeat(4));
  t.equal(key, "0123456789abcdef".repeat(4));
  t.equal(fingerprint(key!), "0123 4567 89ab cdef 0123 4567 89ab cdef");
  t.equal(publicKeyOf(new Uint8Array(32).fill(10)), "0a".repeat(32));
  for (const junk of ["", "0".repeat(63), "0".repeat(65), `${"0".repeat(63)}g`, `${"0".repeat(64)}\n`])
    t.equal(toPublicKey(junk), undefined);
});

promise("a time is RFC 3339, a UTC date, or a duration before now", (t) => {
  for (const word of [
    "2026-03-01T12:00:00Z",
    "2024-02-29T23:59:59.25Z",
    "1969-12-31T00:00:00Z",
    "2026-03-01t01:02:03.5+05:30",
    "2000-01-01T00:00:00-08:00",
    "2026-03-01",
  ])
    t.strictSame(parseTimePoint(word), { kind: "at", ms: Date.parse(word) }, word);
  t.strictSame(parseTimePoint("2h"), { kind: "ago", ms: 7_200_000 });
  t.strictSame(parseTimePoint("7d"), { kind: "ago", ms: 604_800_000 });
  for (const junk of [
    "",
    "soon",
    "h",
    "-2h",
    "1.5h",
    "2026-02-29",
    "2026-13-01",
    "2026-00-01",
    "2026-01-00",
    "2026-03-01T24:00:00Z",
    "2026-03-01T12:00:00",
    "2026-3-1",
    "12:00",
  ])
    t.equal(parseTimePoint(junk), undefined, junk);
  const date = fc.date({
    min: new Date("0001-01-01T00:00:00Z"),
    max: new Date("9999-12-31T00:00:00Z"),
    noInvalidDate: true,
  });
  fc.assert(fc.property(date, (each) => parseTimePoint(each.toISOString())?.ms === each.getTime()));
});

promise("a long group is listed up to a bound", (t) => {
  const many = tableOf(Array.from({ length: 100 }, (_, index) => `N${String(index)} 10.2.0.${String(index)}`));
  const self = whoAmI(many, { name: undefined, addresses: new Set() });
  const lines = self.ok ? [] : self.message.split("\n");
  t.equal(lines.length, listedRowsMax + 3);
  t.equal(lines.at(-2), "  … and 80 more");
});

promise("formatTime agrees with the platform to the second, also before 1970", (t) => {
  const date = fc.date({
    min: new Date("0001-01-01T00:00:00Z"),
    max: new Date("9999-12-31T23:59:59Z"),
    noInvalidDate: true,
  });
  fc.assert(
    fc.property(date, (each) => formatTime(each.getTime()) === each.toISOString().replace(/\.\d+Z$/, "Z")),
    { numRuns: 2_000 },
  );
  t.equal(formatTime(Date.parse("2024-02-29T23:59:59.999Z")), "2024-02-29T23:59:59Z");
});

promise("accepts a key as a whole or as a fingerprint, in every spelling, and nothing else", (t) => {
  const digits = "0123456789abcdef";
  const key = toPublicKey(digits.repeat(4))!;
  for (const whole of [key, `key=${key}`, key.toUpperCase(), fingerprint(key) + key.slice(32)])
    t.strictSame(toNamedKey(whole), { kind: "whole", key }, whole);
  for (const part of [fingerprint(key), key.slice(0, 32), fingerprint(key).toUpperCase(), `"${fingerprint(key)}"`])
    t.strictSame(toNamedKey(part), { kind: "fingerprint", digits: digits.repeat(2) }, part);
  for (const junk of ["", "key=", key.slice(1), key.slice(0, 31), `${key.slice(0, 31)}g`, key + key])
    t.equal(toNamedKey(junk), undefined, junk);
});
