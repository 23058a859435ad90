/**
 * The store in a directory, the embedded default: a tree (LMDB) that is written now and then, and a log before it that is written at once.
 *
 * Owns: the directory, from `open` to `close`. Talks to: the tree (tree.ts), the log (log.ts).
 *
 * F1. A group of changes is durable when its record is in the log and flushed (S1, S2). Until the tree has it, it is kept in memory as well,
 *     and reads look there first.
 * F2. When a segment of the log is full its changes go to the tree, each key's last one only, and when the tree is flushed the segment is
 *     written anew. In between the tree may have some of them and not others; whoever opens it then reads the whole segment again, so that
 *     makes no difference.
 * F3. A segment is full when most of it has been written over since, or when it has a share of the tree's length; within bounds. So a small store
 *     stays small whatever has happened in it, in a large one many changes go to the tree at a time, and what comes in a burst and is gone
 *     soon after it never gets there.
 * F4. At opening, what the log has and the tree has not goes to the tree, and is flushed there before anything is read (S4).
 * F5. The owner is looked at and replaced in one transaction at opening, and looked at whenever a segment begins that was not there, and in
 *     every later transaction; in between the log knows by the name of its segment (S3).
 * F6. At rest the tree has everything, and neither of them has memory.
 * F7. Closed in order it has no log, and about the length of what it holds (tree.ts, T4).
 */
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../base/errors.ts";
import type { BytesKey, Change } from "../protocol/rows.ts";
import { tables } from "../protocol/rows.ts";
import { checkDirectory, dataFile, keepName, storeError } from "./directory.ts";
import { Groups, inOrder, type Layer, placeOf } from "./group.ts";
import { type Applied, hasSegments, Log, takeSegments } from "./log.ts";
import { damaged } from "./log-format.ts";
import type { Processes } from "./owner.ts";
import { systemProcesses } from "./owner.ts";
import type { LoadedRow, Store } from "./store.ts";
import { FencedError } from "./store.ts";
import { Tree } from "./tree.ts";

export interface FileStoreOptions {
  /** The directory. */
  readonly path: string;
  /** Whether to make one where there is none; else that is a user's error. */
  readonly create: boolean;
  readonly processes?: Processes;
  /** How long a segment of the log becomes at most before its changes go to the tree: it bounds what is read again at opening. */
  readonly segmentBytes?: number;
}

/** A segment is full with so many bytes for each that still counts, or with a share of the tree's, and none before it has the least (F3). */
const full = { least: 40 * 1024, timesWhatCounts: 4, share: 1 / 2 } as const;
/** What a change takes in a segment, about: of its own, and if it is a row. */
const changeBytes = 64;
const rowBytes = 128;

/** @throws {UserError} if the directory cannot be used, or is held by a living process. */
export async function openFileStore(options: FileStoreOptions): Promise<Store> {
  const { path, create, processes = systemProcesses, segmentBytes = 4 * 1024 * 1024 } = options;
  checkDirectory(path, { create });
  const isNew = !existsSync(join(path, dataFile));
  if (isNew && hasSegments(path)) throw damaged(path, `${dataFile} is missing, and a log is there`);
  const tree = new Tree(path);
  try {
    const term = await takeOver(tree, path, processes);
    if (isNew) keepName(path);
    replay(tree, path, term);
    return new FileStore(tree, { path, term, segmentBytes });
  } catch (error) {
    await tree.rest();
    throw storeError(error, path);
  }
}

/** How long an owner may take to be gone: one that was killed a moment ago is still there until the system has cleared it away. */
const patienceMs = { whole: 500, step: 25 } as const;

async function takeOver(tree: Tree, path: string, processes: Processes): Promise<number> {
  for (let waitedMs = 0; ; waitedMs += patienceMs.step) {
    const taken = await tree.tryTakeOver(processes);
    if ("term" in taken) return taken.term;
    if (waitedMs >= patienceMs.whole || taken.heldBy === process.pid) {
      throw new UserError(
        `the state in ${path} is held by process ${taken.heldBy}: give it the program (continua start), stop it, or use another directory (--state DIR)`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, patienceMs.step));
  }
}

/** F4. */
function replay(tree: Tree, path: string, term: number): void {
  const { paths, records } = takeSegments(path, tree.applied);
  if (paths.length === 0) return;
  const layer: Layer = new Map();
  for (const { changes } of records) for (const change of changes) layer.set(placeOf(change), change);
  // Nothing that an earlier owner may still write counts.
  tree.putSync(layer.values(), { term, sequence: 0 });
  for (const segment of paths) rmSync(segment, { force: true });
}

class FileStore implements Store {
  readonly term: number;
  readonly #tree: Tree;
  readonly #path: string;
  readonly #segmentBytes: number;
  /** F3. */
  #fullBytes: number;
  readonly #log: Log;
  readonly #groups: Groups;
  /** What is in the log since its segment began, and its length. */
  #fresh: Layer = new Map();
  #freshBytes = 0;
  /** What was in the segment before, on its way to the tree. */
  #moving: Layer | undefined;
  #moved: Promise<void> = Promise.resolve();

  constructor(
    tree: Tree,
    options: Required<Pick<FileStoreOptions, "path" | "segmentBytes">> & { readonly term: number },
  ) {
    const { path, term, segmentBytes } = options;
    this.#tree = tree;
    this.#path = path;
    this.#segmentBytes = segmentBytes;
    this.#fullBytes = this.#nextFull();
    this.term = term;
    this.#log = new Log(path, term, () => tree.isOwnerNow(term));
    this.#groups = new Groups({
      shown: path,
      write: async (group, unhurried) => {
        await this.#log.append([...group.values()], unhurried);
        this.#keep(group);
      },
      written: () => {
        if (this.#isFull && this.#moving === undefined) this.#moveToTree();
      },
      reason: (error) => this.#reason(error),
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
      for (const found of this.#tree.rows(table)) if (!above.has(found.key)) rows.push(found);
      for (const change of above.values()) {
        if (change.table === table && change.row !== undefined) rows.push(change as LoadedRow);
      }
      yield* inOrder(rows);
    }
  }

  read(key: BytesKey): Uint8Array | undefined {
    const at = placeOf({ table: "bytes", key });
    for (const layer of this.#layers()) {
      const change = layer.get(at);
      if (change?.table === "bytes") return change.bytes;
    }
    return this.#tree.read(key);
  }

  values(kind: string): Iterable<Uint8Array> {
    return this.#tree.values(kind);
  }

  write(changes: readonly Change[], unhurried?: boolean): Promise<void> {
    return this.#groups.write(changes, unhurried);
  }

  async rest(): Promise<void> {
    await this.#moved;
    if (!this.#isAtWork && !this.#log.isEmpty) this.#moveToTree();
    await this.#moved;
    // It may have been asked for something meanwhile, and will be asked to rest again after that.
    if (!this.#isAtWork) await this.#tree.rest();
  }

  async close(): Promise<void> {
    if (this.#groups.closed) return;
    await this.#groups.close();
    await this.#moved;
    if (this.#groups.failure === undefined) {
      this.#moveToTree();
      await this.#moved;
    }
    const { failure } = this.#groups;
    this.#log.close({ remove: failure === undefined });
    if (failure === undefined) {
      await this.#tree.compact(this.term);
      await this.#tree.giveUp(this.term);
    }
    await this.#tree.rest();
  }

  get #isAtWork(): boolean {
    return this.#groups.closed || this.#groups.failure !== undefined || this.#layers().length > 1;
  }

  /** What the tree has not got yet, the latest first. */
  #layers(): Layer[] {
    const layers = [...this.#groups.layers, this.#fresh];
    return this.#moving === undefined ? layers : [...layers, this.#moving];
  }

  #keep(changes: Layer): void {
    for (const [key, change] of changes) {
      const before = this.#fresh.get(key);
      this.#freshBytes += lengthOf(change) - (before === undefined ? 0 : lengthOf(before));
      this.#fresh.set(key, change);
    }
  }

  /** F3. */
  get #isFull(): boolean {
    const { bytes } = this.#log;
    if (bytes < this.#fullBytes) return false;
    return bytes >= Math.min(this.#segmentBytes, this.#freshBytes * full.timesWhatCounts);
  }

  async #reason(error: unknown): Promise<Error> {
    return error instanceof FencedError ? error : storeError(await realError(error), this.#path);
  }

  /** F2. */
  #moveToTree(): void {
    if (this.#groups.failure !== undefined) return;
    const segment = this.#log.roll();
    if (segment === undefined) return;
    const layer = this.#fresh;
    const applied: Applied = { term: this.term, sequence: this.#log.sequence };
    this.#fresh = new Map();
    this.#freshBytes = 0;
    this.#moving = layer;
    const move = async (): Promise<void> => {
      await this.#tree.putAll([...layer.values()], applied);
      this.#fullBytes = this.#nextFull();
      await this.#log.reuse(segment);
      this.#moving = undefined;
    };
    this.#moved = move().catch(async (error) => this.#groups.fail(await this.#reason(error)));
  }

  /** F3. */
  #nextFull(): number {
    return Math.min(this.#segmentBytes, Math.max(full.least, this.#tree.bytes * full.share));
  }
}

/** LMDB's wrapper rejects with a general error first, and tells the reason by a promise that is rejected in the same turn. */
async function realError(error: unknown): Promise<unknown> {
  const reason = (error as { readonly commitError?: Promise<unknown> }).commitError;
  if (reason === undefined) return error;
  const atLatest = new Promise((resolve) => setImmediate(resolve, error));
  return Promise.race([reason.catch((told: unknown) => told), atLatest]);
}

function lengthOf(change: Change): number {
  if (change.table !== "bytes") return changeBytes + (change.row === undefined ? 0 : rowBytes);
  return changeBytes + (change.bytes?.length ?? 0);
}
