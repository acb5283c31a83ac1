// A connection that proves who is at the other end: handshake, then each side's hello, under one absolute deadline. Once
// both are known to each other it is a connection like any other, with plain bytes above and records below.

import { concat } from "../core/bytes.js";
import { recordBytesMax, refusedLingerMs } from "../core/limits.js";
import type { Contact } from "../core/notice.js";
import type { Bytes, PeerName, PublicKey } from "../core/types.js";
import type { Connection, ConnectionEvents } from "../ports.js";
import type { Reactor } from "../reactor/reactor.js";
import type { Timer } from "../reactor/timer-wheel.js";
import { WrappedConnection } from "./wrapped-connection.js";
import { SecureChannel, type ChannelEvent } from "../wire/secure/channel.js";
import { FrameReader } from "../wire/secure/frame-reader.js";
import { FrameWriter } from "../wire/secure/frame-writer.js";
import type { Frame, RefusalReason } from "../wire/secure/frames.js";
import { ourVersion } from "../wire/secure/preamble.js";
import type { Records } from "../wire/secure/records.js";
import type { KeyPair, NoiseLibrary } from "../wire/secure/noise.js";

/** Who we are to those whom we meet. */
export interface Self {
  readonly name: PeerName;
  readonly keys: KeyPair;
  readonly key: PublicKey;
}

export interface SecureConnectionParts {
  /** Its callbacks come in turns. */
  readonly connection: Connection;
  readonly initiator: boolean;
  readonly self: Self;
  readonly noise: NoiseLibrary;
  readonly reactor: Reactor;
  /** For an accepted connection: what is left of the time since it came. */
  readonly limitMs: number;
  readonly host: SecureConnectionHost;
}

/** The key may be the very string that the host holds anyway. */
export type PeerIdentity = Pick<Contact, "key" | "standing">;

/** Who decides whether the two become acquainted. */
export interface SecureConnectionHost {
  /** The key is proven, the name not told yet: a key that is surely wrong is refused before we say ours. */
  onKey(key: PublicKey): RefusalReason | undefined;
  /** The name is told. `onMet` follows unless it is refused. */
  onHello(key: PublicKey, name: string): RefusalReason | PeerIdentity;
  /** From here on it is a connection; whoever binds it now misses nothing. */
  onMet(connection: SecureConnection): void;
  /** What to say of a neighbour who does not speak this dialect. */
  readonly notSecure: string;
  /** The other side refused us, and has proven `key`. */
  onRefused(reason: RefusalReason | "other", key: PublicKey): void;
  /** It ended before the two met; `reason` in plain words. */
  onFailed(reason: string): void;
}

/** meeting: nothing is proven. greeting: hello is out. met: plain bytes flow. refused: only the end is to come. over: it came. */
type Phase = "meeting" | "greeting" | "met" | "refused" | "over";

/** What it needs for as long as the two have not met. */
interface HandshakeState {
  readonly parts: SecureConnectionParts;
  readonly channel: SecureChannel;
  readonly frames: FrameReader;
  /** Plain bytes that came early: the hello, and what was sent with it. */
  readonly early: Bytes[];
  earlyBytes: number;
  key?: PublicKey;
  deadline?: Timer;
}

const frames = new FrameWriter();

export class SecureConnection extends WrappedConnection implements ConnectionEvents {
  /** Dropped once the two have met: an idle connection is to weigh little. */
  #handshakeState: HandshakeState | undefined;
  #records: Records | undefined;
  #phase: Phase = "meeting";
  #events: ConnectionEvents | undefined;
  #contact: Contact | undefined;
  #reason: string | undefined;

  constructor(parts: SecureConnectionParts) {
    const { connection, initiator, self, noise } = parts;
    super(connection);
    const channel = new SecureChannel({ initiator, keys: self.keys, noise });
    this.#handshakeState = { parts, channel, frames: new FrameReader(), early: [], earlyBytes: 0 };
    if (!initiator) this.#startDeadline("it did not finish its handshake");
    connection.bind(this);
  }

  get #handshake(): HandshakeState {
    if (this.#handshakeState === undefined) throw new Error("these two have met");
    return this.#handshakeState;
  }

  get #parts(): SecureConnectionParts {
    return this.#handshake.parts;
  }

  /** Whether it has ended. */
  get closed(): boolean {
    return this.#phase === "over";
  }

  get contact(): Contact | undefined {
    return this.#contact;
  }

  // Above: plain bytes, once met.

  bind(events: ConnectionEvents): void {
    this.#events = events;
  }

  write(chunk: Bytes): boolean {
    return !this.closed && this.under.write(this.#seal(chunk));
  }

  /** Ends it at once, and says why to whoever carries messages over it. */
  terminate(reason: string): void {
    this.#fail(reason);
  }

  // Below: records.

  onOpen(): void {
    this.#startDeadline("no secure answer");
    this.under.write(this.#stepHandshake((channel) => channel.start()));
  }

  #startDeadline(reason: string): void {
    const { reactor, limitMs } = this.#parts;
    this.#handshake.deadline = reactor.wheel.after(limitMs, () => this.#fail(reason));
  }

  onBytes(chunk: Bytes): void {
    // Nobody is to keep us deciphering what nobody will hear.
    if (this.#phase === "refused") return;
    const events = this.#records?.push(chunk) ?? this.#stepHandshake((channel) => channel.push(chunk));
    for (const event of events) this.#onChannelEvent(event);
    // A long record may take its time on a slow line: those who wait for an answer hear that something comes.
    if (events.length === 0 && this.#phase === "met") this.#events?.onBytes(noBytes);
  }

  /** What throws is a library that could not be loaded: this connection fails, and not for what the other side did. */
  #stepHandshake<Value>(step: (channel: SecureChannel) => Value): Value {
    try {
      return step(this.#handshake.channel);
    } catch (error) {
      this.#fail(noEncryption);
      throw error;
    }
  }

  onDrain(): void {
    if (this.#phase === "met") this.#events?.onDrain();
  }

  onEnd(): void {
    if (this.#phase === "met") return this.#events?.onEnd();
    this.#reason ??= this.#earlyEndReason;
    this.under.end();
  }

  onClose(code?: string): void {
    this.#handshakeState?.deadline?.cancel();
    const reason = this.#reason ?? code;
    const met = this.#phase === "met";
    if (!met && this.#phase !== "refused") this.#parts.host.onFailed(reason ?? this.#earlyEndReason);
    this.#phase = "over";
    this.#records?.wipe();
    this.#events?.onClose(met ? reason : (reason ?? this.#earlyEndReason));
  }

  #onChannelEvent(event: ChannelEvent): void {
    switch (event.kind) {
      case "send":
        return void this.under.write(event.bytes);
      case "proven":
        this.#handshake.key = event.key;
        return undefined;
      case "established":
        this.#records = event.records;
        return this.#startHello();
      case "plain":
        return this.#phase === "met" ? this.#events?.onBytes(event.bytes) : this.#readHello(event.bytes);
      case "fault":
        return this.#fail(event.fault === "not-secure" ? this.#notSecure : event.reason);
    }
  }

  #startHello(): void {
    const { key } = this.#handshake;
    if (key === undefined) return;
    const refusal = this.#parts.host.onKey(key);
    if (refusal !== undefined) return this.#refuse(refusal);
    this.#phase = "greeting";
    // Who dials speaks first: a stranger is not told who we are.
    if (this.#parts.initiator) this.#sayHello();
  }

  #sayHello(): void {
    this.#sendFrame({ kind: "hello", minor: ourVersion.minor, name: this.#parts.self.name });
  }

  #readHello(bytes: Bytes): void {
    if (this.#phase === "refused") return;
    const handshake = this.#handshake;
    handshake.early.push(bytes);
    handshake.earlyBytes += bytes.length;
    if (handshake.earlyBytes > recordBytesMax) return this.#fail("it talks without having introduced itself");
    for (const frame of handshake.frames.push(bytes)) {
      if (frame.kind === "hello") return this.#acceptHello(frame.name);
      if (frame.kind === "refused") return this.#onRefusal(frame.reason);
      return this.#fail(frame.kind === "fault" ? frame.reason : "it did not introduce itself");
    }
  }

  #acceptHello(name: string): void {
    const { parts, key, early, deadline } = this.#handshake;
    if (key === undefined || this.#phase !== "greeting") return;
    const outcome = parts.host.onHello(key, name);
    if (typeof outcome === "string") return this.#refuse(outcome);
    if (!parts.initiator) this.#sayHello();
    this.#phase = "met";
    deadline?.cancel();
    this.#contact = { key: outcome.key, standing: outcome.standing, preferred: this.#preferred(key) };
    this.#handshakeState = undefined;
    parts.host.onMet(this);
    if (parts.initiator) this.#events?.onOpen();
    this.#events?.onBytes(concat(early));
  }

  /** Of two connections that crossed, both sides keep the one that the smaller key dialled. */
  #preferred(key: PublicKey): boolean {
    return this.#parts.initiator === this.#parts.self.key < key;
  }

  #refuse(reason: RefusalReason): void {
    this.#sendFrame({ kind: "refused", reason });
    this.#endRefused(refusedPeer);
  }

  #onRefusal(reason: RefusalReason | "other"): void {
    const { key } = this.#handshake;
    if (key !== undefined) this.#parts.host.onRefused(reason, key);
    this.#endRefused(refusedUs);
  }

  #seal(plain: Bytes): Bytes {
    if (this.#records === undefined) throw new Error("nothing can be sealed before the handshake is done");
    return this.#records.seal(plain);
  }

  #sendFrame(frame: Frame): void {
    this.under.write(this.#seal(frames.encode([frame])));
  }

  /** Who spoke the dialect and left early is no older program: one of two dials that crossed, or a member that died. */
  get #earlyEndReason(): string {
    return this.#handshake.channel.remoteVersion === undefined ? this.#notSecure : hungUpEarly;
  }

  /** What was said last still arrives; nothing more is heard, and no place is kept. */
  #endRefused(reason: string): void {
    this.#phase = "refused";
    this.#reason = reason;
    this.#handshake.early.length = 0;
    this.#handshake.deadline?.cancel();
    this.#handshake.deadline = this.#parts.reactor.wheel.after(refusedLingerMs, () => this.destroy());
    this.under.end();
    this.#parts.host.onFailed(reason);
  }

  get #notSecure(): string {
    return this.#parts.host.notSecure;
  }

  #fail(reason: string): void {
    this.#reason ??= reason;
    this.under.destroy();
  }
}

const noBytes: Bytes = new Uint8Array(0);
export const hungUpEarly = "it hung up before it had introduced itself";
export const noEncryption = "the encryption could not be loaded on this machine";
const refusedPeer = "its key was refused";
const refusedUs = "it refused us";
