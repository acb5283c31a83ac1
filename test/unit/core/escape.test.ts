import fc from "fast-check";
import { cleanLine, cleanTexts, excerpt } from "../../../src/core/escape.js";
import { excerptLengthMax } from "../../../src/core/limits.js";
import { fromUtf8, toUtf8 } from "../../../src/core/utf8.js";
import { promise } from "../kit/promise.js";

// Uses Unicode properties, so that it does not repeat the pattern under test.
const control = /[\p{Cc}\p{Zl}\p{Zp}]/u;
const bidiControl = /\p{Bidi_Control}/u;
const hidden = /[\ufeff\ufff9-\ufffb\u206a-\u206f]/;

function assertClean(text: string): void {
  if (control.test(text)) throw new Error(`control character in ${JSON.stringify(text)}`);
  if (bidiControl.test(text)) throw new Error(`bidirectional control in ${JSON.stringify(text)}`);
  if (hidden.test(text)) throw new Error(`hidden character in ${JSON.stringify(text)}`);
}

/** Mostly dangerous characters, mixed with any others. */
const nasty = fc.oneof(
  fc.constantFrom("\u001b[2J", "\u009b31m", "\u0007", "\b", "\u202e", "\u2066", "\u061c", "\u200f", "\ufeff"),
  fc.constantFrom("\r", "\n", "\r\n", "\u0085", "\u2028", "\u2029", "\0", "\t", "\v", "\f", "\u007f"),
  fc.constantFrom("\ud800", "\udc00", "\ufffe", "\u{e0001}", "\u{10ffff}"),
  fc.string({ unit: "binary", maxLength: 4 }),
);
const anything = fc.oneof(
  fc.array(nasty, { maxLength: 20 }).map((parts) => parts.join("")),
  fc.string({ unit: "binary", maxLength: 30 }),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => fromUtf8(bytes)),
);

promise("lets no control character and no bidirectional control pass", (t) => {
  fc.assert(
    fc.property(anything, (text) => cleanTexts(text).split("\n").forEach(assertClean)),
    { numRuns: 3_000 },
  );
  t.pass();
});

promise("leaves each character of the basic plane unchanged or escapes it", (t) => {
  for (let code = 0; code < 0x10000; code += 1) assertClean(cleanLine(String.fromCharCode(code)));
  t.pass();
});

promise("cleanLine leaves no line break of any kind", (t) => {
  fc.assert(
    fc.property(anything, (text) => assertClean(cleanLine(text))),
    { numRuns: 3_000 },
  );
  t.equal(cleanLine("a\nb"), "a\\nb");
  t.equal(cleanLine("a\r\nb"), "a\\nb");
});

promise("cleaning keeps the number of lines", (t) => {
  fc.assert(fc.property(anything, (text) => cleanTexts(text).split("\n").length === text.split("\n").length));
  t.pass();
});

promise("cleaning twice gives the same as cleaning once", (t) => {
  fc.assert(fc.property(anything, (text) => cleanTexts(cleanTexts(text)) === cleanTexts(text)));
  t.pass();
});

const ordinary = [
  "hello, world",
  'tabs are not here, but "quotes", \\backslashes\\ and %s are',
  "Grüße, señor – naïve façade…",
  "Привет Γειά σου 你好 こんにちは 안녕하세요",
  "שלום مرحبا",
  "नमस्ते क्‍ष ക്‍ഷ می‌خواهم",
  "👩‍👩‍👧‍👦 🏳️‍🌈 🧑🏽‍💻 🇩🇪 1️⃣ ❤️",
  "e\u0301 \u00a0 \u3000 \u00ad \u200b",
  "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𓀀",
];

promise("ordinary text of any script stays unchanged, including joiners and emoji", (t) => {
  for (const text of ordinary) {
    t.equal(cleanLine(text), text);
    t.equal(cleanTexts(`${text}\n${text}\n`), `${text}\n${text}\n`);
  }
});

promise("letters, marks, digits, punctuation, symbols and spaces of all Unicode stay unchanged", (t) => {
  const plain = fc
    .string({ unit: "grapheme", maxLength: 30 })
    .filter((text) => /^[\p{L}\p{M}\p{N}\p{P}\p{S}\p{Zs}\u200c\u200d]*$/u.test(text));
  fc.assert(fc.property(plain, (text) => cleanLine(text) === text && cleanTexts(text) === text));
  t.pass();
});

promise("escapes hostile characters readably", (t) => {
  t.equal(cleanLine("\u001b[31mred\u0007"), "\\x1b[31mred\\x07");
  t.equal(cleanLine("a\tb\0c\rd"), "a\\tb\\0c\\rd");
  t.equal(cleanLine("\u009b\u202e\u2028\ufeff"), "\\x9b\\u{202e}\\u{2028}\\u{feff}");
  t.equal(cleanTexts("one\r\ntwo\r\r\n"), "one\ntwo\\r\n");
  t.equal(cleanTexts("end\r"), "end\\r");
});

promise("an excerpt is short and clean, and ends with an ellipsis if it was cut", (t) => {
  const longest = excerptLengthMax * "\\u{202e}".length + 1;
  fc.assert(
    fc.property(
      fc.oneof(
        anything,
        anything.map((text) => text.repeat(20)),
      ),
      (text) => {
        const cut = excerpt(text);
        assertClean(cut);
        if (cut.length > Math.max(longest, excerptLengthMax * 2 + 1))
          throw new Error(`${String(cut.length)} characters`);
      },
    ),
  );
  t.equal(excerpt("short"), "short");
  t.equal(excerpt("x".repeat(80)), "x".repeat(80));
  t.equal(excerpt("x".repeat(81)), `${"x".repeat(80)}…`);
  t.equal(excerpt("😀".repeat(80)), "😀".repeat(80));
  t.equal(excerpt("😀".repeat(81)), `${"😀".repeat(80)}…`);
  t.equal(excerpt(`x${"😀".repeat(90)}`), `x${"😀".repeat(79)}…`);
});

promise("invalid UTF-8 becomes replacement characters and does not affect the bytes around it", (t) => {
  t.equal(fromUtf8(new Uint8Array([0x61, 0xff, 0x62])), "a\ufffdb");
  t.equal(fromUtf8(new Uint8Array([0xe2, 0x82, 10, 0x62])), "\ufffd\nb");
  t.equal(fromUtf8(new Uint8Array([0xef, 0xbb, 0xbf, 0x61])), "\ufeffa");
  fc.assert(fc.property(fc.string({ unit: "grapheme" }), (text) => fromUtf8(toUtf8(text)) === text));
});
