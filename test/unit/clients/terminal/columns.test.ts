import t from "tap";
import { clipped, columnsOf, fitting, padded } from "../../../../src/clients/terminal/columns.js";

t.test("measures text as the widest terminal draws it", (t) => {
  t.equal(columnsOf("plain"), 5);
  t.equal(columnsOf("漢字"), 4);
  t.equal(columnsOf("e\u0301"), 1, "a mark stands on its letter");
  t.equal(columnsOf("👍"), 2);
  t.equal(columnsOf("❤\ufe0f"), 3, "never less than the two that some draw");
  t.ok(columnsOf("👩‍👩‍👧‍👦") >= 8, "joined emoji count as if nothing joined them");
  t.equal(columnsOf("ﾊﾝｶｸ"), 4);
  t.end();
});

t.test("cuts text between characters", (t) => {
  t.equal("漢字漢字".slice(0, fitting("漢字漢字", 5)), "漢字");
  t.equal("e\u0301e\u0301e".slice(0, fitting("e\u0301e\u0301e", 2)), "e\u0301e\u0301");
  t.equal(fitting("👍👍", 3), "👍".length);
  t.equal(fitting("abc", -1), 0);
  t.equal(clipped("漢字漢字", 5, "~"), "漢字~");
  t.equal(clipped("fits", 4, "~"), "fits");
  t.equal(padded("漢", 4), "漢  ");
  t.end();
});
