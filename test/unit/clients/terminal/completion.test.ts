import t from "tap";
import type { PeerName } from "../../../../src/core/types.js";
import { complete } from "../../../../src/clients/terminal/completion.js";
import { commandTable, findCommand } from "../../../../src/clients/terminal/commands.js";

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
  for (const { name } of commandTable) t.match(findCommand(name), { kind: "one", command: { name } });
  t.match(findCommand("hi"), { kind: "one", command: { name: "history" } });
  t.match(findCommand("VERIFY"), { kind: "one", command: { name: "verify" } });
  t.strictSame(findCommand("h"), { kind: "several", names: ["/help", "/history"] });
  t.strictSame(findCommand("verfy"), { kind: "none", meant: "/verify" });
  t.strictSame(findCommand("xyzzyxyzzy"), { kind: "none", meant: undefined });
  t.strictSame(findCommand("").kind, "none");
  t.end();
});
