/**
 * Timers of compiled code: a `sleep` effect whose answer calls back. A timer may outlive any process.
 *
 * An interval is armed anew behind its callback, as in Node: what the callback sets for the same time comes first.
 * What `setImmediate` makes is a timer without delay, which asks for no effect: the loop runs it when nothing else can run.
 */

import type { Callable, Job } from "./jobs.ts";
import type { TaskKernel } from "./kernel.ts";
import { nameGlobal } from "./names.ts";

/** Longest delay of `setTimeout`; as in Node, a longer one becomes the shortest. */
const delayMsMax = 2 ** 31 - 1;

/** What a delay counts as. */
export function delayOf(ms: number): number {
  return ms >= 1 && ms <= delayMsMax ? Math.trunc(ms) : 1;
}

/** What `setTimeout` returns: as in Node an object, usable as a number. */
export class Timer implements Job {
  #kernel: TaskKernel | undefined;
  /** Number of the effect it waits for; 0 when it waits for none. */
  effect = 0;
  /** The first effect's number: what the timer is as a number. */
  number = 0;
  callback: Callable;
  args: readonly unknown[];
  delayMs: number;
  repeats: boolean;
  referenced = true;
  /** Server time at which it is due; an interval's next due time is counted from it. */
  dueAt = 0;

  constructor(callback: Callable, args: readonly unknown[], delayMs: number, repeats: boolean) {
    this.callback = callback;
    this.args = args;
    this.delayMs = delayOf(delayMs);
    this.repeats = repeats;
  }

  static immediate(callback: Callable, args: readonly unknown[]): Timer {
    const made = new Timer(callback, args, 1, false);
    made.delayMs = 0;
    return made;
  }

  get isImmediate(): boolean {
    return this.delayMs === 0;
  }

  arm(kernel: TaskKernel): this {
    this.#kernel = kernel;
    this.dueAt = kernel.clock.time + this.delayMs;
    this.#sleep(kernel, this.delayMs);
    return this;
  }

  /** Reattaches a thawed timer. */
  attach(kernel: TaskKernel): void {
    this.#kernel = kernel;
  }

  #sleep(kernel: TaskKernel, ms: number): void {
    this.effect = kernel.effects.ask({ kind: "sleep", ms });
    if (this.number === 0) this.number = this.effect;
    kernel.effects.pending.set(this.effect, this);
  }

  /** The answer has come. */
  fire(kernel: TaskKernel): void {
    this.effect = 0;
    kernel.enqueue(this);
  }

  run(kernel: TaskKernel): void {
    this.#kernel = kernel;
    kernel.effects.firing = this;
    try {
      this.callback.apply(this, this.args as unknown[]);
    } finally {
      kernel.effects.firing = undefined;
      if (this.repeats && this.effect === 0) this.#repeat(kernel);
    }
    kernel.runTicks();
  }

  /** Missed ticks collapse into the one that was (design H22). */
  #repeat(kernel: TaskKernel): void {
    const now = kernel.clock.time;
    const missed = Math.max(0, Math.floor((now - this.dueAt) / this.delayMs));
    this.dueAt += (missed + 1) * this.delayMs;
    this.#sleep(kernel, Math.max(1, Math.min(this.delayMs, this.dueAt - now)));
  }

  clear(): void {
    this.repeats = false;
    if (this.isImmediate) this.#kernel?.forgetImmediate(this);
    if (this.effect !== 0) this.#kernel?.effects.withdraw(this.effect);
    this.effect = 0;
  }

  hasRef(): boolean {
    return this.referenced;
  }

  ref(): this {
    this.referenced = true;
    this.#kernel?.wake();
    return this;
  }

  unref(): this {
    this.referenced = false;
    // What keeps the task alive is something that its host knows.
    this.#kernel?.wake();
    return this;
  }

  refresh(): this {
    const kernel = this.#kernel;
    if (kernel === undefined) return this;
    if (this.effect !== 0) kernel.effects.withdraw(this.effect);
    return this.arm(kernel);
  }

  close(): this {
    this.clear();
    return this;
  }

  [Symbol.toPrimitive](): number {
    return this.number;
  }

  [Symbol.dispose](): void {
    this.clear();
  }
}

// A block with `using` keeps the method that it will call.
nameGlobal("Timeout", Timer);
