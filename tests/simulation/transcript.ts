/** What happened, as one number; and in words for whoever wants to read it. */
export class Transcript {
  /** The last lines, or all of them. */
  readonly lines: string[] = [];
  readonly #keep: boolean;
  readonly #now: () => string;
  #low = 0x811c9dc5;
  #high = 0x1b873593;

  constructor(options: { readonly keep: boolean; readonly now: () => string }) {
    this.#keep = options.keep;
    this.#now = options.now;
  }

  note(what: string): void {
    for (let i = 0; i < what.length; i++) {
      const code = what.charCodeAt(i);
      this.#low = Math.imul(this.#low ^ code, 0x01000193);
      this.#high = Math.imul(this.#high ^ code, 0x85ebca6b);
    }
    this.#high = Math.imul(this.#high ^ (this.#low >>> 13), 0xc2b2ae35);
    if (this.#keep) this.lines.push(`${this.#now()} ${what}`);
  }

  /** Two simulations with the same fingerprint went the same way. */
  get fingerprint(): string {
    return [this.#high, this.#low].map((half) => (half >>> 0).toString(16).padStart(8, "0")).join("");
  }
}
