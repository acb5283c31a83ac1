// A model of a sender and a receiver around the pure stream machines, each with a disk, on a connection that may break
// at any event. The world is a value; every move returns a new one. It throws as soon as a promise is broken.

import { windowBytes } from "../../../src/core/limits.js";
import type { Incoming, Outgoing } from "../../../src/core/record.js";
import type { PublicKey, Result } from "../../../src/core/types.js";
import { CreditLedger } from "../../../src/delivery/credit-ledger.js";
import { emptyIncoming, emptyOutgoing, InStream, OutStream, type Lookup } from "../../../src/delivery/stream.js";
import type { AckEvent, PositionEvent, StreamEvent } from "../../../src/wire/event.js";

/** Half of the receiver's credit: a window of two messages. */
const unitBytes = windowBytes / 2;

interface Batch {
  readonly ordinal: number;
  readonly tag: string;
  /** Unique names of messages. */
  readonly ids: readonly string[];
}

interface SenderDisk {
  readonly record: Outgoing;
  readonly batches: readonly Batch[];
}

interface Sender {
  readonly disk: SenderDisk;
  /** The state of the machine; its record may be newer than the disk's. */
  readonly mark: ReturnType<OutStream["mark"]>;
  readonly owesStream: boolean;
}

interface ReceiverDisk {
  readonly incoming: Incoming;
  /** The history. */
  readonly log: readonly string[];
}

interface Receiver {
  readonly key: PublicKey;
  readonly disk: ReceiverDisk;
  /** In memory, usually equal to the disk's; a new stream is on disk only with its first message. */
  readonly committed: Incoming;
  readonly announced: boolean;
  /** Messages not shown yet, and messages received on this connection. */
  readonly unshown: number;
  readonly received: number;
}

interface Texts {
  readonly kind: "texts";
  readonly seq: number;
  readonly tag: string;
  readonly ids: readonly string[];
}

type Up = Texts | StreamEvent;
type Down = PositionEvent | AckEvent;

export interface World {
  readonly sender: Sender;
  readonly receiver: Receiver;
  /** Receivers with other keys, which are offline now. */
  readonly away: readonly Receiver[];
  readonly wire: { readonly up: readonly Up[]; readonly down: readonly Down[] } | undefined;
  readonly names: number;
  /** Every message that was ever on a receiver's disk. */
  readonly ever: readonly string[];
  /** Whether the users were told that a new stream began. */
  readonly told: boolean;
  readonly disasters: number;
  readonly backups: { readonly sender?: SenderDisk; readonly receiver?: ReceiverDisk };
}

export type Outcome = "ok" | "fails" | "crashes after it";

const keyOfReceiver = (number: number): PublicKey => String(number).repeat(64) as PublicKey;

const newReceiver = (key: PublicKey, disk: ReceiverDisk): Receiver => ({
  key,
  disk,
  committed: disk.incoming,
  announced: false,
  unshown: 0,
  received: 0,
});

const newSender = (disk: SenderDisk): Sender => ({
  disk,
  mark: { record: disk.record, connected: undefined },
  owesStream: false,
});

export const newWorld: World = {
  sender: newSender({ record: { ...emptyOutgoing, acknowledges: true }, batches: [] }),
  receiver: newReceiver(keyOfReceiver(1), { incoming: emptyIncoming, log: [] }),
  away: [],
  wire: undefined,
  names: 0,
  ever: [],
  told: false,
  disasters: 0,
  backups: {},
};

function must<Value>(result: Result<Value>): Value {
  if (!result.ok) throw new Error(`fault: ${result.message}`);
  return result.value;
}

const outOf = ({ mark }: Sender): OutStream => {
  const out = new OutStream(mark.record);
  out.reset({ record: mark.record, connected: mark.connected && { ...mark.connected } });
  return out;
};

function backlogOf({ unshown, received }: Receiver): CreditLedger {
  const ledger = new CreditLedger();
  if (unshown > 0) ledger.receive(unshown * unitBytes);
  if (unshown > 0) ledger.wait(unshown, unshown * unitBytes);
  ledger.connected();
  ledger.receive(received * unitBytes);
  ledger.drop(received * unitBytes);
  return ledger;
}

/** Like the store: the tag is known while the message is queued. */
const tagIn =
  ({ record, batches }: SenderDisk) =>
  (ordinal: number): string | undefined =>
    ordinal <= record.retired ? undefined : batches.find((batch) => ordinal < batch.ordinal + batch.ids.length)?.tag;

const idAt = (batches: readonly Batch[], ordinal: number): string => {
  const batch = batches.find(({ ordinal: first, ids }) => ordinal >= first && ordinal < first + ids.length);
  return batch?.ids[ordinal - batch.ordinal] ?? "none";
};

/** Every acknowledged message must have been on a receiver's disk. */
function checkRetired(world: World, from: number, to: number): void {
  for (let ordinal = from + 1; ordinal <= to; ordinal += 1) {
    const id = idAt(world.sender.disk.batches, ordinal);
    if (!world.ever.includes(id)) throw new Error(`${id} was acknowledged and never stored`);
  }
}

// The connection.

export function connect(world: World): World | undefined {
  if (world.wire !== undefined) return undefined;
  const receiver = { ...world.receiver, announced: false, received: 0 };
  const position: Down = { kind: "position", ...receiver.committed, granted: backlogOf(receiver).granted };
  const out = outOf(world.sender);
  out.disconnected();
  const sender = { ...world.sender, mark: out.mark(), owesStream: false };
  return { ...world, sender, receiver, wire: { up: [], down: [position] } };
}

export function cut(world: World): World | undefined {
  if (world.wire === undefined) return undefined;
  const out = outOf(world.sender);
  out.disconnected();
  return { ...world, wire: undefined, sender: { ...world.sender, mark: out.mark(), owesStream: false } };
}

const apart = (world: World): World => cut(world) ?? world;

export function crashSender(world: World): World {
  return { ...apart(world), sender: newSender(world.sender.disk) };
}

export function crashReceiver(world: World): World {
  return { ...apart(world), receiver: newReceiver(world.receiver.key, world.receiver.disk) };
}

// The sender.

export function hear(world: World): World | undefined {
  const [event, ...down] = world.wire?.down ?? [];
  if (event === undefined || world.wire === undefined) return undefined;
  const out = outOf(world.sender);
  const { retired } = out.record;
  let { names, told } = world;
  const look: Lookup = { tagAt: tagIn(world.sender.disk), freshStream: () => `s${String((names += 1))}` };
  if (event.kind === "ack") must(out.acknowledge(event, look));
  else told = out.resume(event, world.receiver.key, look) === "goes-on" ? told : told || out.record.base > 0;
  checkRetired(world, retired, out.record.retired);
  const owesStream = world.sender.owesStream || event.kind === "position";
  return {
    ...world,
    names,
    told,
    wire: { ...world.wire, down },
    sender: { ...world.sender, mark: out.mark(), owesStream },
  };
}

/** A turn of the sender: `typed` messages are typed and up to `sent` are sent. */
export function senderTurn(world: World, typed: number, sent: number, outcome: Outcome): World | undefined {
  const out = outOf(world.sender);
  const { disk } = world.sender;
  let { names } = world;
  const name = (letter: string): string => `${letter}${String((names += 1))}`;
  const before = out.mark();
  const ids = Array.from({ length: typed }, () => name("m"));
  const fresh = typed === 0 ? [] : [{ ordinal: out.queue(typed), tag: name("t"), ids }];
  const batches = [...disk.batches, ...fresh];
  const chosen = chooseTexts(out, batches, sent);
  if (sent > 0 && chosen.length === 0) return undefined;
  if (outcome === "fails") {
    out.reset(before);
    return { ...world, names, sender: { ...world.sender, mark: out.mark() } };
  }
  const stored = { record: out.record, batches };
  const sender: Sender = { disk: stored, mark: out.mark(), owesStream: false };
  if (outcome === "crashes after it") return crashSender({ ...world, names, sender });
  const words: Up[] = [...(world.sender.owesStream ? [out.announcement] : []), ...chosen];
  const wire = world.wire && { ...world.wire, up: [...world.wire.up, ...words] };
  return { ...world, names, sender, wire };
}

/** One frame holds messages of one batch. */
function chooseTexts(out: OutStream, batches: readonly Batch[], count: number): Texts[] {
  const chosen: Texts[] = [];
  for (let left = count; left > 0 && out.linked && out.upNext < out.record.next;) {
    const ordinal = out.upNext;
    const batch = batches.find(({ ordinal: first, ids }) => ordinal < first + ids.length) as Batch;
    const ids = batch.ids.slice(ordinal - batch.ordinal).slice(0, Math.min(left, Math.floor(out.credit / unitBytes)));
    if (ids.length === 0) return chosen;
    chosen.push({ kind: "texts", seq: out.seqOf(ordinal), tag: batch.tag, ids });
    out.send(ids.length, ids.length * unitBytes);
    left -= ids.length;
  }
  return chosen;
}

// The receiver.

/** A turn of the receiver, which reads `reads` events. */
export function receiverTurn(world: World, reads: number, outcome: Outcome): World | undefined {
  const { wire, receiver } = world;
  if (wire === undefined || wire.up.length < reads) return undefined;
  const into = new InStream(receiver.committed);
  if (receiver.announced)
    into.announce({ kind: "stream", stream: receiver.committed.stream, from: receiver.committed.received + 1 });
  const ledger = backlogOf(receiver);
  let told = world.told;
  const fresh: string[] = [];
  let [announced, received, stores] = [receiver.announced, receiver.received, false];
  for (const event of wire.up.slice(0, reads)) {
    if (event.kind === "stream") {
      told = must(into.announce(event)) === "anew" || told;
      announced = true;
      continue;
    }
    const bytes = event.ids.length * unitBytes;
    if (!ledger.receive(bytes)) throw new Error("more was sent than was granted");
    const seen = must(into.take({ seq: event.seq, tag: event.tag, bytes }, event.ids.length));
    fresh.push(...event.ids.slice(seen));
    received += event.ids.length;
    stores = true;
  }
  const rest = { ...wire, up: wire.up.slice(reads) };
  const changed = into.current !== into.committed;
  if (outcome === "fails") {
    into.rollBack();
    const after = { ...world, wire: rest, receiver: { ...receiver, announced, received } };
    // The events that the failed turn lost must be sent again.
    return changed ? apart(after) : after;
  }
  into.commit();
  const disk = stores ? { incoming: into.committed, log: [...receiver.disk.log, ...fresh] } : receiver.disk;
  const unshown = receiver.unshown + fresh.length;
  if (unshown * unitBytes > windowBytes) throw new Error("the window is exceeded");
  const ever = [...world.ever, ...fresh.filter((id) => !world.ever.includes(id))];
  const next: Receiver = { key: receiver.key, disk, committed: into.committed, announced, unshown, received };
  const after = { ...world, ever, told, receiver: next, wire: rest };
  if (outcome === "crashes after it") return crashReceiver(after);
  return stores ? acknowledge(after) : after;
}

/** Sends an acknowledgement of the stored messages with the current credit. */
export function acknowledge(world: World): World {
  if (world.wire === undefined) return world;
  const ack: AckEvent = {
    kind: "ack",
    received: world.receiver.committed.received,
    granted: backlogOf(world.receiver).granted,
  };
  return { ...world, wire: { ...world.wire, down: [...world.wire.down, ack] } };
}

/** The screen has shown everything. */
export function show(world: World): World | undefined {
  if (world.receiver.unshown === 0) return undefined;
  return acknowledge({ ...world, receiver: { ...world.receiver, unshown: 0 } });
}

// Disasters.

const disastersMax = 1;

export const backUpSender = (world: World): World | undefined =>
  world.backups.sender === undefined
    ? { ...world, backups: { ...world.backups, sender: world.sender.disk } }
    : undefined;

export const backUpReceiver = (world: World): World | undefined =>
  world.backups.receiver === undefined
    ? { ...world, backups: { ...world.backups, receiver: world.receiver.disk } }
    : undefined;

function disaster(world: World, change: Partial<World>): World | undefined {
  if (world.disasters === disastersMax) return undefined;
  return { ...apart(world), ...change, disasters: world.disasters + 1, told: false };
}

export const restoreSender = ({ backups, ...world }: World): World | undefined =>
  backups.sender && disaster({ ...world, backups }, { sender: newSender(backups.sender) });

export const restoreReceiver = ({ backups, ...world }: World): World | undefined =>
  backups.receiver && disaster({ ...world, backups }, { receiver: newReceiver(world.receiver.key, backups.receiver) });

export const loseSenderDisk = (world: World): World | undefined => disaster(world, { sender: newWorld.sender });

export const loseReceiverDisk = (world: World): World | undefined =>
  disaster(world, { receiver: newReceiver(world.receiver.key, newWorld.receiver.disk) });

/** A receiver with another key answers; the first one is offline and keeps its disk. */
export function changeKey(world: World): World | undefined {
  if (world.away.length + world.disasters >= 3) return undefined;
  const gone = newReceiver(world.receiver.key, world.receiver.disk);
  const [back] = world.away;
  const receiver = back ?? newReceiver(keyOfReceiver(2), newWorld.receiver.disk);
  return { ...apart(world), receiver, away: [gone], disasters: world.disasters + 1, told: true };
}

// Invariants.

/** Names have no meaning: they are renamed in the order of their occurrence. */
export function keyOf(world: World): string {
  const names = new Map<string, string>();
  return JSON.stringify({ ...world, names: 0 }).replace(/"[mts]\d+"/g, (name) => {
    const known = names.get(name) ?? `"${name.charAt(1)}'${String(names.size)}"`;
    names.set(name, known);
    return known;
  });
}

const idsOf = ({ batches }: SenderDisk): readonly string[] => batches.flatMap(({ ids }) => ids);

/** Runs without further failures until nothing changes. */
function heal(world: World): World {
  let now = connect(world) ?? world;
  for (let round = 0; round < 40; round += 1) {
    const next = healSender(now) ?? now;
    const healed = healReceiver(next) ?? next;
    if (healed === now) return now;
    now = healed;
  }
  throw new Error("the world does not settle");
}

function healSender(world: World): World | undefined {
  const heard = hear(world) ?? world;
  return senderTurn(heard, 0, 9, "ok") ?? (isStored(heard) ? heard : senderTurn(heard, 0, 0, "ok"));
}

function healReceiver(world: World): World | undefined {
  const waiting = world.wire?.up.length ?? 0;
  const read = waiting === 0 ? world : (receiverTurn(world, waiting, "ok") ?? world);
  return show(read) ?? read;
}

const isStored = ({ sender }: World): boolean => !sender.owesStream && sender.mark.record === sender.disk.record;

/** Checks safety now, and that everything arrives if nothing breaks any more. */
export function check(world: World): void {
  if (world.disasters === 0) checkLog(world);
  const healed = heal(world);
  const { record } = healed.sender.disk;
  if (record.retired !== record.next - 1) throw new Error(`${String(record.next - 1 - record.retired)} wait for ever`);
  checkHealed(healed);
}

/** No message lost, none twice, all in order. */
function checkLog({ sender, receiver }: World): void {
  const ids = idsOf(sender.disk);
  const { log } = receiver.disk;
  if (log.join() !== ids.slice(0, log.length).join()) throw new Error(`${log.join()} of ${ids.join()}`);
}

function checkHealed(world: World): void {
  const ids = idsOf(world.sender.disk);
  const { log } = world.receiver.disk;
  if (world.disasters === 0 && log.join() !== ids.join()) throw new Error(`${log.join()} of ${ids.join()}`);
  if (world.told) return;
  const missing = ids.filter((id) => !log.includes(id));
  if (missing.length > 0) throw new Error(`${missing.join()} lost, and nobody was told`);
  if (new Set(log).size !== log.length) throw new Error(`${log.join()}: twice, and nobody was told`);
}
