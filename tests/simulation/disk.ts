/**
 * The disk: what survives the death of a server. A write takes time, and is on the disk wholly or not at all when the server dies meanwhile.
 *
 * It answers the contract of store.ts as the real stores do; the contract's suite runs over it, too (disk.test.ts).
 */
import type { BytesKey, Change, RunRow } from "../../src/protocol/rows.ts";
import type { LoadedRow, Store } from "../../src/store/store.ts";
import { FencedError } from "../../src/store/store.ts";

/** How writes take their time. */
export interface DiskPace {
  /** Calls `act` when a write that was begun now is on the disk. */
  later(act: () => void): void;
  /** Is told of changes just before they are there. */
  writes?(changes: readonly Change[]): void;
}

export class Disk {
  term = 0;
  readonly rows = new Map<string, LoadedRow>();
  readonly bytes = new Map<BytesKey, Uint8Array>();
  /** Runs whose row says that they go on. */
  readonly running = new Set<string>();
  readonly #pace: DiskPace;

  constructor(pace: DiskPace) {
    this.#pace = pace;
  }

  open(): DiskStore {
    this.term++;
    return new DiskStore(this, this.#pace);
  }

  apply(changes: readonly Change[]): void {
    this.#pace.writes?.(changes);
    for (const change of changes) {
      if (change.table === "bytes") {
        if (change.bytes === undefined) this.bytes.delete(change.key);
        else this.bytes.set(change.key, change.bytes);
        continue;
      }
      const { table, key, row } = change;
      const at = `${table}/${key}`;
      if (row === undefined) this.rows.delete(at);
      else this.rows.set(at, { table, key, row } as LoadedRow);
      if (table !== "run") continue;
      if ((row as RunRow | undefined)?.status === "running") this.running.add(key);
      else this.running.delete(key);
    }
  }

  /** Everything on it, by key. */
  kept(): string[] {
    return [...this.rows.keys(), ...[...this.bytes.keys()].map((key) => `bytes/${key}`)].sort();
  }
}

interface Write {
  readonly changes: readonly Change[];
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

export class DiskStore implements Store {
  readonly term: number;
  /** Whether the disk looks at who writes. */
  fenced = true;
  readonly #disk: Disk;
  readonly #pace: DiskPace;
  #writes: Write[] = [];
  #last: Promise<void> = Promise.resolve();
  #dead = false;
  #closed = false;
  #failure: Error | undefined;

  constructor(disk: Disk, pace: DiskPace) {
    this.#disk = disk;
    this.#pace = pace;
    this.term = disk.term;
  }

  *load(): Iterable<LoadedRow> {
    for (const key of [...this.#disk.rows.keys()].sort()) yield this.#disk.rows.get(key)!;
  }

  read(key: BytesKey): Uint8Array | undefined {
    for (const { changes } of [...this.#writes].reverse()) {
      const change = changes.findLast((each) => each.table === "bytes" && each.key === key);
      if (change?.table === "bytes") return change.bytes;
    }
    return this.#disk.bytes.get(key);
  }

  write(changes: readonly Change[]): Promise<void> {
    if (this.#closed) return Promise.reject(new FencedError("the store has been closed"));
    this.#last = new Promise((done, failed) => {
      this.#writes.push({ changes, done, failed });
      this.#pace.later(() => this.#flush());
    });
    return this.#last;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#last.catch(() => {});
  }

  /** Writes from now on fail, as on a disk that is full. */
  breakDown(): void {
    this.#failure = new Error("no space left on the disk");
  }

  get isBroken(): boolean {
    return this.#failure !== undefined;
  }

  /** Its server dies: of the writes under way the first `kept` are on the disk. Answers how many are lost. */
  crash(kept: number): number {
    this.#dead = true;
    const survivors = this.#isOwner() ? this.#writes.slice(0, kept) : [];
    for (const { changes } of survivors) this.#disk.apply(changes);
    const lost = this.#writes.length - survivors.length;
    this.#writes = [];
    return lost;
  }

  get underWay(): number {
    return this.#writes.length;
  }

  #flush(): void {
    const write = this.#writes.shift();
    if (this.#dead || write === undefined) return;
    if (this.#failure !== undefined) write.failed(this.#failure);
    else if (!this.#isOwner()) write.failed(new FencedError("another server has taken over the store"));
    else {
      this.#disk.apply(write.changes);
      write.done();
    }
  }

  #isOwner(): boolean {
    return !this.fenced || this.#disk.term === this.term;
  }
}
