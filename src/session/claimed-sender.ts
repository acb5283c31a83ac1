// Finds the member that a text claims to come from, in dialects whose texts name their sender. The claim is not proven.

import type { Peer } from "../core/types.js";
import type { Sender } from "../wire/event.js";

/** `rows`: the rows of the address that the text came from. The port counts more than the name, which people type at each start. */
export function claimedRow(rows: readonly Peer[], from: Sender): Peer | undefined {
  return rows.find(({ port }) => port === from.port) ?? rows.find(({ name }) => onWire(name) === onWire(from.name));
}

/** Some dialects cannot have spaces in names. */
const onWire = (name: string): string => name.normalize("NFC").replaceAll(" ", "-");
