import fc from "fast-check";
import { lineBytesMax } from "../../../src/core/limits.js";
import { fromUtf8 } from "../../../src/core/utf8.js";
import { parseLines, type Command } from "../../../src/clients/command.js";
import { nearest } from "../../../src/core/nearest.js";
import { promise } from "../kit/promise.js";

const send = (to: string, texts: string): Command => ({
  kind: "send",
  to,
  batch: { texts, count: texts.split("\n").length - 1 },
});

const cases: readonly (readonly [lines: string, commands: readonly Command[]])[] = [
  ["Bob/hello\n", [send("Bob", "hello\n")]],
  ["Bob/a/b/c\n", [send("Bob", "a/b/c\n")]],
  ["Bob//hello\n", [send("Bob", "/hello\n")]],
  ["  Bob /  hello  \n", [send("Bob", "  hello  \n")]],
  ["Bob/one\nBob/two\n", [send("Bob", "one\ntwo\n")]],
  ["Bob/one\nEve/two\nBob/three\n", [send("Bob", "one\n"), send("Eve", "two\n"), send("Bob", "three\n")]],
  ["Bob/one\n Bob/two\n", [send("Bob", "one\ntwo\n")]],
  ["Bob/Bob/\nBob/Bob/Bob/\n", [send("Bob", "Bob/\nBob/Bob/\n")]],
  ["Bob/x\r\nBob/y\r\n", [send("Bob", "x\ny\n")]],
  ["Bob/x\ry\n", [send("Bob", "x\ry\n")]],
  ["hello\n", [{ kind: "malformed" }]],
  ["hello\nhello\n", [{ kind: "malformed" }, { kind: "malformed" }]],
  ["Bob/one\nhello\nBob/two\n", [send("Bob", "one\n"), { kind: "malformed" }, send("Bob", "two\n")]],
  ["\n", []],
  [" \t\r\n\n", []],
  ["Bob/one\n\nBob/two\n", [send("Bob", "one\ntwo\n")]],
  ["Bob/\n", [{ kind: "empty", to: "Bob" }]],
  ["Bob/\r\n", [{ kind: "empty", to: "Bob" }]],
  ["Bob/one\nBob/ \t\nBob/ two \n", [send("Bob", "one\n"), { kind: "empty", to: "Bob" }, send("Bob", " two \n")]],
  ["Bob/one\nBob/\nBob/two\n", [send("Bob", "one\n"), { kind: "empty", to: "Bob" }, send("Bob", "two\n")]],
  ["Bob/a\0b\n", [{ kind: "nul", to: "Bob" }]],
  ["/help\n", [{ kind: "slash", word: "help" }]],
  ["  /quit  \r\n", [{ kind: "slash", word: "quit" }]],
  [" /help\n", [{ kind: "slash", word: "help" }]],
  ["/\n", [{ kind: "slash", word: "" }]],
  ["अनिता/नमस्ते\n", [send("अनिता", "नमस्ते\n")]],
];

promise("splits lines at the first slash only, and parses each kind of command", (t) => {
  for (const [lines, commands] of cases) t.strictSame(parseLines(lines), commands, JSON.stringify(lines));
});

/** A naive reference: parses each line by itself, and joins successive lines for one friend. */
function naive(lines: string): Command[] {
  const commands: Command[] = [];
  for (const raw of lines.slice(0, -1).split("\n")) {
    const line = raw.replace(/\r$/, "");
    if (line.trim() === "") continue;
    const [, head, text] = /^([^/]*)\/(.*)$/s.exec(line) ?? [];
    const to = head?.trim() ?? "";
    const last = commands.at(-1);
    if (text === undefined) commands.push({ kind: "malformed" });
    else if (to === "") commands.push({ kind: "slash", word: text.trim() });
    else if (/^[ \t]*$/.test(text)) commands.push({ kind: "empty", to });
    else if (text.includes("\0")) commands.push({ kind: "nul", to });
    else if (Buffer.byteLength(text) > lineBytesMax) commands.push({ kind: "overlong", to });
    else if (last?.kind === "send" && last.to === to)
      commands[commands.length - 1] = send(to, `${last.batch.texts}${text}\n`);
    else commands.push(send(to, `${text}\n`));
  }
  return commands;
}

const piece = fc.constantFrom("Bob", "Eve", "/", "/", "\r", "\0", " ", "x", "é", "\ufeff", "Bob/", "\t", "");
const wildLine = fc.array(piece, { maxLength: 5 }).map((pieces) => pieces.join(""));
const text = fc.oneof(fc.constantFrom("hello", "Bob/hi", " ", "x\ry"), wildLine);
/** Blocks for the fast path, and blocks with one flaw that it must not take. */
const block = fc.oneof(
  fc.array(wildLine, { minLength: 1, maxLength: 6 }),
  fc
    .tuple(
      fc.constantFrom("Bob/", "Bob /", " Bob/", " /", "/", "\ufeff/", "\r/"),
      fc.array(text, { minLength: 1, maxLength: 6 }),
    )
    .map(([head, texts]) => texts.map((each) => head + each)),
);

promise("the fast path parses a block for one friend exactly like its single lines", (t) => {
  fc.assert(
    fc.property(block, (lines) => {
      const whole = lines.map((line) => `${line}\n`).join("");
      const [quick, slow] = [JSON.stringify(parseLines(whole)), JSON.stringify(naive(whole))];
      if (quick !== slow) throw new Error(`${quick} but line by line ${slow}`);
    }),
    { numRuns: 5_000 },
  );
  t.pass();
});

// Texts at the length limit, of characters of one, two, three and four bytes.

const third = Math.floor(lineBytesMax / 3);

const edge: readonly (readonly [name: string, text: string, fits: boolean])[] = [
  ["one byte each", "x".repeat(lineBytesMax), true],
  ["one byte too many", "x".repeat(lineBytesMax + 1), false],
  ["two bytes each", "é".repeat(lineBytesMax / 2), true],
  ["two bytes each, and one", `${"é".repeat(lineBytesMax / 2)}x`, false],
  ["three bytes each, and one", `${"€".repeat(third)}x`, true],
  ["three bytes each, and two", `${"€".repeat(third)}xx`, false],
  ["three bytes each, one character more", "€".repeat(third + 1), false],
  ["four bytes each", "😀".repeat(lineBytesMax / 4), true],
  ["four bytes each, and one", `x${"😀".repeat(lineBytesMax / 4)}`, false],
  ["a CR before the LF does not count", `${"x".repeat(lineBytesMax)}\r`, true],
  ["invalid UTF-8 that fits after decoding", fromUtf8(new Uint8Array(third).fill(0xff)), true],
  ["invalid UTF-8 that grows too long in decoding", fromUtf8(new Uint8Array(third + 1).fill(0xff)), false],
];

promise("sends a text of exactly the length limit, and refuses one byte more, alone and among others", (t) => {
  const kinds = (lines: string): string =>
    parseLines(lines)
      .map((each) => each.kind)
      .join();
  for (const [name, text, fits] of edge) {
    t.equal(kinds(`Bob/${text}\n`), fits ? "send" : "overlong", name);
    const among = parseLines(`Bob/a\nBob/${text}\nBob/b\n`);
    const typed = text.replace(/\r$/, "");
    const expected = fits
      ? [send("Bob", `a\n${typed}\nb\n`)]
      : [send("Bob", "a\n"), { kind: "overlong", to: "Bob" }, send("Bob", "b\n")];
    t.ok(JSON.stringify(among) === JSON.stringify(expected), `${name}, among others`);
  }
});

const longText = fc
  .tuple(
    fc.constantFrom("x", "é", "€", "😀", "\ufffd"),
    fc.constantFrom(1, 2, 3, 4),
    fc.constantFrom(1, 2, third - 1, third, third + 1, lineBytesMax - 1, lineBytesMax, lineBytesMax + 1),
    fc.constantFrom("", "", "\r", "\0", "/"),
  )
  .map(([character, share, length, end]) => character.repeat(Math.ceil(length / share)) + end);

promise("the fast path parses blocks of long lines exactly like single lines", (t) => {
  const blocks = fc.tuple(fc.constantFrom("Bob/", " Bob/"), fc.array(longText, { minLength: 1, maxLength: 5 }));
  fc.assert(
    fc.property(blocks, ([head, texts]) => {
      const whole = texts.map((each) => `${head}${each}\n`).join("");
      return JSON.stringify(parseLines(whole)) === JSON.stringify(naive(whole));
    }),
    { numRuns: 300 },
  );
  t.pass();
});

promise("loses no line: each is a message, an answer or blank", (t) => {
  fc.assert(
    fc.property(fc.array(wildLine, { maxLength: 8 }), (lines) => {
      const commands = parseLines(lines.map((line) => `${line}\n`).join(""));
      const heard = commands.reduce((sum, each) => sum + (each.kind === "send" ? each.batch.count : 1), 0);
      return heard === lines.filter((line) => line.trim() !== "").length;
    }),
    { numRuns: 2_000 },
  );
  t.pass();
});

promise("finds the name with the fewest edits in any case, and tells whether it was probably meant", (t) => {
  const names = ["Alice", "Bob", "Martha"];
  t.strictSame(nearest("bob", names), { name: "Bob", close: true });
  t.strictSame(nearest("Matha", names), { name: "Martha", close: true });
  t.strictSame(nearest("ALICE", names), { name: "Alice", close: true });
  t.equal(nearest("Bartholomew", names)?.close, false);
  t.strictSame(nearest("Zoe", names), { name: "Bob", close: false }, "two of three letters differ");
  t.strictSame(nearest("xx", ["bx", "ax"]), { name: "bx", close: true }, "the first of equals");
  t.strictSame(nearest("Bne", ["Ann", "Ben"]), { name: "Ben", close: true }, "swapped letters are one edit");
  t.equal(nearest("1", ["Ann", "Ben"]), undefined, "nothing in common");
  t.equal(nearest("x", []), undefined);
});
