/**
 * The globals that compiled code takes from its task instead of from the realm, because their state is saved. The functions
 * are made for each task, so that they find it even when foreign code calls them; they are saved by name.
 */
import type { DurableGlobal } from "../protocol/abi.ts";
import { DurableAbortController, DurableAbortSignal } from "./abort.ts";
import { createConsole } from "./console.ts";
import { DurableCustomEvent, DurableEvent, DurableEventTarget } from "./events.ts";
import { GlobalObject } from "./global-object.ts";
import { type Callable, CallJob } from "./jobs.ts";
import type { TaskKernel } from "./kernel.ts";
import { noteKnown } from "./known.ts";
import { DurablePromise } from "./promise.ts";
import { DurableProxy } from "./proxies.ts";
import { Timer } from "./timers.ts";
import { markMethods, markWord } from "./words.ts";

/** Where Node looks for what `util.promisify` is to answer. */
const promisified = Symbol.for("nodejs.util.promisify.custom");
const promisedName = "promised";

function needCallback(callback: unknown, what: string): Callable {
  if (typeof callback === "function") return callback as Callable;
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
  #console: object | undefined;
  #object: GlobalObject | undefined;
  /** What `util.promisify` answers of them. */
  #promised: Map<string, object> | undefined;

  constructor(kernel: TaskKernel) {
    this.#kernel = kernel;
  }

  /** Under which a snapshot knows one that has been used. */
  nameOf(value: object): string | undefined {
    return this.#names?.get(value);
  }

  valueOfName(name: string): object | undefined {
    const [, global = "", method] = /^%continua\.(\w+)(?:\.(\w+))?%$/.exec(name) ?? [];
    if (!ofTask.has(global)) return undefined;
    const value = this[global as DurableGlobal] as Readonly<Record<string, unknown>>;
    if (method === promisedName) return value[promisified as never] as object;
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

  get setTimeout(): unknown {
    const kernel = this.#kernel;
    if (this.#setTimeout === undefined) {
      this.#setTimeout = this.#made({
        setTimeout(callback: unknown, delayMs?: unknown, ...args: unknown[]): Timer {
          return new Timer(needCallback(callback, "setTimeout"), args, Number(delayMs ?? 1), false).arm(
            kernel,
          );
        },
      });
      this.#promisable("setTimeout", (resolve, delayMs, value) =>
        new Timer(resolve, [value], Number(delayMs ?? 1), false).arm(kernel),
      );
    }
    return this.#setTimeout;
  }

  get setInterval(): unknown {
    const kernel = this.#kernel;
    this.#setInterval ??= this.#made({
      setInterval(callback: unknown, delayMs?: unknown, ...args: unknown[]): Timer {
        return new Timer(needCallback(callback, "setInterval"), args, Number(delayMs ?? 1), true).arm(kernel);
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
          return kernel.enqueueImmediate(Timer.immediate(needCallback(callback, "setImmediate"), args));
        },
      });
      this.#promisable("setImmediate", (resolve, value) =>
        kernel.enqueueImmediate(Timer.immediate(resolve, [value])),
      );
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
        kernel.enqueue(new CallJob(needCallback(callback, "queueMicrotask"), []));
      },
    });
    return this.#queueMicrotask;
  }

  get console(): unknown {
    if (this.#console === undefined) {
      this.#console = this.#made({ console: createConsole(this.#kernel) });
      for (const [name, method] of Object.entries(this.#console))
        this.#name(method as object, `console.${name}`);
    }
    return this.#console;
  }

  /** Lets `util.promisify` have a function whose promise is the task's. */
  #promisable(
    name: "setTimeout" | "setImmediate",
    ask: (resolve: Callable, ...args: unknown[]) => unknown,
  ): void {
    const get = (): object => {
      const known = this.#promised?.get(name);
      if (known !== undefined) return known;
      const made = (...args: unknown[]): unknown => {
        if ((args.at(-1) as { readonly signal?: unknown } | undefined)?.signal !== undefined)
          throw new TypeError(
            `a promisified ${name} takes no signal in a task: write sleep(ms, { signal }) of continua`,
          );
        return new DurablePromise((resolve: unknown) => void ask(resolve as Callable, ...args));
      };
      this.#promised ??= new Map();
      this.#promised.set(name, made);
      this.#name(made, `${name}.${promisedName}`);
      return made;
    };
    Object.defineProperty(this[name], promisified, { configurable: true, get });
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

for (const ofAll of [DurablePromise, DurableAbortController, DurableAbortSignal, DurableEventTarget])
  markMethods(ofAll, ofAll.prototype);
markWord(DurableProxy);

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
