import t from "tap";
import type { PeerName } from "../../../../src/core/types.js";
import { complete } from "../../../../src/clients/terminal/completion.js";
import { findSlash, slashRows } from "../../../../src/member/request-table.js";

const self = "Alice" as PeerName;
const names = [self, ...(["Bob", "Bobby", "Martha"] as PeerName[])];

t.test("completes names, commands and arguments", (t) => {
  for (const [before, typed, candidates] of [
    ["Ma", "Ma", ["Martha/"]],
    ["bo", "bo", ["Bob/", "Bobby/"]],
    ["Bob,Ma", "Ma", ["Martha/"]],
    ["Bob, Ma", "Ma", ["Martha/"]],
    ["@Ma", "Ma", ["Martha "]],
    ["/ve", "/ve", ["/verify "]],
    ["/q", "/q", ["/quit"]],
    ["/verify M", "M", ["Martha "]],
    ["/hi M", "M", ["Martha "]],
    ["/help ver", "ver", ["verify"]],
    ["", "", ["Alice/", "Bob/", "Bobby/", "Martha/", "*/"]],
    ["/verify ", "", ["Bob ", "Bobby ", "Martha "]],
    ["/trust A", "A", []],
    ["/key A", "A", ["Alice "]],
    ["/verify Martha ", "", []],
    ["/verify Martha y", "y", []],
    ["/nonsense M", "M", []],
    ["hello Ma", "", []],
    ["Bob/Ma", "", []],
    ["//Ma", "", []],
  ] as const)
    t.strictSame(complete(before, { names, self }), { typed, candidates }, before);
  t.end();
});

t.test("finds a command by its name or a clear beginning, and suggests one for a typo", (t) => {
  for (const { name } of slashRows) t.match(findSlash(name), { kind: "one", row: { name } });
  t.match(findSlash("hi"), { kind: "one", row: { name: "history" } });
  t.match(findSlash("VERIFY"), { kind: "one", row: { name: "verify" } });
  t.strictSame(findSlash("h"), { kind: "several", names: ["/help", "/history"] });
  t.strictSame(findSlash("verfy"), { kind: "none", meant: "/verify" });
  t.strictSame(findSlash("xyzzyxyzzy"), { kind: "none", meant: undefined });
  t.strictSame(findSlash("").kind, "none");
  t.end();
});
