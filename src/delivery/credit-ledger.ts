// What one friend has sent and the screen has not shown, and the credit that follows from it. Pure.

import { windowBytes } from "../core/limits.js";

interface Piece {
  /** Store number of the last message. */
  readonly last: number;
  readonly bytes: number;
}

export class CreditLedger {
  #pieces: Piece[] = [];
  #unshownBytes = 0;
  /** On this connection. */
  #receivedBytes = 0;

  /** Bytes that the friend may send on this connection in all. It only grows. */
  get granted(): number {
    return this.#receivedBytes + Math.max(0, windowBytes - this.#unshownBytes);
  }

  /** A new connection: its account begins at nothing. */
  stand(): void {
    this.#receivedBytes = 0;
  }

  /** False where the friend was not allowed to send that: then it counts for nothing. */
  receive(bytes: number): boolean {
    if (this.#receivedBytes + bytes > this.granted) return false;
    this.#receivedBytes += bytes;
    this.#unshownBytes += bytes;
    return true;
  }

  /** Nothing of these bytes is to be shown. */
  drop(bytes: number): void {
    this.#unshownBytes -= bytes;
  }

  wait(last: number, bytes: number): void {
    this.#pieces.push({ last, bytes });
  }

  shown(number: number): void {
    const left = this.#pieces.findIndex(({ last }) => last > number);
    this.#release(this.#pieces.splice(0, left < 0 ? this.#pieces.length : left));
  }

  /** What has these store numbers, from the first on, could not be kept: it is not shown, and comes again. */
  forget(from: number): void {
    const first = this.#pieces.findIndex(({ last }) => last >= from);
    if (first >= 0) this.#release(this.#pieces.splice(first));
  }

  #release(pieces: readonly Piece[]): void {
    this.#unshownBytes -= pieces.reduce((sum, { bytes }) => sum + bytes, 0);
  }
}
