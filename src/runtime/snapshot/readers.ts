/**
 * How each kind of object is made and filled: the reading side of cases.ts. `read` takes what the shell says and answers the empty object, or
 * registers how it is made in a later stage; `fill` takes the contents. A fill may be done twice (decoder.ts).
 */
import type { Environment, SavedIterator, Site } from "../../protocol/abi.ts";
import { AsyncGenerator, AsyncGeneratorObject, QueuedRequest, states } from "../async-generators.ts";
import { AsyncFromSync } from "../async-iteration.ts";
import { boundFunction } from "../bound.ts";
import { emptyIterator, IteratorObject } from "../collection-iterators.ts";
import { SnapshotError } from "../errors.ts";
import { type Caller, Frame } from "../frame.ts";
import {
  asyncGeneratorPrototype,
  GeneratorFrame,
  GeneratorObject,
  generatorPrototype,
} from "../generators.ts";
import { type CollectionIterator, ProtocolIterator } from "../iterators.ts";
import { FrameReaction } from "../jobs.ts";
import { DurablePromise, type PromiseParts } from "../promise.ts";
import { saveableNamed } from "../saveable.ts";
import { type AnyFunction, closure, hiddenOf, siteOf } from "../stamp.ts";
import { errorTypes, viewTypes } from "./cases.ts";
import type { Decoder } from "./decoder.ts";
import { internalCases, stepOfList } from "./internals.ts";
import { again, bufferBytesMax, hole, kinds, modeCheckpoint, stages } from "./tags.ts";

export interface Reading {
  read(input: Decoder, index: number): object | undefined;
  fill?(input: Decoder, object: object, index: number): void;
}

type Dictionary = Record<string, unknown>;

function corrupted(what: string): SnapshotError {
  return new SnapshotError(`the snapshot is corrupted: ${what}`);
}

function needObject(value: unknown, what: string): object {
  if (typeof value === "object" && value !== null) return value;
  throw corrupted(`${what} is not an object`);
}

function needFunction(value: unknown, what: string): AnyFunction {
  if (typeof value === "function") return value;
  throw corrupted(`${what} is not a function`);
}

/** Sets an own property even where a prototype has a setter or the key is `__proto__`. */
function put(target: Dictionary, key: string, value: unknown): void {
  if (key in target && !Object.hasOwn(target, key)) {
    Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
  } else target[key] = value;
}

function checkInternal(input: Decoder): void {
  if (input.mode !== modeCheckpoint)
    throw corrupted("a value holds something that belongs to a running task");
}

/** Objects with a shape: the keys are in the shell, the values in the contents. */
function fillShape(input: Decoder, object: object, index: number): void {
  for (const key of input.notes[index] as readonly string[]) put(object as Dictionary, key, input.value());
}

const shapedReading = (make: () => object): Reading => ({
  read(input, index) {
    input.notes[index] = input.shape();
    return make();
  },
  fill: fillShape,
});

const environmentReading: Reading = {
  read(input, index) {
    input.notes[index] = input.shape();
    const up = input.reference();
    const environment: Environment = { $up: undefined };
    input.later(stages.links, index, () => {
      environment.$up = needObject(up(), "an enclosing environment");
      return environment;
    });
    return environment;
  },
  fill: fillShape,
};

const instanceReading: Reading = {
  read(input, index) {
    const type = input.reference();
    input.notes[index] = input.shape();
    return input.later(stages.instances, index, () => {
      return Object.create(needObject(needFunction(type(), "a class").prototype, "a prototype")) as object;
    });
  },
  fill: fillShape,
};

const arrayReading: Reading = {
  read(input, index) {
    input.notes[index] = input.input.varint();
    return [];
  },
  fill(input, object, index) {
    const list = object as unknown[];
    const length = input.notes[index] as number;
    if (length > input.input.remaining) throw corrupted("an array is longer than its bytes");
    list.length = 0;
    for (let at = 0; at < length; at++) {
      const item = input.value();
      if (item === hole) list.length++;
      else list.push(item);
    }
  },
};

const sparseReading: Reading = {
  read(input) {
    const list: unknown[] = [];
    const length = input.input.varint();
    if (length > 0xffff_ffff) throw corrupted("an array is too long");
    list.length = length;
    return list;
  },
};

const mapReading: Reading = {
  read: () => new Map(),
  fill(input, object) {
    const map = object as Map<unknown, unknown>;
    map.clear();
    const count = input.input.count(2);
    for (let at = 0; at < count; at++) {
      const key = input.value();
      map.set(key, input.value());
    }
  },
};

const setReading: Reading = {
  read: () => new Set(),
  fill(input, object) {
    const set = object as Set<unknown>;
    set.clear();
    const count = input.input.count();
    for (let at = 0; at < count; at++) set.add(input.value());
  },
};

const bufferReading: Reading = {
  read(input) {
    const length = input.input.varint();
    const maximum = input.input.varint();
    const bytes = input.input.bytes(length);
    if (maximum === 0) return bytes.slice().buffer;
    if (maximum - 1 > bufferBytesMax) {
      throw new SnapshotError(`the snapshot is corrupted: a buffer may grow to ${maximum - 1} bytes`);
    }
    const options = { maxByteLength: maximum - 1 };
    const buffer = new (ArrayBuffer as new (length: number, options: object) => ArrayBuffer)(length, options);
    new Uint8Array(buffer).set(bytes);
    return buffer;
  },
};

const viewReading: Reading = {
  read(input, index) {
    const name = viewTypes[input.input.byte()];
    const buffer = input.reference();
    const offset = input.input.varint();
    const length = input.input.varint();
    const type = (globalThis as unknown as Dictionary)[name ?? ""];
    if (typeof type !== "function") throw corrupted(`a view of type ${String(name)}`);
    return input.later(stages.views, index, () => {
      const over = buffer();
      if (!(over instanceof ArrayBuffer)) throw corrupted("a view without a buffer");
      return Reflect.construct(type, [over, offset, length]) as object;
    });
  },
};

const errorReading: Reading = {
  read(input) {
    const type = errorTypes[input.input.byte()];
    if (type === undefined) throw corrupted("an error of unknown type");
    const error = type === (AggregateError as unknown) ? new AggregateError([]) : new type();
    for (const key of Reflect.ownKeys(error)) Reflect.deleteProperty(error, key);
    return error;
  },
};

const domExceptionReading: Reading = {
  read(input) {
    const message = input.string();
    return new DOMException(message, input.string());
  },
};

const boxedReading: Reading = {
  read: (input) => {
    const value = input.reference()();
    if (value === null || value === undefined) throw corrupted("an empty box");
    return Object(value) as object;
  },
};

const closureReading: Reading = {
  read(input, index) {
    const site = input.site();
    const env = input.reference();
    const superclass = input.reference();
    const computed = readComputed(input, site);
    return input.later(stages.closures, index, () => {
      const over = needObject(env(), "an environment") as Environment;
      computed(over);
      return closure(site, over, superclass());
    });
  },
  // The prototype, if it was changed, is an object of its own; here it is put in its place if the program replaced it.
  fill(input, object) {
    const prototype = input.value();
    const own = Object.getOwnPropertyDescriptor(object, "prototype");
    if (prototype === undefined || own?.value === prototype) return;
    if (own?.writable !== true) throw corrupted("a prototype for what has none of its own");
    (object as { prototype: unknown }).prototype = prototype;
  },
};

/** The computed names of a class's members, to be put into its environment before the class is made. */
function readComputed(input: Decoder, site: Site): (env: Environment) => void {
  const names = site.computed ?? [];
  if (input.input.varint() !== names.length) throw corrupted("the computed names of a class");
  const fields = names.map((field) => [field, input.reference()] as const);
  return (env) => {
    for (const [field, key] of fields) env[field] = key();
  };
}

const boundReading: Reading = {
  read(input, index) {
    const target = input.reference();
    const self = input.reference();
    const count = input.input.count();
    const operands: (() => unknown)[] = [];
    for (let at = 0; at < count; at++) operands.push(input.reference());
    return input.later(stages.bound, index, () =>
      boundFunction(
        needFunction(target(), "the target of a bound function"),
        self(),
        operands.map((operand) => operand()),
      ),
    );
  },
};

const moduleValueReading: Reading = {
  read(input, index) {
    const module = input.string();
    const field = input.string();
    const depth = input.input.varint();
    const site = input.site();
    const superclass = input.reference();
    const computed = readComputed(input, site);
    const record = input.context.record(module);
    if (record === undefined) throw new SnapshotError(`the module ${module} is not part of this program`);
    return input.later(stages.closures, index, () => {
      const held: unknown = Object.getOwnPropertyDescriptor(record, field)?.value;
      if (typeof held === "function" && siteOf(held) === site) return held;
      // The module's body has not run here. The code is the same; what it captured between itself and the module is not there.
      if (depth > 1_000) throw corrupted("environments nested too deeply");
      let env: Environment = record;
      for (let level = 0; level < depth; level++) env = { $up: env };
      if (depth > 0) computed(env);
      return closure(site, env, superclass());
    });
  },
};

const memberReading: Reading = {
  read(input, index) {
    const owner = input.reference();
    const key = input.reference();
    const bits = input.input.byte();
    const role = (["value", "get", "set", "hidden"] as const)[bits & 3]!;
    return input.later(stages.members, index, () => {
      const type = needFunction(owner(), "the class of a method");
      const holder = bits & 4 ? type : needObject(type.prototype, "a prototype");
      const part: unknown =
        role === "hidden"
          ? hiddenOf(type)?.methods[String(key())]
          : Object.getOwnPropertyDescriptor(holder, key() as PropertyKey)?.[role];
      if (typeof part !== "function") {
        throw new SnapshotError(
          `the method ${String(key())} of ${type.name} is not part of this program any more`,
        );
      }
      return part;
    });
  },
};

const prototypeReading = (stage: number): Reading => ({
  read(input, index) {
    const owner = input.reference();
    return input.later(stage, index, () =>
      needObject(needFunction(owner(), "a function").prototype, "a prototype"),
    );
  },
});

const namedReading: Reading = {
  read(input) {
    const name = input.string();
    const value = input.context.valueOf(name);
    if (value !== undefined) return value;
    throw new SnapshotError(`${name}, to which the snapshot refers, does not exist in this process`);
  },
};

const constantReading: Reading = {
  read(input, index) {
    const module = input.string();
    const name = input.string();
    return input.last(index, () => {
      const record = input.context.record(module);
      const value: unknown = record?.[name];
      if ((typeof value === "object" && value !== null) || typeof value === "function") return value;
      throw new SnapshotError(`the constant ${name} of ${module} could not be made again`);
    });
  },
};

const recordReading: Reading = {
  read(input) {
    const module = input.string();
    const record = input.context.record(module);
    if (record === undefined) throw new SnapshotError(`the module ${module} is not part of this program`);
    return record;
  },
  fill(input, object) {
    if (input.mode !== modeCheckpoint) return;
    const record = object as Dictionary;
    const module = input.context.moduleOfRecord(record)!;
    const variables = input.context.definition(module)!.variables;
    const count = input.input.count(2);
    for (let at = 0; at < count; at++) {
      const name = input.string();
      const value = input.value();
      const variable = variables.find((each) => each.name === name);
      if (variable === undefined) {
        throw new SnapshotError(
          `the module ${module} has no variable ${name} any more, which the snapshot holds`,
        );
      }
      if (value === again) makeLazily(record, name, variable.again, module);
      else
        Object.defineProperty(record, name, { value, writable: true, enumerable: true, configurable: true });
    }
  },
};

/** At the first access the initialiser runs again, and the variable is an ordinary field from then on (design H1). */
function makeLazily(
  record: Dictionary,
  name: string,
  initialise: ((record: never) => unknown) | undefined,
  module: string,
): void {
  if (initialise === undefined)
    throw new SnapshotError(`the constant ${name} of ${module} cannot be made again`);
  Object.defineProperty(record, name, {
    enumerable: true,
    configurable: true,
    get() {
      const value = initialise(record as never);
      Object.defineProperty(record, name, { value, writable: true, enumerable: true, configurable: true });
      return value;
    },
    set(value: unknown) {
      Object.defineProperty(record, name, { value, writable: true, enumerable: true, configurable: true });
    },
  });
}

const namespaceReading: Reading = {
  read(input) {
    const module = input.string();
    const view = input.context.viewOf(module);
    if (view === undefined) throw new SnapshotError(`the module ${module} is not part of this program`);
    return view;
  },
};

const frameReading: Reading = {
  read(input) {
    checkInternal(input);
    const { site, label, slots } = input.layout();
    return new (site.kind === "generator" ? GeneratorFrame : Frame)(
      site,
      label,
      new Array(slots.length).fill(undefined),
    );
  },
  fill(input, object) {
    const frame = object as Frame;
    for (let at = 0; at < frame.slots.length; at++) frame.slots[at] = input.value();
    const value = input.value();
    const parent = AsyncGeneratorObject.is(value) ? AsyncGeneratorObject.of(value) : value;
    if (!isCaller(parent) || GeneratorObject.is(parent) !== frame instanceof GeneratorFrame)
      throw corrupted("a frame without a caller");
    frame.parent = parent;
  },
};

function isCaller(value: unknown): value is Caller {
  return (
    value instanceof Frame ||
    DurablePromise.is(value) ||
    value instanceof AsyncGenerator ||
    GeneratorObject.is(value)
  );
}

const generatorReading: Reading = {
  read(input) {
    checkInternal(input);
    return new GeneratorObject(Object.create(generatorPrototype) as object, undefined);
  },
  fill(input, object) {
    const frame = input.value();
    if (frame !== undefined && !(frame instanceof GeneratorFrame))
      throw corrupted("a generator without its frame");
    GeneratorObject.restore(object as GeneratorObject, frame);
  },
};

const asyncGeneratorReading: Reading = {
  read(input) {
    checkInternal(input);
    const bare = Object.create(asyncGeneratorPrototype) as object;
    return new AsyncGeneratorObject(bare, input.context.kernel);
  },
  fill(input, object) {
    const state = states[input.input.byte()];
    const reaction = input.value();
    const count = input.input.count();
    const queue: QueuedRequest[] = [];
    for (let at = 0; at < count; at++) queue.push(input.value() as QueuedRequest);
    const isWhole =
      state !== undefined &&
      (reaction === undefined || reaction instanceof FrameReaction) &&
      (reaction === undefined) === (state !== "suspended") &&
      queue.every((each) => each instanceof QueuedRequest);
    if (!isWhole) throw corrupted("a bad async generator");
    AsyncGeneratorObject.of(object as AsyncGeneratorObject).restore({ state, reaction, queue });
  },
};

const iteratorReading: Reading = {
  read(input) {
    checkInternal(input);
    const family = input.input.byte();
    const made = emptyIterator(family, input.input.byte());
    if (made === undefined) throw corrupted("an iterator of an unknown kind");
    return made;
  },
  fill(input, object) {
    const place = needObject(input.value(), "the place of an iterator");
    if (!("step" in place)) throw corrupted("an iterator without a place");
    IteratorObject.restore(object as IteratorObject, place as SavedIterator);
  },
};

const promiseReading: Reading = {
  read: (input) => DurablePromise.make(input.context.kernel),
  fill(input, object) {
    const state = (["pending", "fulfilled", "rejected"] as const)[input.input.byte()];
    const flags = input.input.byte();
    const value = input.value();
    const count = input.input.count();
    const reactions: PromiseParts["reactions"] = [];
    for (let at = 0; at < count; at++) reactions.push(input.value() as never);
    if (state === undefined || reactions.some((each) => !isReaction(each))) throw corrupted("a bad promise");
    const source =
      flags & 4
        ? {
            callee: input.value(),
            self: input.value(),
            operands: needObject(input.value(), "a list of operands") as unknown[],
            again: Number(input.value()),
          }
        : undefined;
    const parts = {
      state,
      value,
      handled: (flags & 1) !== 0,
      constructed: (flags & 2) !== 0,
      reactions,
      source,
    };
    DurablePromise.restore(object as DurablePromise, parts);
    if (flags & 8) input.foreign.push(object as DurablePromise);
  },
};

const saveableReading: Reading = {
  read(input, index) {
    const name = input.string();
    const saveable = saveableNamed(name);
    if (saveable === undefined)
      throw new SnapshotError(`the class "${name}", which the snapshot holds, is not registered`);
    return input.last(index, () => saveable.load(input.notes[index]));
  },
  fill(input, _object, index) {
    input.notes[index] = input.value();
  },
};

const argumentsReading: Reading = {
  read: () =>
    (function () {
      // biome-ignore lint/complexity/noArguments: an arguments object is what is made here
      return arguments;
    })() as object,
  fill(input, object) {
    const count = input.input.count();
    const list = object as Dictionary & { length: number };
    for (let at = 0; at < count; at++) list[at] = input.value();
    list.length = count;
  },
};

function isReaction(value: unknown): boolean {
  return typeof value === "object" && value !== null && "settled" in value;
}

const table: Record<number, Reading> = {
  [kinds.plain]: shapedReading(() => ({})),
  [kinds.nullPlain]: shapedReading(() => Object.create(null) as object),
  [kinds.environment]: environmentReading,
  [kinds.array]: arrayReading,
  [kinds.sparse]: sparseReading,
  [kinds.map]: mapReading,
  [kinds.set]: setReading,
  [kinds.date]: { read: (input) => new Date(input.input.double()) },
  [kinds.regexp]: {
    read: (input) => {
      const source = input.string();
      return new RegExp(source, input.string());
    },
    fill: (input, object) => {
      (object as RegExp).lastIndex = input.value() as number;
    },
  },
  [kinds.buffer]: bufferReading,
  [kinds.view]: viewReading,
  [kinds.error]: errorReading,
  [kinds.boxed]: boxedReading,
  [kinds.url]: { read: (input) => new URL(input.string()) },
  [kinds.searchParams]: { read: (input) => new URLSearchParams(input.string()) },
  [kinds.closure]: closureReading,
  [kinds.bound]: boundReading,
  [kinds.member]: memberReading,
  [kinds.prototype]: prototypeReading(stages.members),
  [kinds.generatorPrototype]: prototypeReading(stages.instances),
  [kinds.named]: namedReading,
  [kinds.constant]: constantReading,
  [kinds.moduleValue]: moduleValueReading,
  [kinds.record]: recordReading,
  [kinds.namespace]: namespaceReading,
  [kinds.frame]: frameReading,
  [kinds.promise]: promiseReading,
  [kinds.generator]: generatorReading,
  [kinds.asyncGenerator]: asyncGeneratorReading,
  [kinds.iterator]: iteratorReading,
  [kinds.instance]: instanceReading,
  [kinds.saveable]: saveableReading,
  [kinds.arguments]: argumentsReading,
  [kinds.domException]: domExceptionReading,
};
for (const internal of internalCases) {
  table[internal.tag] = {
    read(input) {
      checkInternal(input);
      return internal.make();
    },
    fill(input, object) {
      for (const field of internal.fields) {
        const value = input.value();
        if (field === "remaining") {
          // The collection may be filled after its iterator.
          input.finally(() => (object as CollectionIterator).place(value));
        } else (object as Dictionary)[field] = value;
      }
      if (object instanceof AsyncFromSync) object.kernel = input.context.kernel;
      if (object instanceof ProtocolIterator && object.next === undefined) object.next = stepOfList;
    },
  };
}

export function readerOf(tag: number): Reading | undefined {
  return table[tag];
}
