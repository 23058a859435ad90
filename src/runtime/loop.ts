/**
 * The loop of a task: its queue of jobs and its arrivals, when they run, which ticks need not, and what the host hears of it.
 * It is the lower half of the kernel (kernel.ts has the upper one, the fibers, and the invariants K1 to K6).
 */
import { assert } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { Completion } from "../protocol/effect.ts";
import { type Ambient, carried } from "./ambient.ts";
import { setCurrent } from "./current.ts";
import type { Frame } from "./frame.ts";
import { type Callable, type Job, JobQueue, type TickJob } from "./jobs.ts";
import type { TaskKernel } from "./kernel.ts";
import { DurablePromise } from "./promise.ts";
import { Rejections } from "./rejections.ts";
import { signal as signalOfProcess } from "./signal.ts";
import type { Timer } from "./timers.ts";
import type { TaskHost } from "./types.ts";

/** The engine takes it for a constant, which it does not with an imported one: each look at it would be a call. */
const signal = signalOfProcess;

export abstract class TaskLoop {
  readonly host: TaskHost;
  /** Rises with everything that may have changed the task. */
  changes = 0;
  readonly arrivals: Completion[] = [];
  /** The promise of the task's function. */
  main: DurablePromise | undefined;
  protected readonly queue = new JobQueue();
  readonly immediates: Timer[] = [];
  /** Of `process.nextTick`: they run when the queue is empty, or behind a timer. */
  readonly #ticks = new JobQueue();
  /** `start`s on the native stack. */
  protected depth = 0;
  /** What the program's storages hold for the code that runs (ambient.ts). */
  ambient: Ambient | undefined = undefined;
  /** Ticks that may be elided before anything is looked at again (K2). */
  protected credit = 0;
  /** Less the credit, it rises with each tick that is elided. */
  protected granted = 0;
  protected running = false;
  /** No tick is elided: the program can tell (ambient.ts, L5). */
  everyTick = false;
  readonly #rejections = new Rejections(this as unknown as TaskKernel);
  #failure: { readonly error: unknown } | undefined;
  #woken = false;
  #dropped = false;
  #frozen = false;
  /** Something happened in a run of which the host has to hear. */
  #news = false;
  /** What broke outside of a run. */
  #broken: { readonly error: unknown } | undefined;

  constructor(host: TaskHost) {
    this.host = host;
  }

  /** K2. */
  protected mayElide(): boolean {
    if (signal[0] !== 0) return false;
    return --this.credit > 0 || this.#renewCredit();
  }

  #renewCredit(): boolean {
    this.credit = 0;
    if (this.depth !== 0 || this.queue.size !== 0 || this.everyTick) return false;
    this.credit = limits.elisionsInARow;
    this.granted += limits.elisionsInARow + 1;
    return true;
  }

  protected endCredit(): void {
    this.granted -= this.credit;
    this.credit = 0;
  }

  enqueue(job: Job): void {
    this.endCredit();
    this.queue.push(job);
    if (!this.running) this.wake();
  }

  /** Tells the host, once until the next run, that there is something to run. */
  wake(): void {
    this.changes++;
    this.#news = true;
    if (this.#woken || this.#dropped || this.running) return;
    this.#woken = true;
    this.host.wake();
  }

  enqueueTick(tick: TickJob): void {
    this.#ticks.push(tick);
    if (!this.running) this.wake();
  }

  /** All of them, and those that they ask for, with no job between. */
  runTicks(this: TaskKernel): void {
    while (this.#ticks.size > 0 && this.#failure === undefined) {
      this.endCredit();
      this.#runJob(this.#ticks.take());
    }
  }

  /** Runs behind all jobs and arrivals, after others of its kind. */
  enqueueImmediate(this: TaskKernel, immediate: Timer): Timer {
    immediate.attach(this);
    this.immediates.push(immediate);
    this.wake();
    return immediate;
  }

  forgetImmediate(immediate: Timer): void {
    const at = this.immediates.indexOf(immediate);
    if (at >= 0) this.immediates.splice(at, 1);
  }

  deliver(completions: readonly Completion[]): void {
    for (const completion of completions) this.arrivals.push(completion);
    if (completions.length > 0) this.wake();
  }

  /** The run that goes on ends behind this job, which is the next one's first. */
  protected freezeBefore(job: Job): void {
    this.#news = true;
    this.queue.pushFront(job);
    this.#frozen = true;
  }

  /** Runs until nothing can run, a poll or the host freezes the task, or it fails. */
  run(this: TaskKernel): "idle" | "frozen" | "failed" {
    assert(!this.running, "a task was run from within itself");
    const previous = setCurrent(this);
    this.running = true;
    this.#woken = false;
    this.changes++;
    this.ambient = undefined;
    try {
      if (this.#broken !== undefined) throw this.#broken.error;
      if (this.#frozen) {
        this.#frozen = false;
        return "frozen";
      }
      for (;;) {
        while (this.queue.size > 0) {
          if (signal[0] !== 0 && this.host.freeze()) return "frozen";
          this.endCredit();
          this.#runJob(this.queue.take());
          if (this.#failure !== undefined) return "failed";
          if (this.#frozen) {
            this.#frozen = false;
            return "frozen";
          }
        }
        if (this.#ticks.size > 0) {
          this.runTicks();
          if (this.#failure !== undefined) return "failed";
          continue;
        }
        this.#rejections.report();
        if (this.#failure !== undefined) return "failed";
        if (this.effects.cancelFibers()) continue;
        const arrival = this.effects.ahead ? undefined : this.arrivals.shift();
        if (arrival !== undefined) this.effects.arrive(arrival);
        else if (this.immediates.length > 0) this.queue.push(this.immediates.shift()!);
        else return "idle";
      }
    } finally {
      this.running = false;
      setCurrent(previous);
    }
  }

  /**
   * Resumes a frame whose foreign promise has settled, here and now, within a call of the engine: what `run` would do next, if it is asked to.
   * False if the host is to be asked for a run instead.
   */
  goOn(this: TaskKernel, frame: Frame, rejected: boolean, value: unknown): boolean {
    if (this.running || this.#woken || this.queue.size > 0 || signal[0] !== 0) return false;
    if (this.host.enter === undefined || !this.host.enter()) return false;
    const previous = setCurrent(this);
    this.running = true;
    this.#news = false;
    this.changes++;
    this.credit = 0;
    try {
      this.resume(frame, rejected, value);
      while (this.queue.size > 0 && signal[0] === 0 && this.#failure === undefined && !this.#frozen) {
        this.credit = 0;
        this.#runJob(this.queue.take());
      }
    } catch (error) {
      this.#news = true;
      this.#broken ??= { error };
    }
    this.running = false;
    this.ambient = undefined;
    setCurrent(previous);
    if (!this.#waitsOnlyForForeign()) this.wake();
    return true;
  }

  /** Whether the host has nothing to learn from a run. */
  #waitsOnlyForForeign(this: TaskKernel): boolean {
    if (this.#news || this.pendingJobs > 0 || this.#failure !== undefined || this.main === undefined)
      return false;
    return DurablePromise.isPending(this.main) && this.foreign.waits;
  }

  #runJob(this: TaskKernel, job: Job): void {
    try {
      job.run(this);
    } catch (error) {
      this.fail(error);
    }
    this.ambient = undefined;
  }

  /** What will be called later, in the ambient that is now. */
  carry<T extends Callable>(callback: T): T {
    return this.ambient === undefined ? callback : carried(this.ambient, callback);
  }

  /** Runs `action` with this task as the current one. */
  entered<T>(this: TaskKernel, action: () => T): T {
    const previous = setCurrent(this);
    try {
      return action();
    } finally {
      setCurrent(previous);
    }
  }

  /** The same from within a call that a program has made: nothing is fused with what is below. */
  enteredCall(this: TaskKernel, action: () => void): void {
    this.depth++;
    this.endCredit();
    try {
      this.entered(action);
    } finally {
      this.depth--;
    }
  }

  /** The task is over: nobody caught `error`. */
  fail(error: unknown): void {
    this.#failure ??= { error };
  }

  get failure(): { readonly error: unknown } | undefined {
    return this.#failure;
  }

  noteRejection(promise: DurablePromise): void {
    this.#news = true;
    this.#rejections.note(promise);
    if (!this.running) this.wake();
  }

  drop(this: TaskKernel): void {
    this.#dropped = true;
    this.entered(() => this.live.leave());
  }

  get dropped(): boolean {
    return this.#dropped;
  }

  get pendingJobs(): number {
    return this.queue.size + this.#ticks.size;
  }

  // ---- for the codec ------------------------------------------------------------------------------------------------

  jobs(): Job[] {
    return [...this.queue.list(), ...this.#ticks.list(), ...this.immediates];
  }

  rejections(): readonly DurablePromise[] {
    return this.#rejections.noted;
  }
}
