// One connection's encryption as a pure state machine: preamble, Noise handshake, then records. Chunks may have any
// size. It never throws on the peer's bytes; invalid bytes are a fault, and no event follows a fault.
//
//             preamble fits            last message read or sent
//   preamble ───────────────▶ handshake ───────────────────────▶ open
//       │ not secure, version     │ handshake                     │ record
//       └─────────────────────────┴──────────────▶ over ◀─────────┘

import { concat } from "../../core/bytes.js";
import { publicKeyOf } from "../../core/known-key.js";
import { rekeyRecords, recordsMax } from "../../core/limits.js";
import type { Bytes, PublicKey } from "../../core/types.js";
import { MessageReader, type Sizes } from "./message-reader.js";
import type { Handshake, KeyPair, NoiseLibrary } from "./noise.js";
import { ourVersion, preambleOf, PreambleReader, prologueOf, spell, type Version } from "./preamble.js";
import { Records, type RecordCounts, type RecordEvent } from "./records.js";

export type ChannelFault = "not-secure" | "version" | "handshake" | "record";

export type ChannelEvent =
  /** Bytes of the handshake, to be written as they are. */
  | { readonly kind: "send"; readonly bytes: Bytes }
  /** The peer has proven this key. The initiator gets this event before it reveals its own key with the next "send". */
  | { readonly kind: "proven"; readonly key: PublicKey }
  /** From here on `seal` may be called. A caller that keeps `records` can drop the channel. */
  | { readonly kind: "established"; readonly records: Records }
  | RecordEvent
  | { readonly kind: "fault"; readonly fault: ChannelFault; readonly reason: string };

export interface ChannelParts {
  readonly initiator: boolean;
  readonly keys: KeyPair;
  readonly noise: NoiseLibrary;
  readonly counts?: RecordCounts;
  /** The version to speak, if it is not the program's. */
  readonly version?: Version;
}

// Noise_XX with empty payloads: each of its three messages has one length.
const message1: Sizes = { min: 32, max: 32 };
const message2: Sizes = { min: 96, max: 96 };
const message3: Sizes = { min: 64, max: 64 };
const awaitedBy = { initiator: [message2], responder: [message1, message3] } as const;
const usualCounts: RecordCounts = { perKey: rekeyRecords, max: recordsMax };
const nothing: Bytes = new Uint8Array(0);

/** State that is needed only until the handshake is done. */
interface HandshakeState {
  readonly initiator: boolean;
  readonly keys: KeyPair;
  readonly noise: NoiseLibrary;
  readonly counts: RecordCounts;
  readonly version: Version;
  readonly preamble: PreambleReader;
  /** Defined after the handshake has begun. */
  handshake?: Handshake;
  /** The number of handshake messages read. */
  read: number;
}

export class SecureChannel {
  readonly #messages = new MessageReader();
  /** Undefined after the handshake is done or has failed. */
  #state: HandshakeState | undefined;
  #records: Records | undefined;
  #remoteVersion: Version | undefined;

  constructor({ initiator, keys, noise, counts = usualCounts, version = ourVersion }: ChannelParts) {
    this.#state = { initiator, keys, noise, counts, version, preamble: new PreambleReader(), read: 0 };
  }

  /** The version in the peer's preamble; only its hello proves it. */
  get remoteVersion(): Version | undefined {
    return this.#remoteVersion;
  }

  /** The bytes to write first; none for the responder. Must be called once. */
  start(): Bytes {
    if (this.#state?.initiator !== true) return nothing;
    const preamble = preambleOf(this.#state.version);
    const handshake = begin(this.#state, preamble);
    return concat([preamble, withLength(handshake.send())]);
  }

  push(chunk: Bytes): readonly ChannelEvent[] {
    return this.#records?.push(chunk) ?? this.#shakeHands(chunk);
  }

  /** Encrypts one write into records in a new buffer; `plain` may be reused. Only after "established". */
  seal(plain: Bytes): Bytes {
    if (this.#records === undefined) throw new Error("nothing can be sealed before the handshake is done");
    return this.#records.seal(plain);
  }

  /** Records may follow in the same chunk as the last handshake message. */
  #shakeHands(chunk: Bytes): readonly ChannelEvent[] {
    const events: ChannelEvent[] = [];
    const rest = this.#state?.preamble.whole === false ? this.#readPreamble(this.#state, chunk, events) : chunk;
    this.#messages.push(rest);
    while (this.#readHandshake(events));
    return events.concat(this.#records?.read(this.#messages) ?? []);
  }

  /** Returns the part of the chunk after the preamble. */
  #readPreamble(state: HandshakeState, chunk: Bytes, events: ChannelEvent[]): Bytes {
    const { preamble } = state;
    const rest = chunk.subarray(preamble.push(chunk));
    if (!preamble.secure) this.#fail(events, "not-secure", "its first bytes are not those of the secure dialect");
    else if (preamble.whole) this.#checkVersion(state, events);
    return rest;
  }

  #checkVersion(state: HandshakeState, events: ChannelEvent[]): void {
    const { bytes, version } = state.preamble;
    this.#remoteVersion =
      version.minor === ourVersion.minor && version.major === ourVersion.major ? ourVersion : version;
    if (version.major === ourVersion.major) {
      if (!state.initiator) begin(state, bytes);
      return;
    }
    // Tells the peer our version, so that it can report both, as we do.
    if (!state.initiator) events.push({ kind: "send", bytes: preambleOf(state.version) });
    const reason = `it speaks version ${spell(version)} of the secure dialect, we speak ${spell(state.version)}`;
    this.#fail(events, "version", reason);
  }

  /** Returns false if there is no further handshake message to read. */
  #readHandshake(events: ChannelEvent[]): boolean {
    const state = this.#state;
    if (state?.preamble.whole !== true) return false;
    const sizes = awaitedBy[state.initiator ? "initiator" : "responder"][state.read];
    const message = sizes && this.#messages.next(sizes);
    if (message === undefined) return false;
    state.read += 1;
    if (message === "bad-size" || !this.#receive(state, message, events))
      this.#fail(events, "handshake", "its handshake was damaged on the way, or meant for another member");
    return true;
  }

  /** The library throws on invalid bytes, and on a key whose shared secret would be zero. */
  #receive(state: HandshakeState, message: Bytes, events: ChannelEvent[]): boolean {
    const { handshake } = state;
    if (handshake === undefined) return false;
    try {
      // A copy, because the library wipes its input when the handshake is complete.
      handshake.recv(new Uint8Array(message));
      this.#answer(state, handshake, events);
      return true;
    } catch {
      return false;
    }
  }

  #answer(state: HandshakeState, handshake: Handshake, events: ChannelEvent[]): void {
    if (handshake.rs !== null) events.push({ kind: "proven", key: publicKeyOf(handshake.rs) });
    if (!handshake.complete) {
      const answer = withLength(handshake.send());
      events.push({ kind: "send", bytes: state.initiator ? answer : concat([preambleOf(state.version), answer]) });
    }
    if (handshake.complete) this.#establish(state, handshake, events);
  }

  #establish({ noise, counts }: HandshakeState, { tx, rx }: Handshake, events: ChannelEvent[]): void {
    this.#records = new Records({ noise, counts, keys: { sealing: tx, opening: rx } });
    this.#state = undefined;
    events.push({ kind: "established", records: this.#records });
  }

  #fail(events: ChannelEvent[], fault: ChannelFault, reason: string): void {
    events.push({ kind: "fault", fault, reason });
    this.#state = undefined;
  }
}

/**
 * Called late, because the first handshake loads the library. If loading throws, only the connection fails, not its
 * creator.
 */
function begin(state: HandshakeState, initiatorsPreamble: Bytes): Handshake {
  const { noise, initiator, keys } = state;
  state.handshake = noise.handshake({ initiator, keys });
  state.handshake.initialise(prologueOf(initiatorsPreamble));
  return state.handshake;
}

function withLength(message: Bytes): Bytes {
  return concat([new Uint8Array([message.length >> 8, message.length & 0xff]), message]);
}
