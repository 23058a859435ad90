/**
 * Generators: objects whose frame waits in them for the next request. The engine's own cannot be written down, so these stand in
 * their place, with the prototypes, tags and errors that the language prescribes.
 *
 * G1. The frame of a suspended generator belongs to its object; while the body runs, the generator is *running* and refuses requests.
 * G2. A body hands out a value by `frame.yield` (or `pass`, for the results of an inner iterator) and `suspended`; anything else that it
 *     returns is its end.
 * G3. `f.prototype` of a generator function has no `constructor`; `functionOfPrototype` knows whose it is (see the codec).
 */
import { type Environment, returning, type Site, suspended as suspendedOfAbi } from "../protocol/abi.ts";
import { runBody } from "./body.ts";
import { iteratorOf } from "./collection-iterators.ts";
import { Frame } from "./frame.ts";
import { noteKnown } from "./known.ts";
import { type AnyFunction, Override } from "./stamp.ts";

/** A constant for the engine, as in kernel.ts. */
const suspended: typeof suspendedOfAbi = suspendedOfAbi;

/** What a generator is asked for. */
export type Request = "next" | "throw" | "return";

/** The label of `begin`: before it there are only parameters, in which nothing suspends. */
export const beginLabel = 1;

const iteratorPrototype = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())) as object;
const asyncIteratorPrototype = Object.getPrototypeOf(
  Object.getPrototypeOf(async function* () {}).prototype,
) as object;

/** The frame of a synchronous generator: also the place where value and request pass through. */
export class GeneratorFrame extends Frame {
  request: Request = "next";
  value: unknown = undefined;
  /** `value` is the result object of an inner iterator, to be handed on as it is. */
  passes = false;

  // Written out, since the constructor that engines provide iterates its arguments by what a program may have replaced.
  constructor(site: Site, label: number, slots: unknown[]) {
    super(site, label, slots);
  }

  yield(label: number, slots: unknown[], value: unknown): typeof suspended {
    this.label = label;
    this.slots = slots;
    this.value = value;
    this.passes = false;
    return suspended;
  }

  pass(label: number, slots: unknown[], value: unknown): typeof suspended {
    this.label = label;
    this.slots = slots;
    this.value = value;
    this.passes = true;
    return suspended;
  }

  /** What `yield` is worth: the value sent, a throw, or `returning`. */
  resumed(): unknown {
    if (this.request === "next") return this.value;
    if (this.request === "throw") throw this.value;
    return returning;
  }
}

/** The object under the methods of %GeneratorPrototype%. */
export class GeneratorObject extends Override {
  /** `undefined`: completed. */
  #frame: GeneratorFrame | undefined;
  #running = false;

  constructor(target: object, frame: GeneratorFrame | undefined) {
    super(target);
    this.#frame = frame;
    if (frame !== undefined) frame.parent = target as GeneratorObject;
  }

  static is(value: unknown): value is GeneratorObject {
    return typeof value === "object" && value !== null && #frame in value;
  }

  static frameOf(generator: GeneratorObject): GeneratorFrame | undefined {
    return generator.#frame;
  }

  static isRunning(generator: GeneratorObject): boolean {
    return generator.#running;
  }

  static restore(generator: GeneratorObject, frame: GeneratorFrame | undefined): void {
    generator.#frame = frame;
  }

  static ask(generator: unknown, request: Request, value: unknown): IteratorResult<unknown> {
    if (!GeneratorObject.is(generator)) {
      throw new TypeError(`${request} method called on incompatible receiver ${shown(generator)}`);
    }
    if (generator.#running) throw new TypeError("Generator is already running");
    const frame = generator.#frame;
    if (frame === undefined || (request !== "next" && frame.label === beginLabel)) {
      generator.#frame = undefined;
      if (request === "throw") throw value;
      return { value: request === "return" ? value : undefined, done: true };
    }
    generator.#running = true;
    frame.request = request;
    frame.value = value;
    let completed = true;
    try {
      const result = frame.site.body!(frame);
      if (result !== suspended) return { value: result, done: true };
      completed = false;
      const handed = frame.value;
      frame.value = undefined;
      return frame.passes ? (handed as IteratorResult<unknown>) : { value: handed, done: false };
    } finally {
      generator.#running = false;
      if (completed) generator.#frame = undefined;
    }
  }
}

// ---- intrinsics -----------------------------------------------------------------------------------------------------

function hide(target: object, members: Readonly<Record<PropertyKey, unknown>>, writable: boolean): void {
  for (const key of Reflect.ownKeys(members)) {
    const value = members[key as string];
    Object.defineProperty(target, key, { value, writable, enumerable: false, configurable: true });
  }
}

/** `GeneratorFunction`, its prototype and the prototype of generators, as the language ties them together. */
function intrinsics(
  name: "Generator" | "AsyncGenerator",
  base: object,
  native: AnyFunction,
  methods: Readonly<Record<PropertyKey, unknown>>,
): { readonly ofFunctions: object; readonly ofObjects: object } {
  const ofObjects = Object.create(base) as object;
  const ofFunctions = Object.create(Function.prototype) as object;
  // Makes code out of text, which is the engine's business: such a generator cannot be saved.
  const create = {
    // A function, since classes may extend it.
    [`${name}Function`]: function (...texts: string[]): unknown {
      return Reflect.construct(native, texts, new.target ?? native);
    },
  }[`${name}Function`]!;
  Object.setPrototypeOf(create, Function);
  Object.defineProperty(create, "length", { value: 1, configurable: true });
  Object.defineProperty(create, "prototype", { value: ofFunctions, writable: false });
  hide(ofObjects, methods, true);
  hide(ofObjects, { constructor: ofFunctions, [Symbol.toStringTag]: name }, false);
  hide(
    ofFunctions,
    { constructor: create, prototype: ofObjects, [Symbol.toStringTag]: `${name}Function` },
    false,
  );
  return { ofFunctions, ofObjects };
}

const synchronous = intrinsics(
  "Generator",
  iteratorPrototype,
  Object.getPrototypeOf(function* () {}).constructor as AnyFunction,
  {
    next(this: unknown, value: unknown): unknown {
      return GeneratorObject.ask(this, "next", value);
    },
    return(this: unknown, value: unknown): unknown {
      return GeneratorObject.ask(this, "return", value);
    },
    throw(this: unknown, value: unknown): unknown {
      return GeneratorObject.ask(this, "throw", value);
    },
  },
);

/** Set by async-generators.ts, which knows how to answer. */
export const asyncMethods = {
  ask: undefined as ((generator: unknown, request: Request, value: unknown) => unknown) | undefined,
};

const asynchronous = intrinsics(
  "AsyncGenerator",
  asyncIteratorPrototype,
  Object.getPrototypeOf(async function* () {}).constructor as AnyFunction,
  {
    next(this: unknown, value: unknown): unknown {
      return asyncMethods.ask!(this, "next", value);
    },
    return(this: unknown, value: unknown): unknown {
      return asyncMethods.ask!(this, "return", value);
    },
    throw(this: unknown, value: unknown): unknown {
      return asyncMethods.ask!(this, "throw", value);
    },
  },
);

export const generatorPrototype = synchronous.ofObjects;
export const asyncGeneratorPrototype = asynchronous.ofObjects;
/** `next` of asynchronous generators. */
export const asyncNext = (asyncGeneratorPrototype as { readonly next: AnyFunction }).next;

/** Prototypes by the names under which snapshots know them. */
export const generatorIntrinsics: Readonly<Record<string, object>> = {
  "GeneratorFunction.prototype": synchronous.ofFunctions,
  "Generator.prototype": synchronous.ofObjects,
  "AsyncGeneratorFunction.prototype": asynchronous.ofFunctions,
  "AsyncGenerator.prototype": asynchronous.ofObjects,
};

// ---- what compiled code calls ---------------------------------------------------------------------------------------

const functions = new WeakMap<object, AnyFunction>();

/** The generator function whose `prototype` this object was made as. */
export function functionOfPrototype(prototype: object): AnyFunction | undefined {
  return functions.get(prototype);
}

/** Makes a method into a generator function. */
export function generatorFunction(site: Site, fn: AnyFunction): AnyFunction {
  const kind = site.kind === "asyncGenerator" ? asynchronous : synchronous;
  const prototype = Object.create(kind.ofObjects) as object;
  Object.setPrototypeOf(fn, kind.ofFunctions);
  Object.defineProperty(fn, "prototype", { value: prototype, writable: true });
  functions.set(prototype, fn);
  noteKnown(prototype);
  return fn;
}

export function begin(site: Site, label: number, slots: unknown[]): Frame {
  return site.kind === "asyncGenerator"
    ? new Frame(site, label, slots)
    : new GeneratorFrame(site, label, slots);
}

/** An object whose prototype is `fn.prototype`, or the default one if that is no object. */
export function objectOf(fn: AnyFunction, fallback: object): object {
  const { prototype } = fn as { prototype: unknown };
  const isObject = (typeof prototype === "object" && prototype !== null) || typeof prototype === "function";
  return Object.create(isObject ? prototype : fallback) as object;
}

export function generator(
  fn: AnyFunction,
  site: Site,
  env: Environment,
  self: unknown,
  args: readonly unknown[],
): object {
  const frame = runBody(site, env, self, args) as GeneratorFrame;
  return new GeneratorObject(objectOf(fn, generatorPrototype), frame);
}

// ---- yield* ---------------------------------------------------------------------------------------------------------

/** The inner iterator of a `yield*`, and what it will be asked next. */
export class Delegate {
  iterator: object;
  next: unknown;
  request: Request = "next";
  value: unknown = undefined;
  done = false;
  /** It is done because of a `return`, so the generator returns as well. */
  returned = false;

  constructor(iterator: object, next: unknown) {
    this.iterator = iterator;
    this.next = next;
  }

  get returning(): boolean {
    return this.request === "return";
  }

  /** Synchronously: the result of the inner iterator, unless it is done. */
  step(): unknown {
    const method = this.method();
    if (method === undefined) {
      if (this.request === "return") {
        this.letGo(this.value);
        return undefined;
      }
      const close = this.closing();
      if (close !== undefined) needResult(Reflect.apply(close as AnyFunction, this.iterator, []));
      throw this.refusal();
    }
    if (typeof method !== "function") throw new TypeError(`${shown(method)} is not a function`);
    const result = needResult(Reflect.apply(method, this.iterator, [this.value]));
    if ((result as IteratorResult<unknown>).done) this.letGo((result as IteratorResult<unknown>).value);
    return result;
  }

  /** Asynchronously: the method to call, `undefined` if the inner iterator does not have it. */
  method(): unknown {
    if (this.request === "next") return this.next;
    return (this.iterator as Record<string, unknown>)[this.request] ?? undefined;
  }

  took(result: unknown): boolean {
    needResult(result);
    const { done, value } = result as IteratorResult<unknown>;
    if (done) this.letGo(value);
    else this.value = value;
    return this.done;
  }

  /** The inner iterator is done. (No private method: a thawed object has none.) */
  letGo(value: unknown): void {
    this.value = value;
    this.done = true;
    this.returned = this.request === "return";
  }

  closing(): unknown {
    return (this.iterator as { return?: unknown }).return ?? undefined;
  }

  refusal(): TypeError {
    return new TypeError("The iterator does not provide a 'throw' method.");
  }

  /** Synchronously: takes over what the generator was asked. */
  asked(frame: GeneratorFrame): void {
    this.request = frame.request;
    this.value = frame.value;
  }

  /** Asynchronously: the same; answers whether the value is that of a `return`, which is awaited. */
  answered(kernel: { resumed(): unknown; returned(frame: unknown): unknown }, frame: unknown): boolean {
    try {
      this.value = kernel.resumed();
      this.request = "next";
    } catch (error) {
      this.failed(error);
    }
    if (this.value !== returning) return false;
    this.request = "return";
    this.value = kernel.returned(frame);
    return true;
  }

  failed(error: unknown): void {
    this.request = "throw";
    this.value = error;
  }
}

export function delegate(iterable: unknown): Delegate {
  const iterator = iteratorOf(iterable);
  return new Delegate(iterator, (iterator as { next?: unknown }).next);
}

function needResult(result: unknown): object {
  if ((typeof result === "object" && result !== null) || typeof result === "function") return result;
  throw new TypeError(`Iterator result ${String(result)} is not an object`);
}

function shown(value: unknown): string {
  return typeof value === "object" && value !== null
    ? `#<${value.constructor?.name ?? "Object"}>`
    : String(value);
}
