// The state that a simulated machine keeps between two lives of its program: the production store without a disk, a keyring,
// a key pair. It checks every commit: nothing lost, repeated or out of order, and no message retired that the
// peer's disk does not have.

import { publicKeyOf } from "../../../src/core/known-key.js";
import type { Entry, Incoming, Outgoing } from "../../../src/core/record.js";
import { spanLength, spansLength } from "../../../src/core/span.js";
import type { PeerName, PublicKey, Result } from "../../../src/core/types.js";
import { MemoryStore } from "../../unit/kit/memory-store.js";
import { noiseLibrary } from "../../../src/platform/noise-library.js";
import type { MemberState } from "../../../src/ports.js";
import { MemoryKeyring } from "../../unit/kit/memory-keyring.js";
import type { Dice } from "./dice.js";

/** The contents of all members' disks, for comparison. */
export class Disks {
  readonly #disks = new Map<string, VirtualDisk>();
  /** Off in worlds that restore backups: there messages may come twice, and the user is told. */
  strict = true;

  add(name: string, disk: VirtualDisk): void {
    this.#disks.set(name, disk);
  }

  of(name: string): VirtualDisk {
    return this.#disks.get(name) as VirtualDisk;
  }
}

/** State that is kept beside the database file and survives its loss. */
interface Kept {
  readonly keyring: MemoryKeyring;
  readonly identity: MemberState["identity"];
}

type Write = (store: VirtualDisk) => void;

export class VirtualDisk extends MemoryStore {
  readonly name: string;
  readonly keyring: MemoryKeyring;
  readonly identity: MemberState["identity"];
  /** Committed texts for each friend and from each, in order. */
  readonly sent = new Map<string, string[]>();
  readonly heard = new Map<string, string[]>();
  /** The minor of the secure dialect that the present program speaks. */
  minor = 1;
  /** For each friend: the committed messages with a kind, counted like their texts. */
  readonly #sentIds = new Map<string, { readonly index: number; readonly id: string }[]>();
  /** Ids of received messages with a kind. */
  readonly #receivedIds = new Set<string>();
  readonly #disks: Disks;
  /** Every committed write, for restoring an earlier state of the disk. */
  readonly #written: Write[] = [];
  #pending: Entry[] = [];
  #retiring: [PeerName, Outgoing][] = [];
  #writes: Write[] = [];

  constructor(name: string, disks: Disks, { keyring, identity }: Kept) {
    super({ keepHistory: true });
    this.name = name;
    this.#disks = disks;
    this.keyring = keyring;
    this.identity = identity;
    disks.add(name, this);
  }

  static fresh(name: string, disks: Disks, dice: Dice): VirtualDisk {
    const keyPair = noiseLibrary.keyPair(Uint8Array.from({ length: 32 }, () => dice.whole(0, 255)));
    const identity = { keyPair, publicKey: publicKeyOf(keyPair.publicKey) };
    return new VirtualDisk(name, disks, { identity, keyring: new MemoryKeyring() });
  }

  /** A moment for `asOf`. */
  get moment(): number {
    return this.#written.length;
  }

  /** A restored backup: the database at that moment, with the same keys. At 0 the database is lost. */
  asOf(moment: number): VirtualDisk {
    const disk = new VirtualDisk(this.name, this.#disks, this);
    for (const write of this.#written.slice(0, moment)) write(disk);
    disk.commit();
    return disk;
  }

  get state(): MemberState {
    return { identity: this.identity, keyring: this.keyring, store: this, durable: true };
  }

  /** Number of messages that wait for each friend. */
  correspondence(names: readonly string[]): readonly { peer: string; waiting: number }[] {
    return (names as readonly PeerName[]).map((peer) => {
      const { retired = 0, next = 1 } = this.outgoing(peer) ?? {};
      const left = { first: retired + 1, last: next - 1 };
      return { peer, waiting: spanLength(left) - spansLength(this.notebook.withdrawn(peer, left)) };
    });
  }

  override append(entry: Entry): number {
    this.#pending.push(entry);
    this.#writes.push((disk) => disk.append(entry));
    return super.append(entry);
  }

  override putOutgoing(peer: PeerName, outgoing: Outgoing): void {
    this.#writes.push((disk) => disk.putOutgoing(peer, outgoing));
    if (outgoing.acknowledges) this.#retiring.push([peer, outgoing]);
    super.putOutgoing(peer, outgoing);
  }

  override putIncoming(key: PublicKey, incoming: Incoming): void {
    this.#writes.push((disk) => disk.putIncoming(key, incoming));
    super.putIncoming(key, incoming);
  }

  override setShown(number: number): void {
    this.#writes.push((disk) => disk.setShown(number));
    super.setShown(number);
  }

  override confirm(reader: string, number: number): void {
    this.#writes.push((disk) => disk.confirm(reader, number));
    super.confirm(reader, number);
  }

  /** Called once, in the middle of the next commit that has something to write. */
  inCommit: (() => void) | undefined;
  /** Called once, after the next commit that has something to write. */
  afterCommit: (() => void) | undefined;

  /** Committed texts for a friend, without the withdrawn ones and repeated messages. */
  meant(peer: string): readonly string[] {
    const repeated = this.#repeated(peer);
    return (this.sent.get(peer) ?? []).filter((_, index) => !repeated.has(index) && !this.isWithdrawn(peer, index));
  }

  /** Which messages for a friend repeat an earlier one that was not withdrawn. */
  #repeated(peer: string): ReadonlySet<number> {
    const earlier = new Set<string>();
    const repeated = new Set<number>();
    for (const { index, id } of this.#sentIds.get(peer) ?? [])
      if (!this.isWithdrawn(peer, index)) {
        if (earlier.has(id)) repeated.add(index);
        earlier.add(id);
      }
    return repeated;
  }

  /** The texts for one friend are counted like their ordinals, from 0. */
  isWithdrawn(peer: string, index: number): boolean {
    return this.notebook.withdrawn(peer as PeerName, { first: index + 1, last: index + 1 }).length > 0;
  }

  override commit(): Result<null> {
    if (this.#writes.length > 0 && this.inCommit !== undefined) {
      const happen = this.inCommit;
      this.inCommit = undefined;
      happen();
    }
    const wrote = this.#writes.length > 0;
    const committed = super.commit();
    if (committed.ok) this.#written.push(...this.#writes);
    if (committed.ok) this.#check();
    this.#forget();
    if (wrote && committed.ok) this.#wasCommitted();
    return committed;
  }

  #wasCommitted(): void {
    const happen = this.afterCommit;
    this.afterCommit = undefined;
    happen?.();
  }

  override rollback(): void {
    super.rollback();
    this.#forget();
  }

  #forget(): void {
    this.#pending = [];
    this.#retiring = [];
    this.#writes = [];
  }

  #check(): void {
    for (const entry of this.#pending) {
      this.#noteId(entry);
      for (const text of textsOf(entry)) this.#checkText(entry, text);
    }
    if (this.#disks.strict) for (const [peer, { retired }] of this.#retiring) this.#checkRetired(peer, retired);
  }

  #noteId({ direction, peer, typed }: Entry): void {
    if (typed === undefined) return;
    const { id } = typed;
    if (direction === "out") {
      const sent = this.#sentIds.get(peer) ?? [];
      this.#sentIds.set(peer, [...sent, { index: this.sent.get(peer)?.length ?? 0, id }]);
    } else {
      if (this.minor === 0) throw new Error(`${this.name} got a message with a kind, and cannot read it`);
      if (this.#receivedIds.has(id)) throw new Error(`${this.name} received ${id} twice`);
      this.#receivedIds.add(id);
    }
  }

  #checkText(entry: Entry, text: string): void {
    const kept = entry.direction === "out" ? this.sent : this.heard;
    const texts = kept.get(entry.peer) ?? [];
    kept.set(entry.peer, texts);
    texts.push(text);
    if (entry.direction === "out" || entry.peer === this.name || !this.#disks.strict) return;
    const said = this.#disks.of(entry.peer).meant(this.name)[texts.length - 1];
    if (said !== text)
      throw new Error(
        `${this.name} received "${text}" as message ${texts.length} of ${entry.peer}, who said "${said}"`,
      );
  }

  #checkRetired(peer: PeerName, retired: number): void {
    const received = this.#disks.of(peer).heard.get(this.name)?.length ?? 0;
    const repeated = [...this.#repeated(peer)].filter((index) => index < retired).length;
    const there = received + repeated + spansLength(this.notebook.withdrawn(peer, { first: 1, last: retired }));
    if (retired > there)
      throw new Error(`${this.name} retired ${retired} messages to ${peer}, whose disk has ${there}`);
  }
}

const textsOf = ({ batch }: Entry): string[] => batch.texts.split("\n").slice(0, -1);
