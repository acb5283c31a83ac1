// The few names that we use of a Noise library. It is injected, because loading it takes as long as half of a start.

import type { Bytes } from "../../core/types.js";

export interface KeyPair {
  readonly publicKey: Bytes;
  readonly secretKey: Bytes;
}

/** A handshake of the Noise Protocol Framework, revision 34. `send` and `recv` throw on bytes that do not fit. */
export interface Handshake {
  readonly complete: boolean;
  /** The other side's static key, once it was received. */
  readonly rs: Bytes | null;
  /** Keys for sending and receiving, 32 bytes each, once complete. */
  readonly tx: Bytes;
  readonly rx: Bytes;
  initialise(prologue: Bytes): void;
  send(payload?: Bytes): Bytes;
  recv(message: Bytes): Bytes;
}

/** One message under a key; the nonce counts the messages. `decrypt` throws on bytes that were changed. */
export interface Cipher {
  encrypt(key: Bytes, nonce: number, plain: Bytes): Bytes;
  decrypt(key: Bytes, nonce: number, sealed: Bytes): Bytes;
}

export interface NoiseLibrary {
  handshake(options: { readonly initiator: boolean; readonly keys: KeyPair }): Handshake;
  readonly cipher: Cipher;
  /** Noise's REKEY: the key that follows this one. */
  rekey(key: Bytes): Bytes;
  /** A fresh pair, or the one that belongs to a secret key. */
  keyPair(secretKey?: Bytes): KeyPair;
}
