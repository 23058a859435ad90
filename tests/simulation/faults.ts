/**
 * What goes wrong, and how often. Each seed has some kinds of faults and not others, some of them often and some seldom: so that each is met
 * alone and in company.
 */
import { Chance } from "./chance.ts";

export const faultKinds = [
  /** A worker is gone, in the middle of whatever it did. */
  "worker crash",
  /** A worker is gone right after (or before) it has acted on the world outside. */
  "crash outside",
  /** Workers live for a second or two, and are killed. */
  "time limit",
  /** The server is gone; the next one reads the disk. */
  "server crash",
  /** The server is closed in order, and the next one goes on. */
  "restart",
  /** What a server that has crashed was writing is not on the disk. */
  "lost tail",
  /** Another server takes over the disk while the first goes on. */
  "second server",
  /** The disk takes nothing more, and the server ends. */
  "full disk",
  "delay",
  "duplicate",
  "reorder",
  /** A connection breaks; its two ends notice later. */
  "dropped link",
  /** A worker is given up that is alive. */
  "lease",
  /** What runs is interrupted and written down in the middle. */
  "freeze",
  /** The server's clock goes back, or far ahead. */
  "clock",
] as const;
export type FaultKind = (typeof faultKinds)[number];

/** Those that happen at a moment, and the share of moments. */
const moments = [
  "worker crash",
  "server crash",
  "restart",
  "second server",
  "full disk",
  "dropped link",
  "lease",
  "clock",
] as const;
export type Moment = (typeof moments)[number];

export class Faults {
  /** How often each has happened. */
  readonly counts = new Map<FaultKind, number>();
  readonly #chance: Chance;
  readonly #enabled = new Set<FaultKind>();
  readonly #rate: number;
  /** Moments of trouble left, so that everything ends. */
  #left: number;
  #calm: boolean;

  constructor(seed: number, none = false) {
    this.#chance = new Chance(seed, "faults");
    this.#calm = none;
    for (const kind of faultKinds) if (this.#chance.hits(0.4)) this.#enabled.add(kind);
    this.#rate = this.#chance.pick([0.005, 0.01, 0.02, 0.04]);
    this.#left = this.#chance.between(2, 12);
  }

  has(kind: FaultKind): boolean {
    return !this.#calm && this.#enabled.has(kind);
  }

  /** Whether `kind` happens now, in this share of the cases. Counted if it does. */
  strikes(kind: FaultKind, share: number): boolean {
    if (!this.has(kind) || !this.#chance.hits(share)) return false;
    this.count(kind);
    return true;
  }

  /** What happens at this moment, if anything does. */
  next(): Moment | undefined {
    if (this.#calm || this.#left === 0 || !this.#chance.hits(this.#rate)) return undefined;
    const kinds = moments.filter((kind) => this.#enabled.has(kind));
    if (kinds.length === 0) return undefined;
    return this.#chance.pick(kinds);
  }

  /** It has happened. */
  happened(kind: Moment): void {
    this.#left--;
    this.count(kind);
  }

  count(kind: FaultKind): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
  }

  /** From here on nothing goes wrong. */
  end(): void {
    this.#calm = true;
  }
}
