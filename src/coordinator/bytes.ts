/**
 * Many small pieces of bytes in few large blocks, found by a number: an object for each would cost more than the piece.
 *
 * A piece that is freed leaves a hole; when half of all is holes, {@link Bytes.compact} writes the rest anew.
 */
const blockBytes = 256 * 1024;
/** Before a piece: its length. */
const prefixBytes = 4;

export class Bytes {
  #blocks: Uint8Array[] = [];
  /** Of the last block. */
  #used = 0;
  #live = 0;
  #holes = 0;

  /** The pieces given, one after the other, as one. */
  add(...parts: readonly Uint8Array[]): number {
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    const whole = prefixBytes + length;
    const last = this.#blocks.at(-1);
    if (last === undefined || this.#used + whole > last.length) {
      // One that is longer than a block has a block of its own, and is found by where that begins.
      this.#blocks.push(new Uint8Array(Math.max(whole, blockBytes)));
      this.#used = 0;
    }
    const block = this.#blocks.at(-1)!;
    const begin = this.#used;
    new DataView(block.buffer).setUint32(begin, length, true);
    let at = begin + prefixBytes;
    for (const part of parts) {
      block.set(part, at);
      at += part.length;
    }
    this.#used = at;
    this.#live += whole;
    return (this.#blocks.length - 1) * blockBytes + begin;
  }

  /** A view, good until something is added or freed. */
  get(place: number): Uint8Array {
    const block = this.#blocks[Math.floor(place / blockBytes)]!;
    const begin = place % blockBytes;
    const length = new DataView(block.buffer).getUint32(begin, true);
    return block.subarray(begin + prefixBytes, begin + prefixBytes + length);
  }

  free(place: number): void {
    const whole = prefixBytes + this.get(place).length;
    this.#live -= whole;
    this.#holes += whole;
  }

  get isWasteful(): boolean {
    return this.#holes > blockBytes && this.#holes > this.#live;
  }

  /** Writes the pieces anew, without holes; answers where they are then. */
  compact<K>(pieces: ReadonlyMap<K, number>): Map<K, number> {
    const before = new Bytes();
    before.#blocks = this.#blocks;
    this.clear();
    return new Map([...pieces].map(([key, place]) => [key, this.add(before.get(place))]));
  }

  clear(): void {
    this.#blocks = [];
    this.#used = 0;
    this.#live = 0;
    this.#holes = 0;
  }
}
