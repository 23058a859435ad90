/**
 * The store in a directory, the embedded default: a tree (LMDB) that is written now and then, and a log before it that is written at once.
 *
 * Owns: the directory, from `open` to `close`. Talks to: lmdb, the log (log.ts), and the system about who else may hold the directory.
 *
 * F1. Rows and bytes lie in one tree under `TABLE/KEY`, so that the rows of a table, and of a run in it, lie together. A key too long for the
 *     tree is cut and made unique by its hash; so a row carries its key with it.
 * F2. A group of changes is durable when its record is in the log and flushed (S1, S2). Until the tree has it, it is kept in memory as well,
 *     and reads look there first.
 * F3. When a segment of the log is full its changes go to the tree, each key's last one only, and the segment is removed when the tree is
 *     flushed. In between the tree may have some of them and not others; whoever opens it then reads the whole segment again, so that makes
 *     no difference.
 * F4. At opening, what the log has and the tree has not goes to the tree, and is flushed there before anything is read (S4).
 * F5. The owner (process and term) is a row like any other. It is looked at and replaced in one transaction at opening, and looked at
 *     whenever a segment begins and in every later transaction; in between the log knows by the name of its segment (S3).
 * F6. One group is being written at any time. What is written meanwhile is collected and goes together next: the disk's pace sets the
 *     size of the groups.
 */
import { createHash } from "node:crypto";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { RootDatabase } from "lmdb";
import { open } from "lmdb";
import { UserError } from "../base/errors.ts";
import { pack, unpack } from "../protocol/pack.ts";
import type { BytesKey, Change, Rows, Table } from "../protocol/rows.ts";
import { tables } from "../protocol/rows.ts";
import { checkDirectory, dataFile, keepName, storeError } from "./directory.ts";
import { type Applied, hasSegments, Log, takeSegments } from "./log.ts";
import { damaged } from "./log-format.ts";
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
  /** How long a segment of the log becomes before its changes go to the tree: it bounds what is read again at opening. */
  readonly segmentBytes?: number;
}

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
const format = 4;
/** LMDB's limit is 1978 bytes; the prefix that is kept serves to keep the rows of a run together. */
const keyBytesMax = 1_500;

/** @throws {UserError} if the directory cannot be used, or is held by a living process. */
export async function openFileStore(options: FileStoreOptions): Promise<Store> {
  const { path, create, processes = systemProcesses, segmentBytes = 4 * 1024 * 1024 } = options;
  checkDirectory(path, { create });
  const isNew = !existsSync(join(path, dataFile));
  if (isNew && hasSegments(path)) throw damaged(path, `${dataFile} is missing, and a log is there`);
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
    replay(database, path, term);
    return new FileStore(database, { path, term, segmentBytes });
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

/** F4. */
function replay(database: Database, path: string, term: number): void {
  const applied = (get(database, appliedKey) as Applied | undefined) ?? { term: 0, sequence: 0 };
  const { paths, records } = takeSegments(path, applied);
  if (paths.length === 0) return;
  const layer: Layer = new Map();
  for (const { changes } of records) for (const change of changes) layer.set(layerKey(change), change);
  database.transactionSync(() => {
    for (const change of layer.values()) put(database, change);
    // Nothing that an earlier owner may still write counts.
    database.put(appliedKey, view(pack({ term, sequence: 0 } satisfies Applied)));
  });
  for (const segment of paths) rmSync(segment, { force: true });
}

/** Changes by {@link layerKey}, of each key the last one. */
type Layer = Map<string, Change>;

interface Group {
  readonly changes: Layer;
  readonly written: Promise<void>;
  readonly settle: (error?: unknown) => void;
}

/** Changes that go to the tree in one transaction: few enough for the server's thread not to notice. */
const changesAtOnce = 500;

class FileStore implements Store {
  readonly term: number;
  readonly #database: Database;
  readonly #path: string;
  readonly #segmentBytes: number;
  readonly #log: Log;
  /** What is collected for the next record. */
  #next: Group | undefined;
  #writing: Group | undefined;
  /** What is in the log since its segment began. */
  #fresh: Layer = new Map();
  /** What was in the segment before, on its way to the tree. */
  #moving: Layer | undefined;
  #moved: Promise<void> = Promise.resolve();
  #failure: Error | undefined;
  #closed = false;

  constructor(
    database: Database,
    {
      path,
      term,
      segmentBytes,
    }: Required<Pick<FileStoreOptions, "path" | "segmentBytes">> & { term: number },
  ) {
    this.#database = database;
    this.#path = path;
    this.#segmentBytes = segmentBytes;
    this.term = term;
    this.#log = new Log(path, term, () => {
      // Reads go on from an older view of the tree until it is given up.
      database.resetReadTxn();
      return this.#isOwner();
    });
  }

  *load(): Iterable<LoadedRow> {
    const layers = this.#layers().reverse();
    for (const table of tables) {
      const above = new Map<string, Change>();
      for (const layer of layers) {
        for (const change of layer.values()) if (change.table === table) above.set(change.key, change);
      }
      const rows: LoadedRow[] = [];
      // "0" is the character after "/".
      for (const { value } of this.#database.getRange({ start: `${table}/`, end: `${table}0` })) {
        const [key, row] = unpack(value) as [string, Rows[Table]];
        if (!above.has(key)) rows.push({ table, key, row } as LoadedRow);
      }
      for (const change of above.values()) {
        if (change.table === table && change.row !== undefined) rows.push(change as LoadedRow);
      }
      yield* inOrder(rows);
    }
  }

  read(key: BytesKey): Uint8Array | undefined {
    const at = layerKey({ table: "bytes", key });
    for (const layer of this.#layers()) {
      const change = layer.get(at);
      if (change?.table === "bytes") return change.bytes;
    }
    const found = this.#database.getBinary(treeKey("bytes", key));
    return found === undefined ? undefined : new Uint8Array(found);
  }

  *values(kind: string): Iterable<Uint8Array> {
    const range = { start: `bytes/${kind}/`, end: `bytes/${kind}0` };
    for (const { value } of this.#database.getRange(range)) yield new Uint8Array(value);
  }

  write(changes: readonly Change[]): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#closed) return Promise.reject(new FencedError(`the store in ${this.#path} has been closed`));
    this.#next ??= newGroup();
    const { written, changes: collected } = this.#next;
    for (const change of changes) collected.set(layerKey(change), change);
    if (this.#writing === undefined) void this.#writeGroups();
    return written;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await (this.#next ?? this.#writing)?.written.catch(() => {});
    await this.#moved;
    if (this.#failure === undefined) {
      this.#moveToTree();
      await this.#moved;
    }
    if (this.#failure === undefined) {
      await this.#database.transaction(() => {
        if (this.#isOwner()) putOwnership(this.#database, { term: this.term });
      });
    }
    this.#log.roll();
    await this.#database.close();
  }

  /** What the tree has not got yet, the latest first. */
  #layers(): Layer[] {
    const layers = [this.#next?.changes, this.#writing?.changes, this.#fresh, this.#moving];
    return layers.filter((layer) => layer !== undefined);
  }

  async #writeGroups(): Promise<void> {
    while (this.#next !== undefined) {
      const group = this.#next;
      this.#next = undefined;
      this.#writing = group;
      try {
        if (this.#failure !== undefined) throw this.#failure;
        await this.#log.append(group.changes.values());
        for (const [key, change] of group.changes) this.#fresh.set(key, change);
        group.settle();
      } catch (error) {
        await this.#fail(error);
        group.settle(this.#failure);
      }
      this.#writing = undefined;
      if (this.#log.bytes >= this.#segmentBytes && this.#moving === undefined) this.#moveToTree();
    }
  }

  /** What follows builds on what has been lost: nothing is written any more. */
  async #fail(error: unknown): Promise<void> {
    const reason = error instanceof FencedError ? error : storeError(await realError(error), this.#path);
    this.#failure ??= reason;
  }

  /** F3. */
  #moveToTree(): void {
    const segment = this.#log.roll();
    if (segment === undefined || this.#failure !== undefined) return;
    const layer = this.#fresh;
    const applied: Applied = { term: this.term, sequence: this.#log.sequence };
    this.#fresh = new Map();
    this.#moving = layer;
    this.#moved = this.#putAll([...layer.values()], applied).then(
      () => {
        this.#moving = undefined;
        rmSync(segment, { force: true });
      },
      (error) => this.#fail(error),
    );
  }

  async #putAll(changes: readonly Change[], applied: Applied): Promise<void> {
    for (let begin = 0; begin < changes.length; begin += changesAtOnce) {
      const end = begin + changesAtOnce;
      const owned = await this.#database.transaction(() => {
        // An exception in here would not undo what was put before it; so the question comes first.
        if (!this.#isOwner()) return false;
        for (const change of changes.slice(begin, end)) put(this.#database, change);
        if (end >= changes.length) this.#database.put(appliedKey, view(pack(applied)));
        return true;
      });
      if (!owned) throw new FencedError(`another process has taken over the state in ${this.#path}`);
    }
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
  return { changes: new Map(), written, settle };
}

function layerKey({ table, key }: Pick<Change, "table" | "key">): string {
  return `${table}/${key}`;
}

/** Within a transaction. */
function put(database: Database, change: Change): void {
  const key = treeKey(change.table, change.key);
  const value = change.table === "bytes" ? change.bytes : change.row && pack([change.key, change.row]);
  if (value === undefined) database.remove(key);
  else database.put(key, view(value));
}

/** The tree's order is that of bytes; most often it is the same. */
function inOrder(rows: LoadedRow[]): LoadedRow[] {
  const sorted = rows.every((row, index) => index === 0 || rows[index - 1]!.key < row.key);
  return sorted ? rows : rows.sort((a, b) => (a.key < b.key ? -1 : 1));
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
