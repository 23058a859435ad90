/** Time, as a worker is given it. The only gate through which it comes in. */
export interface Clock {
  /** Milliseconds of the server's clock, as near as this machine knows it: what programs see. */
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
