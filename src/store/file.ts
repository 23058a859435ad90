/**
 * The store in a directory: one LMDB database, the embedded default.
 *
 * Owns: the directory, from `open` to `close`. Talks to: lmdb, and the system about who else may hold the directory.
 *
 * F1. Rows and bytes lie in one tree under `TABLE/KEY`, so that one transaction covers both (S1) and the rows of a table, and of a run in
 *     it, lie together. A key too long for the tree is cut and made unique by its hash; so a row carries its key with it.
 * F2. LMDB is told to flush each transaction before it counts as committed, so a resolved write is a durable one (S2), and everything that
 *     can be read was flushed (S4).
 * F3. The owner (process and term) is a row like any other. It is looked at and replaced in one transaction at opening, and looked at in
 *     every later one (S3).
 * F4. One transaction is being written at any time. What is written meanwhile is collected and goes together next: the disk's
 *     pace sets the size of the groups.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { RootDatabase } from "lmdb";
import { open } from "lmdb";
import { UserError } from "../base/errors.ts";
import { pack, unpack } from "../protocol/pack.ts";
import type { BytesKey, Change, Rows, Table } from "../protocol/rows.ts";
import { checkDirectory, dataFile, keepName, storeError } from "./directory.ts";
import type { Owner, Processes } from "./owner.ts";
import { systemProcesses } from "./owner.ts";
import type { LoadedRow, Store } from "./store.ts";
import { FencedError } from "./store.ts";

export interface FileStoreOptions {
  /** The directory. */
  readonly path: string;
  /** Whether to make one where there is none; else that is a user's error. */
  readonly create: boolean;
  readonly processes?: Processes;
}

type Database = RootDatabase<Buffer, string>;

/** Who holds the store; `owner` is absent when it was given up in order. */
interface Ownership {
  readonly term: number;
  readonly owner?: Owner;
}

const ownerKey = "meta/owner";
const formatKey = "meta/format";
/** Raised when a reader of today could not read what is written tomorrow. */
const format = 2;
/** LMDB's limit is 1978 bytes; the prefix that is kept serves to keep the rows of a run together. */
const keyBytesMax = 1_500;
const tables: readonly Table[] = ["run", "bundle", "task", "timer", "line", "gate", "item", "waiter"];

/** @throws {UserError} if the directory cannot be used, or is held by a living process. */
export async function openFileStore(options: FileStoreOptions): Promise<Store> {
  const { path, create, processes = systemProcesses } = options;
  checkDirectory(path, { create });
  const isNew = !existsSync(join(path, dataFile));
  let database: Database | undefined;
  try {
    database = open<Buffer, string>({
      path,
      noSubdir: false,
      encoding: "binary",
      cache: false,
      compression: false,
      overlappingSync: false,
    });
    const term = await takeOver(database, path, processes);
    if (isNew) keepName(path);
    return new FileStore(database, path, term);
  } catch (error) {
    await database?.close();
    throw storeError(error, path);
  }
}

/** How long an owner may take to be gone: one that was killed a moment ago is still there until the system has cleared it away. */
const patienceMs = { whole: 500, step: 25 } as const;

async function takeOver(database: Database, path: string, processes: Processes): Promise<number> {
  for (let waitedMs = 0; ; waitedMs += patienceMs.step) {
    const taken = tryTakeOver(database, path, processes);
    if ("term" in taken) return taken.term;
    if (waitedMs >= patienceMs.whole || taken.heldBy === process.pid) {
      throw new UserError(
        `the state in ${path} is held by process ${taken.heldBy}: stop it, or use another directory (--state DIR)`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, patienceMs.step));
  }
}

function tryTakeOver(
  database: Database,
  path: string,
  processes: Processes,
): { readonly term: number } | { readonly heldBy: number } {
  return database.transactionSync(() => {
    const found = get(database, formatKey);
    if (found !== undefined && found !== format) {
      throw new UserError(
        `the state in ${path} was written by another version of continua (format ${String(found)}, this one reads ${format}): use that version, or another directory (--state DIR)`,
      );
    }
    const before = get(database, ownerKey) as Ownership | undefined;
    if (before?.owner !== undefined && processes.isAlive(before.owner)) {
      return { heldBy: before.owner.pid };
    }
    const term = (before?.term ?? 0) + 1;
    database.putSync(formatKey, Buffer.from(pack(format)));
    putOwnership(database, { term, owner: processes.own() });
    return { term };
  });
}

interface Group {
  readonly changes: Change[];
  readonly written: Promise<void>;
  readonly settle: (error?: unknown) => void;
}

class FileStore implements Store {
  readonly term: number;
  readonly #database: Database;
  readonly #path: string;
  /** Bytes that a read has to find and the tree has not got yet, by key; with the group that brings them. */
  readonly #unwritten = new Map<
    BytesKey,
    { readonly bytes: Uint8Array | undefined; readonly group: Group }
  >();
  #next: Group | undefined;
  #writing = false;
  #failure: Error | undefined;
  #closed = false;

  constructor(database: Database, path: string, term: number) {
    this.#database = database;
    this.#path = path;
    this.term = term;
  }

  *load(): Iterable<LoadedRow> {
    for (const table of tables) {
      const rows: LoadedRow[] = [];
      // "0" is the character after "/".
      for (const { value } of this.#database.getRange({ start: `${table}/`, end: `${table}0` })) {
        const [key, row] = unpack(value) as [string, Rows[Table]];
        rows.push({ table, key, row } as LoadedRow);
      }
      rows.sort((a, b) => (a.key < b.key ? -1 : 1));
      yield* rows;
    }
  }

  read(key: BytesKey): Uint8Array | undefined {
    const unwritten = this.#unwritten.get(key);
    if (unwritten !== undefined) return unwritten.bytes;
    const found = this.#database.getBinary(treeKey("bytes", key));
    return found === undefined ? undefined : new Uint8Array(found);
  }

  write(changes: readonly Change[]): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#closed) return Promise.reject(new FencedError(`the store in ${this.#path} has been closed`));
    this.#next ??= newGroup();
    const group = this.#next;
    for (const change of changes) {
      group.changes.push(change);
      if (change.table === "bytes") this.#unwritten.set(change.key, { bytes: change.bytes, group });
    }
    if (!this.#writing) void this.#writeGroups();
    return group.written;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await (this.#next?.written ?? this.#last).catch(() => {});
    if (this.#failure === undefined) {
      await this.#database.transaction(() => {
        if (this.#isOwner()) putOwnership(this.#database, { term: this.term });
      });
    }
    await this.#database.close();
  }

  /** The group written last, or now. */
  #last: Promise<void> = Promise.resolve();

  async #writeGroups(): Promise<void> {
    this.#writing = true;
    while (this.#next !== undefined) {
      const group = this.#next;
      this.#next = undefined;
      this.#last = group.written;
      try {
        if (this.#failure !== undefined) throw this.#failure;
        await this.#writeGroup(group);
        for (const change of group.changes) {
          if (change.table === "bytes" && this.#unwritten.get(change.key)?.group === group) {
            this.#unwritten.delete(change.key);
          }
        }
        group.settle();
      } catch (error) {
        // What follows builds on what has been lost: nothing is written any more.
        this.#failure ??=
          error instanceof FencedError ? error : storeError(await realError(error), this.#path);
        group.settle(this.#failure);
      }
    }
    this.#writing = false;
  }

  async #writeGroup(group: Group): Promise<void> {
    const writes = group.changes.map(encodeChange);
    const owned = await this.#database.transaction(() => {
      // An exception in here would not undo what was put before it; so the question comes first.
      if (!this.#isOwner()) return false;
      for (const { key, value } of writes) {
        if (value === undefined) this.#database.remove(key);
        else this.#database.put(key, value);
      }
      return true;
    });
    if (!owned) throw new FencedError(`another process has taken over the state in ${this.#path}`);
  }

  #isOwner(): boolean {
    return (get(this.#database, ownerKey) as Ownership | undefined)?.term === this.term;
  }
}

/** LMDB's wrapper rejects with a general error first, and tells the reason by a promise that is rejected in the same turn. */
async function realError(error: unknown): Promise<unknown> {
  const reason = (error as { readonly commitError?: Promise<unknown> }).commitError;
  if (reason === undefined) return error;
  const atLatest = new Promise((resolve) => setImmediate(resolve, error));
  return Promise.race([reason.catch((told: unknown) => told), atLatest]);
}

function newGroup(): Group {
  let settle: Group["settle"] = () => {};
  const written = new Promise<void>((resolve, reject) => {
    settle = (error) => (error === undefined ? resolve() : reject(error));
  });
  // Whoever wrote is told; that nobody listens any more is no reason to end the process.
  written.catch(() => {});
  return { changes: [], written, settle };
}

function encodeChange(change: Change): { readonly key: string; readonly value: Buffer | undefined } {
  const key = treeKey(change.table, change.key);
  if (change.table === "bytes")
    return { key, value: change.bytes === undefined ? undefined : view(change.bytes) };
  return { key, value: change.row === undefined ? undefined : view(pack([change.key, change.row])) };
}

/** F1. */
function treeKey(table: Table | "bytes", key: string): string {
  const full = `${table}/${key}`;
  if (Buffer.byteLength(full) <= keyBytesMax) return full;
  const hash = createHash("sha256").update(full).digest("hex");
  return `${Buffer.from(full).subarray(0, 900).toString("latin1")}#${hash}`;
}

function get(database: Database, key: string): unknown {
  const bytes = database.getBinary(key);
  return bytes === undefined ? undefined : unpack(new Uint8Array(bytes));
}

function putOwnership(database: Database, ownership: Ownership): void {
  database.put(ownerKey, view(pack(ownership)));
}

function view(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
