// Both ends of one secure connection with fixed keys, so that every byte between them is known in advance.

import { fromHex } from "../../../src/core/bytes.js";
import type { Bytes } from "../../../src/core/types.js";
import { noiseLibrary } from "../../../src/platform/noise-library.js";
import { SecureChannel, type ChannelEvent } from "../../../src/wire/secure/channel.js";
import type { Handshake, KeyPair, NoiseLibrary } from "../../../src/wire/secure/noise.js";
import type { Version } from "../../../src/wire/secure/preamble.js";
import type { RecordCounts } from "../../../src/wire/secure/records.js";

export interface Secrets {
  readonly static: Bytes;
  readonly ephemeral: Bytes;
}

export const secret = (first: number): Bytes => Uint8Array.from({ length: 32 }, (_, at) => first + at);

export const alice: Secrets = { static: secret(0x00), ephemeral: secret(0x20) };
export const bob: Secrets = { static: secret(0x40), ephemeral: secret(0x60) };

export const keysOf = ({ static: secretKey }: Secrets): KeyPair => noiseLibrary.keyPair(new Uint8Array(secretKey));

/** A Noise library whose handshakes use fixed ephemeral keys. */
export function fixedNoise({ ephemeral }: Secrets): NoiseLibrary {
  return {
    ...noiseLibrary,
    handshake: (options) => {
      const handshake = noiseLibrary.handshake(options) as Handshake & { e: KeyPair | null };
      // A copy, because the library wipes it at the end of the handshake.
      handshake.e = noiseLibrary.keyPair(new Uint8Array(ephemeral));
      return handshake;
    },
  };
}

interface End {
  readonly initiator: boolean;
  readonly secrets: Secrets;
  readonly counts?: RecordCounts;
  readonly version?: Version;
}

export const channelOf = ({ initiator, secrets, ...rest }: End): SecureChannel =>
  new SecureChannel({ initiator, keys: keysOf(secrets), noise: fixedNoise(secrets), ...rest });

export const aliceDials = (counts?: RecordCounts): SecureChannel =>
  channelOf({ initiator: true, secrets: alice, ...(counts && { counts }) });

export const bobAnswers = (counts?: RecordCounts): SecureChannel =>
  channelOf({ initiator: false, secrets: bob, ...(counts && { counts }) });

/** The bytes that these events ask to write. */
export const sent = (events: readonly ChannelEvent[]): Bytes =>
  Buffer.concat(events.flatMap((event) => (event.kind === "send" ? [event.bytes] : [])));

export const plainOf = (events: readonly ChannelEvent[]): Buffer =>
  Buffer.concat(events.flatMap((event) => (event.kind === "plain" ? [event.bytes] : [])));

export const faultsOf = (events: readonly ChannelEvent[]): readonly string[] =>
  events.flatMap((event) => (event.kind === "fault" ? [event.fault] : []));

export interface Transcript {
  /** The bytes that each end writes until it is established. */
  readonly dialled: Bytes;
  readonly answered: Bytes;
  readonly confirmed: Bytes;
}

/** Both channels are established when this returns. */
export function shakeHands(dialling: SecureChannel, answering: SecureChannel): Transcript {
  const dialled = dialling.start();
  const answered = sent(answering.push(dialled));
  const confirmed = sent(dialling.push(answered));
  answering.push(confirmed);
  return { dialled, answered, confirmed };
}

export const hex = (digits: string): Bytes => fromHex(digits.replace(/\s/g, ""));
