import type { Random } from "../../src/base/random.ts";
import { seededRandom } from "../../src/base/random.ts";

/** Seeded choices. Each part of a simulation has its own, by name, so that one that draws more does not disturb the others. */
export class Chance {
  readonly random: Random;

  constructor(seed: number, part: string) {
    let mixed = seed >>> 0;
    for (let i = 0; i < part.length; i++) mixed = Math.imul(mixed ^ part.charCodeAt(i), 0x9e3779b1) >>> 0;
    this.random = seededRandom(mixed ^ (mixed >>> 15));
    // Seeds that lie next to each other begin alike.
    for (let i = 0; i < 3; i++) this.random();
  }

  /** A whole number from 0 to before `limit`. */
  below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  /** A whole number of the two and those between them. */
  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  /** Whether something happens that happens in this share of all cases. */
  hits(share: number): boolean {
    return this.random() < share;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)]!;
  }

  shuffled<T>(from: readonly T[]): T[] {
    const list = [...from];
    for (let i = list.length - 1; i > 0; i--) {
      const other = this.below(i + 1);
      [list[i], list[other]] = [list[other]!, list[i]!];
    }
    return list;
  }
}
