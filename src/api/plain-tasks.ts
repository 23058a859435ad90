/**
 * Tasks of `run --plain`: calls in one process, each with what it waits for, so that they can be cancelled as tasks are (design H14).
 *
 * A wait of the words (sleep, dequeue, a result, ...) is rejected by a cancellation or a signal; one for anything else is not, and code that
 * goes on after its grace cannot be stopped here: only who waits for the task is told.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { limits } from "../base/limits.ts";
import { CancelledError, TimeoutError } from "../runtime/index.ts";

/** How a wait is answered. */
export interface Settle<T> {
  resolve(value: T): void;
  reject(error: unknown): void;
}

/** Begins to wait; answers how to stop. Settled at once or later, and once. */
export type PlainWait<T> = (settle: Settle<T>) => () => void;

const running = new AsyncLocalStorage<PlainTask>();

export class PlainTask {
  readonly id: string;
  readonly controller = new AbortController();
  readonly result: Promise<unknown>;
  readonly #below = new Set<PlainTask>();
  readonly #waits = new Set<(reason: unknown) => void>();
  #settle!: Settle<unknown>;
  #stage: "new" | "running" | "ended" = "new";
  #cancelled: CancelledError | undefined;
  /** Cancelled while it waited for nothing here: the next wait is rejected. */
  #owed = false;
  #late = false;

  constructor(id: string, run?: (task: PlainTask) => unknown) {
    this.id = id;
    this.result = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    if (run !== undefined) void this.#run(run);
  }

  /** The one whose code is running; the main function is a task, too. */
  static current(): PlainTask {
    return running.getStore() ?? root;
  }

  /** Runs `act` in the name of a task. */
  static within<T>(task: PlainTask, act: () => T): T {
    return running.run(task, act);
  }

  /** Whether it is the program's main function, whose end is that of the run. */
  get isRoot(): boolean {
    return this === root;
  }

  adopt(child: PlainTask): void {
    this.#below.add(child);
  }

  async #run(run: (task: PlainTask) => unknown): Promise<void> {
    await undefined; // a task begins after the code that asked for it
    if (this.#stage === "ended") return;
    this.#stage = "running";
    try {
      this.#end(false, await running.run(this, run, this));
    } catch (error) {
      this.#end(true, error);
    }
  }

  #end(failed: boolean, value: unknown): void {
    this.#stage = "ended";
    if (failed && this.#late && value === this.#cancelled)
      this.#settle.reject(new TimeoutError(this.#cancelled!.message));
    else if (failed) this.#settle.reject(value);
    else this.#settle.resolve(value);
  }

  /** `late`: if its error leaves the function, the task has failed by taking too long. */
  cancel(graceMs: number, message = "the task was cancelled", late = false): void {
    for (const child of this.#below) child.cancel(graceMs);
    if (this.#cancelled !== undefined || this.#stage === "ended") return;
    const error = new CancelledError(message);
    this.#cancelled = error;
    this.#late = late;
    // That a cancelled task ends by it is nobody's failure.
    this.result.catch(() => {});
    if (this.#stage === "new" && this !== root) {
      this.#end(true, error);
      return;
    }
    this.#owed = this.#waits.size === 0;
    for (const end of [...this.#waits]) end(error);
    this.controller.abort(error);
    later(graceMs, () => this.#end(true, error));
  }

  wait<T>(begin: PlainWait<T>, signal?: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      if (this.#owed) {
        this.#owed = false;
        return reject(this.#cancelled);
      }
      let over = false;
      let stop = (): void => {};
      const alive = signal === undefined ? undefined : stayAlive();
      const end = (reason: unknown): void => {
        stop();
        finish();
        reject(reason);
      };
      const onAbort = (): void => end(signal!.reason);
      const finish = (): void => {
        over = true;
        clearInterval(alive);
        this.#waits.delete(end);
        signal?.removeEventListener("abort", onAbort);
      };
      const settle: Settle<T> = {
        resolve: (value) => {
          finish();
          resolve(value);
        },
        reject: (error) => {
          finish();
          reject(error);
        },
      };
      stop = begin(settle);
      if (over) return;
      this.#waits.add(end);
      signal?.addEventListener("abort", onAbort);
    });
  }
}

const root = new PlainTask("plain");

/** A timer of `AbortSignal.timeout` keeps no process alive, but a task that waits for one goes on. */
export function stayAlive(): NodeJS.Timeout {
  return setInterval(() => {}, 2 ** 30);
}

/** Keeps no process alive. */
function later(ms: number, act: () => void): void {
  const timer: { unref?(): unknown } = setTimeout(act, ms);
  timer.unref?.();
}

/** Waits for a native promise. */
export function promised<T>(promise: Promise<T>): PlainWait<T> {
  return ({ resolve, reject }) => {
    let stopped = false;
    promise.then(
      (value) => stopped || resolve(value),
      (error) => stopped || reject(error),
    );
    return () => {
      stopped = true;
    };
  };
}

export function plainSleep(ms: number): PlainWait<void> {
  return ({ resolve }) => {
    const timer = setTimeout(resolve, ms);
    return () => clearTimeout(timer);
  };
}

/** The first of several; the others are stopped. */
export function firstOf<T>(waits: readonly PlainWait<T>[]): PlainWait<T> {
  return (settle) => {
    const stops: (() => void)[] = [];
    let over = false;
    const stopAll = (): void => {
      over = true;
      for (const stop of stops) stop();
    };
    for (const wait of waits) {
      const stop = wait({
        resolve: (value) => {
          if (over) return;
          stopAll();
          settle.resolve(value);
        },
        reject: (error) => {
          if (over) return;
          stopAll();
          settle.reject(error);
        },
      });
      if (over) break;
      stops.push(stop);
    }
    return stopAll;
  };
}

/** Named ones, of which the same name is the same task. */
const named = new Map<string, PlainTask>();
let count = 0;

/** The id of the task that has this name. */
export function namedPlainly(name: string): string {
  return `plain.~${name}`;
}

/** `id`: a name that is unique in the run; `own`: what its id is, if it has no name and who started it knows. */
export function startPlainly(
  run: (task: PlainTask) => unknown,
  {
    id,
    own,
    timeLimitMs,
  }: { readonly id?: string; readonly own?: string; readonly timeLimitMs?: number } = {},
): PlainTask {
  const known = id === undefined ? undefined : named.get(id);
  if (known !== undefined) return known;
  const task = new PlainTask(id === undefined ? (own ?? `plain.${++count}`) : namedPlainly(id), run);
  if (id === undefined) PlainTask.current().adopt(task);
  else {
    named.set(id, task);
    root.adopt(task);
  }
  if (timeLimitMs !== undefined)
    later(timeLimitMs, () => task.cancel(limits.cancelGraceMs, "the task took too long", true));
  return task;
}
