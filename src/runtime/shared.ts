/**
 * Values of `share()` in a task: decoded once while something leads to them, and never written down with the task.
 *
 * V1. Nobody changes a shared value. Objects and arrays are frozen; what cannot be (Maps, Sets, Dates, buffers) is compared, whenever a snapshot
 *     leads to the value, with what it was: a change is refused by name, never lost.
 * V2. Each task has its own copy, made at its first `get()`: two tasks never see each other's variables (design L5), and a buffer cannot be
 *     frozen. The bytes are kept once in a worker.
 * V3. Whatever a program holds of a shared value is its *part*: (value, number). A checkpoint says that and nothing more, and a thaw finds the
 *     same object, so identity is kept. Numbers are those of a walk whose order follows from the value.
 * V4. As long as any part is held, all of the value is: asked for again, it is the same object.
 * V5. In what goes to other tasks a part is copied as any value is; its receiver asks for the handle's value if it wants that.
 */
import type { SharedId } from "../base/ids.ts";
import { errorOfFailure } from "./errors.ts";
import type { TaskKernel } from "./kernel.ts";
import { saveableOf } from "./saveable.ts";

/** These values have to be here before a snapshot that holds parts of them can be decoded. */
export class SharedMissing extends Error {
  override readonly name = "SharedMissing";
  readonly ids: readonly SharedId[];

  constructor(ids: readonly SharedId[]) {
    super(`parts of the shared values ${ids.join(", ")} are needed`);
    this.ids = ids;
  }
}

export interface Part {
  readonly id: SharedId;
  readonly number: number;
}

/** A shared value, decoded. */
interface Graph {
  readonly id: SharedId;
  readonly root: unknown;
  readonly parts: readonly object[];
  /** What cannot be frozen, as it was. */
  readonly witnesses: readonly Witness[];
}

interface Witness {
  readonly object: object;
  readonly isUnchanged: () => boolean;
}

export class SharedValues {
  readonly #kernel: TaskKernel;
  #graphs: Map<SharedId, WeakRef<Graph>> | undefined;
  #parts: WeakMap<object, { readonly graph: Graph; readonly number: number }> | undefined;

  constructor(kernel: TaskKernel) {
    this.#kernel = kernel;
  }

  /** The value of a handle. Rejects with a GoneError if nothing led to it any more. */
  async load(id: SharedId): Promise<unknown> {
    const known = this.#known(id);
    if (known !== undefined) return known.root;
    const bytes = await this.#fetch(id);
    return this.#graphOf(id, bytes).root;
  }

  async #fetch(id: SharedId): Promise<Uint8Array> {
    const asked = this.#kernel.effects.sharedNow(id);
    if (asked !== undefined) return asked;
    const bytes = await this.#kernel.host.shared?.(id);
    if (bytes === undefined)
      throw errorOfFailure("GoneError", `the shared value ${id} is gone: nothing led to it any more`);
    return bytes;
  }

  /** Bytes that have come before the task is decoded. */
  provide(id: SharedId, bytes: Uint8Array): void {
    this.#graphOf(id, bytes);
  }

  has(id: SharedId): boolean {
    return this.#known(id) !== undefined;
  }

  part(id: SharedId, number: number): object | undefined {
    return this.#known(id)?.parts[number];
  }

  /** What an object is a part of; `undefined` of most. */
  partOf(value: object): Part | undefined {
    const found = this.#parts?.get(value);
    return found === undefined ? undefined : { id: found.graph.id, number: found.number };
  }

  /** The first object of the value that somebody has changed (V1). */
  changedIn(id: SharedId): object | undefined {
    const witnesses = this.#known(id)?.witnesses ?? [];
    return witnesses.find(({ isUnchanged }) => !isUnchanged())?.object;
  }

  #known(id: SharedId): Graph | undefined {
    return this.#graphs?.get(id)?.deref();
  }

  #graphOf(id: SharedId, bytes: Uint8Array): Graph {
    const known = this.#known(id);
    if (known !== undefined) return known;
    const kernel = this.#kernel;
    const root = kernel.entered(() => kernel.codec.decode(kernel, bytes));
    const parts = partsOf(root);
    const graph = { id, root, parts, witnesses: parts.flatMap(fixed) };
    this.#parts ??= new WeakMap();
    for (const [number, object] of parts.entries()) this.#parts.set(object, { graph, number });
    this.#graphs ??= new Map();
    this.#graphs.set(id, new WeakRef(graph));
    return graph;
  }
}

/** The objects of a shared value, in the order of their numbers. Handles are left out: they are saved as what they are. */
function partsOf(root: unknown): object[] {
  const parts: object[] = [];
  const seen = new Set<object>();
  const open: unknown[] = [root];
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value !== "object" || value === null || seen.has(value)) continue;
    if (saveableOf(Object.getPrototypeOf(value) as object) !== undefined) continue;
    seen.add(value);
    parts.push(value);
    const held = heldBy(value);
    for (let at = held.length - 1; at >= 0; at--) open.push(held[at]);
  }
  return parts;
}

function heldBy(value: object): readonly unknown[] {
  if (value instanceof Map) return [...value].flat();
  if (value instanceof Set) return [...value];
  if (ArrayBuffer.isView(value)) return [value.buffer];
  if (value instanceof Date || value instanceof ArrayBuffer) return [];
  return Object.values(value);
}

/** Freezes an object; of one that cannot be frozen, the witness of what it is. */
function fixed(object: object): Witness[] {
  if (object instanceof Map) {
    const before = [...object].flat();
    return [{ object, isUnchanged: () => isSame(before, [...object].flat()) }];
  }
  if (object instanceof Set) {
    const before = [...object];
    return [{ object, isUnchanged: () => isSame(before, [...object]) }];
  }
  if (object instanceof Date) {
    const before = object.getTime();
    return [{ object, isUnchanged: () => Object.is(object.getTime(), before) }];
  }
  if (object instanceof ArrayBuffer) {
    const before = new Uint8Array(object.slice(0));
    return [{ object, isUnchanged: () => Buffer.compare(before, new Uint8Array(object)) === 0 }];
  }
  if (!ArrayBuffer.isView(object)) Object.freeze(object);
  return [];
}

function isSame(before: readonly unknown[], now: readonly unknown[]): boolean {
  return before.length === now.length && before.every((value, at) => Object.is(value, now[at]));
}
