/**
 * `node:async_hooks` of compiled code: `AsyncLocalStorage` and `AsyncResource` whose values follow the fibers of a task.
 *
 * What the storages hold for the code that runs is the kernel's *ambient*: a list of storages and their values that is never changed, only
 * replaced; nothing where no storage holds any.
 *
 * L1. Whoever waits takes the ambient along and has it again when it goes on: suspended frames (`CarryingFrame`), and callbacks of `then`, of
 *     timers and of jobs (`carried`). Between two jobs there is none. Generators run in that of whoever asks them.
 * L2. Where no storage holds anything nothing is made, and nothing is written: one comparison at a suspension, one assignment where a frame goes on.
 * L3. It is saved with the task, values and all. Another task begins without.
 * L4. A storage knows its task by an object that is saved by name (`home`), since foreign code may call what asks it while no task runs.
 * L5. What `enterWith` and `disable` change in a call stays changed for its caller up to the call's first wait, and no longer. An elided tick is
 *     such a wait, and nobody notes it: so no tick is elided in a program that speaks of them.
 */
import type { Bundle } from "../protocol/bundle.ts";
import { currentKernel, needKernel } from "./current.ts";
import { keep } from "./events.ts";
import type { Callable } from "./jobs.ts";
import type { TaskKernel } from "./kernel.ts";
import { nameGlobal } from "./names.ts";
import { runtimeSite } from "./sites.ts";
import { type AnyFunction, closure, memberOf, siteOf } from "./stamp.ts";

/** Each storage, and behind it its value. */
export type Ambient = readonly unknown[];

interface Storage {
  readonly home: object;
  readonly name: string;
  readonly defaultValue: unknown;
  disabled: boolean;
}

interface Resource {
  readonly home: object;
  readonly ambient: Ambient | undefined;
}

const storageKey = Symbol.for("continua.storage");
const resourceKey = Symbol.for("continua.resource");
const kernels = new WeakMap<object, TaskKernel>();

function kept<T>(holder: unknown, key: symbol, what: string): T {
  const found =
    typeof holder === "object" && holder !== null ? Object.getOwnPropertyDescriptor(holder, key) : undefined;
  if (found === undefined) throw new TypeError(`Value of "this" must be of type ${what}`);
  return found.value as T;
}

function kernelOf({ home }: { readonly home: object }): TaskKernel {
  return kernels.get(home) ?? needKernel("AsyncLocalStorage");
}

function without(ambient: Ambient | undefined, storage: object): unknown[] {
  const at = ambient?.indexOf(storage) ?? -1;
  return (ambient ?? []).filter((_, place) => place !== at && (at < 0 || place !== at + 1));
}

function storeIn(ambient: Ambient | undefined, storage: object): { readonly value: unknown } | undefined {
  if (ambient === undefined) return undefined;
  for (let at = 0; at < ambient.length; at += 2)
    if (ambient[at] === storage) return { value: ambient[at + 1] };
  return undefined;
}

function within(
  kernel: TaskKernel | undefined,
  ambient: Ambient | undefined,
  callback: AnyFunction,
  self: unknown,
  args: readonly unknown[],
): unknown {
  if (kernel === undefined) return Reflect.apply(callback, self, args);
  const before = kernel.ambient;
  kernel.ambient = ambient;
  try {
    return Reflect.apply(callback, self, args) as unknown;
  } finally {
    kernel.ambient = before;
  }
}

// ---- what is called later -------------------------------------------------------------------------------------------

interface Carried {
  readonly ambient: Ambient;
  readonly callback: Callable;
}

const carriedSite = runtimeSite(
  "ambient.carried",
  (env: Carried) =>
    function (this: unknown, ...args: unknown[]): unknown {
      return within(currentKernel(), env.ambient, env.callback, this, args);
    },
);

/** What may be code of the program: not the runtime's own functions, which call none, nor what the engine makes for a foreign `await`. */
function mayAsk(callback: Callable): boolean {
  const site = siteOf(callback);
  if (site !== undefined) return site.id[0] !== "%" || site.id === "%bound";
  return memberOf(callback) !== undefined || callback.name !== "" || callback.length !== 1;
}

/** `callback`, to be called in this ambient. */
export function carried<T extends Callable>(ambient: Ambient, callback: T): T {
  return mayAsk(callback) ? (closure(carriedSite, { ambient, callback }) as T) : callback;
}

/** The `then` of a thenable, which is called by a job: as it is unless the program has written it. */
export function carriedThen(ambient: Ambient, then: Callable): Callable {
  const isOurs = memberOf(then) !== undefined || (siteOf(then) !== undefined && mayAsk(then));
  return isOurs ? (closure(carriedSite, { ambient, callback: then }) as Callable) : then;
}

interface Bound extends Resource {
  readonly callback: AnyFunction;
  readonly self: unknown;
}

const boundSite = runtimeSite(
  "ambient.bound",
  (env: Bound) =>
    function (this: unknown, ...args: unknown[]): unknown {
      return within(kernelOf(env), env.ambient, env.callback, env.self === undefined ? this : env.self, args);
    },
);

const snapshotSite = runtimeSite(
  "ambient.snapshot",
  (env: Resource) =>
    (callback: unknown, ...args: unknown[]): unknown =>
      within(kernelOf(env), env.ambient, needFunction(callback, "fn"), undefined, args),
);

function needFunction(value: unknown, name: string): AnyFunction {
  if (typeof value === "function") return value;
  throw new TypeError(`The "${name}" argument must be of type function. Received ${typeof value}`);
}

// ---- the classes ----------------------------------------------------------------------------------------------------

/** Of Node 24, which has more than those before it. */
export class DurableAsyncLocalStorage {
  constructor(
    options: {
      readonly defaultValue?: unknown;
      readonly name?: unknown;
      readonly onPropagate?: unknown;
    } = {},
  ) {
    const { defaultValue, name = "", onPropagate } = options;
    if (onPropagate !== undefined)
      throw new TypeError(
        "the option onPropagate of AsyncLocalStorage is not there in a task: look at the value where it is asked for",
      );
    const { asyncHooks: home } = needKernel("new AsyncLocalStorage").taskGlobals;
    keep(this, storageKey, { home, name: String(name), defaultValue, disabled: false } satisfies Storage);
  }

  get name(): string {
    return kept<Storage>(this, storageKey, "AsyncLocalStorage").name;
  }

  getStore(): unknown {
    const state = kept<Storage>(this, storageKey, "AsyncLocalStorage");
    const store = state.disabled ? undefined : storeIn(kernelOf(state).ambient, this);
    return store === undefined ? state.defaultValue : store.value;
  }

  enterWith(store: unknown): void {
    const state = kept<Storage>(this, storageKey, "AsyncLocalStorage");
    const kernel = kernelOf(state);
    state.disabled = false;
    kernel.everyTick = true;
    kernel.ambient = [...without(kernel.ambient, this), this, store];
  }

  run(store: unknown, callback: unknown, ...args: unknown[]): unknown {
    const state = kept<Storage>(this, storageKey, "AsyncLocalStorage");
    const kernel = kernelOf(state);
    const before = kernel.ambient;
    const prior = state.disabled ? undefined : storeIn(before, this);
    state.disabled = false;
    const inside = [...without(before, this), this, store];
    kernel.ambient = inside;
    try {
      return Reflect.apply(needFunction(callback, "callback"), undefined, args) as unknown;
    } finally {
      // What others were given by `enterWith` meanwhile stays.
      if (kernel.ambient === inside && !state.disabled) kernel.ambient = before;
      else {
        const rest = without(kernel.ambient, this);
        if (prior !== undefined) rest.push(this, prior.value);
        kernel.ambient = rest.length === 0 ? undefined : rest;
      }
    }
  }

  exit(callback: unknown, ...args: unknown[]): unknown {
    return this.run(undefined, callback, ...args);
  }

  disable(): void {
    const state = kept<Storage>(this, storageKey, "AsyncLocalStorage");
    const kernel = kernelOf(state);
    state.disabled = true;
    const rest = without(kernel.ambient, this);
    kernel.ambient = rest.length === 0 ? undefined : rest;
  }

  static bind(callback: unknown): unknown {
    return DurableAsyncResource.bind(callback);
  }

  static snapshot(): unknown {
    const kernel = needKernel("AsyncLocalStorage.snapshot");
    return closure(snapshotSite, { home: kernel.taskGlobals.asyncHooks, ambient: kernel.ambient });
  }
}

export class DurableAsyncResource {
  constructor(type: unknown) {
    if (typeof type !== "string")
      throw new TypeError(`The "type" argument must be of type string. Received ${typeof type}`);
    const { ambient, taskGlobals } = needKernel("new AsyncResource");
    keep(this, resourceKey, { home: taskGlobals.asyncHooks, ambient } satisfies Resource);
  }

  runInAsyncScope(callback: unknown, self?: unknown, ...args: unknown[]): unknown {
    const state = kept<Resource>(this, resourceKey, "AsyncResource");
    return within(kernelOf(state), state.ambient, needFunction(callback, "fn"), self, args);
  }

  bind(callback: unknown, self?: unknown): unknown {
    const { home, ambient } = kept<Resource>(this, resourceKey, "AsyncResource");
    const target = needFunction(callback, "fn");
    const bound = closure(boundSite, { home, ambient, callback: target, self });
    return Object.defineProperty(bound, "length", { value: target.length, configurable: true });
  }

  static bind(callback: unknown, type?: unknown, self?: unknown): unknown {
    const { name } = needFunction(callback, "fn");
    return new DurableAsyncResource(type || name || "bound-anonymous-fn").bind(callback, self);
  }

  emitDestroy(): this {
    return this;
  }

  asyncId(): never {
    return refuse("asyncId()");
  }

  triggerAsyncId(): never {
    return refuse("triggerAsyncId()");
  }
}

function refuse(what: string): never {
  throw new TypeError(
    `${what} of node:async_hooks is not there in a task: it tells of what the process does. Values that follow asynchronous calls are what AsyncLocalStorage is for`,
  );
}

for (const [name, own] of Object.entries({
  AsyncLocalStorage: DurableAsyncLocalStorage,
  AsyncResource: DurableAsyncResource,
})) {
  Object.defineProperty(own, "name", { value: name, configurable: true });
  nameGlobal(name, own);
}

const changing = /\b(?:enterWith|disable)\b/;

/** L5. */
export function needsEveryTick({ modules }: Bundle): boolean {
  const asks = modules.some(({ links, dynamic = {} }) =>
    [...links, ...Object.values(dynamic)].some(
      (link) => link.kind === "foreign" && /^(?:node:)?async_hooks$/.test(link.name),
    ),
  );
  return asks && modules.some(({ code }) => changing.test(code));
}

/** What `node:async_hooks` exports to a task. */
export function asyncHooks(kernel: TaskKernel): Readonly<Record<string, unknown>> {
  const refused = ["createHook", "executionAsyncId", "executionAsyncResource", "triggerAsyncId"];
  const exports: Record<string, unknown> = {
    AsyncLocalStorage: DurableAsyncLocalStorage,
    AsyncResource: DurableAsyncResource,
    ...Object.fromEntries(refused.map((name) => [name, () => refuse(`${name}()`)])),
  };
  exports.default = exports;
  kernels.set(exports, kernel);
  return exports;
}
