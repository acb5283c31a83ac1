import fc from "fast-check";
import { lineBytesMax } from "../../../src/core/limits.js";
import { LineEditor } from "../../../src/platform/line-editor.js";
import { promise } from "../kit/promise.js";

promise("what is typed is the line, and Enter ends it", (t) => {
  const editor = new LineEditor();
  t.strictSame(editor.type("hel"), { lines: [], signals: [], ended: false });
  t.equal(editor.line, "hel");
  t.strictSame(editor.type("lo\rnext").lines, ["hello"]);
  t.equal(editor.line, "next");
  t.strictSame(editor.type("\n\r").lines, ["next", ""]);
});

promise("letters, words and lines are taken back as at a terminal", (t) => {
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

promise("keys that are no letters leave no trace", (t) => {
  const editor = new LineEditor();
  editor.type("a\u001b[A\u001b[1;5C\u001bOP\u001bb\u001b[200~b\u001b[201~\u0001\u000c\0");
  t.equal(editor.line, "ab");
});

promise("keys that a terminal makes signals of are told, and Ctrl-D ends an empty line only", (t) => {
  const editor = new LineEditor();
  t.strictSame(editor.type("a\u0003\u001a\u001c").signals, ["SIGINT", "SIGTSTP", "SIGQUIT"]);
  t.notOk(editor.type("\u0004").ended);
  t.ok(editor.type("\u0015\u0004").ended);
});

promise("a line grows no longer than what tells that it is too long", (t) => {
  const editor = new LineEditor();
  for (let times = 0; times < 16; times += 1) editor.type("x".repeat(65_536));
  t.equal(editor.line.length, lineBytesMax + 1);
});

promise("whatever is typed, no control character but a tab is in a line", (t) => {
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
