import fc from "fast-check";
import { batchOf } from "../../../src/core/batch.js";
import { namedBytesMax, saysBytesMax, taggedBytesMax } from "../../../src/core/older-limits.js";
import type { Bytes } from "../../../src/core/types.js";
import { fromUtf8, toUtf8 } from "../../../src/core/utf8.js";
import type { Dialect, Self } from "../../../src/wire/dialect.js";
import type { WireEvent } from "../../../src/wire/event.js";
import { namedDialect } from "../../../src/wire/dialects/named.js";
import { saysDialect } from "../../../src/wire/dialects/says.js";
import { taggedDialect } from "../../../src/wire/dialects/tagged.js";
import { promise } from "../kit/promise.js";
import { feed, splitsOf } from "../kit/splits.js";

const self: Self = { name: "Quy", host: "127.0.0.1", port: 9101 };
const [tagged, says, named] = [taggedDialect(self), saysDialect(self), namedDialect(self)];

/** `sender: text` for each text; the sender is `name@host:port` as far as the text names it. */
function hear(events: readonly WireEvent[]): string[] {
  return events.flatMap((event) => {
    if (event.kind !== "texts") return [event.kind === "fault" ? `fault: ${event.reason}` : event.kind];
    const { name = "?", host = "", port = "" } = event.from ?? {};
    const who = event.from === undefined ? "?" : `${name}@${host}:${String(port)}`;
    const { texts, count } = event.batch;
    if (!texts.endsWith("\n") || texts.split("\n").length - 1 !== count) throw new Error(JSON.stringify(texts));
    return texts
      .slice(0, -1)
      .split("\n")
      .map((text) => `${who}: ${text}`);
  });
}

/** Decodes a connection that carries these chunks and then ends. */
function decode(dialect: Dialect, ...chunks: readonly (Bytes | string)[]): string[] {
  const decoder = dialect.decoder();
  const bytes = chunks.map((chunk) => (typeof chunk === "string" ? toUtf8(chunk) : chunk));
  return hear([...feed(decoder, bytes), ...decoder.flush()]);
}

const encode = (dialect: Dialect, texts: string): string =>
  fromUtf8(dialect.encode([{ kind: "texts", batch: batchOf(texts) }]));

type Golden = readonly (readonly [wire: string, heard: readonly string[]])[];

const goldenTagged: Golden = [
  ["127.0.0.1:9304 CRYPTOKNIGHTS hello there world", ["CRYPTOKNIGHTS@127.0.0.1:9304: hello there world"]],
  ["<127.0.0.1:9305> TEAMB hello there world", ["TEAMB@127.0.0.1:9305: hello there world"]],
  ["<127.0.0.1:9301> @ <TEAMS>\nhello there world\n<end>", ["TEAMS@127.0.0.1:9301: hello there world"]],
  ["9302\nCONNECT\n127.0.0.1:9302 TEAMD hello there world\n", ["TEAMD@127.0.0.1:9302: hello there world"]],
  ["TEAMM : hello there world", ["?: TEAMM : hello there world"]],
  ["CONNECT:9310", ["?: CONNECT:9310"]],
  ["127.0.0.1:8080 P1 exit\0\0\0", ["P1@127.0.0.1:8080: exit"]],
  ["\x00\x00127.0.0.1:8080 P1 exit\r\n", ["P1@127.0.0.1:8080: exit"]],
  ["127.0.0.1:8080 P1 one\0of the last message", ["P1@127.0.0.1:8080: one"]],
  [
    "127.0.0.1:8080 P1 one\ntwo\r\nthree",
    ["P1@127.0.0.1:8080: one", "P1@127.0.0.1:8080: two\r", "P1@127.0.0.1:8080: three"],
  ],
  ["127.0.0.1:8080 P1 ", ["P1@127.0.0.1:8080: "]],
  ["127.0.0.1:8080 P1", ["?: 127.0.0.1:8080 P1"]],
  ["127.0.0.1:8080 P1  two  spaces ", ["P1@127.0.0.1:8080:  two  spaces "]],
  ["0.0.0.0:8080 P1 hello", ["P1@:8080: hello"]],
  ["[fd00::0:2]:8080 P1 hello", ["P1@fd00::2:8080: hello"]],
  ["10.103.45.601:8080 P1 hello , you there", ["?: 10.103.45.601:8080 P1 hello , you there"]],
  ["127.0.0.1:0 P1 hello", ["?: 127.0.0.1:0 P1 hello"]],
  ["127.0.0.1:65536 P1 hello", ["?: 127.0.0.1:65536 P1 hello"]],
  ["hello", ["?: hello"]],
  ["\n", []],
  ["\0\0", []],
  ["", []],
];

const goldenSays: Golden = [
  ["Quy[PORT:9101] says: m2 with spaces", ["Quy@:9101: m2 with spaces"]],
  ["Quy[PORT:9101] says: hello\0", ["Quy@:9101: hello"]],
  [`Quy [PORT:9101] says: hello${"\0".repeat(30)}`, ["Quy@:9101: hello"]],
  ["Le Van Quy[PORT:9101] says: hello\n", ["Le Van Quy@:9101: hello"]],
  ["[PORT:1] says: [PORT:2] says: x", ["@:1: [PORT:2] says: x"]],
  ["Quy[PORT:9101] says: ", []],
  ["Quy[PORT:9101] says: \0", []],
  ["Quy[PORT:0] says: x", ["?: Quy[PORT:0] says: x"]],
  ["Quy[PORT:65536] says: x", ["?: Quy[PORT:65536] says: x"]],
  ["hello", ["?: hello"]],
  ["a\nb", ["?: a", "?: b"]],
  ["", []],
];

const goldenNamed: Golden = [
  ["User1/m one\n\0", ["User1@:: m one"]],
  ["User1/two/with/slash\n\0", ["User1@:: two/with/slash"]],
  ["User3/no newline", ["User3@:: no newline"]],
  ["user/hello\n", ["user@:: hello"]],
  ["p1/a/b/c\n", ["p1@:: a/b/c"]],
  [
    "User1/one\n\0User1/two\n\0User2/three\n\0User1/four\n\0",
    ["User1@:: one", "User1@:: two", "User2@:: three", "User1@:: four"],
  ],
  ["Us/a\r\nUs/b\0\0\0Us/c\n", ["Us@:: a", "Us@:: b", "Us@:: c"]],
  ["User1/\n\0", ["User1@:: "]],
  ["no slash\n/no name\n\0", ["?: no slash", "?: /no name"]],
  ["\n\0\n\n\0", []],
  ["", []],
];

const all = [
  [tagged, goldenTagged],
  [says, goldenSays],
  [named, goldenNamed],
] as const;

promise("decodes texts and sender of each golden message of each dialect", (t) => {
  for (const [dialect, golden] of all)
    for (const [wire, heard] of golden) t.strictSame(decode(dialect, wire), heard, JSON.stringify(wire));
});

promise("decodes a golden message the same wherever it is split, at every point and pair of points", (t) => {
  for (const [dialect, golden] of all)
    for (const [wire, heard] of golden) {
      const wrong = splitsOf(toUtf8(wire)).find(
        (chunks) => JSON.stringify(decode(dialect, ...chunks)) !== JSON.stringify(heard),
      );
      t.equal(wrong, undefined, JSON.stringify(wire));
    }
});

promise("encodes the same bytes as the older programs", (t) => {
  t.equal(encode(tagged, "hello there world\n"), "127.0.0.1:9101 Quy hello there world");
  t.equal(encode(says, "m2 with spaces\n"), "Quy[PORT:9101] says: m2 with spaces\0");
  t.equal(encode(named, "two/with/slash\n"), "Quy/two/with/slash\n\0");
  t.equal(encode(named, "one\n\n"), "Quy/one\n\0Quy/\n\0");
  t.equal(
    encode(taggedDialect({ name: " The  Team ", host: "fd00::2", port: 1 }), "exit\n"),
    "[fd00::2]:1 The-Team exit",
  );
  t.equal(encode(says, "\n"), "", "an empty message is not encoded");
  for (const dialect of [tagged, says, named])
    t.equal(
      encode(dialect, "a\0b\n")
        .match(/[^\n\0]*/)![0]
        .slice(-2),
      "ab",
    );
  t.equal(fromUtf8(named.encode([{ kind: "bye", reason: "quit" }])), "");
});

promise("decodes any text that this program has encoded", (t) => {
  const name = fc.stringMatching(/^[A-Za-zÄ-ü0-9._-]{1,32}$/);
  const text = fc
    .string({ unit: "grapheme", minLength: 1, maxLength: 60 })
    .map((each) => each.replace(/[\0\r\n]/g, ""));
  fc.assert(
    fc.property(
      name,
      fc.array(
        text.filter((each) => each !== "" && each !== "\n<end>"),
        { minLength: 1, maxLength: 3 },
      ),
      (from, texts) => {
        const me = { name: from, host: "10.1.2.0", port: 7 };
        const said = texts.map((each) => `${each}\n`);
        const expected = (who: string): string => JSON.stringify(texts.map((each) => `${who}: ${each}`));
        const overTagged = said.flatMap((each) => decode(tagged, encode(taggedDialect(me), each)));
        const overSays = said.flatMap((each) => decode(says, encode(saysDialect(me), each)));
        return (
          JSON.stringify(overTagged) === expected(`${from}@10.1.2.0:7`) &&
          JSON.stringify(overSays) === expected(`${from}@:7`) &&
          JSON.stringify(decode(named, encode(namedDialect(me), said.join("")))) === expected(`${from}@:`)
        );
      },
    ),
  );
  t.pass();
});

promise("a portion fills an older program's buffer exactly", (t) => {
  const longest = (dialect: Dialect): number => encode(dialect, `${"x".repeat(dialect.traits.portionBytes!)}\n`).length;
  t.equal(longest(tagged), 1_023);
  t.equal(says.traits.portionBytes, 1_023);
  t.equal(longest(saysDialect({ ...self, name: "x".repeat(1_200) })), 1_999);
  t.equal(longest(named), 1_200);
});

promise("a quiet time ends a message, and further bytes begin a new one", (t) => {
  for (const [dialect, first, second] of [
    [tagged, "127.0.0.1:1 A one", "127.0.0.1:1 A two"],
    [says, "A[PORT:1] says: one", "A[PORT:1] says: two\0"],
    [named, "A/one", "A/two\n\0"],
  ] as const) {
    const decoder = dialect.decoder();
    t.notOk(decoder.unfinished);
    t.strictSame(hear(decoder.push(toUtf8(first))), []);
    t.ok(decoder.unfinished);
    t.match(hear(decoder.flush())[0], /^A@.*: one$/);
    t.notOk(decoder.unfinished);
    t.strictSame(hear(decoder.flush()), []);
    t.match([...hear(decoder.push(toUtf8(second))), ...hear(decoder.flush())], [/^A@.*: two$/]);
  }
});

promise("a NUL ends a message at once, and further bytes are dropped until a quiet time", (t) => {
  const decoder = says.decoder();
  t.strictSame(hear(decoder.push(toUtf8("A[PORT:1] says: one\0junk"))), ["A@:1: one"]);
  t.strictSame(hear(decoder.push(toUtf8("more junk"))), []);
  t.ok(decoder.unfinished, "it waits for a quiet time");
  t.strictSame(hear(decoder.flush()), []);
  t.strictSame(hear(decoder.push(toUtf8("A[PORT:1] says: two\0"))), ["A@:1: two"]);
});

promise(
  "accepts a message of the maximum length; a longer one is cut, or dropped in the named dialect, and gives a fault",
  (t) => {
    for (const [dialect, max, prefix] of [
      [tagged, taggedBytesMax, "127.0.0.1:1 A "],
      [says, saysBytesMax, "A[PORT:1] says: "],
      [named, namedBytesMax, "A/"],
    ] as const) {
      const longest = prefix + "x".repeat(max - prefix.length);
      const whole = decode(dialect, longest);
      t.equal(whole.length, 1);
      t.equal(whole[0]!.length, `${whole[0]!.split(" ")[0]!} `.length + max - prefix.length);
      for (const chunks of [[`${longest}x`], [longest.slice(0, 1_000), `${longest.slice(1_000)}x`], [longest, "x"]])
        t.strictSame(decode(dialect, ...chunks).slice(0, 2), [
          ...(dialect === named ? [] : whole),
          `fault: a message longer than ${String(max)} bytes`,
        ]);
    }
    t.equal(decode(named, `A/${"x".repeat(60_000)}\n\0`.repeat(5)).length, 5, "a chunk of several long ones");
  },
);

promise("text made to slow down the patterns is decoded quickly", (t) => {
  const hard = ["\n", " ", "\r\n", "\n<end>", "@ ", "<", "9:", "[", "1.1.1.1:1 ", "A[PORT:", "/", "a/"];
  for (const dialect of [tagged, says, named])
    for (const piece of hard)
      for (const start of ["", "127.0.0.1:1 ", "127.0.0.1:1 @ "])
        decode(dialect, `${start}${piece.repeat(65_000 / piece.length - 20)}x`);
  t.pass();
});

const noise = fc.array(
  fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.constantFrom(...all.flatMap(([, golden]) => golden.map(([wire]) => wire))).map(toUtf8),
    fc.constantFrom("\0", "\n", "\n<end>", "<", "/", ":1", "says: ").map(toUtf8),
  ),
  { maxLength: 12 },
);

promise("a decoder never throws, and gives the same events for every split of the bytes", (t) => {
  for (const [dialect] of all)
    fc.assert(
      fc.property(noise, (chunks) => {
        const whole = Buffer.concat(chunks);
        const expected = JSON.stringify(decode(dialect, whole));
        return (
          JSON.stringify(decode(dialect, ...chunks)) === expected &&
          JSON.stringify(decode(dialect, ...[...whole].map((byte) => new Uint8Array([byte])))) === expected
        );
      }),
      { numRuns: 300 },
    );
  t.pass();
});

promise("endless bytes are buffered within the bound and end in a fault", (t) => {
  for (const [dialect] of all) {
    const decoder = dialect.decoder();
    let heard = 0;
    let faults = 0;
    for (let round = 0; round < 40; round += 1)
      for (const event of decoder.push(new Uint8Array(5_000).fill(120))) {
        if (event.kind === "texts") heard += event.batch.texts.length;
        if (event.kind === "fault") faults += 1;
      }
    t.ok(faults >= 1 && heard <= 210_000, dialect.name);
  }
});
