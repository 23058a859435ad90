/**
 * The functions of the `Promise` constructor, as the specification writes them. What they keep between calls lies in
 * plain environments of the runtime's sites: `values`, `left` (elements to come, plus one for the loop itself).
 */
import type { Site } from "../protocol/abi.ts";
import type { Callable, ThenReaction } from "./jobs.ts";
import { type Capability, capability, DurablePromise, promiseOf, promiseResolve } from "./promise.ts";
import { runtimeSite } from "./sites.ts";
import { closure, envOf, siteOf } from "./stamp.ts";

/** Shared by the elements of one combinator. */
interface Gathering {
  values: unknown[];
  left: number;
  finish: Callable;
}

interface Element {
  gathering: Gathering;
  index: number;
  /** Shared by the two functions of one element of `allSettled`. */
  once: { called: boolean };
}

function elementSite(name: string, keep: (value: unknown) => unknown): Site {
  return runtimeSite(`promise.${name}`, (env: Element) => (value: unknown): unknown => {
    if (env.once.called) return undefined;
    env.once.called = true;
    const { gathering } = env;
    gathering.values[env.index] = keep(value);
    return --gathering.left === 0 ? gathering.finish.call(undefined, gathering.values) : undefined;
  });
}

const allElement = elementSite("all.element", (value) => value);
const settledFulfilled = elementSite("allSettled.fulfilled", (value) => ({ status: "fulfilled", value }));
const settledRejected = elementSite("allSettled.rejected", (reason) => ({ status: "rejected", reason }));
const anyElement = elementSite("any.element", (reason) => reason);
const anyFinish = runtimeSite(
  "promise.any.finish",
  (env: { reject: Callable }) =>
    (errors: unknown[]): unknown =>
      env.reject.call(undefined, new AggregateError(errors, "All promises were rejected")),
);

/** The words of combinators that stand in stacks, by the site of the functions that they give to their elements. */
const words: ReadonlyMap<Site, string> = new Map([
  [allElement, "all"],
  [settledFulfilled, "allSettled"],
  [settledRejected, "allSettled"],
  [anyElement, "any"],
]);

/** The combinator whose element has this reaction: its result, and how a stack shows it. A race has only the result. */
export function gatheringOf({
  onFulfilled,
  onRejected,
}: ThenReaction): { readonly line?: string; readonly result: unknown } | undefined {
  for (const handler of [onFulfilled, onRejected]) {
    const site = handler && siteOf(handler);
    const word = site && words.get(site);
    if (word === undefined) continue;
    const { gathering, index } = envOf(handler!) as object as Element;
    const { finish } = gathering;
    const settles = siteOf(finish) === anyFinish ? (envOf(finish) as { reject: Callable }).reject : finish;
    return { line: `Promise.${word} (index ${index})`, result: promiseOf(settles) };
  }
  const result = onFulfilled && promiseOf(onFulfilled);
  return result === undefined ? undefined : { result };
}

type Wire = (capability: Capability, gathering: Gathering, index: number) => readonly [unknown, unknown];

function element(site: Site, gathering: Gathering, index: number, once = { called: false }): unknown {
  return closure(site, { gathering, index, once } satisfies Element as object as Record<string, unknown>);
}

/** The loop that all four combinators share: `wire` says what each element's `then` gets. */
function gather(
  type: unknown,
  iterable: unknown,
  finish: (made: Capability) => Callable,
  wire: Wire,
): unknown {
  const made = capability(type);
  try {
    const resolve = (type as { resolve?: unknown }).resolve;
    if (typeof resolve !== "function")
      throw new TypeError("Promise resolve or reject function is not callable");
    const gathering: Gathering = { values: [], left: 1, finish: finish(made) };
    let index = 0;
    for (const next of iterable as Iterable<unknown>) {
      gathering.values.push(undefined);
      const promise = (resolve as Callable).call(type, next) as DurablePromise;
      const [fulfil, reject] = wire(made, gathering, index++);
      gathering.left++;
      promise.then(fulfil, reject);
    }
    if (--gathering.left === 0) gathering.finish.call(undefined, gathering.values);
  } catch (error) {
    made.reject.call(undefined, error);
  }
  return made.promise;
}

function needConstructor(value: unknown): unknown {
  if ((typeof value === "object" && value !== null) || typeof value === "function") return value;
  throw new TypeError("Promise method called on a non-object");
}

const statics = {
  resolve(this: unknown, value: unknown): unknown {
    return promiseResolve(needConstructor(this), value);
  },
  reject(this: unknown, reason: unknown): unknown {
    const made = capability(this);
    made.reject.call(undefined, reason);
    return made.promise;
  },
  withResolvers(this: unknown): unknown {
    const made = capability(this);
    return { promise: made.promise, resolve: made.resolve, reject: made.reject };
  },
  try(this: unknown, callback: Callable, ...args: unknown[]): unknown {
    const made = capability(needConstructor(this));
    try {
      made.resolve.call(undefined, callback(...args));
    } catch (error) {
      made.reject.call(undefined, error);
    }
    return made.promise;
  },
  all(this: unknown, iterable: unknown): unknown {
    return gather(
      this,
      iterable,
      (made) => made.resolve,
      (made, gathering, index) => [element(allElement, gathering, index), made.reject],
    );
  },
  allSettled(this: unknown, iterable: unknown): unknown {
    return gather(
      this,
      iterable,
      (made) => made.resolve,
      (_made, gathering, index) => {
        const once = { called: false };
        return [
          element(settledFulfilled, gathering, index, once),
          element(settledRejected, gathering, index, once),
        ];
      },
    );
  },
  any(this: unknown, iterable: unknown): unknown {
    return gather(
      this,
      iterable,
      (made) => closure(anyFinish, { reject: made.reject }) as Callable,
      (made, gathering, index) => [made.resolve, element(anyElement, gathering, index)],
    );
  },
  race(this: unknown, iterable: unknown): unknown {
    // The count never matters: the outcome is the first element's.
    return gather(
      this,
      iterable,
      () => neverFinish,
      (made) => [made.resolve, made.reject],
    );
  },
};

const neverFinish = (): void => {};

for (const [name, value] of Object.entries(statics)) {
  Object.defineProperty(DurablePromise, name, { value, writable: true, configurable: true });
}
Object.defineProperty(statics.try, "length", { value: 1, configurable: true });
