// The part of a Noise library that we use. The library is injected, because loading it takes half of the start-up time.

import type { Bytes } from "../../core/types.js";

export interface KeyPair {
  readonly publicKey: Bytes;
  readonly secretKey: Bytes;
}

/** A handshake of the Noise Protocol Framework, revision 34. `send` and `recv` throw on invalid bytes. */
export interface Handshake {
  readonly complete: boolean;
  /** The peer's static key, after it was received. */
  readonly rs: Bytes | null;
  /** Keys for sending and receiving, 32 bytes each, after the handshake is complete. */
  readonly tx: Bytes;
  readonly rx: Bytes;
  initialise(prologue: Bytes): void;
  send(payload?: Bytes): Bytes;
  recv(message: Bytes): Bytes;
}

/** Encrypts single messages; `nonce` counts the messages. `decrypt` throws if the bytes were altered. */
export interface Cipher {
  encrypt(key: Bytes, nonce: number, plain: Bytes): Bytes;
  decrypt(key: Bytes, nonce: number, sealed: Bytes): Bytes;
}

export interface NoiseLibrary {
  handshake(options: { readonly initiator: boolean; readonly keys: KeyPair }): Handshake;
  readonly cipher: Cipher;
  /** Noise's REKEY: derives the next key. */
  rekey(key: Bytes): Bytes;
  /** A new key pair, or the pair of the given secret key. */
  keyPair(secretKey?: Bytes): KeyPair;
}
