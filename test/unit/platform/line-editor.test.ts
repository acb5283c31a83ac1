import fc from "fast-check";
import { lineBytesMax } from "../../../src/core/limits.js";
import { LineEditor } from "../../../src/platform/line-editor.js";
import { promise } from "../kit/promise.js";

promise("collects typed letters until Enter", (t) => {
  const editor = new LineEditor();
  t.strictSame(editor.type("hel"), { lines: [], signals: [], ended: false });
  t.equal(editor.line, "hel");
  t.strictSame(editor.type("lo\rnext").lines, ["hello"]);
  t.equal(editor.line, "next");
  t.strictSame(editor.type("\n\r").lines, ["next", ""]);
});

promise("deletes letters, words and lines as a terminal does", (t) => {
  const typed = (keys: string): string => {
    const editor = new LineEditor();
    editor.type(keys);
    return editor.line;
  };
  t.equal(typed("abc\u007f\b"), "a");
  t.equal(typed("\u007f"), "");
  t.equal(typed("a👍\u007f"), "a", "a letter outside the basic plane is one");
  t.equal(typed("one two  \u0017"), "one ");
  t.equal(typed("one two\u0015three"), "three");
});

promise("moves the cursor, edits at its place, and recalls the last line with Up", (t) => {
  const typed = (keys: string, shows = true): readonly string[] => {
    const editor = new LineEditor(() => shows);
    editor.type(keys);
    return [editor.before, editor.line];
  };
  const [left, right, home, end, up, del] = [
    "\u001b[D",
    "\u001bOC",
    "\u001b[H",
    "\u001b[F",
    "\u001b[A",
    "\u001b[3~",
  ] as const;
  t.strictSame(typed(`helo${left}l`), ["hell", "hello"]);
  t.strictSame(typed(`a👍b${left}${left}x`), ["ax", "ax👍b"]);
  t.strictSame(typed(`bc${home}a${right}${right}${right}d`), ["abcd", "abcd"]);
  t.strictSame(typed(`abc${home}${left}${del}${end}${del}d`), ["bcd", "bcd"]);
  t.strictSame(typed(`one two${left}\u0017`), ["one ", "one o"]);
  t.strictSame(typed(`one two${left}${left}${left}\u0015`), ["", "two"]);
  t.strictSame(typed(`first\r\r${up}`), ["first", "first"], "an empty line is none to come back to");
  t.strictSame(typed(`abc${up}`), ["abc", "abc"], "before the first line there is none");
  t.strictSame(typed(`abc${left}${left}`, false), ["abc", "abc"], "no cursor moves where none can be shown");
  const editor = new LineEditor();
  t.strictSame(editor.type(`helo${left}l\r`).lines, ["hello"], "Enter takes the whole line, wherever the cursor is");
});

promise("ignores keys that are not characters", (t) => {
  const editor = new LineEditor();
  editor.type("a\u001b[A\u001b[1;5C\u001bOP\u001bb\u001b[200~b\u001b[201~\u0001\u000c\0");
  t.equal(editor.line, "ab");
});

promise("reports signal keys, and Ctrl-D only on an empty line", (t) => {
  const editor = new LineEditor();
  t.strictSame(editor.type("a\u0003\u001a\u001c").signals, ["SIGINT", "SIGTSTP", "SIGQUIT"]);
  t.notOk(editor.type("\u0004").ended);
  t.ok(editor.type("\u0015\u0004").ended);
});

promise("bounds a line to one character more than the limit", (t) => {
  const editor = new LineEditor();
  for (let times = 0; times < 16; times += 1) editor.type("x".repeat(65_536));
  t.equal(editor.line.length, lineBytesMax + 1);
});

promise("a line contains no control character but TAB, for any keys", (t) => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (keys) => {
      const editor = new LineEditor();
      const { lines } = editor.type(keys);
      // eslint-disable-next-line no-control-regex -- these are what must not be there
      return [...lines, editor.line].every((line) => !/[\0-\x08\x0a-\x1f\x7f]/.test(line));
    }),
  );
  t.pass();
});
