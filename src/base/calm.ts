/** Notices that nothing has happened for a while. */
export class Calm {
  readonly #after: (ms: number, act: () => void) => () => void;
  readonly #ms: number;
  readonly #rest: () => void;
  #stirred = false;
  #cancel: (() => void) | undefined;
  #ended = false;

  /** `rest` is called once after each time of stirring, when that has been over for at least `ms` and at most twice as long. */
  constructor(after: (ms: number, act: () => void) => () => void, ms: number, rest: () => void) {
    this.#after = after;
    this.#ms = ms;
    this.#rest = rest;
  }

  /** Something happens. */
  stir(): void {
    this.#stirred = true;
    if (this.#cancel === undefined && !this.#ended) this.#look();
  }

  end(): void {
    this.#ended = true;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #look(): void {
    this.#stirred = false;
    this.#cancel = this.#after(this.#ms, () => {
      this.#cancel = undefined;
      if (this.#stirred) this.#look();
      else this.#rest();
    });
  }
}
