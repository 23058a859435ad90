/**
 * A store over another one in which large bytes are written once: what a task begins from is cut into chunks where its content says so, and
 * only chunks that are not there yet are written. A task with a large buffer in its heap thus pays for what has changed.
 *
 * Owns: the lists of chunks (*manifests*) of large values, and how often each chunk is named. Talks to: the store below, and the *shelf*, which is
 * where chunks lie: in that store, or beside it (outside.ts).
 *
 * C1. A value has at most one of both: itself, or a manifest. Whoever reads gets the same bytes.
 * C2. A chunk is durable no later than the first manifest that names it, and goes no earlier than the last one (design H16). In the store itself
 *     one group has both, so there is never a chunk without a manifest either.
 * C3. References are counted from the manifests, when the store is opened; no count is written down that could be wrong.
 * C4. Where it is cut depends on the bytes around the cut alone: a value that has grown in front is cut at the same places behind.
 */
import { createHash } from "node:crypto";
import { assert, UserError } from "../base/errors.ts";
import { pack, unpack } from "../protocol/pack.ts";
import type { BytesKey, Change } from "../protocol/rows.ts";
import type { LoadedRow, Store } from "./store.ts";

/** Smaller values are written as they are: their chunks would save less than they cost. */
export const chunkedBytesMin = 512 * 1024;
/** Digits of a hash, with which the name of each chunk begins. */
export const hashLength = 64;

/** How large chunks are: from `min` to `max`, and where content decides, one in 2 to the power of `bits` places is a cut. */
export interface Pieces {
  readonly min: number;
  readonly max: number;
  readonly bits: number;
}

type Bytes = Uint8Array | undefined;

/** Where chunks lie. */
export interface Shelf {
  readonly pieces: Pieces;
  /** A name for the chunk with this hash, which is about to be written. It begins with the hash. */
  nameOf(hash: string): string;
  /** One write: with it the chunks of `fresh` are durable, and those of `loose`, which nothing names any more, can go. */
  write(
    changes: readonly Change[],
    fresh: ReadonlyMap<string, Uint8Array>,
    loose: readonly string[],
    unhurried?: boolean,
  ): Promise<void>;
  fetch(name: string): Bytes | Promise<Bytes>;
  /** What is not in chunks, and what has been written last of it. */
  fetchWhole(key: BytesKey): Bytes | Promise<Bytes>;
  readWhole(key: BytesKey): Bytes;
  close(): Promise<void>;
}

/** @param shelfFor where chunks lie, if not in the store itself. It is told which names manifests have. */
export function withChunks(
  store: Store,
  shelfFor: (isNamed: (name: string) => boolean) => Shelf = () => new InStore(store),
): Store {
  return new ChunkedStore(store, shelfFor);
}

class ChunkedStore implements Store {
  readonly #store: Store;
  readonly #shelf: Shelf;
  /** Names of the chunks of each value that has them. */
  readonly #manifests = new Map<BytesKey, readonly string[]>();
  /** How often manifests name each chunk. */
  readonly #uses = new Map<string, number>();
  /** The chunk with this hash, of those that are named. */
  readonly #named = new Map<string, string>();
  readonly fetch: NonNullable<Store["fetch"]>;

  constructor(store: Store, shelfFor: (isNamed: (name: string) => boolean) => Shelf) {
    this.#store = store;
    for (const [key, names] of manifestsOf(store)) {
      this.#manifests.set(key, names);
      for (const name of names) this.#use(name, 1);
    }
    const shelf = shelfFor((name) => this.#uses.has(name));
    this.#shelf = shelf;
    this.fetch = (key) => {
      const names = this.#manifests.get(key);
      if (names === undefined) return shelf.fetchWhole(key);
      const chunks = names.map((name) => shelf.fetch(name));
      if (chunks.every((chunk) => !(chunk instanceof Promise))) return join(key, chunks);
      return Promise.all(chunks).then((found) => {
        // Written anew while it was being fetched: what is missing may be missing rightly.
        if (found.includes(undefined) && this.#manifests.get(key) !== names) return this.fetch(key);
        return join(key, found);
      });
    };
  }

  get term(): number {
    return this.#store.term;
  }

  load(): Iterable<LoadedRow> {
    return this.#store.load();
  }

  read(key: BytesKey): Bytes {
    if (!this.#manifests.has(key)) return this.#shelf.readWhole(key);
    const found = this.fetch(key);
    assert(!(found instanceof Promise), `${key} is fetched, not read`);
    return found;
  }

  write(changes: readonly Change[], unhurried?: boolean): Promise<void> {
    const isPlain = (change: Change) =>
      change.table !== "bytes" || !(this.#manifests.has(change.key) || isLarge(change));
    if (changes.every(isPlain)) return this.#shelf.write(changes, nothing, [], unhurried);
    const written: Change[] = [];
    const fresh = new Map<string, Uint8Array>();
    const loose = new Set<string>();
    for (const change of changes) {
      if (change.table === "bytes" && !isPlain(change)) this.#replace(change, { written, fresh, loose });
      else written.push(change);
    }
    return this.#shelf.write(
      written,
      fresh,
      [...loose].filter((name) => !this.#uses.has(name)),
    );
  }

  async rest(): Promise<void> {
    await this.#store.rest?.();
  }

  close(): Promise<void> {
    return this.#shelf.close();
  }

  #replace(
    change: Change & { readonly table: "bytes" },
    to: { readonly written: Change[]; readonly fresh: Map<string, Uint8Array>; readonly loose: Set<string> },
  ): void {
    const { key, bytes } = change;
    const before = this.#manifests.get(key) ?? [];
    if (bytes !== undefined && isLarge(change)) {
      const names: string[] = [];
      for (const chunk of cut(bytes, this.#shelf.pieces)) {
        const hash = hashOf(chunk);
        const name = this.#named.get(hash) ?? this.#shelf.nameOf(hash);
        names.push(name);
        // Also one that this group has freed: whether it was written out before is not known any more.
        if (!this.#uses.has(name)) to.fresh.set(name, chunk);
        this.#use(name, 1);
      }
      this.#manifests.set(key, names);
      to.written.push({ table: "bytes", key: manifestKey(key), bytes: pack([key, names]) });
      if (before.length === 0) to.written.push({ table: "bytes", key, bytes: undefined });
    } else {
      this.#manifests.delete(key);
      to.written.push({ table: "bytes", key: manifestKey(key), bytes: undefined }, change);
    }
    for (const name of before) {
      this.#use(name, -1);
      to.loose.add(name);
    }
  }

  #use(name: string, step: number): void {
    const uses = (this.#uses.get(name) ?? 0) + step;
    const hash = name.slice(0, hashLength);
    if (uses === 0) {
      this.#uses.delete(name);
      if (this.#named.get(hash) === name) this.#named.delete(hash);
    } else {
      this.#uses.set(name, uses);
      this.#named.set(hash, name);
    }
  }
}

const nothing: ReadonlyMap<string, Uint8Array> = new Map();

/** Chunks as values of the store: what is written together is there together. */
export class InStore implements Shelf {
  readonly pieces: Pieces = { min: 16 * 1024, max: 256 * 1024, bits: 16 };
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  nameOf(hash: string): string {
    return hash;
  }

  write(
    changes: readonly Change[],
    fresh: ReadonlyMap<string, Uint8Array>,
    loose: readonly string[],
    unhurried?: boolean,
  ): Promise<void> {
    if (fresh.size === 0 && loose.length === 0) return this.#store.write(changes, unhurried);
    const all = [...changes];
    for (const [name, bytes] of fresh) all.push({ table: "bytes", key: chunkKey(name), bytes });
    for (const name of loose) all.push({ table: "bytes", key: chunkKey(name), bytes: undefined });
    return this.#store.write(all);
  }

  fetch(name: string): Bytes | Promise<Bytes> {
    return this.fetchWhole(chunkKey(name));
  }

  fetchWhole(key: BytesKey): Bytes | Promise<Bytes> {
    return this.#store.fetch === undefined ? this.#store.read(key) : this.#store.fetch(key);
  }

  readWhole(key: BytesKey): Bytes {
    return this.#store.read(key);
  }

  close(): Promise<void> {
    return this.#store.close();
  }
}

/** Which chunks each large value is made of, by their names. */
export function* manifestsOf(store: Store): Iterable<readonly [BytesKey, readonly string[]]> {
  assert(store.values !== undefined, "this store cannot tell which values are in chunks");
  for (const bytes of store.values("manifest")) yield unpack(bytes) as [BytesKey, string[]];
}

/** What a task begins from, and checkpoints that are kept, which share most of it; what decisions need stays as it is. */
function isLarge(change: Change): boolean {
  return (
    change.table === "bytes" &&
    change.bytes !== undefined &&
    change.bytes.length >= chunkedBytesMin &&
    /^(snapshot|payload|input|shared|kept)\//.test(change.key)
  );
}

function chunkKey(name: string): BytesKey {
  return `chunk/${name}`;
}

export function hashOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function manifestKey(key: BytesKey): BytesKey {
  return `manifest/${key}`;
}

function join(key: BytesKey, chunks: readonly (Bytes | Promise<Bytes>)[]): Uint8Array {
  const found = chunks.filter((chunk) => chunk instanceof Uint8Array);
  if (found.length < chunks.length) {
    throw new UserError(
      `the state is incomplete: ${chunks.length - found.length} of ${chunks.length} chunks of ${key} are missing. Restore it from a copy, or start the run anew`,
    );
  }
  const bytes = new Uint8Array(found.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of found) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/** C4. By a sum over the last 32 bytes, in which each counts by a number of its own and half as much as the next. */
export function* cut(bytes: Uint8Array, pieces: Pieces): Generator<Uint8Array> {
  const shift = 32 - pieces.bits;
  for (let begin = 0; begin < bytes.length; ) {
    const most = Math.min(begin + pieces.max, bytes.length);
    let end = Math.min(begin + pieces.min, most);
    for (let sum = 0; end < most; ) {
      sum = ((sum << 1) + weights[bytes[end]!]!) | 0;
      end++;
      if (sum >>> shift === 0) break;
    }
    yield bytes.subarray(begin, end);
    begin = end;
  }
}

/** A number for each byte, without a pattern and the same in each process: a multiplicative sequence, well mixed. */
const weights = Int32Array.from({ length: 256 }, (_, byte) => {
  let mixed = Math.imul(byte + 1, 0x9e3779b1);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x85ebca6b);
  return mixed ^ (mixed >>> 13);
});
