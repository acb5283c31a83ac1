import { createHash } from "node:crypto";
import { onLoopback, parsePeerTable, type PeerTable } from "../../../src/core/peer-table.js";
import { sharedText } from "../../../src/core/shared-group.js";
import { toUtf8 } from "../../../src/core/utf8.js";
import { promise } from "../kit/promise.js";

const parse = (content: string): ReturnType<typeof parsePeerTable> =>
  parsePeerTable("group", toUtf8(content), { port: 6969, dialect: "secure", idleMs: 120_000 });

function tableOf(content: string): PeerTable {
  const table = parse(content);
  if (!table.ok) throw new Error(table.message);
  return table.value;
}

function messageOf(content: string): string {
  const table = parse(content);
  return table.ok ? "no fault" : table.message;
}

const rows = "3\nAlice 10.1.1.0\nBob 10.1.2.0\nMartha 10.1.3.0\n";

promise("a line after the last row that begins with group defines a conversation", (t) => {
  const { conversations, peers } = tableOf(
    `${rows}group plans Alice Bob # all but Martha\n\n  group \u00e9t\u00e9 Martha Alice\n`,
  );
  t.strictSame(conversations, [
    { name: "plans", members: ["Alice", "Bob"] },
    { name: "\u00e9t\u00e9", members: ["Martha", "Alice"] },
  ]);
  t.equal(peers.length, 3);
  t.strictSame(onLoopback(tableOf(`${rows}group plans Bob`)).conversations, [{ name: "plans", members: ["Bob"] }]);
});

promise("a member may be called group", (t) => {
  const table = tableOf("2\ngroup 10.1.1.0\nBob 10.1.2.0\ngroup plans group Bob\n");
  t.strictSame(
    table.peers.map(({ name }) => name),
    ["group", "Bob"],
  );
  t.strictSame(table.conversations, [{ name: "plans", members: ["group", "Bob"] }]);
  t.equal(tableOf("2 Alice 10.1.1.0 group 10.1.2.0").peers.length, 2);
});

promise("reports a wrong group line as a fault with its line and what was expected", (t) => {
  for (const [line, message] of [
    ["group", /^group:5: expected a conversation's name .* after "group", found the end of the line$/],
    ["group plans", /^group:5: expected the members of "plans", found the end of the line$/],
    ["group all Bob", /^group:5: expected another name than "all"/],
    ["group -x Bob", /^group:5: expected a conversation's name .*, found "-x"$/],
    ["group plans Bob Eve", /^group:5: expected names of rows above after "group plans", found "Eve"$/],
    ["group plans Bob Bob", /^group:5: expected each member of "plans" once, found "Bob" again$/],
    ["group plans Bob\ngroup plans Alice", /^group:6: expected a new conversation, found "plans" again$/],
    ["group plans Bob\nEve 10.1.4.0", /^group:1: expected 3 peers as the count says, found 4$/],
    ["Eve 10.1.4.0\ngroup plans Bob", /^group:1: expected 3 peers as the count says, found 4$/],
  ] as const)
    t.match(messageOf(rows + line), message, line);
  const many = Array.from({ length: 257 }, (_, index) => `group g${String(index)} Bob\n`).join("");
  t.match(messageOf(rows + many), /^group:261: expected at most 256 conversations, found more$/);
});

promise("accepts attributes of later versions with a remark, once each", (t) => {
  const { remarks, peers } = tableOf(
    "2\nAlice 10.1.1.0 files=ask files-max=100M quota=1G\nBob 10.1.2.0 find=no relay=yes idle=30\ngroup plans Bob\n",
  );
  t.equal(peers[1]?.idle.afterMs, 30_000);
  t.strictSame(
    remarks.map((each) => each.split(" ").slice(0, 2).join(" ")),
    ["group:2: files=", "group:2: files-max=", "group:2: quota=", "group:3: find=", "group:3: relay=", "group:4: the"],
  );
  t.match(messageOf("1\nAlice 10.1.1.0 files=ask files=ask"), /:2: expected each attribute once, found "files" again$/);
  t.match(messageOf("1\nAlice 10.1.1.0 colour=red"), /:2: expected dialect=/);
});

promise("the shared part is equal for files that differ in layout, order and attributes of one machine", (t) => {
  const one = `${rows}group plans Alice Bob\ngroup \u00e9t\u00e9 Bob`;
  const other =
    "# ours\n3 Martha 10.1.3.0:6969 idle=never\nBob\t10.1.2.0 files=refuse\n\nAlice\n10.1.1.0\n" +
    "group e\u0301te\u0301 Bob\ngroup plans Bob Alice\n";
  t.equal(sharedText(tableOf(other)), sharedText(tableOf(one)));
  t.equal(
    sharedText(tableOf(one)),
    "member Alice 10.1.1.0:6969 secure -\nmember Bob 10.1.2.0:6969 secure -\nmember Martha 10.1.3.0:6969 secure -\n" +
      "group plans Alice Bob\ngroup \u00e9t\u00e9 Bob\n",
  );
  t.equal(
    createHash("sha256")
      .update(sharedText(tableOf(rows)))
      .digest("hex"),
    "e7cdc5f2a013faa07279bcde2afe23fc890fc9c4f68f64f768043ec276624459",
    "the hash that the documents give",
  );
});

promise("the shared part differs if a name, an address, a dialect, a key or a conversation differs", (t) => {
  const key = `key=${"a1".repeat(32)}`;
  const texts = [
    rows,
    rows.replace("Bob", "Rob"),
    rows.replace("10.1.2.0", "10.1.2.1"),
    rows.replace("10.1.2.0", "10.1.2.0:7001"),
    rows.replace("10.1.2.0", "10.1.2.0 dialect=line"),
    rows.replace("10.1.2.0", `10.1.2.0 ${key}`),
    `${rows}group plans Bob`,
    `${rows}group plans Bob Alice`,
    `${rows}group plan Bob`,
  ].map((content) => sharedText(tableOf(content)));
  t.equal(new Set(texts).size, texts.length);
});
