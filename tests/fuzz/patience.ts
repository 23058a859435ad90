/**
 * Waits for somebody who should speak up now and then. It counts seconds in which this process has run: one that was stopped with its children, or a machine
 * that has slept, does not make anybody late.
 */
export class Patience {
  readonly #ticks: NodeJS.Timeout;
  #silent = 0;

  constructor(seconds: number, expire: () => void) {
    this.#ticks = setInterval(() => {
      this.#silent += 1;
      if (this.#silent === seconds) expire();
    }, 1_000);
  }

  heard(): void {
    this.#silent = 0;
  }

  end(): void {
    clearInterval(this.#ticks);
  }
}
