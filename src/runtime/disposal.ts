/**
 * `using` and `await using`: the resources of one block, and the error with which it is left. The specification's DisposableResource
 * records and DisposeResources, in steps between which compiled code may wait.
 *
 * D1. Resources are disposed of in the reverse order, each once; an error on the way suppresses the one before (SuppressedError).
 * D2. What is left to do is in the fields, so a block may be written down in the middle of its disposal.
 */
import { SuppressedError } from "./errors.ts";

/** In the words of V8. */
const whileDisposing = "An error was suppressed during disposal";

import type { AnyFunction } from "./stamp.ts";

export interface Resource {
  readonly value: unknown;
  /** `undefined`: `await using` of null or undefined, which only waits. */
  readonly method: unknown;
  readonly waits: boolean;
  /** `waits`, but the method is that of `using`: its answer is not awaited. */
  readonly synchronous: boolean;
}

export class Disposals {
  resources: Resource[] = [];
  failed = false;
  error: unknown = undefined;
  /** What to await, after `step` has answered true. */
  awaited: unknown = undefined;
  /** An error that counts once the wait is over. */
  late: { readonly error: unknown } | undefined = undefined;
  needsWait = false;
  hasWaited = false;

  /** Takes a resource; answers it. */
  add(value: unknown, waits: boolean): unknown {
    if (value === null || value === undefined) {
      if (waits) this.resources.push({ value, method: undefined, waits, synchronous: false });
      return value;
    }
    if (typeof value !== "object" && typeof value !== "function") {
      throw new TypeError(`${String(value)} is not an object, so it cannot be disposed of`);
    }
    const methods = value as Record<symbol, unknown>;
    let method = waits ? methods[Symbol.asyncDispose] : undefined;
    const synchronous = method === undefined || method === null;
    if (synchronous) method = methods[Symbol.dispose];
    if (typeof method !== "function") {
      const wanted = waits ? "[Symbol.asyncDispose] or [Symbol.dispose]" : "[Symbol.dispose]";
      throw new TypeError(`the resource has no method ${wanted}`);
    }
    this.resources.push({ value, method, waits, synchronous });
    return value;
  }

  /** An error with which the block, or a disposal, ends. */
  fail(error: unknown): void {
    this.error = this.failed ? new SuppressedError(error, this.error, whileDisposing) : error;
    this.failed = true;
  }

  /** Disposes until something has to be awaited; false when nothing is left. */
  step(): boolean {
    this.awaited = undefined;
    if (this.late !== undefined) this.fail(this.late.error);
    this.late = undefined;
    for (;;) {
      const resource = this.resources.at(-1);
      if (this.needsWait && !this.hasWaited && resource?.waits !== true) {
        this.needsWait = false;
        return true;
      }
      if (resource === undefined) return false;
      this.resources.pop();
      if (resource.method === undefined) this.needsWait = true;
      else if (disposeOf(this, resource)) return true;
    }
  }

  /** All of it, where nothing waits. */
  dispose(): void {
    this.step();
    this.finish();
  }

  finish(): void {
    if (this.failed) throw this.error;
  }
}

/** Answers whether to wait. */
function disposeOf(disposals: Disposals, { value, method, waits, synchronous }: Resource): boolean {
  try {
    const result: unknown = Reflect.apply(method as AnyFunction, value, []);
    if (waits && !synchronous) disposals.awaited = result;
  } catch (error) {
    if (waits && synchronous) disposals.late = { error };
    else {
      disposals.fail(error);
      return false;
    }
  }
  if (waits) disposals.hasWaited = true;
  return waits;
}
