// Keys as a terminal sends them, apart from what it says was pasted. Pure. It promises that nothing in a paste is taken for a key.

import { pasteCharsMax } from "../core/limits.js";

export type Key =
  /** One character: something may have to happen before the next one is taken, and Node's editor takes several for a paste. */
  { readonly kind: "key"; readonly text: string } | { readonly kind: "paste"; readonly text: string };

const begin = "\u001b[200~";
const end = "\u001b[201~";

export class KeySplitter {
  /** Undefined outside of a paste. */
  #pasted: string | undefined;
  /** What may be the beginning of a sign. */
  #rest = "";

  split(typed: string): readonly Key[] {
    const all: Key[] = [];
    let text = this.#rest + typed;
    this.#rest = "";
    while (text !== "") text = this.#pasted === undefined ? this.#keys(text, all) : this.#paste(text, all);
    return all;
  }

  /** Returns what comes after a paste has begun. */
  #keys(text: string, all: Key[]): string {
    const at = text.indexOf(begin);
    // Escape alone waits for what follows: the editor does nothing for it by itself.
    if (at < 0) this.#rest = beginningOf(begin, text);
    const keys = at < 0 ? text.slice(0, text.length - this.#rest.length) : text.slice(0, at);
    for (const key of keys) all.push({ kind: "key", text: key });
    if (at < 0) return "";
    this.#pasted = "";
    return text.slice(at + begin.length);
  }

  #paste(text: string, all: Key[]): string {
    const at = text.indexOf(end);
    if (at < 0) {
      this.#rest = beginningOf(end, text);
      this.#keep(text.slice(0, text.length - this.#rest.length));
      return "";
    }
    this.#keep(text.slice(0, at));
    all.push({ kind: "paste", text: this.#pasted ?? "" });
    this.#pasted = undefined;
    return text.slice(at + end.length);
  }

  /** What is too much is dropped. */
  #keep(text: string): void {
    this.#pasted = ((this.#pasted ?? "") + text).slice(0, pasteCharsMax);
  }
}

/** The end of `text` that `sign` begins with. */
function beginningOf(sign: string, text: string): string {
  for (let length = Math.min(sign.length - 1, text.length); length > 0; length -= 1)
    if (text.endsWith(sign.slice(0, length))) return text.slice(-length);
  return "";
}
