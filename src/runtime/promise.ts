/**
 * `DurablePromise`: what `Promise` means in compiled code. It follows the specification's algorithms step by step (the
 * order of jobs is observable, design L1), but its state and its reactions can be read and written down.
 *
 * P1. Its prototype is chained to `Promise.prototype`, and `instanceof Promise` holds for both kinds, both ways.
 * P2. Functions that it hands out (resolvers, elements of combinators) are stamped closures of the runtime's own
 *     sites over plain environments, so they are saved like any closure.
 * P3. A promise made by the runtime itself (a fiber's, an effect's, `then`'s) has no resolvers at all: whoever settles it
 *     holds the promise. Only promises made by `new Promise` can lose their resolvers to foreign code (design H6).
 */
import { assert } from "../base/errors.ts";
import { currentKernel, needKernel } from "./current.ts";
import { type Callable, type Reaction, ReactionJob, ThenReaction } from "./jobs.ts";
import type { TaskKernel } from "./kernel.ts";
import { runtimeSite } from "./sites.ts";
import { closure, envOf, siteOf } from "./stamp.ts";

export const NativePromise = globalThis.Promise;
const nativeThen = NativePromise.prototype.then;

export type PromiseState = "pending" | "fulfilled" | "rejected";

/** The call of a foreign function that made a promise: made again after a thaw (design H5). */
export interface ForeignCall {
  readonly callee: unknown;
  readonly self: unknown;
  readonly operands: readonly unknown[];
  /** How often it has been made again. */
  readonly again: number;
}

/** Everything that a promise is, for the codec. */
export interface PromiseParts {
  readonly state: PromiseState;
  readonly value: unknown;
  readonly handled: boolean;
  /** Made by a constructor call, so that resolvers exist somewhere. */
  readonly constructed: boolean;
  readonly reactions: Reaction[];
  readonly source: ForeignCall | undefined;
}

/** Passed for an executor by the runtime: makes a promise without resolvers. */
const bare = (): void => {};

/** Low two bits of the flags. */
const states: readonly PromiseState[] = ["pending", "fulfilled", "rejected"];
const flags = { fulfilled: 1, rejected: 2, settled: 3, handled: 4, constructed: 8 } as const;

/** Few fields, because a promise is made for each call that is not awaited on the spot. */
export class DurablePromise {
  #kernel: TaskKernel;
  #flags = 0;
  /** The outcome; while it is pending, the call that made it, if that was foreign. */
  #value: unknown = undefined;
  #reactions: Reaction[] | undefined = undefined;

  constructor(executor: unknown) {
    this.#kernel = needKernel("new Promise");
    if (executor === bare) return;
    if (typeof executor !== "function") {
      throw new TypeError(`Promise resolver ${describe(executor)} is not a function`);
    }
    this.#flags = flags.constructed;
    const { resolve, reject } = resolvers(this);
    try {
      executor(resolve, reject);
    } catch (error) {
      reject(error);
    }
  }

  /** A pending promise that only the runtime settles. */
  static make(kernel: TaskKernel): DurablePromise {
    if (currentKernel() === kernel) return new DurablePromise(bare);
    return kernel.entered(() => new DurablePromise(bare));
  }

  /** The promise of a fiber of the current task that has ended already. Nobody knows it yet, so nothing waits on it. */
  static ended(rejected: boolean, value: unknown): DurablePromise {
    const promise = new DurablePromise(bare);
    promise.#flags = rejected ? flags.rejected : flags.fulfilled;
    promise.#value = value;
    if (rejected) promise.#kernel.noteRejection(promise);
    return promise;
  }

  static is(value: unknown): value is DurablePromise {
    return typeof value === "object" && value !== null && #flags in value;
  }

  static stateOf(promise: DurablePromise): PromiseState {
    return states[promise.#flags & flags.settled]!;
  }

  static isPending(promise: DurablePromise): boolean {
    return (promise.#flags & flags.settled) === 0;
  }

  static isRejected(promise: DurablePromise): boolean {
    return (promise.#flags & flags.rejected) !== 0;
  }

  /** The outcome, of a settled one. */
  static valueOf(promise: DurablePromise): unknown {
    return promise.#value;
  }

  static kernelOf(promise: DurablePromise): TaskKernel {
    return promise.#kernel;
  }

  /** Whether somebody waits for it. */
  static isAwaited(promise: DurablePromise): boolean {
    return promise.#reactions !== undefined && promise.#reactions.length > 0;
  }

  static isHandled(promise: DurablePromise): boolean {
    return (promise.#flags & flags.handled) !== 0;
  }

  static markHandled(promise: DurablePromise): void {
    promise.#flags |= flags.handled;
  }

  /** Its resolvers have been handed out (P3). */
  static markConstructed(promise: DurablePromise): void {
    promise.#flags |= flags.constructed;
    if (DurablePromise.isAwaited(promise)) promise.#kernel.awaitedResolvers.add(promise);
  }

  static sourceOf(promise: DurablePromise): ForeignCall | undefined {
    return DurablePromise.isPending(promise) ? (promise.#value as ForeignCall | undefined) : undefined;
  }

  /** Of a pending one. */
  static setSource(promise: DurablePromise, source: ForeignCall | undefined): void {
    assert(DurablePromise.isPending(promise), "a settled promise follows a foreign call");
    promise.#value = source;
  }

  static partsOf(promise: DurablePromise): PromiseParts {
    const pending = DurablePromise.isPending(promise);
    return {
      state: DurablePromise.stateOf(promise),
      value: pending ? undefined : promise.#value,
      handled: DurablePromise.isHandled(promise),
      constructed: (promise.#flags & flags.constructed) !== 0,
      reactions: promise.#reactions ?? [],
      source: DurablePromise.sourceOf(promise),
    };
  }

  static restore(promise: DurablePromise, parts: PromiseParts): void {
    promise.#flags =
      states.indexOf(parts.state) |
      (parts.handled ? flags.handled : 0) |
      (parts.constructed ? flags.constructed : 0);
    promise.#value = parts.state === "pending" ? parts.source : parts.value;
    promise.#reactions = parts.reactions.length === 0 ? undefined : parts.reactions;
  }

  /** PerformPromiseThen: `reaction` runs as a job once the promise is settled. */
  static react(promise: DurablePromise, reaction: Reaction): void {
    const kernel = promise.#kernel;
    const state = promise.#flags & flags.settled;
    if (state === 0) {
      if (promise.#reactions === undefined) {
        promise.#reactions = [reaction];
        if (promise.#flags & flags.constructed) kernel.awaitedResolvers.add(promise);
      } else promise.#reactions.push(reaction);
    } else {
      kernel.enqueue(new ReactionJob(reaction, state === flags.rejected, promise.#value));
    }
    promise.#flags |= flags.handled;
  }

  /** `reaction` no longer waits for the promise, which is pending. */
  static forget(promise: DurablePromise, reaction: Reaction): void {
    const left = promise.#reactions?.filter((other) => other !== reaction) ?? [];
    promise.#reactions = left.length === 0 ? undefined : left;
    if (left.length === 0) promise.#kernel.awaitedResolvers.delete(promise);
  }

  /** Settles without looking for a `then` method. Does nothing to a promise that is settled. */
  static settle(promise: DurablePromise, rejected: boolean, value: unknown): void {
    if (!DurablePromise.isPending(promise)) return;
    const kernel = promise.#kernel;
    const reactions = promise.#reactions;
    promise.#flags |= rejected ? flags.rejected : flags.fulfilled;
    promise.#value = value;
    promise.#reactions = undefined;
    if (reactions !== undefined) {
      if (promise.#flags & flags.constructed) kernel.awaitedResolvers.delete(promise);
      // By index: a program may have replaced what lists are iterated by.
      for (let at = 0; at < reactions.length; at++)
        kernel.enqueue(new ReactionJob(reactions[at]!, rejected, value));
    }
    if (rejected && !DurablePromise.isHandled(promise)) kernel.noteRejection(promise);
  }

  then(onFulfilled?: unknown, onRejected?: unknown): unknown {
    if (!DurablePromise.is(this)) {
      if ((this as unknown) instanceof NativePromise) {
        return nativeThen.call(this, onFulfilled as Callable, onRejected as Callable);
      }
      throw new TypeError(`Method Promise.prototype.then called on incompatible receiver ${describe(this)}`);
    }
    const species = speciesOf(this);
    const kernel = this.#kernel;
    const fulfil = typeof onFulfilled === "function" ? kernel.carry(onFulfilled as Callable) : undefined;
    const reject = typeof onRejected === "function" ? kernel.carry(onRejected as Callable) : undefined;
    if (species === DurablePromise) {
      const derived = DurablePromise.make(kernel);
      DurablePromise.react(this, new ThenReaction(derived, undefined, undefined, fulfil, reject));
      return derived;
    }
    const made = kernel.entered(() => capability(species));
    DurablePromise.react(this, new ThenReaction(made.promise, made.resolve, made.reject, fulfil, reject));
    return made.promise;
  }

  catch(onRejected?: unknown): unknown {
    return this.then(undefined, onRejected);
  }

  finally(onFinally?: unknown): unknown {
    if (!isObject(this)) throw new TypeError("Promise.prototype.finally called on a non-object");
    const species = speciesOf(this);
    if (typeof onFinally !== "function") return this.then(onFinally, onFinally);
    const env = { species, onFinally: currentKernel()?.carry(onFinally as Callable) ?? onFinally };
    return this.then(closure(finallyThen, env), closure(finallyCatch, env));
  }

  static get [Symbol.species](): unknown {
    // biome-ignore lint/complexity/noThisInStatic: subclasses inherit it
    return this;
  }

  static [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore lint/complexity/noThisInStatic: subclasses inherit it
    const target: unknown = this === DurablePromise ? NativePromise : this;
    return Function.prototype[Symbol.hasInstance].call(target, value) as boolean;
  }
}
Object.setPrototypeOf(DurablePromise.prototype, NativePromise.prototype);
Object.defineProperty(DurablePromise.prototype, Symbol.toStringTag, { value: "Promise", configurable: true });
Object.defineProperty(DurablePromise, "name", { value: "Promise", configurable: true });

const intrinsicThen = DurablePromise.prototype.then;

/** True of a promise for which `await` and `resolve` may skip the observable lookups: nothing was overridden. */
export function isPlain(promise: DurablePromise): boolean {
  return promise.constructor === DurablePromise;
}

/** True if `then`, got from a promise, is the one of this file. */
export function isIntrinsicThen(then: unknown): boolean {
  return then === intrinsicThen;
}

export interface Resolvers {
  readonly resolve: Callable;
  readonly reject: Callable;
}

/** CreateResolvingFunctions. */
export function resolvers(promise: DurablePromise): Resolvers {
  const env = { promise, done: false };
  return { resolve: closure(resolveSite, env) as Callable, reject: closure(rejectSite, env) as Callable };
}

export interface Capability extends Resolvers {
  readonly promise: object;
}

/** NewPromiseCapability(C). */
export function capability(type: unknown): Capability {
  if (type === DurablePromise) {
    const promise = new DurablePromise(bare);
    DurablePromise.markConstructed(promise);
    return { promise, ...resolvers(promise) };
  }
  if (typeof type !== "function") throw new TypeError(`${describe(type)} is not a constructor`);
  const env: { resolve: unknown; reject: unknown } = { resolve: undefined, reject: undefined };
  const promise = Reflect.construct(type, [closure(executorSite, env)]) as object;
  if (typeof env.resolve !== "function" || typeof env.reject !== "function") {
    throw new TypeError("Promise resolve or reject function is not callable");
  }
  return { promise, resolve: env.resolve as Callable, reject: env.reject as Callable };
}

/** PromiseResolve(C, value). */
export function promiseResolve(type: unknown, value: unknown): unknown {
  if (DurablePromise.is(value) && (value as object).constructor === type) return value;
  const made = capability(type);
  made.resolve.call(undefined, value);
  return made.promise;
}

function speciesOf(promise: object): unknown {
  const type: unknown = promise.constructor;
  if (type === DurablePromise || type === undefined) return DurablePromise;
  if (!isObject(type)) throw new TypeError("The .constructor property is not an object");
  const species = (type as { [Symbol.species]?: unknown })[Symbol.species];
  if (species === undefined || species === null) return DurablePromise;
  // A native promise's `finally` borrowed from here keeps to its own kind.
  if (typeof species !== "function")
    throw new TypeError("object.constructor[Symbol.species] is not a constructor");
  return species;
}

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

export function describe(value: unknown): string {
  if (typeof value === "function") return value.name === "" ? "a function" : `function ${value.name}`;
  if (isObject(value)) return Array.isArray(value) ? "an array" : "an object";
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

type ResolverEnv = { promise: DurablePromise; done: boolean };

const resolveSite = runtimeSite("promise.resolve", (env: ResolverEnv) => (value: unknown): void => {
  if (env.done) return;
  env.done = true;
  DurablePromise.kernelOf(env.promise).settle(env.promise, false, value);
});

const rejectSite = runtimeSite("promise.reject", (env: ResolverEnv) => (reason: unknown): void => {
  if (env.done) return;
  env.done = true;
  DurablePromise.settle(env.promise, true, reason);
});

/** The promise that a resolving function settles, if it is one. */
export function promiseOf(resolver: Callable): DurablePromise | undefined {
  const site = siteOf(resolver);
  return site === resolveSite || site === rejectSite ? (envOf(resolver) as ResolverEnv).promise : undefined;
}

const executorSite = runtimeSite(
  "promise.executor",
  (env: { resolve: unknown; reject: unknown }) =>
    (resolve: unknown, reject: unknown): void => {
      if (env.resolve !== undefined || env.reject !== undefined) {
        throw new TypeError("Promise executor has already been invoked with non-undefined arguments");
      }
      env.resolve = resolve;
      env.reject = reject;
    },
);

type FinallyEnv = { species: unknown; onFinally: Callable };

const finallyThen = runtimeSite("promise.finally.then", (env: FinallyEnv) => (value: unknown): unknown => {
  const after = promiseResolve(env.species, env.onFinally()) as DurablePromise;
  return after.then(closure(valueThunk, { value }));
});

const finallyCatch = runtimeSite("promise.finally.catch", (env: FinallyEnv) => (reason: unknown): unknown => {
  const after = promiseResolve(env.species, env.onFinally()) as DurablePromise;
  return after.then(closure(throwThunk, { reason }));
});

const valueThunk = runtimeSite("promise.value", (env: { value: unknown }) => (): unknown => env.value);

const throwThunk = runtimeSite("promise.throw", (env: { reason: unknown }) => (): never => {
  throw env.reason;
});
