/**
 * The functions of the `Promise` constructor, as the specification writes them. What they keep between calls lies in
 * plain environments of the runtime's sites: `values`, `left` (elements to come, plus one for the loop itself).
 */
import type { Site } from "../protocol/abi.ts";
import { type Callable, type Reaction, ThenReaction } from "./jobs.ts";
import {
  type Capability,
  capability,
  DurablePromise,
  isIntrinsicThen,
  isPlain,
  promiseOf,
  promiseResolve,
} from "./promise.ts";
import { runtimeSite } from "./sites.ts";
import { closure, envOf, siteOf } from "./stamp.ts";

/** Shared by the elements of one combinator. */
interface Gathering {
  values: unknown[];
  left: number;
  finish: Callable;
  /** What ends it early: `all` with the first rejection, `any` with the first value. */
  end?: Callable | undefined;
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
    return take(env.gathering, env.index, keep(value));
  });
}

function take(gathering: Gathering, index: number, value: unknown): unknown {
  gathering.values[index] = value;
  return --gathering.left === 0 ? gathering.finish.call(undefined, gathering.values) : undefined;
}

const fulfilled = (value: unknown): object => ({ status: "fulfilled", value });
const rejected = (reason: unknown): object => ({ status: "rejected", reason });

const allElement = elementSite("all.element", (value) => value);
const settledFulfilled = elementSite("allSettled.fulfilled", fulfilled);
const settledRejected = elementSite("allSettled.rejected", rejected);
const anyElement = elementSite("any.element", (reason) => reason);

type Word = "all" | "allSettled" | "any";

/**
 * An element of a combinator that is a promise like any other: where nobody could tell the difference, this stands for the two functions that its
 * `then` would get, for what they keep, and for the promise that `then` would answer. A thousand of them are half of a snapshot.
 */
export class ElementReaction {
  readonly gathering: Gathering;
  readonly index: number;
  readonly word: Word;

  constructor(gathering: Gathering, index: number, word: Word) {
    this.gathering = gathering;
    this.index = index;
    this.word = word;
  }

  settled(_kernel: unknown, isRejected: boolean, value: unknown): void {
    const { gathering, index, word } = this;
    if (word === "allSettled") take(gathering, index, isRejected ? rejected(value) : fulfilled(value));
    else if (isRejected === (word === "all")) gathering.end!.call(undefined, value);
    else take(gathering, index, value);
  }
}
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
export function gatheringOf(
  reaction: Reaction,
): { readonly line?: string; readonly result: unknown } | undefined {
  if (reaction instanceof ElementReaction) return shownElement(reaction.word, reaction);
  if (!(reaction instanceof ThenReaction)) return undefined;
  const { onFulfilled, onRejected } = reaction;
  for (const handler of [onFulfilled, onRejected]) {
    const site = handler && siteOf(handler);
    const word = site && words.get(site);
    if (word === undefined) continue;
    return shownElement(word, envOf(handler!) as object as Element);
  }
  const result = onFulfilled && promiseOf(onFulfilled);
  return result === undefined ? undefined : { result };
}

function shownElement(
  word: string,
  { gathering: { finish }, index }: Pick<Element, "gathering" | "index">,
): { readonly line: string; readonly result: unknown } {
  const settles = siteOf(finish) === anyFinish ? (envOf(finish) as { reject: Callable }).reject : finish;
  return { line: `Promise.${word} (index ${index})`, result: promiseOf(settles) };
}

/** What a combinator does with its elements. */
interface Way {
  /** Absent: there is no more in its elements than two functions that it has in any case. */
  readonly word?: Word;
  finish(made: Capability): Callable;
  end?(made: Capability): Callable;
  /** What an element's `then` gets. */
  wire(made: Capability, gathering: Gathering, index: number): readonly [unknown, unknown];
}

function element(site: Site, gathering: Gathering, index: number, once = { called: false }): unknown {
  return closure(site, { gathering, index, once } satisfies Element as object as Record<string, unknown>);
}

const all: Way = {
  word: "all",
  finish: (made) => made.resolve,
  end: (made) => made.reject,
  wire: (made, gathering, index) => [element(allElement, gathering, index), made.reject],
};

const allSettled: Way = {
  word: "allSettled",
  finish: (made) => made.resolve,
  wire(_made, gathering, index) {
    const once = { called: false };
    return [
      element(settledFulfilled, gathering, index, once),
      element(settledRejected, gathering, index, once),
    ];
  },
};

const any: Way = {
  word: "any",
  finish: (made) => closure(anyFinish, { reject: made.reject }) as Callable,
  end: (made) => made.resolve,
  wire: (made, gathering, index) => [made.resolve, element(anyElement, gathering, index)],
};

/** The count never matters: the outcome is the first element's. */
const race: Way = {
  finish: () => () => {},
  wire: (made) => [made.resolve, made.reject],
};

/** The loop that all four combinators share. */
function gather(type: unknown, iterable: unknown, way: Way): unknown {
  const made = capability(type);
  try {
    const resolve = (type as { resolve?: unknown }).resolve;
    if (typeof resolve !== "function")
      throw new TypeError("Promise resolve or reject function is not callable");
    const gathering: Gathering = { values: [], left: 1, finish: way.finish(made), end: way.end?.(made) };
    let index = 0;
    for (const next of iterable as Iterable<unknown>) {
      gathering.values.push(undefined);
      const promise = (resolve as Callable).call(type, next) as DurablePromise;
      const then: unknown = promise.then;
      gathering.left++;
      if (way.word !== undefined && type === DurablePromise && isOurs(promise, then))
        DurablePromise.react(promise, new ElementReaction(gathering, index++, way.word));
      else {
        const wired = way.wire(made, gathering, index++);
        (then as Callable).call(promise, wired[0], wired[1]);
      }
    }
    if (--gathering.left === 0) gathering.finish.call(undefined, gathering.values);
  } catch (error) {
    made.reject.call(undefined, error);
  }
  return made.promise;
}

/** Whether `then` would do what the specification says it does of a plain promise, and nobody would be told. */
function isOurs(promise: unknown, then: unknown): promise is DurablePromise {
  return (
    DurablePromise.is(promise) &&
    isIntrinsicThen(then) &&
    Object.getPrototypeOf(promise) === DurablePromise.prototype &&
    !Object.hasOwn(promise, "constructor") &&
    isPlain(promise)
  );
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
    return gather(this, iterable, all);
  },
  allSettled(this: unknown, iterable: unknown): unknown {
    return gather(this, iterable, allSettled);
  },
  any(this: unknown, iterable: unknown): unknown {
    return gather(this, iterable, any);
  },
  race(this: unknown, iterable: unknown): unknown {
    return gather(this, iterable, race);
  },
};

for (const [name, value] of Object.entries(statics)) {
  Object.defineProperty(DurablePromise, name, { value, writable: true, configurable: true });
}
Object.defineProperty(statics.try, "length", { value: 1, configurable: true });
