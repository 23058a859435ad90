/** `--chaos`: kills a worker at random moments, by seed, as machines and platforms do without asking. */
import type { Random } from "../base/random.ts";

/** Milliseconds between two kills. */
const gapMs = { min: 300, max: 1_000 } as const;

/** @returns a function that ends it. */
export function startChaos(random: Random, kill: (random: Random) => void): () => void {
  let timer: NodeJS.Timeout;
  const next = (): void => {
    timer = setTimeout(
      () => {
        kill(random);
        next();
      },
      gapMs.min + random() * (gapMs.max - gapMs.min),
    );
  };
  next();
  return () => clearTimeout(timer);
}
