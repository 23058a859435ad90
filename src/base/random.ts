/** A generator of numbers in [0, 1), uniform. */
export type Random = () => number;

/**
 * Deterministic generator: the same seed gives the same numbers on every machine. For chaos, simulation and jitter,
 * never for secrets. Algorithm: mulberry32 (Tommy Ettinger, public domain), 32 bits of state.
 */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
