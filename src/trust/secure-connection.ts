// An authenticated, encrypted connection over a plain one. First the handshake, then a hello from each side, under one
// absolute deadline; after that it is a `Connection` like any other, with plain bytes above and records below.

import { concat } from "../core/bytes.js";
import { recordBytesMax, refusedLingerMs } from "../core/limits.js";
import type { Contact, Features } from "../core/notice.js";
import type { Bytes, PeerName, PublicKey } from "../core/types.js";
import type { Connection, ConnectionEvents } from "../ports.js";
import type { Reactor } from "../reactor/reactor.js";
import type { Timer } from "../reactor/timer-wheel.js";
import { WrappedConnection } from "./wrapped-connection.js";
import { SecureChannel, type ChannelEvent } from "../wire/secure/channel.js";
import { noFeatures, ourFeatures } from "../wire/secure/features.js";
import { FrameReader } from "../wire/secure/frame-reader.js";
import { FrameWriter } from "../wire/secure/frame-writer.js";
import type { Frame, HelloFrame, RefusalReason } from "../wire/secure/frames.js";
import { ourVersion, type Version } from "../wire/secure/preamble.js";
import type { Records } from "../wire/secure/records.js";
import type { KeyPair, NoiseLibrary } from "../wire/secure/noise.js";

/** This program's name and keys, as it shows them to peers. */
export interface Self {
  readonly name: PeerName;
  readonly keys: KeyPair;
  readonly key: PublicKey;
  /** The version of the secure dialect to speak, if it is not the program's. */
  readonly version?: Version;
}

export interface SecureConnectionParts {
  /** Its callbacks run in turns. */
  readonly connection: Connection;
  readonly initiator: boolean;
  readonly self: Self;
  readonly noise: NoiseLibrary;
  readonly reactor: Reactor;
  /** Time for handshake and hello. For an accepted connection, the part that is left since it was accepted. */
  readonly limitMs: number;
  readonly host: SecureConnectionHost;
}

/** `key` should be the string that the host already holds, so that no copy is kept. */
export type PeerIdentity = Pick<Contact, "key" | "standing">;

/** Decides whether the peer is accepted. */
export interface SecureConnectionHost {
  /** The peer's key is proven, its name not known yet. Refuse a wrong key here, before we send our name. */
  onKey(key: PublicKey): RefusalReason | undefined;
  /** The peer has sent its name. `onEstablished` follows unless the result is a refusal. */
  onHello(key: PublicKey, name: string): RefusalReason | PeerIdentity;
  /** The connection is established. Bind it within this call, or bytes are lost. */
  onEstablished(connection: SecureConnection): void;
  /** The failure reason for a peer that does not speak the secure dialect. */
  readonly notSecure: string;
  /** The peer refused us, and has proven `key`. */
  onRefused(reason: RefusalReason | "other", key: PublicKey): void;
  /** It ended before it was established; `reason` in plain words. */
  onFailed(reason: string): void;
}

/**
 * handshake: no key is proven. hello: keys are proven, names are exchanged. established: plain bytes flow. refused: one side
 * refused the other, and only the close follows. closed.
 */
type Phase = "handshake" | "hello" | "established" | "refused" | "closed";

/** State until the connection is established. */
interface HandshakeState {
  readonly parts: SecureConnectionParts;
  readonly channel: SecureChannel;
  readonly frames: FrameReader;
  /** Plain bytes that arrived before it was established: the hello, and bytes sent along with it. */
  readonly early: Bytes[];
  earlyBytes: number;
  key?: PublicKey;
  deadline?: Timer;
}

const frames = new FrameWriter();

export class SecureConnection extends WrappedConnection implements ConnectionEvents {
  /** Dropped once established: an idle connection must use little memory. */
  #handshakeState: HandshakeState | undefined;
  #records: Records | undefined;
  #phase: Phase = "handshake";
  #events: ConnectionEvents | undefined;
  #contact: Contact | undefined;
  #reason: string | undefined;

  constructor(parts: SecureConnectionParts) {
    const { connection, initiator, self, noise } = parts;
    super(connection);
    const { keys, version = ourVersion } = self;
    const channel = new SecureChannel({ initiator, keys, noise, version });
    this.#handshakeState = { parts, channel, frames: new FrameReader(), early: [], earlyBytes: 0 };
    if (!initiator) this.#startDeadline("it did not finish its handshake");
    connection.bind(this);
  }

  get #handshake(): HandshakeState {
    if (this.#handshakeState === undefined) throw new Error("the handshake is over");
    return this.#handshakeState;
  }

  get #parts(): SecureConnectionParts {
    return this.#handshake.parts;
  }

  get closed(): boolean {
    return this.#phase === "closed";
  }

  get contact(): Contact | undefined {
    return this.#contact;
  }

  // Above: plain bytes, once established.

  bind(events: ConnectionEvents): void {
    this.#events = events;
  }

  write(chunk: Bytes): boolean {
    return !this.closed && this.under.write(this.#seal(chunk));
  }

  /** Destroys the connection; its `onClose` receives `reason`. */
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
    // Don't decrypt after a refusal.
    if (this.#phase === "refused") return;
    const events = this.#records?.push(chunk) ?? this.#stepHandshake((channel) => channel.push(chunk));
    for (const event of events) this.#onChannelEvent(event);
    // A long record takes time on a slow line: report traffic, so that the wait for an answer does not run out.
    if (events.length === 0 && this.#phase === "established") this.#events?.onBytes(noBytes);
  }

  /** Throws only if the encryption library cannot be loaded: fail this connection with a reason that does not blame the peer. */
  #stepHandshake<Value>(step: (channel: SecureChannel) => Value): Value {
    try {
      return step(this.#handshake.channel);
    } catch (error) {
      this.#fail(noEncryption);
      throw error;
    }
  }

  onDrain(): void {
    if (this.#phase === "established") this.#events?.onDrain();
  }

  onEnd(): void {
    if (this.#phase === "established") return this.#events?.onEnd();
    this.#reason ??= this.#earlyEndReason;
    this.under.end();
  }

  onClose(code?: string): void {
    this.#handshakeState?.deadline?.cancel();
    const reason = this.#reason ?? code;
    const established = this.#phase === "established";
    if (!established && this.#phase !== "refused") this.#parts.host.onFailed(reason ?? this.#earlyEndReason);
    this.#phase = "closed";
    this.#records?.wipe();
    this.#events?.onClose(established ? reason : (reason ?? this.#earlyEndReason));
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
        return this.#phase === "established" ? this.#events?.onBytes(event.bytes) : this.#readHello(event.bytes);
      case "fault":
        return this.#fail(event.fault === "not-secure" ? this.#notSecure : event.reason);
    }
  }

  #startHello(): void {
    const { key } = this.#handshake;
    if (key === undefined) return;
    const refusal = this.#parts.host.onKey(key);
    if (refusal !== undefined) return this.#refuse(refusal);
    this.#phase = "hello";
    // The dialling side says hello first, so that an accepting side does not tell its name to a stranger.
    if (this.#parts.initiator) this.#sayHello();
  }

  #sayHello(): void {
    const { name } = this.#parts.self;
    this.#sendFrame({ kind: "hello", minor: this.#version.minor, name, features: ourFeatures });
  }

  #readHello(bytes: Bytes): void {
    if (this.#phase === "refused") return;
    const handshake = this.#handshake;
    handshake.early.push(bytes);
    handshake.earlyBytes += bytes.length;
    if (handshake.earlyBytes > recordBytesMax) return this.#fail("it sends data without a hello");
    for (const frame of handshake.frames.push(bytes)) {
      if (frame.kind === "hello") return this.#acceptHello(frame);
      if (frame.kind === "refused") return this.#onRefusal(frame.reason);
      return this.#fail(frame.kind === "fault" ? frame.reason : "it sent no hello");
    }
  }

  #acceptHello({ name, features }: HelloFrame): void {
    const { parts, key, early, deadline } = this.#handshake;
    if (key === undefined || this.#phase !== "hello") return;
    const outcome = parts.host.onHello(key, name);
    if (typeof outcome === "string") return this.#refuse(outcome);
    if (!parts.initiator) this.#sayHello();
    this.#phase = "established";
    deadline?.cancel();
    const { key: known, standing } = outcome;
    this.#contact = { key: known, standing, preferred: this.#preferred(key), ...this.#usable(features) };
    this.#handshakeState = undefined;
    parts.host.onEstablished(this);
    if (parts.initiator) this.#events?.onOpen();
    this.#events?.onBytes(concat(early));
  }

  /** The peer's features, if we speak a version that has features. */
  #usable(features = noFeatures): Features {
    return this.#version.minor === 0 ? noFeatures : features;
  }

  get #version(): Version {
    return this.#parts.self.version ?? ourVersion;
  }

  /** If two dials crossed, both sides keep the one dialled by the side with the smaller key. */
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

  /** A peer that spoke the secure dialect is not an older program: two dials crossed, or its program ended. */
  get #earlyEndReason(): string {
    return this.#handshake.channel.remoteVersion === undefined ? this.#notSecure : hungUpEarly;
  }

  /** Ends after a refusal: our last frame still arrives, nothing more is read, and the linger time limits the wait. */
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
export const hungUpEarly = "it hung up before its hello";
export const noEncryption = "the encryption could not be loaded on this machine";
const refusedPeer = "its key was refused";
const refusedUs = "it refused us";
