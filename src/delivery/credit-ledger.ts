// Flow control for one friend: counts received bytes that are not shown yet, and computes the credit to grant. Pure.

import { windowBytes } from "../core/limits.js";

interface Piece {
  /** Store number of the last message. */
  readonly last: number;
  readonly bytes: number;
}

export class CreditLedger {
  #pieces: Piece[] = [];
  #unshownBytes = 0;
  /** Bytes received on this connection. */
  #receivedBytes = 0;

  /** Total bytes that the friend may send on this connection. It only grows. */
  get granted(): number {
    return this.#receivedBytes + Math.max(0, windowBytes - this.#unshownBytes);
  }

  /** A new connection counts from zero. */
  connected(): void {
    this.#receivedBytes = 0;
  }

  /** False if the bytes exceed the grant; then they are not counted. */
  receive(bytes: number): boolean {
    if (this.#receivedBytes + bytes > this.granted) return false;
    this.#receivedBytes += bytes;
    this.#unshownBytes += bytes;
    return true;
  }

  /** These received bytes hold nothing to show. */
  drop(bytes: number): void {
    this.#unshownBytes -= bytes;
  }

  /** These bytes are to be shown; `last` is the store number of their last message. */
  wait(last: number, bytes: number): void {
    this.#pieces.push({ last, bytes });
  }

  /** Messages up to this store number were shown. */
  shown(number: number): void {
    const left = this.#pieces.findIndex(({ last }) => last > number);
    this.#release(this.#pieces.splice(0, left < 0 ? this.#pieces.length : left));
  }

  /** Messages from this store number on could not be stored: they are not shown, and the friend sends them again. */
  forget(from: number): void {
    const first = this.#pieces.findIndex(({ last }) => last >= from);
    if (first >= 0) this.#release(this.#pieces.splice(first));
  }

  #release(pieces: readonly Piece[]): void {
    this.#unshownBytes -= pieces.reduce((sum, { bytes }) => sum + bytes, 0);
  }
}
