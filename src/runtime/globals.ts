/**
 * The globals that compiled code takes from its task instead of from the realm, because their state is saved. The functions
 * are made for each task, so that they find it even when foreign code calls them; they are saved by name.
 */
import type { DurableGlobal } from "../protocol/abi.ts";
import { DurableAbortController, DurableAbortSignal } from "./abort.ts";
import { asyncHooks } from "./ambient.ts";
import { type ConsoleState, TaskConsole } from "./console.ts";
import { DurableCustomEvent, DurableEvent, DurableEventTarget } from "./events.ts";
import { GlobalObject } from "./global-object.ts";
import { type Callable, CallJob, TickJob } from "./jobs.ts";
import type { TaskKernel } from "./kernel.ts";
import { noteKnown } from "./known.ts";
import { promisedTimers } from "./node-timers.ts";
import { performanceExports, performanceView } from "./performance-view.ts";
import { processExports, processView } from "./process-view.ts";
import { DurablePromise } from "./promise.ts";
import { DurableProxy } from "./proxies.ts";
import { Timer } from "./timers.ts";
import { markWord } from "./words.ts";

/** Where Node looks for what `util.promisify` is to answer. */
const promisified = Symbol.for("nodejs.util.promisify.custom");
const promisedName = "promised";
/** Modules of Node whose exports are the task's. */
const ownModule = /^(?:node:)?(timers\/promises|timers|process|async_hooks|perf_hooks)$/;

export function isOfTask(module: string): boolean {
  return ownModule.test(module);
}

function carried(kernel: TaskKernel, callback: unknown, what: string): Callable {
  if (typeof callback === "function") return kernel.carry(callback as Callable);
  throw new TypeError(
    `The "callback" argument of ${what} must be of type function. Received ${typeof callback}`,
  );
}

/** Made when they are first used: a task needs few of them, and there may be many tasks. */
export class TaskGlobals implements Readonly<Record<DurableGlobal, unknown>> {
  readonly #kernel: TaskKernel;
  #names: Map<object, string> | undefined;
  #setTimeout: object | undefined;
  #setInterval: object | undefined;
  #clearTimeout: object | undefined;
  #clearInterval: object | undefined;
  #setImmediate: object | undefined;
  #clearImmediate: object | undefined;
  #queueMicrotask: object | undefined;
  #console: TaskConsole | undefined;
  #object: GlobalObject | undefined;
  #promised: ReturnType<typeof promisedTimers> | undefined;
  #timers: Record<string, unknown> | undefined;
  #timersPromises: Record<string, unknown> | undefined;
  #process: object | undefined;
  #processExports: object | undefined;
  #asyncHooks: Readonly<Record<string, unknown>> | undefined;
  #performance: object | undefined;
  readonly #ownPerformance: object = {};
  #performanceNow: (() => number) | undefined;
  #perfHooks: object | undefined;

  constructor(kernel: TaskKernel) {
    this.#kernel = kernel;
  }

  /** Under which a snapshot knows one that has been used. */
  nameOf(value: object): string | undefined {
    return this.#names?.get(value);
  }

  /** Those that have been used. */
  known(): Iterable<object> {
    return this.#names?.keys() ?? [];
  }

  valueOfName(name: string): object | undefined {
    const [, global = "", method] = /^%continua\.(\w+)(?:\.(\w+))?%$/.exec(name) ?? [];
    if (!ofTask.has(global)) return undefined;
    // Not what the program has put in the place of it (global-object.ts).
    const value = Reflect.get(TaskGlobals.prototype, global, this) as Readonly<Record<string, unknown>>;
    if (method === promisedName)
      return this.#promisedTimers[global as "setTimeout" | "setImmediate" | "setInterval"];
    if (global === "console" && method !== undefined) return this.#ownConsole.methods[method];
    return method === undefined || !Object.hasOwn(value, method) ? value : (value[method] as object);
  }

  get Promise(): typeof DurablePromise {
    return DurablePromise;
  }
  get AbortController(): typeof DurableAbortController {
    return DurableAbortController;
  }
  get AbortSignal(): typeof DurableAbortSignal {
    return DurableAbortSignal;
  }
  get EventTarget(): typeof DurableEventTarget {
    return DurableEventTarget;
  }
  get Event(): typeof DurableEvent {
    return DurableEvent;
  }
  get Proxy(): ProxyConstructor {
    return DurableProxy;
  }
  get CustomEvent(): typeof DurableCustomEvent {
    return DurableCustomEvent;
  }

  get globalThis(): object {
    if (this.#object === undefined) {
      this.#object = new GlobalObject(this);
      this.#name(this.#object.view, "globalThis");
    }
    return this.#object.view;
  }
  get global(): object {
    return this.globalThis;
  }
  owns(name: string): boolean {
    return this.#object?.owns(name) ?? false;
  }
  /** What the program has put on `globalThis`, for a snapshot. */
  saved(): object | undefined {
    return this.#object?.saved();
  }
  restore(saved: object): void {
    void this.globalThis;
    this.#object!.restore(saved);
  }
  savedConsole(): ConsoleState | undefined {
    return this.#console?.saved();
  }
  restoreConsole(saved: ConsoleState): void {
    this.#ownConsole.restore(saved);
  }

  savedPerformance(): object | undefined {
    return Reflect.ownKeys(this.#ownPerformance).length > 0 ? this.#ownPerformance : undefined;
  }
  restorePerformance(saved: object): void {
    Object.defineProperties(this.#ownPerformance, Object.getOwnPropertyDescriptors(saved));
  }

  get setTimeout(): unknown {
    const kernel = this.#kernel;
    if (this.#setTimeout === undefined) {
      this.#setTimeout = this.#made({
        setTimeout(callback: unknown, delayMs?: unknown, ...args: unknown[]): Timer {
          return new Timer(carried(kernel, callback, "setTimeout"), args, Number(delayMs ?? 1), false).arm(
            kernel,
          );
        },
      });
      this.#promisable("setTimeout");
    }
    return this.#setTimeout;
  }

  get setInterval(): unknown {
    const kernel = this.#kernel;
    this.#setInterval ??= this.#made({
      setInterval(callback: unknown, delayMs?: unknown, ...args: unknown[]): Timer {
        return new Timer(carried(kernel, callback, "setInterval"), args, Number(delayMs ?? 1), true).arm(
          kernel,
        );
      },
    });
    return this.#setInterval;
  }

  get clearTimeout(): unknown {
    const kernel = this.#kernel;
    this.#clearTimeout ??= this.#made({
      clearTimeout(timer?: unknown): void {
        clear(kernel, timer);
      },
    });
    return this.#clearTimeout;
  }

  get clearInterval(): unknown {
    const kernel = this.#kernel;
    this.#clearInterval ??= this.#made({
      clearInterval(timer?: unknown): void {
        clear(kernel, timer);
      },
    });
    return this.#clearInterval;
  }

  get setImmediate(): unknown {
    const kernel = this.#kernel;
    if (this.#setImmediate === undefined) {
      this.#setImmediate = this.#made({
        setImmediate(callback: unknown, ...args: unknown[]): Timer {
          return kernel.enqueueImmediate(Timer.immediate(carried(kernel, callback, "setImmediate"), args));
        },
      });
      this.#promisable("setImmediate");
    }
    return this.#setImmediate;
  }

  get clearImmediate(): unknown {
    this.#clearImmediate ??= this.#made({
      clearImmediate(timer?: unknown): void {
        if (timer instanceof Timer) timer.clear();
      },
    });
    return this.#clearImmediate;
  }

  get queueMicrotask(): unknown {
    const kernel = this.#kernel;
    this.#queueMicrotask ??= this.#made({
      queueMicrotask(callback: unknown): void {
        kernel.enqueue(new CallJob(carried(kernel, callback, "queueMicrotask"), []));
      },
    });
    return this.#queueMicrotask;
  }

  get console(): unknown {
    return this.#ownConsole.object;
  }
  get #ownConsole(): TaskConsole {
    if (this.#console === undefined) {
      this.#console = new TaskConsole(this.#kernel);
      this.#name(this.#console.object, "console");
      const { methods } = this.#console;
      Object.keys(methods).forEach((name) => {
        this.#name(methods[name]!, `console.${name}`);
      });
    }
    return this.#console;
  }

  /** Lets `util.promisify` have a function whose promise is the task's. */
  #promisable(name: "setTimeout" | "setImmediate"): void {
    Object.defineProperty(this[name], promisified, {
      configurable: true,
      get: () => this.#promisedTimers[name],
    });
  }

  get #promisedTimers(): ReturnType<typeof promisedTimers> {
    if (this.#promised === undefined) {
      this.#promised = promisedTimers(this.#kernel);
      const { scheduler, setTimeout, setImmediate, setInterval } = this.#promised;
      this.#name(setTimeout, `setTimeout.${promisedName}`);
      this.#name(setImmediate, `setImmediate.${promisedName}`);
      this.#name(setInterval, `setInterval.${promisedName}`);
      this.#name(scheduler, "scheduler");
      this.#name(scheduler.wait, "scheduler.wait");
      this.#name(scheduler.yield, "scheduler.yield");
    }
    return this.#promised;
  }
  get scheduler(): object {
    return this.#promisedTimers.scheduler;
  }

  get timers(): object {
    if (this.#timers === undefined) {
      const { setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate } = this;
      const exports = { setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate };
      this.#timers = { ...exports, promises: this.timersPromises, default: undefined };
      this.#timers.default = this.#timers;
      this.#name(this.#timers, "timers");
    }
    return this.#timers;
  }
  get timersPromises(): object {
    if (this.#timersPromises === undefined) {
      this.#timersPromises = { ...this.#promisedTimers, default: undefined };
      this.#timersPromises.default = this.#timersPromises;
      this.#name(this.#timersPromises, "timersPromises");
    }
    return this.#timersPromises;
  }
  /** What a module exports whose exports are the task's. */
  exportsOf(module: string): Readonly<Record<string, unknown>> | undefined {
    switch (ownModule.exec(module)?.[1]) {
      case "timers":
        return this.timers as Record<string, unknown>;
      case "timers/promises":
        return this.timersPromises as Record<string, unknown>;
      case "process":
        return this.processExports as Record<string, unknown>;
      case "async_hooks":
        return this.asyncHooks;
      case "perf_hooks":
        return this.perfHooks as Record<string, unknown>;
    }
    return undefined;
  }

  get process(): object | undefined {
    const kernel = this.#kernel;
    if (this.#process === undefined) {
      const nextTick = (callback: unknown, ...args: unknown[]): void =>
        kernel.enqueueTick(new TickJob(carried(kernel, callback, "process.nextTick"), args));
      this.#process = processView(nextTick);
      if (this.#process === undefined) return undefined;
      this.#name(this.#process, "process");
      this.#name(nextTick, "process.nextTick");
    }
    return this.#process;
  }
  get processExports(): object {
    if (this.#processExports === undefined) {
      this.#processExports = processExports(this.process ?? {});
      this.#name(this.#processExports, "processExports");
    }
    return this.#processExports;
  }

  get asyncHooks(): Readonly<Record<string, unknown>> {
    if (this.#asyncHooks === undefined) {
      this.#asyncHooks = asyncHooks(this.#kernel);
      this.#name(this.#asyncHooks, "asyncHooks");
      for (const [name, value] of Object.entries(this.#asyncHooks))
        this.#name(value as object, `asyncHooks.${name}`);
    }
    return this.#asyncHooks;
  }

  get performance(): object | undefined {
    if (this.#performance === undefined) {
      this.#performance = performanceView(this.#kernel.clock, this.performanceNow, this.#ownPerformance);
      if (this.#performance !== undefined) this.#name(this.#performance, "performance");
    }
    return this.#performance;
  }
  get performanceNow(): () => number {
    const { clock } = this.#kernel;
    if (this.#performanceNow === undefined) {
      this.#performanceNow = { now: () => clock.elapsed() }.now;
      this.#name(this.#performanceNow, "performanceNow");
    }
    return this.#performanceNow;
  }
  get perfHooks(): object {
    if (this.#perfHooks === undefined) {
      this.#perfHooks = performanceExports(this.performance);
      this.#name(this.#perfHooks, "perfHooks");
    }
    return this.#perfHooks;
  }

  /** `Date.now`, once it has been asked for. */
  get now(): () => number {
    return this.#kernel.clock.ownReader;
  }
  nameNow(now: () => number): void {
    this.#name(now, "now");
  }

  #made(named: Readonly<Record<string, object>>): object {
    const [[name, value]] = Object.entries(named) as [[string, object]];
    this.#name(value, name);
    return value;
  }

  /** Some are the same under several names: the first one counts. */
  #name(value: object, name: string): void {
    this.#names ??= new Map();
    if (this.#names.has(value)) return;
    noteKnown(value);
    markWord(value);
    this.#names.set(value, `%continua.${name}%`);
  }
}

/** Those that each task has for itself. */
const ofTask: ReadonlySet<string> = new Set([
  "setTimeout",
  "setInterval",
  "clearTimeout",
  "clearInterval",
  "setImmediate",
  "clearImmediate",
  "queueMicrotask",
  "console",
  "globalThis",
  "scheduler",
  "timers",
  "timersPromises",
  "process",
  "processExports",
  "asyncHooks",
  "performance",
  "performanceNow",
  "perfHooks",
  "now",
]);

function clear(kernel: TaskKernel, timer: unknown): void {
  if (timer instanceof Timer) timer.clear();
  else if (typeof timer === "number" || typeof timer === "string") {
    const { pending, firing } = kernel.effects;
    if (firing?.number === Number(timer)) firing.clear();
    for (const waiting of pending.values()) {
      if (waiting instanceof Timer && waiting.number === Number(timer)) waiting.clear();
    }
  }
}
