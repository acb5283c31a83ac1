// What a simulated machine keeps from one life of its program to the next: the production store without a disk, a keyring,
// a key pair. It holds every commit to the promises: nothing lost, repeated or out of order, nothing retired that the
// other side's disk does not have.

import type { Entry, Outgoing } from "../../../src/core/record.js";
import type { PeerName, PublicKey, Result } from "../../../src/core/types.js";
import { toHex } from "../../../src/core/bytes.js";
import { MemoryStore } from "../../../src/delivery/memory-store.js";
import { noiseLibrary } from "../../../src/platform/noise-library.js";
import type { MemberState } from "../../../src/ports.js";
import { MemoryKeyring } from "../../unit/kit/memory-keyring.js";
import type { Dice } from "./dice.js";

/** What the disks of all members hold, for comparing. */
export class Disks {
  readonly #disks = new Map<string, VirtualDisk>();
  /** Off where a world restores backups: then messages may come twice, which the user is told. */
  strict = true;

  add(name: string, disk: VirtualDisk): void {
    this.#disks.set(name, disk);
  }

  of(name: string): VirtualDisk {
    return this.#disks.get(name) as VirtualDisk;
  }
}

export class VirtualDisk extends MemoryStore {
  readonly name: string;
  readonly keyring = new MemoryKeyring();
  readonly identity: MemberState["identity"];
  /** Committed texts for each friend and from each, in order. */
  readonly sent = new Map<string, string[]>();
  readonly received = new Map<string, string[]>();
  readonly #disks: Disks;
  #pending: Entry[] = [];
  #retiring: [PeerName, Outgoing][] = [];

  constructor(name: string, disks: Disks, dice: Dice) {
    super({ keepHistory: true });
    this.name = name;
    this.#disks = disks;
    disks.add(name, this);
    const keyPair = noiseLibrary.keyPair(Uint8Array.from({ length: 32 }, () => dice.whole(0, 255)));
    this.identity = { keyPair, publicKey: toHex(keyPair.publicKey) as PublicKey };
  }

  get state(): MemberState {
    return { identity: this.identity, keyring: this.keyring, store: this, durable: true };
  }

  /** How far delivery to each friend has come. */
  correspondence(names: readonly string[]): readonly { peer: string; retired: number; next: number }[] {
    return names.flatMap((peer) => {
      const outgoing = this.outgoing(peer as PeerName);
      return outgoing === undefined ? [] : [{ peer, retired: outgoing.retired, next: outgoing.next }];
    });
  }

  /** As a copy of the state folder. The keys are kept elsewhere. */
  backUp(): Backup {
    return this.snapshot();
  }

  restore(backup: Backup): void {
    this.revertTo(backup);
  }

  override append(entry: Entry): number {
    this.#pending.push(entry);
    return super.append(entry);
  }

  override putOutgoing(peer: PeerName, outgoing: Outgoing): void {
    if (outgoing.acknowledges) this.#retiring.push([peer, outgoing]);
    super.putOutgoing(peer, outgoing);
  }

  override commit(): Result<null> {
    const committed = super.commit();
    if (committed.ok) this.#check();
    this.#forget();
    return committed;
  }

  override rollback(): void {
    super.rollback();
    this.#forget();
  }

  #forget(): void {
    this.#pending = [];
    this.#retiring = [];
  }

  #check(): void {
    for (const entry of this.#pending) for (const text of textsOf(entry)) this.#checkText(entry, text);
    if (this.#disks.strict) for (const [peer, { retired }] of this.#retiring) this.#checkRetired(peer, retired);
  }

  #checkText(entry: Entry, text: string): void {
    const kept = entry.direction === "out" ? this.sent : this.received;
    const texts = kept.get(entry.peer) ?? [];
    kept.set(entry.peer, texts);
    texts.push(text);
    if (entry.direction === "out" || entry.peer === this.name || !this.#disks.strict) return;
    const said = this.#disks.of(entry.peer).sent.get(this.name)?.[texts.length - 1];
    if (said !== text)
      throw new Error(`${this.name} received "${text}" as message ${texts.length} of ${entry.peer}, who said "${said}"`);
  }

  #checkRetired(peer: PeerName, retired: number): void {
    const there = this.#disks.of(peer).received.get(this.name)?.length ?? 0;
    if (retired > there) throw new Error(`${this.name} retired ${retired} messages to ${peer}, whose disk has ${there}`);
  }
}

const textsOf = ({ batch }: Entry): string[] => batch.texts.split("\n").slice(0, -1);
