import t from "tap";
import { columnsOf } from "../../../../src/clients/terminal/columns.js";
import { harmless, paint, span } from "../../../../src/clients/terminal/paint.js";

const plain = { colour: false, unicode: true };

t.test("indents further rows, so that no text begins like a line", (t) => {
  const forged = `hi${" ".repeat(60)}12:00 ✓✓ Bob/I agree${" ".repeat(40)}Bob> /quit`;
  const rows = paint([span("12:00    "), span("Eve : "), span(forged)], 40, 9, plain);
  t.ok(rows.length > 2);
  for (const row of rows.slice(1)) t.match(row, /^ {9}/);
  for (const row of rows) t.ok(columnsOf(row) < 40, row);
  t.end();
});

t.test("no row is wider than the terminal, for any text", (t) => {
  for (const text of [
    "x".repeat(500),
    "漢字".repeat(90),
    "👩‍👩‍👧‍👦".repeat(40),
    "e\u0301".repeat(300),
    `a${"\u0301".repeat(5_000)}b`,
    "word ".repeat(80),
  ])
    for (const columns of [12, 40, 80, 120]) {
      const rows = paint([span("Bob : "), span(text)], columns, 9, plain);
      for (const row of rows) t.ok(columnsOf(row) < columns, `${columns}: ${row}`);
      const said = rows.map((row, index) => (index === 0 ? row : row.trimStart())).join("");
      t.equal(said.replaceAll(" ", ""), `Bob:${text}`.replaceAll(" ", ""), "and nothing is left out");
    }
  t.end();
});

t.test("ends rows at spaces if enough stays on them", (t) => {
  t.strictSame(paint([span("one two three four")], 12, 2, plain), ["one two", "  three", "  four"]);
  t.strictSame(paint([span("")], 12, 2, plain), [""]);
  t.end();
});

t.test("no text controls the terminal, in any locale", (t) => {
  t.equal(harmless("\u001b[2J\u009b31m\u202e\r\n", plain), "\\x1b[2J\\x9b31m\\u{202e}\\n");
  // The second byte of this letter in UTF-8 is 0x9B, which an 8-bit terminal takes for the beginning of an order.
  t.equal(harmless("Û漢", { colour: true, unicode: false }), "\\u{db}\\u{6f22}");
  t.end();
});

t.test("puts colours around texts and never inside", (t) => {
  const coloured = { colour: true, unicode: true };
  t.strictSame(paint([span("Bob", { kind: "friend", colour: 0 }), span(" hi\u001b[31m")], 80, 9, coloured), [
    "\u001b[36mBob\u001b[0m hi\\x1b[31m",
  ]);
  const folded = paint([span("alarming alarm", "alarm")], 12, 2, coloured);
  t.strictSame(folded, ["\u001b[31malarming\u001b[0m", "  \u001b[31malarm\u001b[0m"]);
  t.end();
});
