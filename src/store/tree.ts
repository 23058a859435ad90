/**
 * The tree of a directory: an LMDB database of rows and bytes, and of who owns them.
 *
 * Owns: the database, which maps its file into memory while it is open. Talks to: lmdb, and the system about who else may hold the directory.
 *
 * T1. Rows and bytes lie under `TABLE/KEY`, so that the rows of a table, and of a run in it, lie together. A key too long for the
 *     tree is cut and made unique by its hash; so a row carries its key with it.
 * T2. The owner (process and term) is a row like any other. It is looked at and replaced in one transaction at opening, and looked at
 *     in every later transaction.
 * T3. The database is closed by {@link Tree.rest} and opened again when it is next asked for something: a mapped file counts as memory of the
 *     process, and a server at rest needs none of it.
 * T4. Its file never gets shorter by itself, so it is written anew when the directory is given up, unless that would take long ({@link Tree.compact}): a
 *     copy takes the place of file and lock at once, under the lock, if the owner is still the same. Whoever has opened the file before that has
 *     another one than the directory shows, finds out with the owner, and opens it again.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { RootDatabase } from "lmdb";
import { open } from "lmdb";
import { assert, UserError } from "../base/errors.ts";
import { pack, packedForNow, unpack } from "../protocol/pack.ts";
import type { Change, Rows, Table } from "../protocol/rows.ts";
import { dataFile, flush, keepName, lockFile } from "./directory.ts";
import type { Applied } from "./log.ts";
import { damaged } from "./log-format.ts";
import type { Owner, Processes } from "./owner.ts";
import type { LoadedRow } from "./store.ts";
import { FencedError } from "./store.ts";

type Database = RootDatabase<Buffer, string>;

/** Who holds the store; `owner` is absent when it was given up in order. */
interface Ownership {
  readonly term: number;
  readonly owner?: Owner;
}

const ownerKey = "meta/owner";
const formatKey = "meta/format";
const appliedKey = "meta/applied";
/** Raised when a reader of today could not read what is written tomorrow. */
const format = 6;
/**
 * In format 4 each segment of the log was written once: it is read as one of today. Up to 5 a checkpoint's answer had rows of its own, as other answers
 * have, and the row of a run counted what its live tasks had done: such rows are taken as they are.
 */
const formatsRead: readonly unknown[] = [4, 5, format];
/** LMDB's limit is 1978 bytes; the prefix that is kept serves to keep the rows of a run together. */
const keyBytesMax = 1_500;
/** Changes that go to the tree in one transaction: few enough for the server's thread not to notice. */
const changesAtOnce = 500;

/**
 * A file with so many bytes in use is written anew: that takes some milliseconds. One with more only if most of it is free, and up to where it would
 * take too long.
 */
const rewritten = { always: 1024 * 1024, ifLoose: 64 * 1024 * 1024 } as const;
const copyFolder = "copy";

export class Tree {
  readonly #path: string;
  #database: Database | undefined;
  /** Which file it was when it was opened; undefined: there was none. */
  #file: number | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  get #open(): Database {
    if (this.#database !== undefined) return this.#database;
    this.#file = this.#shown;
    this.#database = openDatabase(this.#path);
    return this.#database;
  }

  /** T2. The number of the new term, or who holds the directory. */
  async tryTakeOver(processes: Processes): Promise<{ readonly term: number } | { readonly heldBy: number }> {
    for (;;) {
      const taken = this.#takeHere(processes);
      // T4.
      if (this.#file === undefined || this.#file === this.#shown) return taken;
      await this.rest();
    }
  }

  #takeHere(processes: Processes): { readonly term: number } | { readonly heldBy: number } {
    return this.#open.transactionSync(() => {
      const found = this.#get(formatKey);
      if (found !== undefined && !formatsRead.includes(found)) {
        throw new UserError(
          `the state in ${this.#path} was written by another version of continua (format ${String(found)}, this one reads ${format}): use that version, or another directory (--state DIR)`,
        );
      }
      const before = this.#get(ownerKey) as Ownership | undefined;
      if (before?.owner !== undefined && processes.isAlive(before.owner)) {
        return { heldBy: before.owner.pid };
      }
      const term = (before?.term ?? 0) + 1;
      this.#open.putSync(formatKey, view(pack(format)));
      this.#putOwnership({ term, owner: processes.own() });
      return { term };
    });
  }

  isOwner(term: number): boolean {
    return (this.#get(ownerKey) as Ownership | undefined)?.term === term;
  }

  /** The same by what is there now: reads go on from an older view of the tree until it is given up. */
  isOwnerNow(term: number): boolean {
    this.#here();
    this.#open.resetReadTxn();
    return this.isOwner(term);
  }

  async giveUp(term: number): Promise<void> {
    await this.#open.transaction(() => {
      if (this.isOwner(term)) this.#putOwnership({ term });
    });
  }

  /** Up to where it has what the log had. */
  get applied(): Applied {
    return (this.#get(appliedKey) as Applied | undefined) ?? { term: 0, sequence: 0 };
  }

  /** What the log of earlier owners has, before anything is read; ends flushed. */
  putSync(changes: Iterable<Change>, applied: Applied): void {
    this.#open.transactionSync(() => {
      for (const change of changes) this.#put(change);
      this.#open.put(appliedKey, view(pack(applied)));
    });
  }

  /** Ends flushed. @throws {FencedError} if another owner has come. */
  async putAll(changes: readonly Change[], applied: Applied): Promise<void> {
    this.#here();
    for (let begin = 0; begin < changes.length; begin += changesAtOnce) {
      const end = begin + changesAtOnce;
      const owned = await this.#open.transaction(() => {
        // An exception in here would not undo what was put before it; so the question comes first.
        if (!this.isOwner(applied.term)) return false;
        for (const change of changes.slice(begin, end)) this.#put(change);
        if (end >= changes.length) this.#open.put(appliedKey, view(pack(applied)));
        return true;
      });
      if (!owned) throw new FencedError(`another process has taken over the state in ${this.#path}`);
    }
  }

  *rows(table: Table): Iterable<LoadedRow> {
    // "0" is the character after "/".
    for (const { value } of this.#open.getRange({ start: `${table}/`, end: `${table}0` })) {
      const [key, row] = unpack(value) as [string, Rows[Table]];
      yield { table, key, row } as LoadedRow;
    }
  }

  read(key: string): Uint8Array | undefined {
    this.#here();
    const found = this.#open.getBinary(treeKey("bytes", key));
    return found === undefined ? undefined : new Uint8Array(found);
  }

  *values(kind: string): Iterable<Uint8Array> {
    const range = { start: `bytes/${kind}/`, end: `bytes/${kind}0` };
    for (const { value } of this.#open.getRange(range)) yield new Uint8Array(value);
  }

  /** The length of its file. */
  get bytes(): number {
    return statSync(join(this.#path, dataFile)).size;
  }

  /** T4. Nothing else may be under way. If there is no room for a copy, say, everything stays as it is. */
  async compact(term: number): Promise<void> {
    // Windows does not replace files that are open.
    if (process.platform === "win32" || !this.#isWorthIt) return;
    const folder = join(this.#path, copyFolder);
    try {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder);
      await this.#copyTo(folder);
      flush(join(folder, dataFile));
      this.#open.transactionSync(() => {
        if (!this.isOwner(term)) return;
        // First, so that nobody opens the new file with what the lock has of the old one.
        rmSync(join(this.#path, lockFile), { force: true });
        renameSync(join(folder, dataFile), join(this.#path, dataFile));
      });
      keepName(this.#path);
    } catch {
      // It is a matter of room alone.
    }
    rmSync(folder, { recursive: true, force: true });
    await this.rest();
  }

  get #isWorthIt(): boolean {
    const stats = this.#open.getStats() as Statistics;
    const used = (pagesOf(stats) + pagesOf(stats.free)) * stats.pageSize;
    if (used <= rewritten.always) return true;
    return used <= rewritten.ifLoose && (stats.lastPageNumber + 1) * stats.pageSize > 2 * used;
  }

  /** In the order of the keys, so that pages are full. LMDB's own copy leaves them as they are. */
  async #copyTo(folder: string): Promise<void> {
    const copy = openDatabase(folder);
    try {
      copy.transactionSync(() => {
        for (const { key, value } of this.#open.getRange({})) copy.put(key, value);
      });
      const [here, there] = [this.#open, copy].map((each) => (each.getStats() as Statistics).entryCount);
      assert(here === there, `a copy of ${here} entries has ${there}`);
    } finally {
      await copy.close();
    }
  }

  /** Which file it is that the directory shows. */
  get #shown(): number | undefined {
    return statSync(join(this.#path, dataFile), { throwIfNoEntry: false })?.ino;
  }

  /** T3. */
  async rest(): Promise<void> {
    const database = this.#database;
    this.#database = undefined;
    await database?.close();
  }

  /** A file that has been deleted while it was not mapped must not be made anew. */
  #here(): void {
    if (this.#database === undefined && !existsSync(join(this.#path, dataFile))) {
      throw damaged(this.#path, `${dataFile} is missing`);
    }
  }

  #get(key: string): unknown {
    const bytes = this.#open.getBinary(key);
    return bytes === undefined ? undefined : unpack(new Uint8Array(bytes));
  }

  /** Within a transaction. */
  #put(change: Change): void {
    const key = treeKey(change.table, change.key);
    // In a transaction the value is copied when it is put.
    const value =
      change.table === "bytes" ? change.bytes : change.row && packedForNow([change.key, change.row]);
    if (value === undefined) this.#open.remove(key);
    else this.#open.put(key, view(value));
  }

  #putOwnership(ownership: Ownership): void {
    this.#open.put(ownerKey, view(pack(ownership)));
  }
}

function openDatabase(path: string): Database {
  return open<Buffer, string>({
    path,
    noSubdir: false,
    encoding: "binary",
    cache: false,
    compression: false,
    overlappingSync: false,
  });
}

/** Of what LMDB tells of itself. */
interface Pages {
  readonly treeBranchPageCount: number;
  readonly treeLeafPageCount: number;
  readonly overflowPages: number;
}

interface Statistics extends Pages {
  readonly entryCount: number;
  readonly pageSize: number;
  readonly lastPageNumber: number;
  readonly free: Pages;
}

function pagesOf({ treeBranchPageCount, treeLeafPageCount, overflowPages }: Pages): number {
  return treeBranchPageCount + treeLeafPageCount + overflowPages;
}

/** T1. */
function treeKey(table: Table | "bytes", key: string): string {
  const full = `${table}/${key}`;
  if (Buffer.byteLength(full) <= keyBytesMax) return full;
  const hash = createHash("sha256").update(full).digest("hex");
  return `${Buffer.from(full).subarray(0, 900).toString("latin1")}#${hash}`;
}

function view(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
