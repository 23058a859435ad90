/**
 * The tokens of a text, to tell whether a function is still the same one: comments and layout make no difference. A semicolon that the language
 * inserts is one like any other, since where it stands is part of the meaning.
 */
import { TextHash } from "../hash.ts";

/** From one offset to another. */
export interface Gap {
  readonly start: number;
  readonly end: number;
}

export class Tokens {
  readonly #text: string;
  /** In order; one that is empty is an inserted semicolon. */
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  add(start: number, end: number): void {
    this.#starts.push(start);
    this.#ends.push(end);
  }

  /** A hash of those between two offsets; `gaps`, in order, are left out, and only that they are there makes a difference. */
  hash(from: number, to: number, gaps: readonly Gap[] = []): string {
    const hash = new TextHash();
    let gap = 0;
    for (let at = this.#first(from); at < this.#starts.length; at++) {
      const start = this.#starts[at]!;
      const end = this.#ends[at]!;
      if (end > to || start >= to) break;
      while (gap < gaps.length && start >= gaps[gap]!.end) gap++;
      if (gap < gaps.length && start >= gaps[gap]!.start) {
        // No token.
        if (start === gaps[gap]!.start) hash.add("", 0, 0);
        continue;
      }
      if (start === end) hash.add(";", 0, 1);
      else hash.add(this.#text, start, end);
    }
    return hash.text;
  }

  #first(offset: number): number {
    let low = 0;
    let high = this.#starts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#starts[middle]! < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
