// SCRIPTS.md lists exactly the requests of the request table.

import { readFileSync } from "node:fs";
import { requestTable, type RequestRow } from "../../../../src/member/request-table.js";
import { promise } from "../../kit/promise.js";

const rows: readonly RequestRow[] = requestTable;

/** The cells of the table's rows that follow the heading `## In`. */
const shownRows = (document: string): readonly string[] => {
  const section = /^## In$[\s\S]*?(?=^## )/m.exec(document)?.[0] ?? "";
  return section.split("\n").filter((line) => line.startsWith("| `"));
};

promise("the table of requests in SCRIPTS.md is the request table, after two rows for sending", (t) => {
  const shown = shownRows(readFileSync("src/clients/json/SCRIPTS.md", "utf8"));
  const derived = rows.flatMap(({ json }) =>
    json === undefined
      ? []
      : [`| \`${json.example}\` | ${json.where === "socket" ? "on the socket: " : ""}${json.effect} |`],
  );
  t.match(shown[0], /^\| `\{"to":"Bob","text":"hi"/);
  t.match(shown[1], "| `Bob/hi` |");
  t.ok(derived.length > 10);
  t.strictSame(shown.slice(2), derived);
});
