/**
 * The smallest kernel that compiled code runs on, for testing the compiler alone. Every frame that is written is copied and the old
 * one poisoned, so whatever the lowering forgets to save, or reads from where it should not, shows.
 *
 * - `always`: every await, every call and every poll suspends.
 * - `direct`: calls of compiled functions return directly when they do not wait; polls stay quiet.
 */
import assert from "node:assert/strict";
import {
  type Abi,
  abiVersion,
  type Environment,
  type Frame,
  type Kernel,
  type ModuleDefinition,
  type ModuleRecord,
  returning,
  type SavedIterator,
  type Site,
  suspended,
  uninitialized,
} from "../../src/protocol/abi.ts";
import { readModule, readSites } from "../../src/protocol/tables.ts";
import "../../src/runtime/async-generators.ts";
import { Disposals } from "../../src/runtime/disposal.ts";
import {
  asyncGeneratorPrototype,
  asyncMethods,
  begin,
  Delegate,
  delegate,
  generator,
  generatorFunction,
} from "../../src/runtime/generators.ts";
import { GlobalObject } from "../../src/runtime/global-object.ts";
import { starter } from "../../src/runtime/starters.ts";

export type Mode = "always" | "direct";

type Resumption = { kind: "return" | "throw"; value: unknown };

interface Fiber {
  frames: Frame[];
  /** Of the body of an async generator. */
  generator?: FramesGenerator;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

interface FramesGenerator {
  fiber: Fiber;
  state: "start" | "yield" | "running" | "completed";
  queue: { request: string; value: unknown; resolve(value: unknown): void; reject(error: unknown): void }[];
  returned: unknown;
}

interface Stamp {
  readonly site: Site;
  readonly env: Environment;
}

// biome-ignore lint/suspicious/noExplicitAny: the values of a program have no type here
type Any = any;

const stamps = new WeakMap<object, Stamp>();

function closure(site: Site, env: Environment, extra?: unknown): Any {
  const value = site.make(env, site, extra);
  stamps.set(value, { site, env });
  return value;
}
const poison = Symbol("poison: a slot of a frame that was resumed");

export class FramesKernel {
  readonly #mode: Mode;
  /** Suspensions so far. */
  suspensions = 0;
  #written: Frame[] = [];
  #awaited: unknown;
  #yielded: { readonly value: unknown } | undefined;
  #resumption: Resumption = { kind: "return", value: undefined };
  readonly kernel: Kernel;
  importModule: (module: string, specifier: unknown) => unknown = () => {
    throw new Error("no dynamic import here");
  };

  constructor(mode: Mode) {
    this.#mode = mode;
    const globals = {
      Promise,
      setTimeout,
      clearTimeout,
      setInterval,
      clearInterval,
      setImmediate,
      clearImmediate,
      queueMicrotask,
      console,
      AbortController,
      AbortSignal,
      EventTarget,
      Event,
      CustomEvent,
      Proxy,
      process,
      performance,
      owns: (name: string): boolean => object.owns(name),
      get globalThis(): object {
        return object.view;
      },
      get global(): object {
        return object.view;
      },
    };
    const object = new GlobalObject(globals);
    this.kernel = {
      globals,
      clock: {
        now: (date: DateConstructor) => date.now(),
        date: (date: DateConstructor) => new date(),
        text: (date: DateConstructor) => date(),
        reader: (date: DateConstructor) => date.now,
      },
      start: (site, env, self, args) => this.#start(() => site.body!(null, env, self, ...args)),
      fiber: (body, env, ...args) => this.#start(() => body(null, env, undefined, ...args)),
      await: (value) => this.#await(value),
      call: (fn, self, ...args) => this.#call(fn as Any, self, args),
      direct: (body, env, ...args) => this.#ended(body(null, env, undefined, ...args)),
      adopt: (fn, self, ...args) => Reflect.apply(fn as Any, self, args),
      suspend: (site, label, slots) => {
        const names = site.labels?.[label]?.slots;
        if (names?.length !== slots.length)
          throw new Error(`${site.id}: label ${label} does not match its slots`);
        this.#written.push({ site, label, slots });
        return suspended;
      },
      resumed: () => {
        if (this.#resumption.kind === "throw") throw this.#resumption.value;
        return this.#resumption.value;
      },
      at: () => {},
      poll: () => {
        if (this.#mode === "direct") return false;
        this.#await(undefined);
        return true;
      },
      generator: (fn, site, env, self, args) => this.#generator(fn, site, env, self, args),
      yield: (frame, value) => {
        this.suspensions += 1;
        this.#yielded = { value };
        assert.ok("generator" in frame);
        return suspended;
      },
      returned: (frame) => (frame as unknown as { generator: FramesGenerator }).generator.returned,
      delegate: (iterable) => {
        const { iterator, next } = asyncIterator(iterable);
        return new Delegate(iterator, next);
      },
      asyncIterator,
      next: ({ iterator, next }) => this.#call(next, iterator, []),
      import: (module, specifier) => this.importModule(module, specifier),
    };
  }

  #await(value: unknown): typeof suspended {
    this.suspensions += 1;
    this.#awaited = value;
    return suspended;
  }

  #call(fn: Any, self: unknown, args: unknown[]): unknown {
    if (typeof fn !== "function") throw new TypeError(`${String(fn)} is not a function`);
    const stamp = stamps.get(fn);
    if (stamp?.site.body === undefined || stamp.site.kind !== "async")
      return this.#await(Reflect.apply(fn, self, args));
    return this.#ended(stamp.site.body(null, stamp.env, self, ...args));
  }

  #ended(value: unknown): unknown {
    if (value === suspended) return value;
    return this.#mode === "always" || isThenable(value) ? this.#await(value) : value;
  }

  #start(begin: () => unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const fiber: Fiber = { frames: [], resolve, reject };
      const outer = this.#written;
      this.#written = [];
      try {
        const value = begin();
        if (value === suspended) this.#park(fiber, this.#written);
        else resolve(value);
      } catch (error) {
        reject(error);
      } finally {
        this.#written = outer;
      }
    });
  }

  #generator(fn: Any, site: Site, env: Environment, self: unknown, args: readonly unknown[]): object {
    const frame = site.body!(null, env, self, ...args) as Frame;
    const end = (how: "resolve" | "reject") => (value: unknown) => {
      generator.state = "completed";
      generator.queue.shift()![how](how === "resolve" ? { value, done: true } : value);
      this.#drain(generator);
    };
    const fiber: Fiber = { frames: [frame], resolve: end("resolve"), reject: end("reject") };
    const generator: FramesGenerator = { fiber, state: "start", queue: [], returned: undefined };
    fiber.generator = generator;
    const object = Object.create(fn.prototype instanceof Object ? fn.prototype : asyncGeneratorPrototype);
    generators.set(object, (request, value) => {
      const { promise, resolve, reject } = withResolvers();
      generator.queue.push({ request, value, resolve, reject });
      const outer = [this.#written, this.#resumption] as const;
      this.#drain(generator);
      [this.#written, this.#resumption] = outer;
      return promise;
    });
    return object;
  }

  #drain(generator: FramesGenerator): void {
    const first = generator.queue[0];
    if (first === undefined || generator.state === "running") return;
    const { request, value } = first;
    if (generator.state === "yield" || (generator.state === "start" && request === "next")) {
      generator.state = "running";
      generator.returned = value;
      const kind = request === "throw" ? "throw" : "return";
      return this.#resume(generator.fiber, { kind, value: request === "return" ? returning : value });
    }
    if (request === "return") {
      generator.state = "running";
      Promise.resolve(value).then(generator.fiber.resolve, generator.fiber.reject);
    } else if (request === "throw") generator.fiber.reject(value);
    else generator.fiber.resolve(undefined);
  }

  #park(fiber: Fiber, written: readonly Frame[]): void {
    fiber.frames = [...written, ...fiber.frames];
    const yielded = this.#yielded;
    if (yielded !== undefined) {
      const generator = fiber.generator!;
      this.#yielded = undefined;
      generator.state = "yield";
      generator.queue.shift()!.resolve({ value: yielded.value, done: false });
      return this.#drain(generator);
    }
    Promise.resolve(this.#awaited).then(
      (value) => this.#resume(fiber, { kind: "return", value }),
      (value) => this.#resume(fiber, { kind: "throw", value }),
    );
  }

  #resume(fiber: Fiber, first: Resumption): void {
    let resumption = first;
    for (let frame = fiber.frames.shift(); frame !== undefined; frame = fiber.frames.shift()) {
      const { generator } = fiber;
      const copy: Frame = { site: frame.site, label: frame.label, slots: [...frame.slots], ...{ generator } };
      frame.slots.fill(poison);
      this.#resumption = resumption;
      this.#written = [];
      try {
        const value = frame.site.body!(copy);
        if (value === suspended) return this.#park(fiber, this.#written);
        if (fiber.frames.length > 0 && (this.#mode === "always" || isThenable(value))) {
          this.#await(value);
          return this.#park(fiber, []);
        }
        resumption = { kind: "return", value };
      } catch (value) {
        resumption = { kind: "throw", value };
      }
    }
    if (resumption.kind === "throw") fiber.reject(resumption.value);
    else fiber.resolve(resumption.value);
  }

  get abi(): Abi {
    const signal = new Int32Array(1);
    signal[0] = 1;
    return {
      version: abiVersion,
      suspended,
      uninitialized,
      returning,
      signal,
      define: () => assert.fail("the compiler writes tables"),
      sites: (module, table, functions) => readSites(module, table, functions, starter),
      module: (id, sites, parts) => readModule(id, sites, parts, closure),
      closure,
      stamp: (made, site, env) => {
        stamps.set(made, { site, env });
        return made;
      },
      hidden: () => {},
      stranger: () => {},
      deadZone: (name) => {
        throw new ReferenceError(`Cannot access '${name}' before initialization`);
      },
      constant: () => {
        throw new TypeError("Assignment to constant variable.");
      },
      iterate: (iterable) => iterate(iterable as Any),
      keys: (object) => {
        const keys: string[] = [];
        for (const key in object as object) keys.push(key);
        return keys;
      },
      iterator: (receiver, key, _name, takes) => {
        const method = (receiver as Any)[key];
        return takes ? (operand: unknown) => method.call(receiver, operand) : method.call(receiver);
      },
      disposals: () => new Disposals(),
      generatorFunction,
      generator,
      begin: (site, label, slots) =>
        site.kind === "generator" ? begin(site, label, slots) : { site, label, slots },
      delegate,
      bind: (callee, self, ...operands) => (callee as Any).bind(self, ...operands),
    };
  }
}

/** Requests to async generators, by object. */
const generators = new WeakMap<object, (request: string, value: unknown) => unknown>();
const askOfRuntime = asyncMethods.ask!;
asyncMethods.ask = (object, request, value) => {
  const ask = typeof object === "object" && object !== null ? generators.get(object) : undefined;
  return ask === undefined ? askOfRuntime(object, request, value) : ask(request, value);
};

function withResolvers(): { promise: unknown; resolve(value: unknown): void; reject(error: unknown): void } {
  let resolvers: Any;
  const promise = new Promise((resolve, reject) => {
    resolvers = { resolve, reject };
  });
  return { promise, ...resolvers };
}

/** GetIterator(async). */
function asyncIterator(iterable: unknown): { iterator: object; next: unknown } {
  const method = (iterable as Any)[Symbol.asyncIterator];
  const iterator = method == null ? fromSync((iterable as Any)[Symbol.iterator]()) : method.call(iterable);
  if (Object(iterator) !== iterator)
    throw new TypeError("Result of the Symbol.asyncIterator method is not an object");
  return { iterator, next: iterator.next };
}

function fromSync(inner: Any): object {
  const { next } = inner;
  const wrapped = async (action: () => Any): Promise<unknown> => {
    const result = action();
    if (Object(result) !== result) throw new TypeError(`Iterator result ${String(result)} is not an object`);
    return { value: await result.value, done: result.done };
  };
  return {
    next: (...args: unknown[]) => wrapped(() => Reflect.apply(next, inner, args)),
    return: (...args: unknown[]) =>
      wrapped(() => (inner.return == null ? { value: args[0], done: true } : inner.return(...args))),
    throw: (...args: unknown[]) =>
      wrapped(() => {
        if (inner.throw != null) return inner.throw(...args);
        inner.return?.();
        throw new TypeError("The iterator does not provide a 'throw' method.");
      }),
  };
}

function isThenable(value: unknown): boolean {
  return (typeof value === "object" || typeof value === "function") && value !== null && "then" in value;
}

function iterate(iterable: Any): SavedIterator {
  const iterator = iterable[Symbol.iterator]();
  const { next } = iterator;
  const record: SavedIterator = {
    value: undefined,
    step: () => {
      const result = Reflect.apply(next, iterator, []) as Any;
      if (Object(result) !== result)
        throw new TypeError(`Iterator result ${String(result)} is not an object`);
      if (result.done) return false;
      record.value = result.value;
      return true;
    },
    close: (failed) => {
      let result: Any;
      try {
        const method = iterator.return;
        if (method == null) return;
        result = Reflect.apply(method, iterator, []);
      } catch (error) {
        if (!failed) throw error;
      }
      if (!failed && Object(result) !== result) throw new TypeError(`${String(result)} is not an object`);
    },
  };
  return record;
}

/** Links and runs compiled modules; `load` answers the text of one, `resolve` where a specifier leads. */
export class FramesProgram {
  readonly #kernel: FramesKernel;
  readonly #load: (id: string) => string;
  readonly #resolve: (
    specifier: string,
    from: string,
  ) => { compiled: string } | { foreign: Record<string, unknown> };
  readonly #modules = new Map<
    string,
    { definition: ModuleDefinition; record: ModuleRecord; done: Promise<void> | null }
  >();

  constructor(
    kernel: FramesKernel,
    load: (id: string) => string,
    resolve: (specifier: string, from: string) => { compiled: string } | { foreign: Record<string, unknown> },
  ) {
    this.#kernel = kernel;
    this.#load = load;
    this.#resolve = resolve;
    kernel.importModule = async (module, specifier) => {
      const target = this.#resolve(String(specifier), module);
      if ("foreign" in target) return target.foreign;
      return this.run(target.compiled);
    };
  }

  async run(id: string): Promise<Record<string, Any>> {
    this.#link(id);
    await this.#evaluate(id);
    return this.#view(id);
  }

  #link(id: string): void {
    if (this.#modules.has(id)) return;
    const make = new Function("$rt", this.#load(id)) as (rt: Abi) => ModuleDefinition;
    const definition = make(this.#kernel.abi);
    const views: Record<string, unknown>[] = [];
    const record: ModuleRecord = {
      $k: this.#kernel.kernel,
      $i: views,
      $meta: { url: `test:${id}`, dirname: "", filename: id },
    };
    this.#modules.set(id, { definition, record, done: null });
    for (const specifier of definition.imports) {
      const target = this.#resolve(specifier, id);
      if ("foreign" in target) views.push(target.foreign);
      else {
        this.#link(target.compiled);
        views.push(this.#view(target.compiled));
      }
    }
    for (const { name, kind } of definition.variables)
      record[name] = kind === "var" || kind === "function" ? undefined : uninitialized;
    definition.instantiate(record);
  }

  #evaluate(id: string): Promise<void> {
    const module = this.#modules.get(id)!;
    if (module.done !== null) return module.done;
    module.done = Promise.resolve().then(async () => {
      for (const specifier of module.definition.imports) {
        const target = this.#resolve(specifier, id);
        // A module on the way is not waited for: that is a cycle.
        if ("compiled" in target && this.#modules.get(target.compiled)!.done === null)
          await this.#evaluate(target.compiled);
      }
      await this.#kernel.kernel.start(module.definition.body, module.record, undefined, []);
    });
    return module.done;
  }

  #view(id: string): Record<string, Any> {
    const { definition, record } = this.#modules.get(id)!;
    const read = (name: string): unknown => {
      const field = definition.exports[name];
      if (field !== undefined) {
        const value = record[field];
        if (value === uninitialized)
          throw new ReferenceError(`Cannot access '${name}' before initialization`);
        return value;
      }
      const reexport = definition.reexports.find((each) => each.name === name);
      if (reexport !== undefined)
        return reexport.imported === "*"
          ? record.$i[reexport.from]
          : record.$i[reexport.from]![reexport.imported];
      for (const from of definition.stars) {
        if (name !== "default" && name in record.$i[from]!) return record.$i[from]![name];
      }
      return undefined;
    };
    const names = (): string[] => [
      ...Object.keys(definition.exports),
      ...definition.reexports.map((each) => each.name),
      ...definition.stars.flatMap((from) =>
        Object.keys(record.$i[from]!).filter((name) => name !== "default"),
      ),
    ];
    return new Proxy(Object.create(null), {
      get: (_, name) => (typeof name === "string" ? read(name) : undefined),
      set: () => false,
      has: (_, name) => typeof name === "string" && names().includes(name),
      ownKeys: () => [...new Set(names())].toSorted(),
      getOwnPropertyDescriptor: (_, name) => ({
        value: read(String(name)),
        enumerable: true,
        configurable: true,
        writable: true,
      }),
    });
  }
}
