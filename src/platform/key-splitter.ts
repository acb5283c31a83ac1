// Separates keys from pasted text in a terminal's input. Pure. It promises that nothing in a paste is taken for a key.

import { pasteCharsMax } from "../core/limits.js";

export type Key =
  /** One character at a time: Node's editor takes several for a paste, and a key may need an answer before the next one. */
  { readonly kind: "key"; readonly text: string } | { readonly kind: "paste"; readonly text: string };

const begin = "\u001b[200~";
const end = "\u001b[201~";

export class KeySplitter {
  /** The text of the paste so far; undefined outside a paste. */
  #pasted: string | undefined;
  /** Characters that may begin a paste mark. */
  #rest = "";

  split(typed: string): readonly Key[] {
    const all: Key[] = [];
    let text = this.#rest + typed;
    this.#rest = "";
    while (text !== "") text = this.#pasted === undefined ? this.#keys(text, all) : this.#paste(text, all);
    return all;
  }

  /** Returns the rest after the beginning of a paste. */
  #keys(text: string, all: Key[]): string {
    const at = text.indexOf(begin);
    // A single Escape waits for the next character; the editor does nothing for it alone.
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

  /** Text beyond the bound is dropped. */
  #keep(text: string): void {
    this.#pasted = ((this.#pasted ?? "") + text).slice(0, pasteCharsMax);
  }
}

/** The end of `text` that may be the beginning of `sign`. */
function beginningOf(sign: string, text: string): string {
  for (let length = Math.min(sign.length - 1, text.length); length > 0; length -= 1)
    if (text.endsWith(sign.slice(0, length))) return text.slice(-length);
  return "";
}
