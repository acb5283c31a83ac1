// One connection's encryption as a pure machine: preamble, Noise handshake, then records, which need no more of it. Bytes may come in any pieces.
// It never throws on what the other side sends; what does not fit is a fault, and nothing follows a fault.
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
  /** The other side holds the secret of this key. The initiator hears it before it shows its own: see the next "send". */
  | { readonly kind: "proven"; readonly key: PublicKey }
  /** From here on `seal` may be called. Whoever keeps the records needs the channel no more once they have met. */
  | { readonly kind: "established"; readonly records: Records }
  | RecordEvent
  | { readonly kind: "fault"; readonly fault: ChannelFault; readonly reason: string };

export interface ChannelParts {
  readonly initiator: boolean;
  readonly keys: KeyPair;
  readonly noise: NoiseLibrary;
  readonly counts?: RecordCounts;
}

// Noise_XX with empty payloads: each of its three messages has one length.
const message1: Sizes = { min: 32, max: 32 };
const message2: Sizes = { min: 96, max: 96 };
const message3: Sizes = { min: 64, max: 64 };
const awaitedBy = { initiator: [message2], responder: [message1, message3] } as const;
const usualCounts: RecordCounts = { perKey: rekeyRecords, max: recordsMax };
const nothing: Bytes = new Uint8Array(0);

/** What it needs for as long as the handshake is not done. */
interface HandshakeState {
  readonly initiator: boolean;
  readonly keys: KeyPair;
  readonly noise: NoiseLibrary;
  readonly counts: RecordCounts;
  readonly preamble: PreambleReader;
  /** Once it has begun. */
  handshake?: Handshake;
  /** The handshake's messages that were read. */
  read: number;
}

export class SecureChannel {
  readonly #messages = new MessageReader();
  /** Until the handshake is done or has failed. */
  #state: HandshakeState | undefined;
  #records: Records | undefined;
  #remoteVersion: Version | undefined;

  constructor({ initiator, keys, noise, counts = usualCounts }: ChannelParts) {
    this.#state = { initiator, keys, noise, counts, preamble: new PreambleReader(), read: 0 };
  }

  /** What the other side's preamble says; only its hello proves it. */
  get remoteVersion(): Version | undefined {
    return this.#remoteVersion;
  }

  /** What to write before anything was read: nothing for the responder. To be called once. */
  start(): Bytes {
    if (this.#state?.initiator !== true) return nothing;
    const handshake = begin(this.#state, ourPreamble);
    return concat([ourPreamble, withLength(handshake.send())]);
  }

  push(chunk: Bytes): readonly ChannelEvent[] {
    return this.#records?.push(chunk) ?? this.#shakeHands(chunk);
  }

  /** All the records for one write, in a buffer of their own; `plain` may be used again. Only once established. */
  seal(plain: Bytes): Bytes {
    if (this.#records === undefined) throw new Error("nothing can be sealed before the handshake is done");
    return this.#records.seal(plain);
  }

  /** Records may come in the same chunk as the handshake's last message. */
  #shakeHands(chunk: Bytes): readonly ChannelEvent[] {
    const events: ChannelEvent[] = [];
    const rest = this.#state?.preamble.whole === false ? this.#readPreamble(this.#state, chunk, events) : chunk;
    this.#messages.push(rest);
    while (this.#readHandshake(events));
    return events.concat(this.#records?.read(this.#messages) ?? []);
  }

  /** Returns what of the chunk comes after the preamble. */
  #readPreamble(state: HandshakeState, chunk: Bytes, events: ChannelEvent[]): Bytes {
    const { preamble } = state;
    const rest = chunk.subarray(preamble.push(chunk));
    if (!preamble.secure) this.#fail(events, "not-secure", "its first bytes are not those of the secure dialect");
    else if (preamble.whole) this.#meet(state, events);
    return rest;
  }

  #meet(state: HandshakeState, events: ChannelEvent[]): void {
    const { bytes, version } = state.preamble;
    this.#remoteVersion =
      version.minor === ourVersion.minor && version.major === ourVersion.major ? ourVersion : version;
    if (version.major === ourVersion.major) {
      if (!state.initiator) begin(state, bytes);
      return;
    }
    // They learn from this which two versions met, as we did.
    if (!state.initiator) events.push({ kind: "send", bytes: ourPreamble });
    const reason = `it speaks version ${spell(version)} of the secure dialect, we speak ${spell(ourVersion)}`;
    this.#fail(events, "version", reason);
  }

  /** False when there is nothing more to read of a handshake. */
  #readHandshake(events: ChannelEvent[]): boolean {
    const state = this.#state;
    if (state?.preamble.whole !== true) return false;
    const sizes = awaitedBy[state.initiator ? "initiator" : "responder"][state.read];
    const message = sizes && this.#messages.next(sizes);
    if (message === undefined) return false;
    state.read += 1;
    if (message === "bad-size" || !this.#receive(state, message, events))
      this.#fail(events, "handshake", "its handshake was damaged on the way, or made for somebody else");
    return true;
  }

  /** The library throws on what does not fit, and on a key whose shared secret would be zero. */
  #receive(state: HandshakeState, message: Bytes, events: ChannelEvent[]): boolean {
    const { handshake } = state;
    if (handshake === undefined) return false;
    try {
      // A copy, because the library wipes what it was given once the handshake is complete.
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
      events.push({ kind: "send", bytes: state.initiator ? answer : concat([ourPreamble, answer]) });
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

const ourPreamble = preambleOf(ourVersion);

/** Not before it is needed: the first one loads the library. If that throws, the connection is to fail, not whoever made it. */
function begin(state: HandshakeState, initiatorsPreamble: Bytes): Handshake {
  const { noise, initiator, keys } = state;
  state.handshake = noise.handshake({ initiator, keys });
  state.handshake.initialise(prologueOf(initiatorsPreamble));
  return state.handshake;
}

function withLength(message: Bytes): Bytes {
  return concat([new Uint8Array([message.length >> 8, message.length & 0xff]), message]);
}
