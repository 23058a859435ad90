/**
 * Jobs and reactions: what a task will do next, as data.
 *
 * A *reaction* waits on a promise for its outcome; a *job* is in the queue and runs in its turn. They are the
 * specification's PromiseReaction records and jobs, kept as plain objects so that a snapshot can hold them.
 *
 * J1. The queue's order is the order in which native promises would run the same jobs (design L1).
 * J2. Nothing here calls a job from within another one.
 */
import type { ReturnReaction } from "./async-generators.ts";
import type { ElementReaction } from "./combinators.ts";
import type { Frame } from "./frame.ts";
import type { TaskKernel } from "./kernel.ts";
import type { DurablePromise } from "./promise.ts";

// biome-ignore lint/suspicious/noExplicitAny: functions of a program have no type here
export type Callable = (...args: any[]) => any;

export interface Job {
  run(kernel: TaskKernel): void;
}

/** Resumes a frame. The frame is written after the reaction has been created: first the wait, then the unwinding. */
export class FrameReaction {
  frame: Frame | undefined = undefined;

  settled(kernel: TaskKernel, rejected: boolean, value: unknown): void {
    kernel.resume(this.frame!, rejected, value);
  }
}

/** `then(onFulfilled, onRejected)`. Without resolve and reject, `derived` is a plain durable promise. */
export class ThenReaction {
  derived: DurablePromise | object | undefined;
  resolve: Callable | undefined;
  reject: Callable | undefined;
  onFulfilled: Callable | undefined;
  onRejected: Callable | undefined;

  constructor(
    derived: object | undefined,
    resolve: Callable | undefined,
    reject: Callable | undefined,
    onFulfilled: Callable | undefined,
    onRejected: Callable | undefined,
  ) {
    this.derived = derived;
    this.resolve = resolve;
    this.reject = reject;
    this.onFulfilled = onFulfilled;
    this.onRejected = onRejected;
  }

  settled(kernel: TaskKernel, rejected: boolean, value: unknown): void {
    const handler = rejected ? this.onRejected : this.onFulfilled;
    let failed = rejected;
    let result = value;
    if (handler !== undefined) {
      try {
        result = handler(value);
        failed = false;
      } catch (error) {
        result = error;
        failed = true;
      }
    }
    if (this.resolve !== undefined) (failed ? this.reject! : this.resolve)(result);
    else if (this.derived !== undefined) kernel.settle(this.derived as DurablePromise, failed, result);
  }
}

/** Passes an outcome on to another promise: the end of `resolve(promise)`. */
export class AdoptReaction {
  target: DurablePromise;

  constructor(target: DurablePromise) {
    this.target = target;
  }

  settled(kernel: TaskKernel, rejected: boolean, value: unknown): void {
    kernel.settle(this.target, rejected, value);
  }
}

export type Reaction = FrameReaction | ThenReaction | AdoptReaction | ReturnReaction | ElementReaction;

export class ReactionJob implements Job {
  readonly reaction: Reaction;
  readonly rejected: boolean;
  readonly value: unknown;

  constructor(reaction: Reaction, rejected: boolean, value: unknown) {
    this.reaction = reaction;
    this.rejected = rejected;
    this.value = value;
  }

  run(kernel: TaskKernel): void {
    this.reaction.settled(kernel, this.rejected, this.value);
  }
}

/** NewPromiseResolveThenableJob. */
export class ThenableJob implements Job {
  readonly promise: DurablePromise;
  readonly thenable: object;
  readonly then: Callable;

  constructor(promise: DurablePromise, thenable: object, then: Callable) {
    this.promise = promise;
    this.thenable = thenable;
    this.then = then;
  }

  run(kernel: TaskKernel): void {
    kernel.follow(this.promise, this.thenable, this.then);
  }
}

/** `queueMicrotask(callback)`, and a timer that is due. */
export class CallJob implements Job {
  readonly callback: Callable;
  readonly args: readonly unknown[];

  constructor(callback: Callable, args: readonly unknown[]) {
    this.callback = callback;
    this.args = args;
  }

  run(kernel: TaskKernel): void {
    try {
      this.callback.apply(undefined, this.args as unknown[]);
    } catch (error) {
      kernel.fail(error);
    }
  }
}

/** `process.nextTick(callback)`. */
export class TickJob extends CallJob {}

/** First in, first out; a job may be put at the front, which only a poll does. */
export class JobQueue {
  #jobs: Job[] = [];
  #head = 0;
  /** How many jobs wait. A field, not a sum: every elided tick asks. */
  size = 0;

  push(job: Job): void {
    this.size++;
    this.#jobs.push(job);
  }

  pushFront(job: Job): void {
    this.size++;
    if (this.#head > 0) this.#jobs[--this.#head] = job;
    else this.#jobs.unshift(job);
  }

  /** Takes the next job. The queue must not be empty. */
  take(): Job {
    const job = this.#jobs[this.#head]!;
    // What has run must not be kept alive, but shifting a long array costs: so the array is cut in large pieces.
    this.#jobs[this.#head++] = undefined as unknown as Job;
    this.size--;
    if (this.#head === 4_096) {
      this.#jobs = this.#jobs.slice(this.#head);
      this.#head = 0;
    }
    return job;
  }

  list(): Job[] {
    return this.#jobs.slice(this.#head);
  }
}
