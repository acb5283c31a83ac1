// The member's local socket: opens it, brings what comes there into turns, and tells the door what goes on in the member.

import { reasonOf } from "../../core/errors.js";
import type { KeyTrouble, Notice } from "../../core/notice.js";
import { formatMoment } from "../../core/time-point.js";
import type { PeerName } from "../../core/types.js";
import type { Fields } from "../json/events.js";
import { LocalServer } from "./local-server.js";
import type { MemberApi } from "../../member/api.js";
import type { Clock, Listener, MemberState } from "../../ports.js";
import { listenLocallyInTurns } from "../../reactor/entrances.js";
import { PostedConnection } from "../../reactor/posted.js";
import type { Reactor } from "../../reactor/reactor.js";
import type { Peers } from "../../member/peers.js";

export interface LocalServiceParts {
  readonly reactor: Reactor;
  readonly clock: Clock;
  readonly state: MemberState;
  readonly front: () => MemberApi;
  readonly roster: () => Peers;
  keyTrouble(name: PeerName): KeyTrouble | undefined;
  notice(notice: Notice): void;
  /** The socket is there, or cannot be: nobody needs to wait for it any longer. */
  readonly onOpen?: (() => void) | undefined;
}

export class LocalService {
  readonly door: LocalServer;
  readonly #parts: LocalServiceParts;
  readonly #since: number;
  #port = 0;
  #finishing = false;
  #listener: Listener | undefined;

  constructor(parts: LocalServiceParts) {
    this.#parts = parts;
    const { reactor, clock, state, front } = parts;
    this.#since = clock.wallTime();
    this.door = new LocalServer({
      ...{ front, clock, store: state.store, kept: state.durable },
      after: (delayMs, run) => reactor.wheel.after(delayMs, run),
      keyTrouble: (name) => parts.keyTrouble(name as PeerName),
      greet: (face) => face.greet(this.#port),
      status: () => this.#status(),
      dialAll: () => this.#dialAll(),
      stir: () => reactor.post("timer", { run: () => undefined }),
    });
  }

  /** We listen for friends at that port. */
  open(port: number): void {
    const { reactor, state } = this.#parts;
    this.#port = port;
    if (state.localSocket === undefined) return this.#parts.onOpen?.();
    this.#listener = listenLocallyInTurns(reactor, state.localSocket, {
      onListening: () => this.#parts.onOpen?.(),
      onConnection: (connection) => this.door.accept(new PostedConnection(atOnce(reactor), connection)),
      onFailure: (code) => this.#failed(code),
    });
  }

  /** The member goes on only for those who are owed something. */
  finish(): void {
    this.#finishing = true;
  }

  get finished(): boolean {
    return this.#finishing && !this.door.busy;
  }

  /** Nobody else comes in, and nobody's words are read any more. */
  shut(): void {
    this.#listener?.close();
    this.#listener = undefined;
    this.door.shut();
  }

  #failed(code: string): void {
    const message = `Other programs on this machine cannot speak to this member: ${reasonOf(code)}.`;
    this.#parts.notice({ kind: "remark", message });
    this.#parts.onOpen?.();
  }

  #dialAll(): readonly string[] {
    const { front, roster } = this.#parts;
    const waiting = front().status.filter(({ self, waiting }) => !self && waiting > 0);
    for (const { peer } of waiting) roster().find(peer.name)?.hurry();
    return waiting.map(({ peer }) => peer.name);
  }

  #status(): Fields {
    const { front, state } = this.#parts;
    const friends = front().status.filter(({ self }) => !self);
    return {
      ...{ name: front().self, port: this.#port, since: formatMoment(this.#since), kept: state.durable },
      friends: friends.length,
      connected: friends.filter((friend) => friend.state === "connected").length,
      waiting: friends.reduce((sum, { waiting }) => sum + waiting, 0),
      programs: this.door.size,
    };
  }
}

/** A program on this machine waits for its answers: what it says does not wait for what others send. */
const atOnce = (reactor: Reactor): Pick<Reactor, "post"> => ({ post: (_, task) => reactor.post("stdin", task) });
