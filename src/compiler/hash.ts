/**
 * Short hashes of texts: they tell whether a site is still the one that a snapshot was made with. Two runs of
 * FNV-1a with different seeds, 48 bits of them by eight letters; not for adversaries.
 */
const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const prime = 0x01000193;

/** Of a list of texts: where one ends and the next begins makes a difference. */
export class TextHash {
  #one = 0x811c9dc5;
  #other = 0x050c5d1f;

  add(text: string, from: number, to: number): void {
    for (let index = from; index < to; index += 1) this.#step(text.charCodeAt(index));
    // No character of a text.
    this.#step(0x1_0000);
  }

  #step(code: number): void {
    this.#one = Math.imul(this.#one ^ code, prime);
    this.#other = Math.imul(this.#other ^ code, prime);
  }

  get text(): string {
    return spelled(this.#one) + spelled(this.#other);
  }
}

export function hashText(text: string): string {
  const hash = new TextHash();
  hash.add(text, 0, text.length);
  return hash.text;
}

function spelled(hash: number): string {
  let found = "";
  for (let shift = 0; shift < 24; shift += 6) found += letters[(hash >>> shift) & 63];
  return found;
}
