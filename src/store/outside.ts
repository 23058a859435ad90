/**
 * Chunks beside the store: blobs in a directory or a bucket, rows in the store. Two places that cannot be written as one; so their order says
 * what may be missing when somebody dies in between: never a blob that a row names (design H16).
 *
 * Owns: the order of writes to the two. Talks to: the store, the blobs.
 *
 * O1. Blobs first: the rows of a write are handed to the store when its blobs, and those of the writes before it, are durable. Until then reads
 *     look here first (S1 of the store).
 * O2. A blob is deleted when the write after which no manifest names it is durable. The next use of the same bytes makes a new blob.
 * O3. A name is HASH-TERM-NUMBER: no owner gives a name that another one has given. So what an earlier owner still does, late and unfenced,
 *     touches nothing that a later one wants: it deletes what no durable manifest names, and what it puts, nobody names.
 * O4. What a death has left (blobs put and not named, named no more and not deleted) is of an earlier term and in no manifest. It is swept in the
 *     background when the store is opened.
 * O5. After a blob could not be written nothing is written any more.
 * O6. What comes back is what was put: its hash is in its name.
 */
import { UserError } from "../base/errors.ts";
import type { BytesKey, Change } from "../protocol/rows.ts";
import type { BlobStore } from "./blobs.ts";
import { hashLength, hashOf, InStore, type Pieces, type Shelf } from "./chunks.ts";
import type { Store } from "./store.ts";

type Bytes = Uint8Array | undefined;

/** Blobs under way at a time: enough to keep a disk or a line busy. */
const atOnce = 16;

/** Whether a chunk with this name lies outside. */
export function isOutside(name: string): boolean {
  return name.length > hashLength;
}

export class Outside implements Shelf {
  /** Larger than inside, since each costs a flush or a request. */
  readonly pieces: Pieces = { min: 128 * 1024, max: 1024 * 1024, bits: 18 };
  readonly #store: Store;
  readonly #blobs: BlobStore;
  readonly #isNamed: (name: string) => boolean;
  /** For chunks of the time before there were blobs. */
  readonly #inside: InStore;
  #number = 0;
  /** Ends when the store has been handed everything so far; absent: it has. */
  #turn: Promise<void> | undefined;
  /** What waits for its turn: the last value of each key, and blobs. */
  readonly #waiting = new Map<BytesKey, Bytes>();
  readonly #unwritten = new Map<string, Uint8Array>();
  readonly #deletions = new Set<Promise<void>>();
  readonly #sweep: Promise<void>;
  #failure: unknown;

  constructor(store: Store, blobs: BlobStore, isNamed: (name: string) => boolean) {
    this.#store = store;
    this.#blobs = blobs;
    this.#isNamed = isNamed;
    this.#inside = new InStore(store);
    // What it cannot do now the next owner will.
    this.#sweep = this.#sweepUp().catch(() => {});
  }

  nameOf(hash: string): string {
    return `${hash}-${this.#store.term}-${++this.#number}`;
  }

  write(
    changes: readonly Change[],
    fresh: ReadonlyMap<string, Uint8Array>,
    loose: readonly string[],
    unhurried?: boolean,
  ): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const inside = loose.filter((name) => !isOutside(name));
    const written =
      fresh.size === 0 && this.#turn === undefined
        ? this.#inside.write(changes, fresh, inside, unhurried)
        : this.#inTurn(changes, fresh, inside);
    const outside = loose.filter(isOutside);
    if (outside.length > 0) this.#deleteAfter(written, outside);
    return written;
  }

  fetch(name: string): Bytes | Promise<Bytes> {
    if (!isOutside(name)) return this.#inside.fetch(name);
    return this.#unwritten.get(name) ?? this.#get(name);
  }

  fetchWhole(key: BytesKey): Bytes | Promise<Bytes> {
    return this.#waiting.has(key) ? this.#waiting.get(key) : this.#inside.fetchWhole(key);
  }

  readWhole(key: BytesKey): Bytes {
    return this.#waiting.has(key) ? this.#waiting.get(key) : this.#inside.readWhole(key);
  }

  async close(): Promise<void> {
    await this.#turn?.catch(() => {});
    await this.#sweep;
    await Promise.all(this.#deletions);
    await this.#store.close();
    await this.#blobs.close();
  }

  /** O1. */
  async #inTurn(
    changes: readonly Change[],
    fresh: ReadonlyMap<string, Uint8Array>,
    inside: readonly string[],
  ): Promise<void> {
    for (const change of changes) if (change.table === "bytes") this.#waiting.set(change.key, change.bytes);
    for (const [name, bytes] of fresh) this.#unwritten.set(name, bytes);
    const put = eachOf([...fresh], ([name, bytes]) => this.#blobs.put(name, bytes));
    const before = this.#turn;
    const turn = Promise.all([before, put]).then(() => {});
    this.#turn = turn;
    try {
      await turn;
    } catch (error) {
      this.#failure ??= error;
      throw this.#failure;
    }
    if (this.#turn === turn) this.#turn = undefined;
    for (const change of changes) {
      if (change.table === "bytes" && this.#waiting.get(change.key) === change.bytes)
        this.#waiting.delete(change.key);
    }
    const written = this.#inside.write(changes, new Map(), inside);
    for (const name of fresh.keys()) this.#unwritten.delete(name);
    await written;
  }

  /** O2. What cannot be deleted is swept by the next owner. */
  #deleteAfter(written: Promise<void>, names: readonly string[]): void {
    const deletion: Promise<void> = written
      .then(() => eachOf(names, (name) => this.#blobs.delete(name)))
      .catch(() => {})
      .finally(() => this.#deletions.delete(deletion));
    this.#deletions.add(deletion);
  }

  /** O6. */
  async #get(name: string): Promise<Bytes> {
    const bytes = await this.#blobs.get(name);
    if (bytes !== undefined && hashOf(bytes) !== name.slice(0, hashLength)) {
      throw new UserError(
        `the blob ${name} in ${this.#blobs.shown} is damaged: restore it from a copy, or start the run anew`,
      );
    }
    return bytes;
  }

  /** O4. */
  async #sweepUp(): Promise<void> {
    for await (const name of this.#blobs.names()) {
      const [, term] = /^[0-9a-f]+-(\d+)-\d+$/.exec(name) ?? [];
      if (term !== undefined && Number(term) < this.#store.term && !this.#isNamed(name))
        await this.#blobs.delete(name);
    }
  }
}

/** Some at a time. Rejects with the first failure, when nothing is under way any more. */
async function eachOf<T>(all: readonly T[], act: (one: T) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < all.length) await act(all[next++]!);
  };
  const lanes = await Promise.allSettled(Array.from({ length: Math.min(atOnce, all.length) }, lane));
  for (const ended of lanes) if (ended.status === "rejected") throw ended.reason;
}
