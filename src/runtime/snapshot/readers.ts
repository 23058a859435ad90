/**
 * How each kind of object is made and filled: the reading side of cases.ts. `shell` takes what
 * is needed to make the empty object, or registers how code is made in a later stage; the contents follow.
 */
import type { Environment, SavedIterator, Site } from "../../protocol/abi.ts";
import { AsyncGenerator, AsyncGeneratorObject, QueuedRequest, states } from "../async-generators.ts";
import { AsyncFromSync } from "../async-iteration.ts";
import { boundFunction } from "../bound.ts";
import { emptyIterator, IteratorObject } from "../collection-iterators.ts";
import { corrupted, SnapshotError } from "../errors.ts";
import { type Caller, CarryingFrame, Frame } from "../frame.ts";
import {
  asyncGeneratorPrototype,
  GeneratorFrame,
  GeneratorObject,
  generatorPrototype,
} from "../generators.ts";
import { type CollectionIterator, ProtocolIterator } from "../iterators.ts";
import { FrameReaction } from "../jobs.ts";
import { isKnown } from "../known.ts";
import { DurablePromise, type PromiseParts } from "../promise.ts";
import { saveableNamed } from "../saveable.ts";
import { type AnyFunction, classOver, closure, hiddenOf, memberOf, setSuperclass, siteOf } from "../stamp.ts";
import { recordPrototype } from "./context.ts";
import type { Decoder, ReadShape } from "./decoder.ts";
import { internalCases, stepOfList } from "./internals.ts";
import { Later, resolved } from "./later.ts";
import { partReading } from "./parts.ts";
import { loadLater } from "./registered.ts";
import {
  again,
  bufferBytesMax,
  kinds,
  modeCheckpoint,
  stages,
  symbolKinds,
  wellKnownSymbols,
} from "./tags.ts";
import { errorTypes, viewTypes } from "./type-names.ts";
import { weakCodeReadings, weakReadings } from "./weak.ts";
import { webReadings } from "./web.ts";

interface Filling {
  /** Reads the contents into the object. */
  fill?(input: Decoder, object: object): void;
  /** Or reads them into a list, which is put into the object: once more, if it held something that had to wait. */
  take?(input: Decoder, object: object): unknown[];
  put?(input: Decoder, object: object, fields: readonly unknown[]): void;
}

export interface Reading extends Filling {
  shell(input: Decoder): object;
}

export interface CodeReading extends Filling {
  /** The task's own, so that extras may change it; what belongs to the realm, to a module or to another program is left alone. */
  readonly isOwn?: boolean;
  /** Answers the code with this number, or says in what stage it will be made. */
  shell(input: Decoder, index: number): object | symbol | undefined;
}

type Dictionary = Record<string, unknown>;

function needObject(value: unknown, what: string): object {
  if (typeof value === "object" && value !== null) return value;
  throw corrupted(`${what} is not an object`);
}

function needFunction(value: unknown, what: string): AnyFunction {
  if (typeof value === "function") return value;
  throw corrupted(`${what} is not a function`);
}

/** A class or function of the program: what belongs to the realm has members, too, but they are not for a snapshot to reach. */
function needOwn(value: unknown, what: string): AnyFunction {
  const type = needFunction(value, what);
  if (siteOf(type) !== undefined || memberOf(type) !== undefined) return type;
  throw corrupted(`${what} is not of this program`);
}

/** What closures capture: never something that the realm or a foreign module provides. */
function needEnvironment(value: unknown): Environment {
  const environment = needObject(value, "an environment");
  if (!isKnown(environment)) return environment as Environment;
  throw corrupted("an environment is not of this program");
}

function checkInternal(input: Decoder): void {
  if (input.mode !== modeCheckpoint)
    throw corrupted("a value holds something that belongs to a running task");
}

const shapedReading: Reading = {
  shell(input) {
    const shape = input.shape();
    const object: object = shape.prototype === undefined ? {} : (Object.create(shape.prototype) as object);
    shapes.set(object, shape);
    return object;
  },
  fill: (input, object) => input.properties(object, shapes.get(object)!),
};
/** From a shell to its contents. */
const shapes = new WeakMap<object, ReadShape>();

const environmentReading: CodeReading = {
  isOwn: true,
  shell(input, index) {
    const up = input.reference();
    const environment: Environment = {};
    input.later(stages.links, index, () => {
      const outer = up();
      if (outer !== undefined) environment.$up = needEnvironment(outer);
      return environment;
    });
    return environment;
  },
  fill: (input, object) => input.properties(object, input.shape()),
};

const arrayReading: Reading = {
  shell(input) {
    const list: unknown[] = [];
    lengths.set(list, input.input.varint());
    return list;
  },
  fill: (input, object) => input.elements(object as unknown[], lengths.get(object)!),
};
const lengths = new WeakMap<object, number>();

const sparseReading: Reading = {
  shell(input) {
    const list: unknown[] = [];
    const length = input.input.varint();
    if (length > 0xffff_ffff) throw corrupted("an array is too long");
    list.length = length;
    return list;
  },
};

const mapReading: Reading = {
  shell: () => new Map(),
  take: (input) => values(input, input.input.count(2) * 2),
  put(_input, object, fields) {
    const map = object as Map<unknown, unknown>;
    map.clear();
    for (let at = 0; at < fields.length; at += 2) map.set(fields[at], fields[at + 1]);
  },
};

const setReading: Reading = {
  shell: () => new Set(),
  take: (input) => values(input, input.input.count()),
  put(_input, object, fields) {
    const set = object as Set<unknown>;
    set.clear();
    for (let at = 0; at < fields.length; at++) set.add(fields[at]);
  },
};

function values(input: Decoder, count: number, list: unknown[] = []): unknown[] {
  for (let at = 0; at < count; at++) list.push(input.value());
  return list;
}

const bufferReading: Reading = {
  shell(input) {
    const length = input.input.varint();
    const maximum = input.input.varint();
    const bytes = input.input.run(length);
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
  shell(input) {
    const name = viewTypes[input.input.byte()];
    const buffer = input.value();
    const offset = input.input.varint();
    const length = input.input.varint();
    const type = (globalThis as unknown as Dictionary)[name ?? ""];
    if (typeof type !== "function") throw corrupted(`a view of type ${String(name)}`);
    if (!(buffer instanceof ArrayBuffer)) throw corrupted("a view without a buffer");
    return Reflect.construct(type, [buffer, offset, length]) as object;
  },
};

const errorReading: Reading = {
  shell(input) {
    const type = errorTypes[input.input.byte()];
    if (type === undefined) throw corrupted("an error of unknown type");
    const error = type === (AggregateError as unknown) ? new AggregateError([]) : new type();
    for (const key of Reflect.ownKeys(error)) Reflect.deleteProperty(error, key);
    return error;
  },
};

const boxedReading: Reading = {
  shell: (input) => {
    const value = input.value();
    if (value === null || value === undefined || typeof value === "object") throw corrupted("an empty box");
    return Object(value) as object;
  },
};

const closureReading: CodeReading = {
  isOwn: true,
  shell(input, index) {
    const number = input.input.varint();
    const env = input.reference();
    const superclass = input.reference();
    const computed = readComputed(input);
    return input.later(stages.closures, index, () => {
      const over = needEnvironment(env());
      const site = isRecord(over) ? input.siteOfModule(number) : siteOver(input, over, number);
      if (site === undefined) return goneFunction(input.siteId(number));
      computed(site, over);
      if (site.kind === "class") return classAgain(input, site, over, superclass());
      // What it has taken along by value it reads again when its environment is filled.
      return closure(site, over, (read: (env: Environment) => void) =>
        input.laters.refillWith(() => read(over)),
      );
    });
  },
  // The prototype, if it was changed, is an object of its own; here it is put in its place if the program replaced it.
  take: (input) => values(input, 1),
  put(_input, object, [prototype]) {
    const own = Object.getOwnPropertyDescriptor(object, "prototype");
    if (prototype === undefined || own?.value === prototype) return;
    if (own?.writable !== true) throw corrupted("a prototype for what has none of its own");
    (object as { prototype: unknown }).prototype = prototype;
  },
};

function isRecord(environment: unknown): boolean {
  return (
    typeof environment === "object" &&
    environment !== null &&
    Object.getPrototypeOf(environment) === recordPrototype
  );
}

/** Of a class over an environment of its own there may be nothing any more. */
function siteOver(input: Decoder, env: Environment, number: number): Site | undefined {
  return isRecord(env.$up) && input.isGone(number) ? undefined : input.site(number);
}

/** A class over a superclass that may not be there yet, or not have its `prototype`: then over a stand-in, and both links are among its extras. */
function classAgain(input: Decoder, site: Site, env: Environment, superclass: unknown): object {
  if (!(superclass instanceof Later)) return classOver(site, env, superclass, extendable(superclass));
  const made = classOver(site, env, superclass, StandIn);
  input.laters.postpone(() => setSuperclass(made, resolved(superclass)));
  return made;
}

class StandIn {}

function extendable(superclass: unknown): unknown {
  if (typeof superclass !== "function") return superclass;
  try {
    // Made for the engine's checks alone.
    void class extends (superclass as typeof StandIn) {};
    return superclass;
  } catch {
    return StandIn;
  }
}

/** Stands for a function or a class that the program has no more, and that nothing but a variable which it has no more held (upgrade.ts, U6). */
function goneFunction(id: string): AnyFunction {
  return function gone() {
    throw new ReferenceError(`${id} is not part of this program any more`);
  };
}

/** The computed names of a class's members, to be put into its environment before the class is made. */
function readComputed(input: Decoder): (site: Site, env: Environment) => void {
  const names: (() => unknown)[] = [];
  for (let count = input.input.count(); count > 0; count--) names.push(input.reference());
  return (site, env) => {
    const fields = site.computed ?? [];
    if (fields.length !== names.length) throw corrupted("the computed names of a class");
    for (const [at, field] of fields.entries()) env[field] = names[at]!();
  };
}

const boundReading: CodeReading = {
  isOwn: true,
  shell(input) {
    const target = input.reference();
    return input.laters.add(
      new Later(([self, ...operands]) =>
        boundFunction(needFunction(resolved(target()), "the target of a bound function"), self, operands),
      ),
    );
  },
  take(input) {
    const self = input.value();
    return values(input, input.input.count(), [self]);
  },
};

const moduleValueReading: CodeReading = {
  shell(input, index) {
    const module = input.input.text();
    const field = input.input.text();
    const depth = input.input.varint();
    const number = input.input.varint();
    const superclass = input.reference();
    const computed = readComputed(input);
    const record = input.context.record(module);
    if (record === undefined) throw new SnapshotError(`the module ${module} is not part of this program`);
    return input.later(stages.closures, index, () => {
      const site = (depth === 0 ? input.siteOfModule(number) : undefined) ?? input.site(number);
      const held: unknown = Object.getOwnPropertyDescriptor(record, field)?.value;
      if (typeof held === "function" && siteOf(held) === site) return held;
      // The module's body has not run here. The code is the same; what it captured between itself and the module is not there.
      if (depth > 1_000) throw corrupted("environments nested too deeply");
      let env: Environment = record;
      for (let level = 0; level < depth; level++) env = { $up: env };
      if (depth > 0) computed(site, env);
      return closure(site, env, superclass());
    });
  },
};

const memberReading: CodeReading = {
  isOwn: true,
  shell(input, index) {
    const owner = input.reference();
    const key = input.reference();
    const bits = input.input.byte();
    const role = (["value", "get", "set", "hidden"] as const)[bits & 3]!;
    return input.later(stages.members, index, () => {
      const type = needOwn(owner(), "the class of a method");
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

const prototypeReading = (stage: number): CodeReading => ({
  isOwn: true,
  shell(input, index) {
    const owner = input.reference();
    return input.later(stage, index, () =>
      needObject(needOwn(owner(), "the owner of a prototype").prototype, "a prototype"),
    );
  },
});

const namedReading: CodeReading = {
  shell(input) {
    const name = input.input.text();
    const value = input.context.valueOf(name);
    if (value !== undefined) return value;
    throw new SnapshotError(`${name}, to which the snapshot refers, does not exist in this process`);
  },
};

const constantReading: CodeReading = {
  shell(input) {
    const module = input.input.text();
    const name = input.input.text();
    const make = (): object => {
      const value: unknown = input.context.record(module)?.[name];
      if ((typeof value === "object" && value !== null) || typeof value === "function") return value;
      throw new SnapshotError(`the constant ${name} of ${module} could not be made again`);
    };
    return input.laters.add(new Later(make, "constants"));
  },
};

const recordReading: CodeReading = {
  shell(input) {
    const module = input.input.textAgain();
    const record = input.context.record(module);
    if (record !== undefined) return record;
    if (input.mode !== modeCheckpoint)
      throw new SnapshotError(`the module ${module} is not part of this program`);
    // What it held is read, and forgotten (upgrade.ts, U6).
    return Object.create(recordPrototype) as object;
  },
  take(input) {
    const fields: unknown[] = [];
    if (input.mode !== modeCheckpoint) return fields;
    for (let count = input.input.count(2); count > 0; count--) fields.push(input.text(), input.value());
    return fields;
  },
  put(input, object, fields) {
    const record = object as Dictionary;
    const module = input.context.moduleOfRecord(record);
    if (module === undefined) return;
    const { variables } = input.context.definition(module)!;
    let areAll = fields.length === variables.length * 2;
    for (let at = 0; at < fields.length; at += 2) {
      const name = fields[at] as string;
      const value = fields[at + 1];
      // Variables are written in the order of their declaration.
      const next = variables[at >> 1];
      areAll &&= next?.name === name;
      const variable = next?.name === name ? next : variables.find((each) => each.name === name);
      // It is not there any more in the version to which the task has been moved.
      if (variable === undefined) continue;
      if (value === again) {
        // Once: this is done anew for what it holds, when the constant may have been made.
        const constant = `${module}#${name}`;
        if (input.remakes(constant)) makeLazily(record, name, variable.again, module);
      } else if (
        variable.again === undefined ||
        Object.getOwnPropertyDescriptor(record, name)?.writable === true
      )
        record[name] = value;
      else
        Object.defineProperty(record, name, { value, writable: true, enumerable: true, configurable: true });
    }
    if (input.mode !== modeCheckpoint || areAll) return;
    const names = new Set(fields.filter((_, at) => at % 2 === 0));
    const known = new Set(variables.map(({ name }) => name).filter((name) => names.has(name)));
    if (known.size < variables.length) input.newVariables.push({ module, known });
  },
};

/** At the first access the initialiser runs again, and the variable is an ordinary field from then on (design H1). */
export function makeLazily(
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

const namespaceReading: CodeReading = {
  shell(input) {
    const module = input.input.text();
    const view = input.context.viewOf(module);
    if (view === undefined) throw new SnapshotError(`the module ${module} is not part of this program`);
    return view;
  },
};

const frameReading: Reading = {
  shell(input) {
    checkInternal(input);
    const { site, label, slots } = input.layout();
    return new (site.kind === "generator" ? GeneratorFrame : Frame)(site, label, new Array(slots.length));
  },
  take: (input, object) => values(input, (object as Frame).slots.length + 1),
  put(_input, object, fields) {
    const frame = object as Frame;
    const count = fields.length - 1;
    frame.slots = fields.slice(0, count);
    const held = fields[count];
    // What most calls return to, first.
    if ((held instanceof Frame || DurablePromise.is(held)) && !(frame instanceof GeneratorFrame)) {
      frame.parent = held;
      return;
    }
    const parent = AsyncGeneratorObject.is(held) ? AsyncGeneratorObject.of(held) : held;
    if (!isCaller(parent) || GeneratorObject.is(parent) !== frame instanceof GeneratorFrame)
      throw corrupted("a frame without a caller");
    frame.parent = parent;
  },
};

const carryingFrameReading: Reading = {
  shell(input) {
    checkInternal(input);
    const { site, label, slots } = input.layout();
    return new CarryingFrame(site, label, new Array(slots.length), undefined);
  },
  take: (input, object) => values(input, (object as Frame).slots.length + 2),
  put(input, object, fields) {
    frameReading.put!(input, object, fields.slice(0, -1));
    const ambient = fields.at(-1);
    if (!Array.isArray(ambient)) throw corrupted("a frame without what it carries");
    (object as CarryingFrame).ambient = ambient;
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
  shell(input) {
    checkInternal(input);
    return new GeneratorObject(Object.create(generatorPrototype) as object, undefined);
  },
  take: (input) => values(input, 1),
  put(_input, object, [frame]) {
    if (frame !== undefined && !(frame instanceof GeneratorFrame))
      throw corrupted("a generator without its frame");
    GeneratorObject.restore(object as GeneratorObject, frame);
  },
};

const asyncGeneratorReading: Reading = {
  shell(input) {
    checkInternal(input);
    const bare = Object.create(asyncGeneratorPrototype) as object;
    return new AsyncGeneratorObject(bare, input.context.kernel);
  },
  take(input) {
    const state = states[input.input.byte()];
    const reaction = input.value();
    return values(input, input.input.count(), [state, reaction]);
  },
  put(_input, object, [state, reaction, ...rest]) {
    const queue = rest as QueuedRequest[];
    const isWhole =
      state !== undefined &&
      (reaction === undefined || reaction instanceof FrameReaction) &&
      (reaction === undefined) === (state !== "suspended") &&
      queue.every((each) => each instanceof QueuedRequest);
    if (!isWhole) throw corrupted("a bad async generator");
    const parts = { state: state as (typeof states)[number], reaction, queue };
    AsyncGeneratorObject.of(object as AsyncGeneratorObject).restore(parts);
  },
};

const iteratorReading: Reading = {
  shell(input) {
    checkInternal(input);
    const family = input.input.byte();
    const made = emptyIterator(family, input.input.byte());
    if (made === undefined) throw corrupted("an iterator of an unknown kind");
    return made;
  },
  take: (input) => values(input, 1),
  put(_input, object, [held]) {
    const place = needObject(held, "the place of an iterator");
    if (!("step" in place)) throw corrupted("an iterator without a place");
    IteratorObject.restore(object as IteratorObject, place as SavedIterator);
  },
};

const promiseStates = ["pending", "fulfilled", "rejected"] as const;

const promiseReading: Reading = {
  shell: (input) => DurablePromise.make(input.context.kernel),
  take(input, object) {
    const state = promiseStates[input.input.byte()];
    const flags = input.input.byte();
    const value = input.value();
    const count = input.input.count();
    const fields = values(input, count, [state, flags, value, count]);
    if (flags & 8) input.foreign.push(object as DurablePromise);
    return flags & 4 ? values(input, 4, fields) : fields;
  },
  put(input, object, fields) {
    const state = fields[0] as (typeof promiseStates)[number] | undefined;
    const flags = fields[1] as number;
    // As it has been made.
    if (state === "pending" && flags === 0 && fields.length === promiseFields) return checkInternal(input);
    const source = promiseFields + (fields[3] as number);
    const reactions = fields.slice(promiseFields, source) as PromiseParts["reactions"];
    if (state === undefined || !reactions.every(isReaction)) throw corrupted("a bad promise");
    if (state === "pending") checkInternal(input);
    const parts = {
      state,
      value: fields[2],
      handled: (flags & 1) !== 0,
      constructed: (flags & 2) !== 0,
      reactions,
      source: flags & 4 ? sourceOf(fields.slice(source)) : undefined,
    };
    DurablePromise.restore(object as DurablePromise, parts);
  },
};
/** State, flags, value, number of reactions. */
const promiseFields = 4;

function sourceOf([callee, self, operands, again]: readonly unknown[]): PromiseParts["source"] {
  const list = needObject(operands, "a list of operands") as unknown[];
  return { callee, self, operands: list, again: Number(again) };
}

const saveableReading: Reading = {
  shell(input) {
    const name = input.text();
    const saveable = saveableNamed(name);
    if (saveable === undefined)
      throw new SnapshotError(`the class "${name}", which the snapshot holds, is not registered`);
    return input.laters.add(new Later(([saved]) => saveable.load(saved, input.context.kernel)));
  },
  take: (input) => values(input, 1),
};

const registeredReading: Reading = {
  shell: (input) => input.laters.add(loadLater(input.context)),
  take: (input) => values(input, 2),
};

const argumentsReading: Reading = {
  shell: () =>
    (function () {
      // biome-ignore lint/complexity/noArguments: an arguments object is what is made here
      return arguments;
    })() as object,
  take: (input) => values(input, input.input.count()),
  put(_input, object, fields) {
    const list = object as Dictionary & { length: number };
    for (const [at, value] of fields.entries()) list[at] = value;
    list.length = fields.length;
  },
};

function isReaction(value: unknown): boolean {
  return typeof value === "object" && value !== null && "settled" in value;
}

function symbolOf(input: Decoder): symbol {
  const kind = input.input.byte();
  const text = input.input.byte() === 0 ? undefined : input.input.text();
  if (kind === symbolKinds.own) return Symbol(text);
  if (text !== undefined && kind === symbolKinds.registered) return Symbol.for(text);
  if (text !== undefined && kind === symbolKinds.wellKnown && wellKnownSymbols.includes(text)) {
    return (Symbol as unknown as Record<string, symbol>)[text]!;
  }
  throw corrupted(`a symbol of kind ${kind}`);
}

const codeTable: Record<number, CodeReading> = {
  [kinds.symbol]: { shell: symbolOf },
  [kinds.site]: {
    shell: (input, index) => input.noteSite(index),
  },
  [kinds.layout]: { shell: (input, index) => input.noteLayout(index) },
  [kinds.environment]: environmentReading,
  [kinds.closure]: closureReading,
  [kinds.bound]: boundReading,
  [kinds.member]: memberReading,
  [kinds.prototype]: prototypeReading(stages.members),
  [kinds.generatorPrototype]: prototypeReading(stages.generatorPrototypes),
  [kinds.named]: namedReading,
  [kinds.constant]: constantReading,
  [kinds.moduleValue]: moduleValueReading,
  [kinds.record]: recordReading,
  [kinds.namespace]: namespaceReading,
  ...weakCodeReadings,
};

const table: Record<number, Reading> = {
  [kinds.shaped]: shapedReading,
  [kinds.array]: arrayReading,
  [kinds.sparse]: sparseReading,
  [kinds.map]: mapReading,
  [kinds.set]: setReading,
  [kinds.date]: { shell: (input) => new Date(input.input.double()) },
  [kinds.regexp]: {
    shell(input) {
      const source = input.text();
      return new RegExp(source, input.text());
    },
    take: (input) => values(input, 1),
    put(_input, object, [lastIndex]) {
      (object as RegExp).lastIndex = lastIndex as number;
    },
  },
  [kinds.buffer]: bufferReading,
  [kinds.view]: viewReading,
  [kinds.error]: errorReading,
  [kinds.boxed]: boxedReading,
  [kinds.frame]: frameReading,
  [kinds.carryingFrame]: carryingFrameReading,
  [kinds.promise]: promiseReading,
  [kinds.generator]: generatorReading,
  [kinds.asyncGenerator]: asyncGeneratorReading,
  [kinds.iterator]: iteratorReading,
  [kinds.saveable]: saveableReading,
  [kinds.registered]: registeredReading,
  [kinds.arguments]: argumentsReading,
  [kinds.part]: partReading,
  ...webReadings,
  ...weakReadings,
};
for (const internal of internalCases) {
  if (internal.tag in table) continue;
  table[internal.tag] = {
    shell(input) {
      checkInternal(input);
      return internal.make();
    },
    take: (input) => values(input, internal.fields.length),
    put(input, object, fields) {
      for (const [at, field] of internal.fields.entries()) {
        // The collection may be filled after its iterator.
        if (field === "remaining") input.finally(() => (object as CollectionIterator).place(fields[at]));
        else (object as Dictionary)[field] = fields[at];
      }
      if (object instanceof AsyncFromSync) object.kernel = input.context.kernel;
      if (object instanceof ProtocolIterator && object.next === undefined) object.next = stepOfList;
    },
  };
}

export function readingOf(kind: number): Reading | undefined {
  return table[kind];
}

export function codeReadingOf(kind: number): CodeReading | undefined {
  return codeTable[kind];
}
