// Events of a friend whose dialect has acknowledgements, and a rig for AcknowledgedDelivery.

import { batchOf, textsBytes } from "../../../src/core/batch.js";
import { windowBytes } from "../../../src/core/limits.js";
import type { Contact, Features } from "../../../src/core/notice.js";
import type { TypedMessage } from "../../../src/core/typed-message.js";
import type { AcknowledgedDelivery } from "../../../src/delivery/acknowledged.js";
import { noStream, noTag } from "../../../src/delivery/stream.js";
import type { AckEvent, DeliveryEvent, EntryEvent, PositionEvent, TextsEvent } from "../../../src/wire/event.js";
import type { DeliveryRig } from "./delivery-rig.js";
import { keyOf } from "./keys.js";

export type Rig = DeliveryRig<AcknowledgedDelivery>;

export const oldProgram: Features = { timed: false, entries: false };
export const newProgram: Features = { timed: true, entries: true };

export const contact = (digit = "b", features = oldProgram): Contact => ({
  ...{ key: keyOf(digit), standing: "first-use", preferred: true },
  ...features,
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
  features?: Features,
): readonly DeliveryEvent[] {
  rig.carrier.ready = true;
  rig.delivery.connected(contact(digit, features));
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
/** A message with a kind, as an event from the friend or to the friend. */
export const entry = (message: TypedMessage, seq: number, tag = `tag ${String(seq)}`): EntryEvent => ({
  kind: "entry",
  at: { seq, tag, bytes: message.raw.length },
  message,
});
