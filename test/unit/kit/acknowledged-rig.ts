// Events of a friend whose dialect has acknowledgements, and a rig for AcknowledgedDelivery.

import { batchOf, textsBytes } from "../../../src/core/batch.js";
import { windowBytes } from "../../../src/core/limits.js";
import type { Contact } from "../../../src/core/notice.js";
import type { AcknowledgedDelivery } from "../../../src/delivery/acknowledged.js";
import { noStream, noTag } from "../../../src/delivery/stream.js";
import type { AckEvent, DeliveryEvent, PositionEvent, TextsEvent } from "../../../src/wire/event.js";
import type { DeliveryRig } from "./delivery-rig.js";
import { keyOf } from "./keys.js";

export type Rig = DeliveryRig<AcknowledgedDelivery>;

export const contact = (digit = "b"): Contact => ({
  key: keyOf(digit),
  standing: "first-use",
  preferred: true,
  timed: false,
  entries: false,
});
export const nothingKnown: PositionEvent = {
  kind: "position",
  stream: noStream,
  received: 0,
  tag: noTag,
  granted: windowBytes,
};

/** Opens a connection, runs its first turn and returns the events that it wrote. */
export function stand(
  rig: Rig,
  position: PositionEvent | "none" = nothingKnown,
  digit?: string,
): readonly DeliveryEvent[] {
  rig.carrier.ready = true;
  rig.delivery.connected(contact(digit));
  if (position !== "none") rig.delivery.hear(position);
  return turn(rig);
}

/** Runs a turn and returns the events that it wrote; the kernel takes them. */
export function turn(rig: Rig): readonly DeliveryEvent[] {
  const before = rig.carrier.writes.length;
  rig.turn();
  if (rig.carrier.writes.length > before) rig.carrier.ready = true;
  return rig.carrier.writes.slice(before).flat();
}

export const kinds = (events: readonly DeliveryEvent[]): string => events.map(({ kind }) => kind).join(" ");
export const saidTexts = (events: readonly DeliveryEvent[]): string =>
  events.map((event) => (event.kind === "texts" ? event.batch.texts : "")).join("");
export const ack = (received: number, granted = windowBytes): AckEvent => ({ kind: "ack", received, granted });
export const texts = (lines: string, seq: number, tag = `tag ${String(seq)}`): TextsEvent => {
  const batch = batchOf(lines);
  return { kind: "texts", batch, at: { seq, tag, bytes: textsBytes(batch) } };
};
export const friendsStream = "ab".repeat(16);
export const begin = { kind: "stream", stream: friendsStream, from: 1 } as const;
