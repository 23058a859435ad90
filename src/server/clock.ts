/** Time, as the server is given it. The only gate through which it comes in. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls `act` once, `ms` milliseconds from now, unless the returned function is called before. */
  after(ms: number, act: () => void): () => void;
}

/** The longest a timer of Node can run; who wants longer is called early and asks again. */
const timerMsMax = 2_147_483_647;

export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, act) {
    const timer = setTimeout(act, Math.min(ms, timerMsMax));
    return () => clearTimeout(timer);
  },
};
