// All dialects that a row of the group file may name, with ourselves as the sender.

import type { DialectName } from "../core/types.js";
import type { Dialect, Self } from "./dialect.js";
import { lineDialect } from "./dialects/line.js";
import { namedDialect } from "./dialects/named.js";
import { saysDialect } from "./dialects/says.js";
import { secureDialect } from "./dialects/secure.js";
import { taggedDialect } from "./dialects/tagged.js";

export type Dialects = Readonly<Record<DialectName, Dialect>>;

export const dialectsOf = (self: Self): Dialects => ({
  secure: secureDialect,
  line: lineDialect,
  named: namedDialect(self),
  tagged: taggedDialect(self),
  says: saysDialect(self),
});
