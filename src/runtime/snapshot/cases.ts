/**
 * How an object is written: which kind it is, and what belongs to that kind. The reading side is `readers.ts`, case by case
 * in the same order. An object that no case takes is refused, so nothing is ever lost silently.
 */
import { assert } from "../../base/errors.ts";
import type { ModuleRecord, Site } from "../../protocol/abi.ts";
import { DurableAbortController, DurableAbortSignal } from "../abort.ts";
import { DurableAsyncLocalStorage, DurableAsyncResource } from "../ambient.ts";
import { InterruptedError, runtimeErrors } from "../errors.ts";
import { DurableCustomEvent, DurableEvent, DurableEventTarget } from "../events.ts";
import { functionOfPrototype, GeneratorFrame } from "../generators.ts";
import { DurablePromise } from "../promise.ts";
import { behindProxies } from "../proxies.ts";
import { saveableOf } from "../saveable.ts";
import {
  type AnyFunction,
  envOf,
  type HiddenState,
  hiddenBy,
  hiddenOfClass,
  hiddenOfStranger,
  hidesMembers,
  memberOf,
  siteOf,
  superclassOf,
} from "../stamp.ts";
import {
  boundSite,
  functionOf,
  hasOtherPrototype,
  isAsMade,
  isOfBound,
  isOfMember,
  lostOf,
  ownsOfFunction,
  ownsOfPrototype,
  parentOf,
  parentOfPrototype,
} from "./as-made.ts";
import { recordPrototype } from "./context.ts";
import type { Encoder, Encoding, Extras } from "./encoder.ts";
import { carryingFrameCase, frameCase, generatorCases, internalCases, promiseCase } from "./internals.ts";
import { addHandlesWithin, partCase } from "./parts.ts";
import { isPooled } from "./pools.ts";
import { registeredCase, saveableCase } from "./registered.ts";
import { hasOrdinaryElements, isBare, isOrdinary, keysOfView } from "./shapes.ts";
import { bases, bufferBytesMax, kinds, modeCheckpoint, modeValue } from "./tags.ts";
import { errorTypes, viewTypes } from "./type-names.ts";
import { followsBuffer } from "./views.ts";
import { weakCases } from "./weak.ts";
import { lateCaseOf, probes, wayRound, webCases } from "./web.ts";

export interface Case {
  readonly tag: number;
  /** It stands in the table of code, and its shell in the shells; otherwise the shell goes to the contents. */
  readonly isCode?: boolean;
  /** It has no contents that could come later. */
  readonly isWhole?: boolean;
  /** What is needed to make it empty. */
  shell?(out: Encoder, value: object): void;
  write?(out: Encoder, value: object): void;
  /** Whether a value whose prototype only leads to the case's is one of its kind. */
  accepts?(value: object): boolean;
  /** Keys that belong to the kind itself. */
  owns?(value: object, key: PropertyKey): boolean;
  /** A fresh one has properties that the program may have deleted. */
  readonly mayLose?: true;
  /** Another way to write this very value. */
  variant?(out: Encoder, value: object): Case | undefined;
}

// ---- functions ------------------------------------------------------------------------------------------------------

/** The function that has to be made before this one can be. */
export function prerequisiteOf(value: AnyFunction): unknown {
  const site = siteOf(value);
  if (site === undefined) return undefined;
  if (site.kind === "class") return superclassOf(value);
  return site.id === boundSite ? envOf(value).target : undefined;
}

const closureCase: Case = {
  tag: kinds.closure,
  isCode: true,
  shell(out, value) {
    const site = siteOf(value as AnyFunction)!;
    const env = envOf(value as AnyFunction);
    if (site.id === "%promise.resolve" || site.id === "%promise.reject") {
      if (env.done === false) out.settleable.add(env.promise as never);
    }
    out.shells.varint(out.site(site));
    out.shellValue(env, "[captured]");
    out.shellValue(superclassOf(value as AnyFunction), "[superclass]");
    writeComputed(out, value as AnyFunction);
  },
  write(out, value) {
    writePrototype(out, value as AnyFunction);
  },
  owns: ownsOfFunction,
  mayLose: true,
};

const boundCase: Case = {
  tag: kinds.bound,
  isCode: true,
  shell(out, value) {
    out.shellValue(envOf(value as AnyFunction).target, "[target]");
  },
  write(out, value) {
    const env = envOf(value as AnyFunction) as { self: unknown; operands: unknown[] };
    out.value(env.self, "[this]");
    out.contents.varint(env.operands.length);
    for (const [index, operand] of env.operands.entries()) out.value(operand, index);
  },
  owns: isOfBound,
  mayLose: true,
};

/** A function or class that a variable of a module holds goes by that variable: the receiver has its own. */
const moduleValueCase: Case = {
  tag: kinds.moduleValue,
  isCode: true,
  shell(out, value) {
    const { module, name, depth } = moduleFieldOf(out, value as AnyFunction)!;
    out.shells.text(module);
    out.shells.text(name);
    out.shells.varint(depth);
    out.shells.varint(out.site(siteOf(value as AnyFunction)!));
    out.shellValue(superclassOf(value as AnyFunction), "[superclass]");
    writeComputed(out, value as AnyFunction);
  },
};

/** The computed names of a class's members: they are asked for when the class is made, before its environment is filled. */
function writeComputed(out: Encoder, value: AnyFunction): void {
  const fields = siteOf(value)!.computed ?? [];
  out.shells.varint(fields.length);
  for (const field of fields) out.shellValue(envOf(value)[field], "[name]");
}

const memberCase: Case = {
  tag: kinds.member,
  isCode: true,
  shell(out, value) {
    const { owner, fixed, key, role } = memberOf(value as AnyFunction)!;
    out.shellValue(owner, "[class]");
    out.shellValue(key, "[key]");
    out.shells.byte((fixed ? 4 : 0) | ["value", "get", "set", "hidden"].indexOf(role));
  },
  owns: (value, key) => isOfMember(value as AnyFunction, key),
  mayLose: true,
};

const prototypeCase: Case = {
  tag: kinds.prototype,
  isCode: true,
  shell(out, value) {
    out.shellValue(functionOf(value), "[constructor]");
  },
  owns: ownsOfPrototype,
  mayLose: true,
};

/** The prototype of a generator function, which may be a method of a class: made when those are there. */
const generatorPrototypeCase: Case = { ...prototypeCase, tag: kinds.generatorPrototype };

const namedCase: Case = {
  tag: kinds.named,
  isCode: true,
  shell(out, value) {
    out.shells.text(out.context.nameOf(value)!);
  },
};

/** A function's prototype is written only if the program has changed it. */
function writePrototype(out: Encoder, value: AnyFunction): void {
  const property = Object.getOwnPropertyDescriptor(value, "prototype");
  if (property === undefined) return out.value(undefined, "prototype");
  const prototype: unknown = property.value;
  if (hasOtherPrototype(value)) return out.value(prototype, "prototype");
  const changed =
    typeof prototype === "object" &&
    prototype !== null &&
    functionOf(prototype) === value &&
    (lostOf(prototype).length > 0 ||
      Reflect.ownKeys(prototype).some((key) => !prototypeCase.owns!(prototype, key)) ||
      parentOfPrototype(out, value, prototype) !== undefined);
  out.value(changed ? prototype : undefined, "prototype");
}

/** The variable of its module that holds a function, and how many environments lie between it and the module's record. */
function moduleFieldOf(
  out: Encoder,
  value: AnyFunction,
): { readonly module: string; readonly name: string; readonly depth: number } | undefined {
  let env: unknown = envOf(value);
  let depth = 0;
  for (; isObject(env) && Object.getPrototypeOf(env) !== recordPrototype; depth++)
    env = (env as { $up?: unknown }).$up;
  const module = isObject(env) ? out.context.moduleOfRecord(env) : undefined;
  if (module === undefined) return undefined;
  const holds = (name: string): boolean => Object.getOwnPropertyDescriptor(env, name)?.value === value;
  // Mostly it is the variable that has its name.
  const { name } = siteOf(value)!;
  if (holds(name) && out.context.definition(module)?.variables.some((each) => each.name === name))
    return { module, name, depth };
  const held = out.context.definition(module)?.variables.find((each) => holds(each.name));
  return held && { module, name: held.name, depth };
}

function caseOfFunction(out: Encoder, value: AnyFunction): Encoding {
  if (memberOf(value) !== undefined) return withExtras(out, memberCase, value, derived(parentOf(out, value)));
  const site = siteOf(value);
  if (site === undefined) {
    if (out.context.nameOf(value) !== undefined) return { kind: namedCase };
    return out.refuse(
      "it was made by foreign code, and no export of a module leads to it; let go of what holds it before, and make it again after",
    );
  }
  if (site.id === boundSite) return withExtras(out, boundCase, value, derived(parentOf(out, value)));
  if (out.mode === modeValue && moduleFieldOf(out, value) !== undefined) return { kind: moduleValueCase };
  const parent = parentOf(out, value);
  if (site.kind !== "class" && parent === undefined && isAsMade(value)) return ordinaryClosure;
  const hidden = site.kind === "class" ? hiddenOfClass(value) : undefined;
  return withExtras(
    out,
    closureCase,
    value,
    hidden === undefined ? derived(parent) : { ...derived(parent), hidden },
  );
}

/** Extras of what inherits from something that it was not made to inherit from. */
function derived(parent: object | null | undefined): Partial<Extras> | undefined {
  return parent === undefined ? undefined : { prototype: parent };
}

const ordinaryClosure: Encoding = { kind: closureCase };

// ---- objects that carry properties ----------------------------------------------------------------------------------

/** Objects of nothing but ordinary properties; what has others is made without any, and all are extras, so that their order is kept. */
const shapedCase = (base: number, type: number, keys: readonly string[] | undefined): Case => ({
  tag: kinds.shaped,
  shell(out) {
    out.shapeOf(out.shape(base, type, keys ?? []), false);
  },
  write(out, value) {
    if (keys === undefined) return;
    assert(out.ordinary(value)?.length === keys.length, "an object changed while it was saved");
    out.ordinaryContents(keys);
  },
});
/** Stands for whatever has Object.prototype. */
const plainCase = shapedCase(bases.plain, 0, undefined);

const environmentCase: Case = {
  tag: kinds.environment,
  isCode: true,
  shell(out, value) {
    out.shellValue((value as { $up?: unknown }).$up, "$up");
  },
  write(out, value) {
    const keys = Object.keys(value).filter((key) => key !== "$up");
    out.shapeOf(out.shape(bases.plain, 0, keys), false);
    for (const key of keys) out.value((value as Record<string, unknown>)[key], key);
  },
};

/** Whether an object is what a closure captures: environments lead to the record of a module. What a program names `$up` does not. */
export function isEnvironment(value: object): boolean {
  let at: unknown = value;
  for (let depth = 0; depth < environmentsMax && isObject(at); depth++) {
    if (Object.getPrototypeOf(at) === recordPrototype) return depth > 0;
    at = Object.getOwnPropertyDescriptor(at, "$up")?.value;
  }
  return false;
}
/** Environments stand in each other as functions do in the text of a program. */
const environmentsMax = 1_000;

const recordCase: Case = {
  tag: kinds.record,
  isCode: true,
  shell(out, value) {
    const module = out.context.moduleOfRecord(value);
    if (module === undefined || out.context.definition(module) === undefined)
      return out.refuse("it belongs to another task");
    out.shells.text(module);
  },
  write(out, value) {
    if (out.mode === modeValue) return;
    const module = out.context.moduleOfRecord(value)!;
    const { variables } = out.context.definition(module)!;
    out.contents.varint(variables.length);
    for (const { name, again } of variables) {
      out.text(name);
      if (again === undefined) {
        // Nothing else is ever an accessor.
        out.value((value as ModuleRecord)[name], name);
        continue;
      }
      const property = Object.getOwnPropertyDescriptor(value, name);
      const held: unknown = property?.value;
      const constant = isObject(held) ? out.constantOf(held) : undefined;
      // A constant that waits to be made again, or that cannot be saved and is to be made again (design H1).
      if (property?.get !== undefined || (constant?.module === module && constant.name === name)) out.again();
      else out.value(held, name);
    }
  },
};

export const recordEncoding: Encoding = { kind: recordCase };

const namespaceCase: Case = {
  tag: kinds.namespace,
  isCode: true,
  shell(out, value) {
    out.shells.text(out.context.viewName(value)!);
  },
};

const constantCase: Case = {
  tag: kinds.constant,
  isCode: true,
  shell(out, value) {
    const { module, name } = out.constantOf(value)!;
    out.shells.text(module);
    out.shells.text(name);
  },
};

const argumentsCase: Case = {
  tag: kinds.arguments,
  write(out, value) {
    const list = value as ArrayLike<unknown>;
    out.contents.varint(list.length);
    for (let index = 0; index < list.length; index++) out.value(list[index], index);
  },
  owns: (value, key) =>
    key === "callee" ||
    key === "length" ||
    key === Symbol.iterator ||
    (typeof key === "string" && Number(key) < (value as ArrayLike<unknown>).length && isOrdinary(value, key)),
};

const arrayCase: Case = {
  tag: kinds.array,
  accepts: Array.isArray,
  shell(out, value) {
    out.contents.varint((value as unknown[]).length);
  },
  write(out, value) {
    const list = value as unknown[];
    for (let index = 0; index < list.length; index++) {
      const item = list[index];
      if (item === undefined && !Object.hasOwn(list, index)) out.hole();
      else out.value(item, index);
    }
  },
};

/** Few elements in a long array, or elements that are not ordinary: those are extras. */
const sparseCase: Case = {
  tag: kinds.sparse,
  shell(out, value) {
    out.contents.varint((value as unknown[]).length);
  },
};

function caseOfArray(out: Encoder, value: unknown[]): Encoding {
  const base =
    Object.getPrototypeOf(value) === Array.prototype
      ? undefined
      : checkedPrototype(out, value, Array.prototype);
  const keys = Reflect.ownKeys(value);
  const fixed =
    !Object.isExtensible(value) || (out.context.definesProperties === true && !hasOrdinaryElements(value));
  const { length } = value;
  // Indices come first: so "length" stands at `length` only if none is missing.
  if (!fixed && keys.length === length + 1 && keys[length] === "length" && base === undefined)
    return { kind: arrayCase };
  const indices = keys.indexOf("length");
  const dense = !fixed && indices * 2 >= length;
  const rest = keys.filter((key, at) => (at < indices ? !dense : key !== "length"));
  if (fixed && !Object.getOwnPropertyDescriptor(value, "length")!.writable) rest.push("length");
  const kind = dense ? arrayCase : sparseCase;
  if (rest.length === 0 && !fixed && base === undefined) return { kind };
  return { kind, extras: { fixed: !Object.isExtensible(value), keys: rest, ...base } };
}

// ---- built-in kinds -------------------------------------------------------------------------------------------------

function getterOf(prototype: object, key: PropertyKey): (this: unknown) => unknown {
  return Object.getOwnPropertyDescriptor(prototype, key)!.get!;
}

const mapSize = getterOf(Map.prototype, "size");
const setSize = getterOf(Set.prototype, "size");
const bufferLength = getterOf(ArrayBuffer.prototype, "byteLength");
const regexpSource = getterOf(RegExp.prototype, "source");
const regexpFlags = getterOf(RegExp.prototype, "flags");

const mapCase: Case = {
  tag: kinds.map,
  accepts: probes((value) => mapSize.call(value)),
  write(out, value) {
    out.contents.varint(mapSize.call(value) as number);
    Map.prototype.forEach.call(value, (item: unknown, key: unknown) => {
      out.value(key, "[key]");
      out.value(item, isObject(key) ? "[value]" : `[${shown(key)}]`);
    });
  },
};

const setCase: Case = {
  tag: kinds.set,
  accepts: probes((value) => setSize.call(value)),
  write(out, value) {
    out.contents.varint(setSize.call(value) as number);
    Set.prototype.forEach.call(value, (item: unknown) => out.value(item, "[element]"));
  },
};

const dateCase: Case = {
  tag: kinds.date,
  accepts: probes((value) => Date.prototype.getTime.call(value)),
  shell(out, value) {
    out.contents.double(Date.prototype.getTime.call(value));
  },
};

const regexpCase: Case = {
  tag: kinds.regexp,
  accepts: probes((value) => value !== RegExp.prototype && regexpSource.call(value)),
  shell(out, value) {
    out.text(regexpSource.call(value) as string);
    out.text(regexpFlags.call(value) as string);
  },
  write(out, value) {
    out.value((value as RegExp).lastIndex, "lastIndex");
  },
  // A frozen expression's `lastIndex` is an extra, like any other property that is not as it was made.
  owns: (value, key) => key === "lastIndex" && Object.getOwnPropertyDescriptor(value, key)!.writable === true,
};

const bufferCase: Case = {
  tag: kinds.buffer,
  accepts: probes((value) => bufferLength.call(value)),
  shell(out, value) {
    const buffer = value as ArrayBuffer & { readonly resizable?: boolean; readonly maxByteLength?: number };
    if ((buffer.maxByteLength ?? buffer.byteLength) > bufferBytesMax)
      out.refuse(`it has, or may grow to, more than ${bufferBytesMax} bytes; split it up`);
    out.pools.holds(buffer);
    out.contents.varint(buffer.byteLength);
    out.contents.varint(buffer.resizable === true ? buffer.maxByteLength! + 1 : 0);
    out.contents.run(new Uint8Array(buffer));
  },
};

const typedArrayPrototype = Object.getPrototypeOf(Uint8Array.prototype) as object;
const typedArrayName = getterOf(typedArrayPrototype, Symbol.toStringTag);

const viewCase: Case = {
  tag: kinds.view,
  accepts: ArrayBuffer.isView,
  isWhole: true,
  shell(out, value) {
    const view = value as Uint8Array;
    if (followsBuffer(view))
      out.refuse("its length follows that of a resizable buffer; make it with a length of its own");
    const name = (typedArrayName.call(value) ?? "DataView") as (typeof viewTypes)[number];
    if (name === "Uint8Array") addHandlesWithin(out, view);
    const piece = isPooled(view) ? out.pools.pieceOf(view) : { buffer: view.buffer, from: 0 };
    out.contents.byte(viewTypes.indexOf(name));
    out.value(piece.buffer, "buffer");
    out.contents.varint(view.byteOffset - piece.from);
    out.contents.varint(name === "DataView" ? view.byteLength : view.length);
  },
};

function errorCase(type: number): Case {
  return {
    tag: kinds.error,
    accepts: (value) => Object.hasOwn(value, "stack") || Object.hasOwn(value, "message"),
    shell(out) {
      out.contents.byte(type);
    },
  };
}

const boxedCase = (read: (this: unknown) => unknown): Case => ({
  tag: kinds.boxed,
  accepts: probes((value) => read.call(value)),
  isWhole: true,
  shell(out, value) {
    out.value(read.call(value), "[value]");
  },
  owns: (value, key) =>
    typeof key === "string" &&
    read === String.prototype.valueOf &&
    (key === "length" || Number(key) < String(value).length),
});

/** Of classes of the runtime's own that keep all they are in properties: like those of the program. */
const openCase: Case = { ...plainCase, accepts: () => false };

const byPrototype = new Map<object, Case>([
  [Object.prototype, plainCase],
  [Array.prototype, arrayCase],
  [Map.prototype, mapCase],
  [Set.prototype, setCase],
  [Date.prototype, dateCase],
  [RegExp.prototype, regexpCase],
  [ArrayBuffer.prototype, bufferCase],
  [DataView.prototype, viewCase],
  ...viewTypes.slice(1).flatMap((name): [object, Case][] => {
    const type = (globalThis as unknown as Record<string, { prototype: object } | undefined>)[name];
    return type === undefined ? [] : [[type.prototype, viewCase]];
  }),
  ...errorTypes.map((type, index): [object, Case] => [type.prototype as object, errorCase(index)]),
  [Number.prototype, boxedCase(Number.prototype.valueOf)],
  [String.prototype, boxedCase(String.prototype.valueOf)],
  [Boolean.prototype, boxedCase(Boolean.prototype.valueOf)],
  [Symbol.prototype, boxedCase(Symbol.prototype.valueOf)],
  [BigInt.prototype, boxedCase(BigInt.prototype.valueOf)],
  ...webCases,
  ...weakCases,
  ...[
    ...[DurableAbortController, DurableAbortSignal, DurableEventTarget, DurableEvent, DurableCustomEvent],
    ...[DurableAsyncLocalStorage, DurableAsyncResource],
  ].map((type): [object, Case] => [type.prototype as object, openCase]),
  [promiseCase.prototype, promiseCase],
  [frameCase.prototype, frameCase],
  [carryingFrameCase.prototype, carryingFrameCase],
  [GeneratorFrame.prototype, frameCase],
  ...generatorCases.map((each): [object, Case] => [each.prototype, each]),
  ...internalCases.map((internal): [object, Case] => [internal.prototype, internal]),
]);

/** Prototypes that hold no state out of sight: what is below them is of the kind above them. */
const transparent = new Set<object>([
  ...Object.values(runtimeErrors).map((type) => type.prototype as object),
  Object.getPrototypeOf(InterruptedError.prototype) as object,
  Buffer.prototype,
  Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())) as object,
]);

// ---- which ----------------------------------------------------------------------------------------------------------

/** `asCode`: a closure captures it. */
export function caseOf(out: Encoder, value: object, asCode = false): Encoding {
  if (out.constantOf(value) !== undefined) return { kind: constantCase };
  if (out.mode === modeCheckpoint && out.context.kernel.shared.partOf(value) !== undefined)
    return { kind: partCase };
  if (typeof value === "function") return caseOfFunction(out, value);
  const found = caseOfObject(out, value, asCode);
  const strange = hiddenOfStranger(value);
  if (strange === undefined || strange.length === 0) return found;
  const { kind, extras = { fixed: false, keys: [] } } = found;
  return { kind, extras: { ...extras, hidden: [...(extras.hidden ?? []), ...strange] } };
}

function caseOfObject(out: Encoder, value: object, asCode: boolean): Encoding {
  const { context } = out;
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (prototype === recordPrototype) return recordEncoding;
  if (context.nameOf(value) !== undefined) return { kind: namedCase };
  const type = functionOf(value);
  if (typeof type === "function" && isPrototypeOfFunction(type, value))
    return withExtras(
      out,
      functionOfPrototype(value) === undefined ? prototypeCase : generatorPrototypeCase,
      value,
      derived(parentOfPrototype(out, type, value)),
    );
  if (prototype === null)
    return context.viewName(value) !== undefined
      ? { kind: namespaceCase }
      : shaped(out, bases.nothing, 0, value);
  if (context.kernel.classes.of(prototype) !== undefined) return { kind: registeredCase };
  if (Array.isArray(value)) return caseOfArray(out, value);
  const known = byPrototype.get(prototype) ?? lateCaseOf(prototype);
  if (known === plainCase) return caseOfPlain(out, value, asCode);
  if (known !== undefined && !("internal" in known)) {
    return known.accepts === undefined || known.accepts(value)
      ? withExtras(out, known.variant?.(out, value) ?? known, value)
      : shaped(out, bases.plain, 0, value, { prototype });
  }
  if (known !== undefined)
    return out.mode === modeValue ? out.refuse("it belongs to the running task") : { kind: known };
  if (saveableOf(prototype) !== undefined) return { kind: saveableCase };
  return caseOfDerived(out, value, prototype);
}

function caseOfPlain(out: Encoder, value: object, asCode: boolean): Encoding {
  if (asCode || isEnvironment(value)) return { kind: environmentCase };
  if (Object.hasOwn(value, Symbol.iterator) && Object.prototype.toString.call(value) === "[object Arguments]")
    return withExtras(out, argumentsCase, value);
  return shaped(out, bases.plain, 0, value);
}

function isPrototypeOfFunction(type: AnyFunction, value: object): boolean {
  return siteOf(type) !== undefined && Object.getOwnPropertyDescriptor(type, "prototype")?.value === value;
}

/** An object whose prototype is the program's own: an instance of a class, or made by `Object.create`. */
function caseOfDerived(out: Encoder, value: object, prototype: object): Encoding {
  const checked = checkedPrototype(out, value);
  const { base, name, hidden } = checked;
  if (base !== undefined && base !== plainCase && !("internal" in base)) {
    if (base.accepts === undefined || base.accepts(value)) {
      return withExtras(out, base.variant?.(out, value) ?? base, value, {
        prototype: checked.prototype,
        hidden,
        ...(name === undefined ? {} : { name }),
      });
    }
  }
  const type = functionOf(prototype);
  if (typeof type === "function" && isPrototypeOfFunction(type, prototype)) {
    return shaped(out, bases.class, out.code(type), value, hidden && { hidden });
  }
  return shaped(out, bases.plain, 0, value, { prototype, hidden });
}

interface Checked {
  readonly prototype: object;
  readonly hidden?: readonly HiddenState[] | undefined;
  readonly base?: Case | undefined;
  readonly name?: string;
}

/** Follows the chain of prototypes to a built-in kind, refusing what belongs to foreign code or holds state out of sight. */
function checkedPrototype(out: Encoder, value: object, until?: object): Checked {
  let first = Object.getPrototypeOf(value) as object;
  let foreign: AnyFunction | undefined;
  let hidden: HiddenState[] | undefined;
  let own: Site | undefined;
  for (let link: object | null = first; link !== null; ) {
    // A proxy in the chain is looked at as its target, since its traps are not run to ask.
    const at: object = behindProxies(link);
    link = Object.getPrototypeOf(at) as object | null;
    if (at === until) return { prototype: first, hidden };
    const base = byPrototype.get(at) ?? lateCaseOf(at);
    if (base !== undefined) {
      if (foreign === undefined) return { prototype: first, base, hidden };
      // An error of a foreign class goes on as the built-in kind that it extends, under its own name.
      if (base.tag !== kinds.error) break;
      const name: unknown = Object.hasOwn(value, "name") ? undefined : (value as Error).name;
      return { prototype: first, base, hidden, ...(typeof name === "string" ? { name } : {}) };
    }
    const type = functionOf(at);
    const site = typeof type === "function" ? siteOf(type) : undefined;
    if (site !== undefined) {
      own = site;
      const more = hiddenBy(at, value);
      // A base class makes its members first.
      if (more !== undefined) hidden = hidden === undefined ? more : [...more, ...hidden];
    } else if (transparent.has(at)) {
      // Known to hold nothing.
    } else if (typeof type === "function" || out.context.nameOf(at) !== undefined) {
      foreign ??= typeof type === "function" ? type : Object;
      first = link as object;
    }
  }
  if (foreign !== undefined) {
    const builtin = out.context.nameOf(foreign)?.startsWith("%") === true;
    if (builtin && Object.hasOwn(wayRound, foreign.name)) out.refuse(wayRound[foreign.name]!);
    const why = builtin
      ? "no snapshot can look into an object of this kind"
      : own === undefined
        ? "its class is foreign"
        : `its class ${own.name} extends ${foreign.name || "one"}, which is foreign`;
    out.refuse(`${why}; let go of it before, and make it again after`);
  }
  return { prototype: first, hidden };
}

/** Whether objects with this prototype are of a kind of their own. */
export function hasKind(prototype: object): boolean {
  return byPrototype.has(prototype) || lateCaseOf(prototype) !== undefined;
}

/** A promise that nobody has given properties. */
export function isBarePromise(value: object, prototype: object): boolean {
  return prototype === promiseCase.prototype && DurablePromise.is(value) && isBare(value);
}
export const barePromise: Encoding = { kind: promiseCase };

/** How a checkpoint writes the runtime's own objects, which have no properties that are not fields. */
export function internalEncoding(prototype: object): Encoding | undefined {
  return internalEncodings.get(prototype);
}
const internalEncodings = new Map<object, Encoding>(
  [...byPrototype].flatMap(([prototype, kind]) =>
    "internal" in kind ? [[prototype, { kind }] as const] : [],
  ),
);

/** The class with this prototype, if its instances have nothing but properties, whatever they are. */
export function isOrdinaryClass(out: Encoder, prototype: object): AnyFunction | undefined {
  const type = functionOf(prototype);
  if (typeof type !== "function" || !isPrototypeOfFunction(type, prototype)) return undefined;
  if (saveableOf(prototype) !== undefined || out.context.kernel.classes.of(prototype) !== undefined)
    return undefined;
  let at: object | null = prototype;
  for (; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at) as object | null) {
    const owner = functionOf(at);
    const isOurs = typeof owner === "function" && isPrototypeOfFunction(owner, at);
    if (!isOurs || hidesMembers(at) || byPrototype.has(at) || out.context.nameOf(at) !== undefined)
      return undefined;
  }
  return at === null ? undefined : type;
}

/** Properties go by a shape if all are ordinary, else all are extras, so that their order is kept. */
function shaped(out: Encoder, base: number, type: number, value: object, more?: Partial<Extras>): Encoding {
  const keys = out.ordinary(value);
  const kind = shapedCase(base, type, keys);
  if (keys === undefined) return { kind, extras: extrasOf(out, kind, value, more)! };
  return more === undefined ? { kind } : { kind, extras: { fixed: false, keys: [], ...more } };
}

function withExtras(out: Encoder, kind: Case, value: object, more?: Partial<Extras>): Encoding {
  const found = extrasOf(out, kind, value, more);
  return found === undefined ? { kind } : { kind, extras: found };
}

function extrasOf(out: Encoder, base: Case, value: object, more?: Partial<Extras>): Extras | undefined {
  const fixed = !Object.isExtensible(value);
  const all =
    base === viewCase
      ? keysOfView(value as ArrayBufferView, out.context.definesProperties)
      : Reflect.ownKeys(value);
  const keys = base.owns === undefined ? all : all.filter((key) => !base.owns!(value, key));
  const lost = base.mayLose === true ? lostOf(value) : none;
  if (keys.length === 0 && lost.length === 0 && !fixed && more === undefined) return undefined;
  return { fixed, keys, lost, ...more };
}

const none: readonly PropertyKey[] = [];

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

function shown(key: unknown): string {
  return typeof key === "string" ? JSON.stringify(key) : String(key);
}
