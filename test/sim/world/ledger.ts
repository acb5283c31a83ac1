// Sends messages, cancels some, and records the outcomes of each: it throws for every message with a second, missing or
// untrue outcome.

import type { Origin, Outcome, OutcomeKind, CancelTarget } from "../../../src/core/outcome.js";
import type { Member } from "../../../src/member/member.js";
import type { SimulatedMember, World } from "./world.js";

interface Handed {
  readonly from: string;
  readonly to: string;
  readonly text: string;
  readonly id: string | undefined;
  readonly life: Member;
  readonly origin: Origin;
  accepted: boolean;
  /** Final outcomes, with the life that reported them. */
  readonly ends: { readonly kind: OutcomeKind; readonly life: Member }[];
}

export class Ledger {
  readonly #world: World;
  readonly #all: Handed[] = [];
  readonly #byText = new Map<string, Handed>();
  readonly #origins = new Map<Member, readonly Origin[]>();
  readonly #cancelled = new Map<Member, number>();
  /** Probability that a member is killed when it reports an outcome. */
  deadly = 0;
  /** Number of reported final outcomes, by kind. */
  readonly counts = new Map<OutcomeKind, number>();

  constructor(world: World) {
    this.#world = world;
  }

  /** Call it as each program starts. */
  begin(member: SimulatedMember): void {
    const life = member.running;
    const origin = (): Origin => ({ outcome: (outcome) => this.#hear(member, life, outcome) });
    this.#origins.set(life, [origin(), origin()]);
    life.api.reportTo(origin());
  }

  hand(from: string, to: string, { id, expires, texts }: { id?: string; expires?: number; texts: number }): void {
    const member = this.#world.member(from);
    if (!member.alive) return;
    const life = member.running;
    const origin = this.#world.dice.pick(this.#origins.get(life) ?? []);
    const batch: string[] = [];
    for (let index = 0; index < texts; index += 1) {
      const text = `${from}>${to} ${String(this.#all.length)} ${"x".repeat(this.#world.dice.chance(0.1) ? 3_000 : 5)}`;
      const handed = { ...{ from, to, text, id, life, origin }, accepted: false, ends: [] };
      this.#all.push(handed);
      this.#byText.set(text, handed);
      batch.push(`${text}\n`);
    }
    const sendOptions = { origin, ...(id !== undefined && { id }), ...(expires !== undefined && { expires }) };
    life.api.send(to, { texts: batch.join(""), count: texts }, sendOptions);
    this.#turn(member);
  }

  cancel(from: string, to: string): void {
    const member = this.#world.member(from);
    if (!member.alive) return;
    const life = member.running;
    let answers = 0;
    life.api.cancel(to, this.#cancelTarget(from), ({ cancelled, reason }) => {
      if (!this.#lives(member, life)) return;
      if ((answers += 1) > 1) throw new Error("a cancellation was answered twice");
      if (reason !== undefined && cancelled > 0) throw new Error("a failed cancellation has cancelled a message");
      this.#cancelled.set(life, (this.#cancelled.get(life) ?? 0) + cancelled);
    });
    this.#turn(member);
  }

  #cancelTarget(from: string): CancelTarget {
    const { dice } = this.#world;
    if (this.#all.length === 0 || dice.chance(0.3)) return "all";
    const { text, id } = dice.pick(this.#all);
    if (id !== undefined && dice.chance(0.7)) return { id };
    const seq = this.#world
      .member(from)
      .disk.history()
      .find((each) => each.text === text)?.number;
    return { seq: seq ?? 1_000_000 };
  }

  /** Starts a turn for calls that did not come from stdin or a connection. */
  #turn(member: SimulatedMember): void {
    member.running.tell("turn");
  }

  #lives(member: SimulatedMember, life: Member): boolean {
    return member.alive && member.running === life;
  }

  #hear(member: SimulatedMember, life: Member, outcome: Outcome): void {
    if (!this.#lives(member, life)) return;
    for (const handed of this.#named(member, life, outcome)) this.#note(handed, life, outcome);
    if (this.deadly > 0 && this.#world.dice.chance(this.deadly)) member.kill();
  }

  #named(member: SimulatedMember, life: Member, { number, count, to, kind }: Outcome): readonly Handed[] {
    if (number === undefined) {
      // Messages that no store ever had can only be reported in order.
      const mine = this.#all.filter((each) => each.life === life && each.to === to && !each.accepted);
      if (kind !== "failed" && kind !== "sent") throw new Error(`${kind} without a number`);
      return mine.filter(({ ends }) => ends.length === 0).slice(0, count);
    }
    const texts = member.disk.history().filter((each) => each.number >= number && each.number < number + count);
    const found = texts.flatMap(({ text }) => this.#byText.get(text) ?? []);
    if (found.length !== count)
      throw new Error(`${String(count)} messages from ${String(number)} on were never handed over`);
    return found;
  }

  #note(handed: Handed, life: Member, { kind, final, id, to, count }: Outcome): void {
    const what = `${handed.text.slice(0, 20)} ${kind}`;
    if (handed.to !== to) throw new Error(`${what}, told of ${to}`);
    if (handed.id !== id || (id !== undefined && count !== 1)) throw new Error(`${what} under the name ${String(id)}`);
    if (kind === "queued" && handed.accepted) throw new Error(`${what} twice`);
    if (kind === "queued") handed.accepted = true;
    if (!final) return this.#assertOpen(handed, life, what);
    this.#assertOpen(handed, life, what);
    const other = handed.ends.find((end) => end.kind !== kind);
    if (other !== undefined) throw new Error(`${what}, and ${other.kind} before`);
    this.#assertTrue(handed, kind, what);
    handed.ends.push({ kind, life });
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
  }

  #assertOpen({ ends }: Handed, life: Member, what: string): void {
    if (ends.some((end) => end.life === life)) throw new Error(`${what} after its end in the same life`);
  }

  #assertTrue(handed: Handed, kind: OutcomeKind, what: string): void {
    const there = this.#received(handed);
    if (kind === "delivered" && !there) throw new Error(`${what}, and the peer's disk does not have it`);
    if (kind !== "delivered" && kind !== "sent" && there) throw new Error(`${what}, and the peer has it`);
  }

  #received({ from, to, text }: Handed): boolean {
    return this.#world.disks.of(to).heard.get(from)?.includes(text) === true;
  }

  /** Call it when no event is left. */
  assertSettled(): void {
    for (const handed of this.#all) this.#assertEnded(handed);
    for (const member of this.#world.members.values()) this.#assertCancelled(member);
  }

  #assertEnded(handed: Handed): void {
    const { text, accepted, ends, id, life } = handed;
    const what = `${text.slice(0, 20)} (${String(id)})`;
    const survived = this.#world.member(handed.from).running === life;
    if (survived && ends.length !== 1) throw new Error(`${what} has ${String(ends.length)} ends`);
    if (accepted && id !== undefined && ends.length === 0) throw new Error(`${what} was accepted and has no end`);
    const [end] = ends;
    if (end === undefined) return;
    const shown = this.#received(handed);
    if (shown && end.kind !== "delivered" && end.kind !== "sent") throw new Error(`${what} ${end.kind} and was shown`);
    if (!shown && end.kind === "delivered") throw new Error(`${what} delivered and not there`);
  }

  /** A message that was cancelled without an answered request would be reported too often. */
  #assertCancelled({ name, running }: SimulatedMember): void {
    const told = this.#all.filter(
      ({ from, life, ends }) =>
        from === name && life === running && ends.some((end) => end.kind === "cancelled" && end.life === running),
    );
    const answered = this.#cancelled.get(running) ?? 0;
    if (told.length > answered)
      throw new Error(`${name} cancelled ${String(answered)}, and told ${String(told.length)}`);
  }
}
