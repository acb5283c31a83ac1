// Which member a text claims to be from, where the text itself says who speaks. Nothing proves it.

import type { Peer } from "../core/types.js";
import type { Sender } from "../wire/event.js";

/** Among the rows of the address that it came from. A port tells more than a name, which people type at each start. */
export function claimedRow(rows: readonly Peer[], from: Sender): Peer | undefined {
  return rows.find(({ port }) => port === from.port) ?? rows.find(({ name }) => onWire(name) === onWire(from.name));
}

/** Some dialects have no spaces in names. */
const onWire = (name: string): string => name.normalize("NFC").replaceAll(" ", "-");
