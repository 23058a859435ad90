/**
 * Async generators: a fiber that is started and stopped by requests. `next`, `return` and `throw` queue a request and answer a promise of
 * its result; the body runs while there is a request that it has not answered.
 *
 * Q1. States are the specification's: *start* and *yield* wait for a request, *running* is between two of those (awaiting too), *returning*
 *     awaits the value of a `return` that came before the start or after the end, *completed* answers by itself.
 * Q2. The frame of a generator that waits is in `reaction`; its parent is the generator, and so is that of every frame in which the body awaits.
 * Q3. A request is answered when the body yields or ends; the next one goes on at once (`drain`), without recursion.
 * Q4. `await generator.next()` in compiled code, with nothing else asked for, is a *direct* request: it is in no queue and has no promise, since
 *     nobody could see one. Its body runs on the native stack of the call, as that of a fused call does; if it really waits there, the request
 *     becomes one like the others, the first in the queue.
 */
import { type Environment, returning, type Site } from "../protocol/abi.ts";
import { runBody } from "./body.ts";
import { currentKernel } from "./current.ts";
import type { Frame } from "./frame.ts";
import { asyncGeneratorPrototype, asyncMethods, beginLabel, objectOf, type Request } from "./generators.ts";
import { FrameReaction } from "./jobs.ts";
import type { TaskKernel } from "./kernel.ts";
import { DurablePromise, promiseResolve } from "./promise.ts";
import { type AnyFunction, Override } from "./stamp.ts";

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

/** What a generator does. */
export class AsyncGenerator {
  readonly object: object;
  readonly #kernel: TaskKernel;
  #state: State = "suspended";
  #reaction: FrameReaction | undefined;
  #queue: QueuedRequest[] = [];
  /** The value of the `return` at which the body has been resumed. */
  #returned: unknown;
  #draining = false;
  /** What runs was asked for directly (Q4). */
  #direct = false;
  /** The answer to a direct request. */
  #answer: IteratorResult<unknown> | undefined;

  constructor(object: object, kernel: TaskKernel) {
    this.object = object;
    this.#kernel = kernel;
  }

  /** It waits for its first request. */
  begin(frame: Frame): void {
    this.#reaction = new FrameReaction();
    this.#reaction.frame = frame;
    frame.parent = this;
  }

  get parts(): AsyncGeneratorParts {
    return { state: this.#state, reaction: this.#reaction, queue: this.#queue };
  }

  restore(parts: AsyncGeneratorParts): void {
    this.#state = parts.state;
    this.#reaction = parts.reaction;
    this.#queue = [...parts.queue];
  }

  /** A promise of the answer. */
  ask(request: Request, value: unknown): DurablePromise {
    const promise = DurablePromise.make(this.#kernel);
    this.#queue.push(new QueuedRequest(request, value, promise));
    this.#kernel.enteredCall(() => this.drain());
    return promise;
  }

  /** The body hands out `value`: answers the oldest request. The frame is about to be written to the reaction. */
  yielded(value: unknown): FrameReaction {
    const reaction = new FrameReaction();
    this.#reaction = reaction;
    this.#state = "suspended";
    if (this.#direct) this.#answer = { value, done: false };
    else this.#settle(false, value, false);
    return reaction;
  }

  takeReturned(): unknown {
    const value = this.#returned;
    this.#returned = undefined;
    return value;
  }

  /** The body has ended, or the value of a `return` that no body took has been awaited. */
  finished(failed: boolean, value: unknown): void {
    this.#state = "completed";
    this.#settle(failed, value, true);
    this.drain();
  }

  /** Works on requests as long as nothing has to be waited for. */
  drain(): void {
    if (this.#draining) return;
    this.#draining = true;
    try {
      while (this.#queue.length > 0) {
        if (this.#state === "suspended") this.#resume(this.#queue[0]!);
        else if (this.#state === "completed") this.#late(this.#queue[0]!);
        else return;
      }
    } finally {
      this.#draining = false;
    }
  }

  #resume({ request, value }: QueuedRequest): void {
    const frame = this.#reaction!.frame!;
    this.#reaction = undefined;
    if (request !== "next" && frame.label === beginLabel) {
      this.#state = "completed";
      return;
    }
    this.#state = "running";
    this.#returned = request === "return" ? value : undefined;
    // It runs among what whoever asks has, as synchronous ones do.
    const { ambient } = this.#kernel;
    this.#kernel.resume(frame, request === "throw", request === "return" ? returning : value, ambient);
  }

  /** A request to a generator that has ended. */
  #late({ request, value }: QueuedRequest): void {
    if (request !== "return") {
      this.#settle(request === "throw", request === "throw" ? value : undefined, true);
      return;
    }
    this.#state = "returning";
    try {
      const promise = promiseResolve(DurablePromise, value) as DurablePromise;
      DurablePromise.react(promise, new ReturnReaction(this.object as AsyncGeneratorObject));
    } catch (error) {
      this.#state = "completed";
      this.#settle(true, error, true);
    }
  }

  #settle(failed: boolean, value: unknown, done: boolean): void {
    const { promise } = this.#queue.shift()!;
    if (failed) DurablePromise.settle(promise, true, value);
    else this.#kernel.settle(promise, false, { value, done });
  }

  // ---- direct requests (Q4) -----------------------------------------------------------------------------------------

  /** Begins one: answers the frame to resume, or nothing if the request has to be queued. */
  beginDirectly(): Frame | undefined {
    if (this.#state !== "suspended" || this.#queue.length > 0 || this.#draining) return undefined;
    const { frame } = this.#reaction!;
    this.#reaction = undefined;
    this.#state = "running";
    this.#direct = true;
    return frame;
  }

  /** The body is suspended: in a `yield`, whose result this answers, or else truly. */
  takeAnswer(): IteratorResult<unknown> | undefined {
    const answer = this.#answer;
    this.#answer = undefined;
    this.#direct = false;
    return answer;
  }

  /** It has ended. */
  finishedDirectly(): void {
    this.#state = "completed";
    this.#direct = false;
  }

  /** The promise of a request that has to wait. */
  queueFirst(): DurablePromise {
    const promise = DurablePromise.make(this.#kernel);
    this.#queue.unshift(new QueuedRequest("next", undefined, promise));
    return promise;
  }

  /** Whether more is asked of it, and nothing directly. */
  get isAskedInTurn(): boolean {
    return !this.#direct && this.#queue.length > 0;
  }

  /** Whether others have asked meanwhile. */
  get isAsked(): boolean {
    return this.#queue.length > 0;
  }
}

/**
 * The object that a program sees. Each generator function gives its own prototype to its objects, so the engine knows no common shape of
 * them: what is asked of one often lies in an object of its own.
 */
export class AsyncGeneratorObject extends Override {
  readonly #generator: AsyncGenerator;

  constructor(target: object, kernel: TaskKernel) {
    super(target);
    this.#generator = new AsyncGenerator(target, kernel);
  }

  static is(value: unknown): value is AsyncGeneratorObject {
    return typeof value === "object" && value !== null && #generator in value;
  }

  static of(object: AsyncGeneratorObject): AsyncGenerator {
    return object.#generator;
  }

  /** The same of anything at all. One look, where `is` and `of` take two. */
  static maybe(value: unknown): AsyncGenerator | undefined {
    try {
      return (value as AsyncGeneratorObject).#generator;
    } catch {
      return undefined;
    }
  }

  /** `next`, `throw`, `return`: a promise of the answer. */
  static ask(object: unknown, request: Request, value: unknown): unknown {
    if (AsyncGeneratorObject.is(object)) return object.#generator.ask(request, value);
    const kernel = currentKernel();
    const error = new TypeError(`${request} method called on incompatible receiver ${String(object)}`);
    if (kernel === undefined) return Promise.reject(error);
    const promise = DurablePromise.make(kernel);
    DurablePromise.settle(promise, true, error);
    return promise;
  }
}

export class ReturnReaction {
  generator: AsyncGeneratorObject;

  constructor(generator: AsyncGeneratorObject) {
    this.generator = generator;
  }

  settled(_kernel: TaskKernel, rejected: boolean, value: unknown): void {
    AsyncGeneratorObject.of(this.generator).finished(rejected, value);
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
  const made = new AsyncGeneratorObject(objectOf(fn, asyncGeneratorPrototype), kernel);
  AsyncGeneratorObject.of(made).begin(frame);
  return made;
}
