/**
 * A store over another one in which large bytes are written once: what a task begins from is cut into chunks where its content says so, and
 * only chunks that are not there yet are written. A task with a large buffer in its heap thus pays for what has changed.
 *
 * Owns: chunks, and the lists of chunks (*manifests*) of large values. Talks to: the store below.
 *
 * C1. A value has at most one of both: itself, or a manifest. Whoever reads gets the same bytes.
 * C2. A chunk, and every manifest that names it, are written in one group or the chunk before; it is deleted in the group that deletes the
 *     last manifest that names it. So there is never a manifest without its chunks, nor a chunk without a manifest (design H16).
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
const chunkBytes = { min: 16 * 1024, max: 256 * 1024 } as const;
/** Bits that have to be zero at a cut: one in 64 Ki places is. */
const cutShift = 16;

type Bytes = Uint8Array | undefined;

export function withChunks(store: Store): Store {
  return new ChunkedStore(store);
}

class ChunkedStore implements Store {
  readonly #store: Store;
  /** Hashes of the chunks of each value that has them. */
  readonly #manifests = new Map<BytesKey, readonly string[]>();
  /** How often manifests name each chunk. */
  readonly #uses = new Map<string, number>();
  readonly fetch: NonNullable<Store["fetch"]>;

  constructor(store: Store) {
    this.#store = store;
    assert(store.values !== undefined, "this store cannot tell which values are in chunks");
    for (const bytes of store.values("manifest")) {
      const [key, hashes] = unpack(bytes) as [BytesKey, string[]];
      this.#manifests.set(key, hashes);
      for (const hash of hashes) this.#use(hash, 1);
    }
    this.fetch = (key) => {
      const hashes = this.#manifests.get(key);
      const ask = (each: BytesKey) => (store.fetch === undefined ? store.read(each) : store.fetch(each));
      if (hashes === undefined) return ask(key);
      const chunks = hashes.map((hash) => ask(chunkKey(hash)));
      if (chunks.every((chunk) => !(chunk instanceof Promise))) return join(key, chunks);
      return Promise.all(chunks).then((found) => join(key, found));
    };
  }

  get term(): number {
    return this.#store.term;
  }

  load(): Iterable<LoadedRow> {
    return this.#store.load();
  }

  read(key: BytesKey): Bytes {
    const hashes = this.#manifests.get(key);
    if (hashes === undefined) return this.#store.read(key);
    return join(
      key,
      hashes.map((hash) => this.#store.read(chunkKey(hash))),
    );
  }

  write(changes: readonly Change[]): Promise<void> {
    const isPlain = (change: Change) =>
      change.table !== "bytes" || !(this.#manifests.has(change.key) || isLarge(change));
    if (changes.every(isPlain)) return this.#store.write(changes);
    const written: Change[] = [];
    const loose = new Set<string>();
    for (const change of changes) {
      if (change.table === "bytes" && !isPlain(change)) this.#replace(change, written, loose);
      else written.push(change);
    }
    for (const hash of loose) {
      if (!this.#uses.has(hash)) written.push({ table: "bytes", key: chunkKey(hash), bytes: undefined });
    }
    return this.#store.write(written);
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  #replace(change: Change & { readonly table: "bytes" }, written: Change[], loose: Set<string>): void {
    const { key, bytes } = change;
    const before = this.#manifests.get(key) ?? [];
    if (bytes !== undefined && isLarge(change)) {
      const hashes: string[] = [];
      for (const chunk of cut(bytes)) {
        const hash = hashOf(chunk);
        hashes.push(hash);
        // Also one that this group has freed: whether it was written out before is not known any more.
        if (!this.#uses.has(hash)) written.push({ table: "bytes", key: chunkKey(hash), bytes: chunk });
        this.#use(hash, 1);
      }
      this.#manifests.set(key, hashes);
      written.push({ table: "bytes", key: manifestKey(key), bytes: pack([key, hashes]) });
      if (before.length === 0) written.push({ table: "bytes", key, bytes: undefined });
    } else {
      this.#manifests.delete(key);
      written.push({ table: "bytes", key: manifestKey(key), bytes: undefined }, change);
    }
    for (const hash of before) {
      this.#use(hash, -1);
      loose.add(hash);
    }
  }

  #use(hash: string, step: number): void {
    const uses = (this.#uses.get(hash) ?? 0) + step;
    if (uses === 0) this.#uses.delete(hash);
    else this.#uses.set(hash, uses);
  }
}

/** What a task begins from; what decisions need stays as it is. */
function isLarge(change: Change): boolean {
  return (
    change.table === "bytes" &&
    change.bytes !== undefined &&
    change.bytes.length >= chunkedBytesMin &&
    /^(snapshot|payload|input|shared)\//.test(change.key)
  );
}

function chunkKey(hash: string): BytesKey {
  return `chunk/${hash}`;
}

function hashOf(bytes: Uint8Array): string {
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
export function* cut(bytes: Uint8Array): Generator<Uint8Array> {
  for (let begin = 0; begin < bytes.length; ) {
    const most = Math.min(begin + chunkBytes.max, bytes.length);
    let end = Math.min(begin + chunkBytes.min, most);
    for (let sum = 0; end < most; ) {
      sum = ((sum << 1) + weights[bytes[end]!]!) | 0;
      end++;
      if (sum >>> cutShift === 0) break;
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
