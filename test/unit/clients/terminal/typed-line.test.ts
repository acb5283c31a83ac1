import t from "tap";
import { lineBytesMax } from "../../../../src/core/limits.js";
import { understand } from "../../../../src/clients/terminal/typed-line.js";

const names = ["Alice", "Bob", "Martha", "José"];
const withBob = { names, last: "Bob" };
const message = (to: string, text: string) => ({ kind: "message", to, text }) as const;

t.test("finds the receivers of a line", (t) => {
  for (const [line, intent] of [
    ["hello", message("Bob", "hello")],
    ["Martha/a/b", message("Martha", "a/b")],
    [" Martha /hi", message("Martha", "hi")],
    ["@Martha hi there", message("Martha", "hi there")],
    ["Bob,Martha/hi", message("Bob,Martha", "hi")],
    ["Bob, Martha/hi", message("Bob, Martha", "hi")],
    ["*/hi", message("*", "hi")],
    ["//etc/hosts", message("Bob", "/etc/hosts")],
    ["Jose\u0301/hola", message("Jose\u0301", "hola")],
    ["see https://example.org/x", message("Bob", "see https://example.org/x")],
    ["https://example.org", message("Bob", "https://example.org")],
    ["you and/or me", message("Bob", "you and/or me")],
    ["/peers", { kind: "command", typed: "peers" }],
    ["/history Bob  lunch", { kind: "command", typed: "history Bob  lunch" }],
    ["   ", { kind: "nothing" }],
    ["Bob/  ", { kind: "empty", to: "Bob" }],
    ["@Bob", { kind: "turn", to: "Bob" }],
    ["@Bob,Martha", { kind: "empty", to: "Bob,Martha" }],
  ] as const)
    t.strictSame(understand(line, withBob), intent, line);
  t.end();
});

t.test("sends a line with a possibly mistyped name to nobody", (t) => {
  for (const [line, name] of [
    ["Bbo/secret", "Bbo"],
    ["bob/secret", "bob"],
    ["Bob,Mrtha/secret", "Mrtha"],
    ["and/or", "and"],
    ["@Mrtha secret", "Mrtha"],
  ] as const) {
    const intent = understand(line, { names, last: "Martha" });
    t.match(intent, { kind: "unknown", name }, line);
  }
  t.end();
});

t.test("sends a line with a missing name between commas to nobody", (t) => {
  for (const [line, to] of [
    ["Bob,/secret", "Bob,"],
    ["Bob,,Martha/secret", "Bob,,Martha"],
    [",Bob/secret", ",Bob"],
    ["Bob, /secret", "Bob,"],
    ["@Bob, Martha secret", "Bob,"],
  ] as const)
    t.strictSame(understand(line, withBob), { kind: "gap", to }, line);
  t.end();
});

t.test("refuses text without a receiver, and text that is too long", (t) => {
  t.strictSame(understand("hello", { names, last: undefined }), { kind: "to-nobody" });
  t.strictSame(understand("//x", { names, last: undefined }), { kind: "to-nobody" });
  t.strictSame(understand("x".repeat(lineBytesMax + 1), withBob), { kind: "overlong" });
  t.match(understand("x".repeat(lineBytesMax), withBob), { kind: "message" });
  t.end();
});
