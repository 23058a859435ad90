import { UserError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { call, type TaskFunction } from "./call.ts";
import { cancelledSince, later, pending, type Settle } from "./later.ts";

interface MapState {
  readonly items: readonly unknown[];
  readonly fn: TaskFunction<[unknown, number], unknown>;
  readonly results: unknown[];
  readonly settle: Settle<unknown>;
  /** Index of the item whose task is started next. */
  next: number;
  /** Tasks that have not ended, and items that have none yet. */
  left: number;
  failed: boolean;
  readonly cancelled: unknown;
}

/**
 * Runs `fn(item, index)` as a task for each item, at most `concurrency` at a time, and answers their results in the order of the items.
 *
 * When one fails no more are started, and its error is thrown; those that run go on to their end. When this task is cancelled they are, too.
 */
export function mapTasks<Item, Result>(
  items: Iterable<Item>,
  fn: TaskFunction<[Item, number], Result>,
  { concurrency = limits.mapConcurrency }: { readonly concurrency?: number } = {},
): Promise<Awaited<Result>[]> {
  if (concurrency !== Number.POSITIVE_INFINITY && (!Number.isSafeInteger(concurrency) || concurrency < 1)) {
    throw new UserError(
      `mapTasks(): a concurrency of ${String(concurrency)}; give a whole number of 1 or more, or Infinity`,
    );
  }
  const list = [...items];
  const { promise, settle } = pending<unknown>();
  const state: MapState = {
    items: list,
    fn: fn as MapState["fn"],
    results: new Array(list.length).fill(undefined),
    settle,
    next: 0,
    left: list.length,
    failed: false,
    cancelled: cancelledSince(undefined),
  };
  if (list.length === 0) settle.resolve([]);
  const first = Math.min(concurrency, list.length);
  while (state.next < first) startNext(state);
  return promise as Promise<Awaited<Result>[]>;
}

/** @throws what `call` throws: an item that cannot be copied. */
function startNext(state: MapState): void {
  const index = state.next++;
  call(state.fn, state.items[index], index).then(ended({ state, index }), failed(state));
}

const ended = later("map.ended", ({ state, index }: { state: MapState; index: number }, result) => {
  state.results[index] = result;
  state.left--;
  const cancelled = cancelledSince(state.cancelled);
  if (cancelled !== undefined && state.left > 0) failed(state)(cancelled);
  if (state.failed) return;
  if (state.left === 0) state.settle.resolve(state.results);
  if (state.next >= state.items.length) return;
  try {
    startNext(state);
  } catch (error) {
    failed(state)(error);
  }
});

const failed = later("map.failed", (state: MapState, error) => {
  state.failed = true;
  state.settle.reject(error);
});
