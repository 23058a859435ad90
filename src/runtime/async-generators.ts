/**
 * Async generators: a fiber that is started and stopped by requests. `next`, `return` and `throw` queue a request and answer a promise of
 * its result; the body runs while there is a request that it has not answered.
 *
 * Q1. States are the specification's: *start* and *yield* wait for a request, *running* is between two of those (awaiting too), *returning*
 *     awaits the value of a `return` that came before the start or after the end, *completed* answers by itself.
 * Q2. The frame of a generator that waits is in `reaction`; its parent is the generator, and so is that of every frame in which the body awaits.
 * Q3. A request is answered when the body yields or ends; the next one goes on at once (`drain`), without recursion.
 */
import { type Environment, returning, type Site } from "../protocol/abi.ts";
import { runBody } from "./body.ts";
import { currentKernel } from "./current.ts";
import type { Frame } from "./frame.ts";
import { asyncGeneratorPrototype, asyncMethods, beginLabel, objectOf, type Request } from "./generators.ts";
import { FrameReaction } from "./jobs.ts";
import type { TaskKernel } from "./kernel.ts";
import { DurablePromise, promiseResolve } from "./promise.ts";
import type { AnyFunction } from "./stamp.ts";

export class QueuedRequest {
  readonly request: Request;
  readonly value: unknown;
  readonly promise: DurablePromise;

  constructor(request: Request, value: unknown, promise: DurablePromise) {
    this.request = request;
    this.value = value;
    this.promise = promise;
  }
}

export const states = ["suspended", "running", "returning", "completed"] as const;
export type State = (typeof states)[number];

export interface AsyncGeneratorParts {
  readonly state: State;
  readonly reaction: FrameReaction | undefined;
  readonly queue: readonly QueuedRequest[];
}

// biome-ignore lint/complexity/useArrowFunction: it is called with new
const Override = function (target: object): object {
  return target;
} as unknown as new (
  target: object,
) => object;

export class AsyncGeneratorObject extends Override {
  #kernel: TaskKernel;
  #state: State = "suspended";
  #reaction: FrameReaction | undefined;
  #queue: QueuedRequest[] = [];
  /** The value of the `return` at which the body has been resumed. */
  #returned: unknown;
  #draining = false;

  constructor(target: object, kernel: TaskKernel) {
    super(target);
    this.#kernel = kernel;
  }

  static is(value: unknown): value is AsyncGeneratorObject {
    return typeof value === "object" && value !== null && #kernel in value;
  }

  static create(target: object, kernel: TaskKernel, frame: Frame): AsyncGeneratorObject {
    const made = new AsyncGeneratorObject(target, kernel);
    made.#reaction = new FrameReaction();
    made.#reaction.frame = frame;
    frame.parent = made;
    return made;
  }

  static partsOf(generator: AsyncGeneratorObject): AsyncGeneratorParts {
    return { state: generator.#state, reaction: generator.#reaction, queue: generator.#queue };
  }

  static restore(generator: AsyncGeneratorObject, parts: AsyncGeneratorParts): void {
    generator.#state = parts.state;
    generator.#reaction = parts.reaction;
    generator.#queue = [...parts.queue];
  }

  /** `next`, `throw`, `return`: a promise of the answer. */
  static ask(generator: unknown, request: Request, value: unknown): unknown {
    if (!AsyncGeneratorObject.is(generator)) {
      const kernel = currentKernel();
      const error = new TypeError(`${request} method called on incompatible receiver ${String(generator)}`);
      if (kernel === undefined) return Promise.reject(error);
      const promise = DurablePromise.make(kernel);
      DurablePromise.settle(promise, true, error);
      return promise;
    }
    const promise = DurablePromise.make(generator.#kernel);
    generator.#queue.push(new QueuedRequest(request, value, promise));
    generator.#kernel.enteredCall(() => AsyncGeneratorObject.drain(generator));
    return promise;
  }

  /** The body hands out `value`: answers the oldest request. The frame is about to be written to the reaction. */
  static yielded(generator: AsyncGeneratorObject, value: unknown): FrameReaction {
    generator.#reaction = new FrameReaction();
    generator.#state = "suspended";
    AsyncGeneratorObject.#answer(generator, false, value, false);
    return generator.#reaction;
  }

  static returnedOf(generator: AsyncGeneratorObject): unknown {
    const value = generator.#returned;
    generator.#returned = undefined;
    return value;
  }

  /** The body has ended. */
  static finished(generator: AsyncGeneratorObject, failed: boolean, value: unknown): void {
    generator.#state = "completed";
    AsyncGeneratorObject.#answer(generator, failed, value, true);
    AsyncGeneratorObject.drain(generator);
  }

  /** The value of a `return` that no body took has been awaited. */
  static awaited(generator: AsyncGeneratorObject, failed: boolean, value: unknown): void {
    generator.#state = "completed";
    AsyncGeneratorObject.#answer(generator, failed, value, true);
    AsyncGeneratorObject.drain(generator);
  }

  /** Works on requests as long as nothing has to be waited for. */
  static drain(generator: AsyncGeneratorObject): void {
    if (generator.#draining) return;
    generator.#draining = true;
    try {
      while (generator.#queue.length > 0) {
        if (generator.#state === "suspended") AsyncGeneratorObject.#resume(generator, generator.#queue[0]!);
        else if (generator.#state === "completed")
          AsyncGeneratorObject.#late(generator, generator.#queue[0]!);
        else return;
      }
    } finally {
      generator.#draining = false;
    }
  }

  static #resume(generator: AsyncGeneratorObject, { request, value }: QueuedRequest): void {
    const frame = generator.#reaction!.frame!;
    if (request !== "next" && frame.label === beginLabel) {
      generator.#reaction = undefined;
      generator.#state = "completed";
      return;
    }
    generator.#reaction = undefined;
    generator.#state = "running";
    generator.#returned = request === "return" ? value : undefined;
    generator.#kernel.resume(frame, request === "throw", request === "return" ? returning : value);
  }

  /** A request to a generator that has ended. */
  static #late(generator: AsyncGeneratorObject, { request, value }: QueuedRequest): void {
    if (request !== "return") {
      AsyncGeneratorObject.#answer(
        generator,
        request === "throw",
        request === "throw" ? value : undefined,
        true,
      );
      return;
    }
    generator.#state = "returning";
    try {
      const promise = promiseResolve(DurablePromise, value) as DurablePromise;
      DurablePromise.react(promise, new ReturnReaction(generator));
    } catch (error) {
      generator.#state = "completed";
      AsyncGeneratorObject.#answer(generator, true, error, true);
    }
  }

  static #answer(generator: AsyncGeneratorObject, failed: boolean, value: unknown, done: boolean): void {
    const { promise } = generator.#queue.shift()!;
    if (failed) DurablePromise.settle(promise, true, value);
    else generator.#kernel.settle(promise, false, { value, done });
  }
}

export class ReturnReaction {
  generator: AsyncGeneratorObject;

  constructor(generator: AsyncGeneratorObject) {
    this.generator = generator;
  }

  settled(_kernel: TaskKernel, rejected: boolean, value: unknown): void {
    AsyncGeneratorObject.awaited(this.generator, rejected, value);
  }
}

asyncMethods.ask = AsyncGeneratorObject.ask;

/** `$k.generator`. */
export function asyncGenerator(
  kernel: TaskKernel,
  fn: AnyFunction,
  site: Site,
  env: Environment,
  self: unknown,
  args: readonly unknown[],
): object {
  const frame = runBody(site, env, self, args) as Frame;
  return AsyncGeneratorObject.create(objectOf(fn, asyncGeneratorPrototype), kernel, frame);
}
