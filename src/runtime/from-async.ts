/**
 * `Array.fromAsync` of compiled code, as the specification writes it. The engine's own is a call of foreign code: made again after a thaw, it would ask an iterator that
 * has moved on, and what it had gathered would be lost.
 *
 * A1. It is used where the engine has one, and only in its place: whoever looks for `Array.fromAsync` finds what the engine has.
 */

import type { AsyncIteration, Frame } from "../protocol/abi.ts";
import { suspended } from "../protocol/abi.ts";
import { iterationBy } from "./async-iteration.ts";
import { needKernel } from "./current.ts";
import type { TaskKernel } from "./kernel.ts";
import { runtimeBody } from "./sites.ts";
import type { AnyFunction } from "./stamp.ts";

interface State {
  readonly made: Record<PropertyKey, unknown>;
  /** Of what can be iterated; otherwise it is a list without a protocol. */
  readonly iteration: AsyncIteration | undefined;
  readonly items: ArrayLike<unknown>;
  readonly length: number;
  readonly map: AnyFunction | undefined;
  readonly self: unknown;
  index: number;
}

/** The engine's; undefined where it has none. */
export const arrayFromAsync = (Array as { fromAsync?: AnyFunction }).fromAsync;

// As they are in the language: a program may put another `Symbol` in the place of the global one.
const { asyncIterator, iterator } = Symbol;

const [nextComes, mappedComes, closes] = [1, 2, 3];

export const fromAsyncSite = runtimeBody(
  "array.fromAsync",
  [[], ["state"], ["state"], ["error"]],
  (frame: Frame | null, _env, maker, items, map, self) => {
    const kernel = needKernel("Array.fromAsync");
    if (frame === null) return gather(kernel, begin(kernel, maker, items, map, self));
    if (frame.label === closes) {
      try {
        kernel.resumed();
      } catch {
        // The first error counts.
      }
      throw frame.slots[0];
    }
    const state = frame.slots[0] as State;
    if (frame.label === nextComes) {
      const done = takeNext(kernel, state, kernel.resumed());
      return done === undefined ? gather(kernel, state) : done;
    }
    try {
      put(state, kernel.resumed());
    } catch (error) {
      return close(kernel, state, error);
    }
    return gather(kernel, state);
  },
);

function begin(kernel: TaskKernel, maker: unknown, items: unknown, map: unknown, self: unknown): State {
  if (map !== undefined && typeof map !== "function") throw new TypeError(`${String(map)} is not a function`);
  const slow = methodOf(items, asyncIterator);
  const still = slow === undefined ? methodOf(items, iterator) : undefined;
  const isIterable = slow !== undefined || still !== undefined;
  const list = Object(items) as ArrayLike<unknown>;
  const length = isIterable
    ? 0
    : Math.min(Math.max(Math.trunc(+list.length) || 0, 0), Number.MAX_SAFE_INTEGER);
  const sizes = isIterable ? [] : [length];
  const made = isConstructor(maker) ? Reflect.construct(maker, sizes) : [...sizes];
  return {
    made: made as State["made"],
    iteration: isIterable ? iterationBy(kernel, items, slow, still) : undefined,
    items: list,
    length,
    map: map as AnyFunction | undefined,
    self,
    index: 0,
  };
}

function methodOf(of: unknown, name: symbol): AnyFunction | undefined {
  const method = (of as Record<symbol, unknown>)[name];
  if (method === undefined || method === null) return undefined;
  if (typeof method !== "function") throw new TypeError(`${String(name)} is not a function`);
  return method as AnyFunction;
}

function isConstructor(value: unknown): value is AnyFunction {
  try {
    Reflect.construct(Object, [], value as AnyFunction);
    return true;
  } catch {
    return false;
  }
}

/** Goes on until it has to wait, or is done. */
function gather(kernel: TaskKernel, state: State): unknown {
  for (;;) {
    const { iteration, items, length } = state;
    if (iteration === undefined && state.index >= length) return finish(state);
    const next = iteration === undefined ? kernel.await(items[state.index]) : kernel.next(iteration);
    if (next === suspended) return kernel.suspend(fromAsyncSite, nextComes, [state]);
    const done = takeNext(kernel, state, next);
    if (done !== undefined) return done;
  }
}

/** Takes what came; answers the result, or `suspended`, or undefined if it is to go on. */
function takeNext(kernel: TaskKernel, state: State, next: unknown): unknown {
  const { iteration, map, self, index } = state;
  let value = next;
  if (iteration !== undefined) {
    if (next === null || (typeof next !== "object" && typeof next !== "function"))
      throw new TypeError(`Iterator result ${String(next)} is not an object`);
    const result = next as IteratorResult<unknown>;
    if (result.done) return finish(state);
    value = result.value;
  }
  try {
    if (map !== undefined) {
      value = kernel.await(Reflect.apply(map, self, [value, index]));
      if (value === suspended) return kernel.suspend(fromAsyncSite, mappedComes, [state]);
    }
    put(state, value);
    return undefined;
  } catch (error) {
    return close(kernel, state, error);
  }
}

function put(state: State, value: unknown): void {
  const property = { value, writable: true, enumerable: true, configurable: true };
  Object.defineProperty(state.made, state.index, property);
  state.index += 1;
}

function finish({ made, index }: State): unknown {
  made.length = index;
  return made;
}

/** The error goes on when what was iterated has been closed. */
function close(kernel: TaskKernel, { iteration }: State, error: unknown): unknown {
  if (iteration === undefined) throw error;
  let closed: unknown;
  try {
    const method = (iteration.iterator as { return?: AnyFunction | null }).return;
    if (method === undefined || method === null) throw error;
    closed = kernel.await(Reflect.apply(method, iteration.iterator, []));
  } catch {
    throw error;
  }
  if (closed === suspended) return kernel.suspend(fromAsyncSite, closes, [error]);
  throw error;
}
