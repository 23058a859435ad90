/**
 * The asynchronous iteration protocol for what has only the synchronous one: CreateAsyncFromSyncIterator. Used by `for await` and
 * by `yield*` of async generators.
 */
import type { AsyncIteration } from "../protocol/abi.ts";
import { type AsyncGenerator, AsyncGeneratorObject } from "./async-generators.ts";
import { iteratorOf } from "./collection-iterators.ts";
import { asyncNext, Delegate } from "./generators.ts";
import { ThenReaction } from "./jobs.ts";
import type { TaskKernel } from "./kernel.ts";
import { DurablePromise, promiseResolve } from "./promise.ts";
import { runtimeSite } from "./sites.ts";
import { type AnyFunction, closure, Override } from "./stamp.ts";

// The environment is read at the call: a thawed closure is made before its environment is filled.
const unwrapSite = runtimeSite("asyncIteration.unwrap", (env: { done: boolean }) => (value: unknown) => ({
  value,
  done: env.done,
}));

// As ES2025 says: whose value is rejected is closed, since nobody will ask it again.
const closeSite = runtimeSite("asyncIteration.close", (env: { iterator: object }) => (error: unknown) => {
  closeQuietly(env.iterator);
  throw error;
});

function closeQuietly(iterator: object): void {
  try {
    (iterator as { return?: AnyFunction }).return?.();
  } catch {
    // The first error counts.
  }
}

export class AsyncFromSync {
  kernel: TaskKernel;
  iterator: object;
  method: unknown;

  constructor(kernel: TaskKernel, iterator: object) {
    this.kernel = kernel;
    this.iterator = iterator;
    this.method = (iterator as { next?: unknown }).next;
  }

  next(...args: unknown[]): object {
    return wrapped(
      this.kernel,
      () => Reflect.apply(this.method as AnyFunction, this.iterator, args),
      this.iterator,
    );
  }

  return(...args: unknown[]): object {
    let method: AnyFunction | null | undefined;
    try {
      method = (this.iterator as { return?: AnyFunction | null }).return;
    } catch (error) {
      return settled(this.kernel, true, error);
    }
    if (method === undefined || method === null) {
      return settled(this.kernel, false, { value: args[0], done: true });
    }
    return wrapped(this.kernel, () => Reflect.apply(method, this.iterator, args));
  }

  throw(...args: unknown[]): object {
    return wrapped(
      this.kernel,
      () => {
        const { throw: method, return: close } = this.iterator as {
          throw?: AnyFunction;
          return?: AnyFunction;
        };
        if (method !== undefined && method !== null) return Reflect.apply(method, this.iterator, args);
        if (close !== undefined && close !== null) needResult(Reflect.apply(close, this.iterator, []));
        throw new TypeError("The iterator does not provide a 'throw' method.");
      },
      this.iterator,
    );
  }
}

function settled(kernel: TaskKernel, rejected: boolean, value: unknown): object {
  const promise = DurablePromise.make(kernel);
  DurablePromise.settle(promise, rejected, value);
  return promise;
}

/** A promise of the result with its value awaited. `closes`: the iterator, if it is to be closed when that fails. */
function wrapped(kernel: TaskKernel, action: () => unknown, closes?: object): object {
  const promise = DurablePromise.make(kernel);
  try {
    const result = action();
    needResult(result);
    const { done, value } = result as IteratorResult<unknown>;
    const closing = done || closes === undefined ? undefined : closes;
    const awaited = resolved(value, closing);
    const unwrap = closure(unwrapSite, { done: Boolean(done) }) as never;
    const close = closing === undefined ? undefined : (closure(closeSite, { iterator: closing }) as never);
    DurablePromise.react(awaited, new ThenReaction(promise, undefined, undefined, unwrap, close));
  } catch (error) {
    DurablePromise.settle(promise, true, error);
  }
  return promise;
}

function resolved(value: unknown, closes: object | undefined): DurablePromise {
  try {
    return promiseResolve(DurablePromise, value) as DurablePromise;
  } catch (error) {
    if (closes !== undefined) closeQuietly(closes);
    throw error;
  }
}

function needResult(result: unknown): void {
  if ((typeof result === "object" && result !== null) || typeof result === "function") return;
  throw new TypeError(`Iterator result ${String(result)} is not an object`);
}

/**
 * Says of an iteration that it is over one of our generators, and asks it by the method that all of them have. All iterations have one shape, which generators
 * have not: that look would take a tenth of a request. A snapshot knows nothing of this; what has been thawed is asked like any other iterator.
 */
export class OverGenerator extends Override {
  readonly #generator: AsyncGenerator;

  constructor(iteration: object, generator: AsyncGenerator) {
    super(iteration);
    this.#generator = generator;
  }

  static of(iteration: object): AsyncGenerator | undefined {
    return #generator in iteration ? iteration.#generator : undefined;
  }
}

/** GetIterator(async), with its `next`. */
export function asyncIterator(kernel: TaskKernel, iterable: unknown): AsyncIteration {
  return iterationBy(kernel, iterable, (iterable as Record<symbol, unknown>)[Symbol.asyncIterator]);
}

/** The same by what its `Symbol.asyncIterator` is, or if that is nothing its `Symbol.iterator`, which is looked up if it is not given. */
export function iterationBy(
  kernel: TaskKernel,
  iterable: unknown,
  method: unknown,
  still?: unknown,
): AsyncIteration {
  let iterator: unknown;
  if (method === undefined || method === null)
    iterator = new AsyncFromSync(kernel, iteratorOf(iterable, still));
  else if (typeof method === "function") iterator = Reflect.apply(method, iterable, []);
  else throw new TypeError("the value of Symbol.asyncIterator is not a function");
  if ((typeof iterator !== "object" && typeof iterator !== "function") || iterator === null) {
    throw new TypeError("Result of the Symbol.asyncIterator method is not an object");
  }
  const { next } = iterator as { next?: unknown };
  const iteration = { iterator, next };
  const generator = next === asyncNext ? AsyncGeneratorObject.maybe(iterator) : undefined;
  if (generator !== undefined) new OverGenerator(iteration, generator);
  return iteration;
}

/** `$k.delegate`: the inner iterator of an asynchronous `yield*`. */
export function asyncDelegate(kernel: TaskKernel, iterable: unknown): Delegate {
  const { iterator, next } = asyncIterator(kernel, iterable);
  return new Delegate(iterator, next);
}

/** Prototypes by the names under which snapshots know them. */
export const asyncIterationIntrinsics: Readonly<Record<string, object>> = {
  "AsyncFromSync.prototype": AsyncFromSync.prototype,
};
