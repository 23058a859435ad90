/**
 * The store that keeps nothing: for tests and simulation. It behaves as the real ones do towards several owners: a {@link Medium} is
 * what survives, as a directory does, and whoever opens it becomes its owner.
 */
import type { BytesKey, Change, Rows, Table } from "../protocol/rows.ts";
import type { LoadedRow, Store } from "./store.ts";
import { FencedError } from "./store.ts";

export interface Medium {
  term: number;
  readonly rows: Map<string, LoadedRow>;
  readonly bytes: Map<BytesKey, Uint8Array>;
}

export function emptyMedium(): Medium {
  return { term: 0, rows: new Map(), bytes: new Map() };
}

export async function openMemoryStore(options: { readonly medium?: Medium } = {}): Promise<Store> {
  return new MemoryStore(options.medium ?? emptyMedium());
}

class MemoryStore implements Store {
  readonly term: number;
  readonly #medium: Medium;
  #closed = false;

  constructor(medium: Medium) {
    this.#medium = medium;
    this.term = ++medium.term;
  }

  *load(): Iterable<LoadedRow> {
    const keys = [...this.#medium.rows.keys()].sort();
    for (const key of keys) yield this.#medium.rows.get(key)!;
  }

  read(key: BytesKey): Uint8Array | undefined {
    return this.#medium.bytes.get(key);
  }

  *values(kind: string): Iterable<Uint8Array> {
    for (const [key, bytes] of this.#medium.bytes) if (key.startsWith(`${kind}/`)) yield bytes;
  }

  async write(changes: readonly Change[]): Promise<void> {
    if (this.#closed || this.#medium.term !== this.term) {
      throw new FencedError("another server has taken over the store");
    }
    for (const change of changes) this.#apply(change);
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #apply(change: Change): void {
    if (change.table === "bytes") {
      if (change.bytes === undefined) this.#medium.bytes.delete(change.key);
      else this.#medium.bytes.set(change.key, change.bytes);
      return;
    }
    const { table, key, row } = change as { table: Table; key: string; row: Rows[Table] | undefined };
    const at = `${table}/${key}`;
    if (row === undefined) this.#medium.rows.delete(at);
    else this.#medium.rows.set(at, { table, key, row } as LoadedRow);
  }
}
