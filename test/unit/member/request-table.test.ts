// One table describes every request: whatever spells requests agrees with it.

import fc from "fast-check";
import { parseArguments } from "../../../src/cli/arguments.js";
import { parseSlash } from "../../../src/clients/slash.js";
import { help } from "../../../src/clients/words.js";
import { isMemberRequest, type Fields, type MemberRequest } from "../../../src/member/api.js";
import { requestRows, slashRows, slashUsage } from "../../../src/member/request-table.js";
import { World } from "../../sim/world/world.js";
import { group } from "../kit/console-rig.js";
import { promise } from "../kit/promise.js";

const rows = requestRows;
/** What is typed for an argument that is not a name. */
const spoken = new Map<string, string>([
  ["yes", "yes"],
  ["words", "two words"],
  ["key", "12ab"],
]);
const names = group.map(({ name }) => name);
const context = { group: { names, self: names[0]! }, prompt: undefined };

promise("every request of the shell is a command of p2p, with the table's summary in its help", (t) => {
  const whole = parseArguments(["--help"], "0");
  const text = whole.kind === "print" ? whole.text.replaceAll(/\s+/g, " ") : "";
  for (const { name, shell, summary } of rows) {
    const invocation = parseArguments([name, "--help"], "0");
    if (shell !== "no") t.match(invocation, { kind: "print" }, name);
    if (shell !== "no") t.ok(text.includes(summary), `p2p --help: ${summary}`);
  }
});

promise("every slash command is in /help, is explained, and takes its arguments", (t) => {
  const listed = help(undefined).join("\n");
  for (const row of slashRows) {
    t.ok(listed.includes(slashUsage(row)), slashUsage(row));
    t.match(help(row.name)[0], row.summary);
    const words = row.arguments.map(({ kind }) => spoken.get(kind) ?? "Bob");
    const parsed = parseSlash([row.name, ...words].join(" "), context);
    t.match(parsed, { kind: "request", name: row.name }, [row.name, ...words].join(" "));
    t.same(
      parsed.kind === "request" ? Object.keys(parsed.fields) : [],
      row.arguments.map(({ name }) => name),
    );
    const needed = row.arguments.some(({ need }) => need !== "optional");
    t.equal(parseSlash(row.name, context).kind, needed ? "wrong" : "request", `/${row.name} alone`);
  }
});

promise("every example in JSON names its request, and the member answers each that is not a client's own", (t) => {
  for (const { name, json } of rows) {
    if (json === undefined) continue;
    t.equal((JSON.parse(json.example) as Fields)["do"], name);
    if (json.where === "all" && name !== "quit") t.ok(isMemberRequest(name), name);
  }
});

promise("a number after /cancel is a message, unless a member has that name", (t) => {
  t.match(parseSlash("cancel 12", context), { fields: { seq: "12" } });
  t.match(parseSlash("cancel Bob", context), { fields: { to: "Bob" } });
  const named = { group: { names: [...names, "12" as (typeof names)[0]], self: names[0]! }, prompt: "Bob" };
  t.match(parseSlash("cancel 12", named), { fields: { to: "12" } });
  t.match(parseSlash("cancel", named), { fields: { to: "Bob" } });
});

promise("any fields, whoever sends them, get one answer and break nothing", (t) => {
  const world = new World({ seed: 1, dialect: "secure" }).start();
  const { api } = world.member("Alice").running;
  const asked = rows.map(({ name }) => name).filter((name): name is MemberRequest => isMemberRequest(name));
  const value = fc.oneof(
    fc.constantFrom("Bob", "Alice", "*", "Bob,Eve", "1", "0", "x".repeat(300), "__proto__"),
    fc.jsonValue(),
  );
  const fields = fc.dictionary(
    fc.constantFrom("friend", "to", "seq", "id", "key", "search", "chat", "constructor"),
    value,
  );
  let [sent, answered] = [0, 0];
  fc.assert(
    fc.property(fc.constantFrom(...asked), fields, (name, more) => {
      sent += 1;
      api.request(name, more, () => (answered += 1));
    }),
    { numRuns: 400 },
  );
  world.member("Alice").running.tell("a turn");
  world.time.runFor(100);
  t.equal(answered, sent);
  world.stop();
});
