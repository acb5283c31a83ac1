// Noise by `noise-handshake`, on libsodium. Loading it takes a quarter of Node's own start, so it is loaded at the first
// handshake, and synchronously, because a promise would be a second scheduler.

import { createCipheriv, createPrivateKey, createPublicKey, randomBytes } from "node:crypto";
import { createRequire } from "node:module";
import type { Bytes } from "../core/types.js";
import type { Handshake, KeyPair, NoiseLibrary } from "../wire/secure/noise.js";

/** The names that are used here; the package has no types. */
interface Library {
  readonly Noise: new (pattern: "XX", initiator: boolean, keys: KeyPair) => Handshake;
  readonly CipherState: new () => CipherState;
}

interface CipherState {
  initialiseKey(key: Bytes): void;
  setNonce(nonce: number): void;
  encrypt(plain: Bytes): Bytes;
  decrypt(sealed: Bytes): Bytes;
}

let loaded: Library | undefined;
let state: CipherState | undefined;

function library(): Library {
  return (loaded ??= load());
}

function load(): Library {
  const from = createRequire(import.meta.url);
  return {
    Noise: from("noise-handshake") as Library["Noise"],
    CipherState: from("noise-handshake/cipher") as Library["CipherState"],
  };
}

export const noiseLibrary: NoiseLibrary = {
  handshake: ({ initiator, keys }) => new (library().Noise)("XX", initiator, keys),
  cipher: {
    encrypt: (key, nonce, plain) => stateOf(key, nonce).encrypt(plain),
    decrypt: (key, nonce, sealed) => stateOf(key, nonce).decrypt(sealed),
  },
  rekey,
  keyPair,
};

/** One cipher state for all connections: each call sets the connection's key and nonce. */
function stateOf(key: Bytes, nonce: number): CipherState {
  state ??= new (library().CipherState)();
  state.initialiseKey(key);
  state.setNonce(nonce);
  return state;
}

// The bytes before the 32 bytes of an X25519 key in PKCS #8, by RFC 8410.
const beforeSecret = Buffer.from("302e020100300506032b656e04220420", "hex");

/** By OpenSSL: every start needs the public key, but not the Noise library. */
function keyPair(secretKey: Bytes = randomBytes(32)): KeyPair {
  const key = Buffer.concat([beforeSecret, secretKey]);
  const secret = createPrivateKey({ key, format: "der", type: "pkcs8" });
  const publicKey = createPublicKey(secret).export({ format: "der", type: "spki" }).subarray(-32);
  return { publicKey, secretKey };
}

// REKEY uses the nonce 2^64-1, but the library writes only 32 bits of it: use OpenSSL.
const reservedNonce = new Uint8Array(12).fill(0xff, 4);
const zeros = new Uint8Array(32);

/** REKEY of the Noise specification, revision 34, section 4.2. */
function rekey(key: Bytes): Bytes {
  return createCipheriv("chacha20-poly1305", key, reservedNonce, { authTagLength: 16 }).update(zeros);
}
