/**
 * Small Buffers. Node cuts them from pools, in which others lie beside them that are not the task's, and are not saved.
 *
 * P1. A Buffer from a pool is saved over a buffer of its own length, unless others of the same snapshot have bytes in common with it (`buffer.subarray(1)`): then
 *     all of these lie on one that covers them, and go on sharing it.
 * P2. That shows when the second one is met: the snapshot is begun again ({@link PoolSplit}) with what has been learnt. Pieces only grow, so that ends.
 * P3. A pool that is held itself (`buffer.buffer`, a view of another kind) is saved as a whole, with all that lies on it.
 */

/** Of a pool, from its first to behind its last byte. */
interface Range {
  readonly from: number;
  readonly to: number;
}

interface Piece extends Range {
  readonly buffer: ArrayBufferLike;
}

/** Thrown by what is to be begun again. */
export class PoolSplit extends Error {}

/** Ranges that have to stay together, none of which overlaps another. */
const learnt = new WeakMap<ArrayBufferLike, readonly Range[]>();

const overlap = (one: Range, other: Range): boolean => one.from < other.to && other.from < one.to;
const covers = (one: Range, other: Range): boolean => one.from <= other.from && other.to <= one.to;

function learn(pool: ArrayBufferLike, ...ranges: readonly Range[]): never {
  const from = Math.min(...ranges.map((each) => each.from));
  const to = Math.max(...ranges.map((each) => each.to));
  const known = learnt.get(pool) ?? [];
  const touched = known.filter((each) => overlap(each, { from, to }));
  const union = {
    from: Math.min(from, ...touched.map((each) => each.from)),
    to: Math.max(to, ...touched.map((each) => each.to)),
  };
  learnt.set(pool, [...known.filter((each) => !touched.includes(each)), union]);
  throw new PoolSplit("a Buffer shares its bytes with another one");
}

const mayBePool = (buffer: ArrayBufferLike): boolean => buffer.byteLength === Buffer.poolSize;

export function isPooled(view: ArrayBufferView): boolean {
  return (
    Object.getPrototypeOf(view) === Buffer.prototype &&
    mayBePool(view.buffer) &&
    view.byteLength < Buffer.poolSize
  );
}

/** The pools that one snapshot has met. */
export class Pools {
  #pieces: Map<ArrayBufferLike, Piece[]> | undefined;

  clear(): void {
    this.#pieces = undefined;
  }

  /** What is saved as the buffer of a Buffer that is pooled. */
  pieceOf(view: ArrayBufferView): Piece {
    const pool = view.buffer;
    const own = { from: view.byteOffset, to: view.byteOffset + view.byteLength };
    const pieces = this.#of(pool);
    for (const piece of pieces) {
      if (covers(piece, own)) return piece;
      if (overlap(piece, own)) learn(pool, piece, own);
    }
    const { from, to } = learnt.get(pool)?.find((each) => covers(each, own)) ?? own;
    const isWhole = to - from === pool.byteLength;
    const piece = { from, to, buffer: isWhole ? pool : pool.slice(from, to) };
    pieces.push(piece);
    return piece;
  }

  /** A buffer that is held itself is about to be saved. */
  holds(buffer: ArrayBufferLike): void {
    if (!mayBePool(buffer)) return;
    const pieces = this.#of(buffer);
    const whole = { from: 0, to: buffer.byteLength, buffer };
    if (pieces.some((piece) => piece.buffer !== buffer)) learn(buffer, whole);
    if (pieces.length === 0) pieces.push(whole);
  }

  #of(pool: ArrayBufferLike): Piece[] {
    this.#pieces ??= new Map();
    const pieces = this.#pieces.get(pool) ?? [];
    this.#pieces.set(pool, pieces);
    return pieces;
  }
}
