/**
 * For words that go on by themselves after an answer has come. What they keep between two answers lies in a plain object, their *state*, and
 * what happens next is a stamped function over it: so all of it is saved with the task. Under `run --plain` it is ordinary objects and promises.
 *
 * An environment is read when its function is called: when a thaw makes the function, it is not filled yet.
 */
import { closure, currentKernel, runtimeSite } from "../runtime/index.ts";

export interface Settle<T> {
  resolve(value: T): void;
  reject(error: unknown): void;
}

/** A promise that is settled later, by functions that are saved with whoever holds them. */
export function pending<T>(): { readonly promise: Promise<T>; readonly settle: Settle<T> } {
  const PromiseOfTask = (currentKernel()?.globals.Promise ?? Promise) as PromiseConstructor;
  let settle: Settle<T> | undefined;
  const promise = new PromiseOfTask<T>((resolve, reject) => {
    settle = { resolve, reject };
  });
  return { promise, settle: settle! };
}

/** A function of one argument that does `act` with the state that it is made over: `later("step.failed", act)(state)`. */
export function later<State extends object, Value = unknown>(
  name: string,
  act: (state: State, value: Value) => void,
): (state: State) => (value: Value) => void {
  const site = runtimeSite(name, (state: State) => (value: Value) => act(state, value));
  return (state) => closure(site, state as Record<string, unknown>) as (value: Value) => void;
}

/** Passes the rejection of a wait on: it was withdrawn because the task is cancelled. */
export const pass = later("pass", (settle: Settle<unknown>, error) => settle.reject(error));

/** Takes such a rejection where nothing follows from it. */
export const ignore = later("ignore", () => {});

/** Why what was begun when `before` was the answer should not go on by itself any more: the task has been cancelled since. */
export function cancelledSince(before: unknown): unknown {
  const now = currentKernel()?.effects.cancelled;
  return now === before ? undefined : now;
}
