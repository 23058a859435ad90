/** Time, as a worker is given it. The only gate through which it comes in. */
export interface Clock {
  /** Milliseconds since 1970, by this machine's clock, which may be wrong. */
  now(): number;
  /** Milliseconds since some moment; never backwards: what intervals are measured with. */
  monotonic(): number;
  /** Calls `act` once, after `ms` milliseconds, unless the returned function is called before. */
  after(ms: number, act: () => void): () => void;
  /** Calls `act` once, after the event loop has had a turn. */
  turn(act: () => void): void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, act) {
    // What keeps a worker alive is its line; its own timers must not look like work of foreign code (`quiet`).
    const timer = setTimeout(act, ms).unref();
    return () => clearTimeout(timer);
  },
  turn: (act) => void setImmediate(act),
};

/**
 * The server's clock, as the server tells it now and then: what programs see (design H22).
 *
 * S1. Before it has been told, it is this machine's.
 * S2. What is told is late, never early: so of two that have been told, the one that is further counts, by the monotonic clock.
 */
export class ServerClock {
  readonly #clock: Pick<Clock, "now" | "monotonic">;
  /** What it showed at {@link #ticks} of the monotonic clock. */
  #told = Number.NEGATIVE_INFINITY;
  #ticks = 0;
  /** What this machine's clock is behind it. */
  #behind = 0;

  constructor(clock: Pick<Clock, "now" | "monotonic">) {
    this.#clock = clock;
  }

  now(): number {
    return Math.floor(this.#clock.now() + this.#behind);
  }

  told(now: number): void {
    const ticks = this.#clock.monotonic();
    this.#told = Math.max(now, this.#told + ticks - this.#ticks);
    this.#ticks = ticks;
    this.#behind = this.#told - this.#clock.now();
  }
}
