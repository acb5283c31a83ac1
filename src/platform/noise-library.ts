// Noise by `noise-handshake`, on libsodium. Loading it takes as long as half of a start, so it waits for the first use;
// it is loaded synchronously, because a promise would be a second scheduler.

import { createCipheriv } from "node:crypto";
import { createRequire } from "node:module";
import type { Bytes } from "../core/types.js";
import type { Cipher, Handshake, KeyPair, NoiseLibrary } from "../wire/secure/noise.js";

/** The names that we use; the package brings no types. */
interface Library {
  readonly Noise: new (pattern: "XX", initiator: boolean, keys: KeyPair) => Handshake;
  readonly CipherState: new (key: Bytes) => Cipher;
  readonly curve: { generateKeyPair(secretKey?: Bytes): KeyPair };
}

let loaded: Library | undefined;

function library(): Library {
  return (loaded ??= load());
}

function load(): Library {
  const from = createRequire(import.meta.url);
  return {
    Noise: from("noise-handshake") as Library["Noise"],
    CipherState: from("noise-handshake/cipher") as Library["CipherState"],
    curve: from("noise-handshake/dh") as Library["curve"],
  };
}

export const noiseLibrary: NoiseLibrary = {
  handshake: ({ initiator, keys }) => new (library().Noise)("XX", initiator, keys),
  cipher: (key) => new (library().CipherState)(key),
  rekey,
  keyPair: (secretKey) => library().curve.generateKeyPair(secretKey),
};

// The library writes 32 bits of the nonce and Noise reserves 2^64-1 for this, so OpenSSL does it.
const reservedNonce = new Uint8Array(12).fill(0xff, 4);
const zeros = new Uint8Array(32);

/** REKEY of the Noise specification, revision 34, section 4.2. */
function rekey(key: Bytes): Bytes {
  return createCipheriv("chacha20-poly1305", key, reservedNonce, { authTagLength: 16 }).update(zeros);
}
