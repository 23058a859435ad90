/** A stream of posts with hashtags, made from a seed: the same for everybody who reads it, late and out of order as such streams are. */

export interface Post {
  /** When it was written, in milliseconds: what windows go by. Posts come in another order. */
  readonly time: number;
  readonly hashtag: string;
}

/** Posts of one producer, in the order in which they come. */
export class Feed {
  #state: number;
  #clock = 0;
  readonly #left: { count: number };

  constructor(producer: number, count: number) {
    this.#state = (producer + 1) * 0x9e3779b1;
    this.#left = { count };
  }

  /** The next `most` posts at most; none at the end. */
  take(most: number): Post[] {
    const posts: Post[] = [];
    while (posts.length < most && this.#left.count > 0) {
      this.#left.count--;
      this.#clock += Math.floor(this.#random() * 20);
      // Most posts come within a second of their time, a few much later.
      const delay = this.#random() < 0.97 ? this.#random() * 1_000 : this.#random() * 20_000;
      posts.push({ time: Math.max(0, Math.floor(this.#clock - delay)), hashtag: this.#hashtag() });
    }
    return posts;
  }

  /** Few are in every mouth, many are said once; who leads changes with the hours. */
  #hashtag(): string {
    const rank = Math.floor(1 / (this.#random() + 1e-3));
    const topic = Math.floor(this.#clock / 60_000) % 7;
    return rank < 20 ? `#topic${(rank + topic * 3) % 20}` : `#talk${rank}`;
  }

  /** Mulberry32. */
  #random(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }
}
