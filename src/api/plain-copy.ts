/**
 * Copies of values under `run --plain`: within the process, and as bytes for a worker process of `--workers`.
 *
 * Data go with identity and cycles, and classes are kept, with what is behind `#`. Within the process functions, errors and what is opaque are passed on as they are. To another
 * process a function or class goes by its name, so it has to be declared at the top of a module: what captures variables cannot go without a compiler.
 */
import { types } from "node:util";
import { deserialize, serialize } from "node:v8";
import { UserError } from "../base/errors.ts";
import type { TaskId } from "../base/ids.ts";
import {
  CancelledError,
  DeadlockError,
  InterruptedError,
  NotSaveableError,
  QueueClosedError,
  type Registration,
  saveableNamed,
  saveableOf,
  TaskClasses,
  TimeoutError,
} from "../runtime/index.ts";
import { blankInstance, fillPrivates, privatesOf } from "./plain-instances.ts";

/** Handles: the same for everybody, as a task's copy of one is. */
const kept = new WeakSet<object>();

export function keepHandle(handle: object): void {
  kept.add(handle);
}

/** What `saveable()` was told. */
const classes = new TaskClasses();

export function savePlainly(registration: Registration): boolean {
  return classes.register(registration);
}

export function copy(value: unknown, copies = new Map<object, unknown>()): unknown {
  if (typeof value !== "object" || value === null || kept.has(value)) return value;
  if (copies.has(value)) return copies.get(value);
  if (types.isProxy(value)) return value;
  const remember = <T extends object>(twin: T): T => {
    copies.set(value, twin);
    return twin;
  };
  const registration = classes.of(Object.getPrototypeOf(value) as object);
  if (registration !== undefined) return remember(registration.load(copy(registration.save(value))));
  const platform = ofPlatform(value);
  if (platform instanceof URL && value instanceof URL) copies.set(value.searchParams, platform.searchParams);
  if (platform !== undefined) return remember(platform);
  if (value instanceof Promise || value instanceof Error || value instanceof EventTarget) return value;
  if (isHalfWay(value)) return value;
  const prototype = Object.getPrototypeOf(value) as object | null;
  const begin = (): object => begun(value, prototype, copies);
  const privates = privatesOf(value);
  const twin = remember(privates === undefined ? begin() : blankInstance(prototype!, begin));
  if (Array.isArray(value) && isDense(value))
    for (const item of value) (twin as unknown[]).push(copy(item, copies));
  else if (!ArrayBuffer.isView(value)) copyOwn(value, twin, copies);
  if (types.isMap(value)) {
    for (const [key, item] of Map.prototype.entries.call(value))
      Map.prototype.set.call(twin, copy(key, copies), copy(item, copies));
  } else if (types.isSet(value)) {
    for (const item of Set.prototype.values.call(value)) Set.prototype.add.call(twin, copy(item, copies));
  }
  if (privates !== undefined) fillPrivates(twin, copy(privates, copies) as unknown[][]);
  if (!Object.isExtensible(value)) limit(value, twin);
  return twin;
}

/** What cannot be copied without a compiler, or is the process's: the others get it itself, as they get functions. */
function isHalfWay(value: object): boolean {
  return (
    types.isGeneratorObject(value) ||
    types.isMapIterator(value) ||
    types.isSetIterator(value) ||
    types.isWeakMap(value) ||
    types.isWeakSet(value) ||
    types.isSharedArrayBuffer(value) ||
    types.isModuleNamespaceObject(value)
  );
}

/** An object of the same kind, with what it holds in itself and no properties. */
function begun(value: object, prototype: object | null, copies: Map<object, unknown>): object {
  const made = kindOf(value, copies) ?? (Object.create(prototype) as object);
  if (Object.getPrototypeOf(made) !== prototype) Object.setPrototypeOf(made, prototype);
  return made;
}

function kindOf(value: object, copies: Map<object, unknown>): object | undefined {
  if (Array.isArray(value)) return [];
  if (types.isMap(value)) return new Map();
  if (types.isSet(value)) return new Set();
  if (types.isDate(value)) return new Date(Date.prototype.getTime.call(value));
  if (types.isRegExp(value)) return new RegExp(value.source, value.flags);
  if (types.isArrayBuffer(value)) return structuredClone(value);
  if (types.isBoxedPrimitive(value)) return Object(value.valueOf()) as object;
  if (!ArrayBuffer.isView(value)) return undefined;
  const buffer = copy(value.buffer, copies) as ArrayBuffer;
  if (types.isDataView(value)) return new DataView(buffer, value.byteOffset, value.byteLength);
  const tag = (value as Uint8Array)[Symbol.toStringTag];
  const type = (globalThis as unknown as Record<string, Uint8ArrayConstructor>)[tag]!;
  return new type(buffer, value.byteOffset, (value as Uint8Array).length);
}

/** Whether there is nothing in a list but items, one beside the other. */
function isDense(list: readonly unknown[]): boolean {
  return (
    Object.getPrototypeOf(list) === Array.prototype &&
    Object.keys(list).length === list.length &&
    !list.includes(undefined)
  );
}

/** Own properties as they are: accessors stay, and symbols and what is not enumerable go along. */
function copyOwn(value: object, twin: object, copies: Map<object, unknown>): void {
  for (const key of Reflect.ownKeys(value)) {
    const property = Object.getOwnPropertyDescriptor(value, key)!;
    if ("value" in property) property.value = copy(property.value, copies);
    Reflect.defineProperty(twin, key, property);
  }
}

function limit(value: object, twin: object): void {
  if (Object.isFrozen(value)) Object.freeze(twin);
  else if (Object.isSealed(value)) Object.seal(twin);
  else Object.preventExtensions(twin);
}

/** Objects of the platform, whose state is out of sight: copies of those that change, and the others themselves. */
function ofPlatform(value: object): object | undefined {
  const tag = Object.prototype.toString.call(value).slice("[object ".length, -1);
  switch (tag) {
    case "URL":
      return new URL(String(value));
    case "URLSearchParams":
      return new URLSearchParams(String(value));
    case "Headers":
      return new Headers(value as Headers);
    case "FormData": {
      const twin = new FormData();
      for (const [name, entry] of value as FormData) twin.append(name, entry as string);
      return twin;
    }
    default: {
      return /^(Response|Request|WeakRef|TextEncoder|Intl\.\w+)$/.test(tag) ? value : undefined;
    }
  }
}

function isNative(value: object): boolean {
  return (
    value instanceof Date ||
    value instanceof RegExp ||
    ArrayBuffer.isView(value) ||
    value instanceof ArrayBuffer
  );
}

/** What is shared does not change; of what cannot be frozen nobody watches it here. */
export function frozen(root: unknown): unknown {
  const open = [root];
  const seen = new Set<unknown>();
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value !== "object" || value === null || seen.has(value)) continue;
    seen.add(value);
    if (value instanceof Map) open.push(...[...value].flat());
    else if (value instanceof Set) open.push(...value);
    else if (!ArrayBuffer.isView(value) && !(value instanceof ArrayBuffer) && !(value instanceof Date)) {
      open.push(...Object.values(value));
      if (saveableOf(Object.getPrototypeOf(value) as object) === undefined) Object.freeze(value);
    }
  }
  return root;
}

/** What a module declares at its top, by name; asked when it is needed, since some of it is made late. */
type Declared = () => Readonly<Record<string, unknown>>;

const modules = new Map<string, Declared>();
const places = new WeakMap<object, Place>();

interface Place {
  readonly module: string;
  readonly name: string;
}

/** Told by each module of the program, in all processes alike. */
export function declareModule(module: string, declared: Declared): void {
  modules.set(module, declared);
}

function placeOf(value: object): Place | undefined {
  const known = places.get(value);
  if (known !== undefined) return known;
  for (const [module, declared] of modules) {
    for (const [name, one] of Object.entries(declared())) {
      if (typeof one === "function" && !places.has(one)) places.set(one, { module, name });
    }
  }
  return places.get(value);
}

/** Stands in the bytes for what a structured clone does not know. */
interface Stand {
  readonly kind: "function" | "instance" | "handle" | "saveable" | "error";
  of: unknown;
}

/** Handles are saved for a task of this run. */
const home = { id: "plain" as TaskId };

/** @throws {UserError} for what cannot go to another process. */
export function toBytes(value: unknown): Uint8Array {
  const stands: Stand[] = [];
  const body = standIn(value, new Map(), stands);
  return serialize([body, stands]);
}

export function fromBytes(bytes: Uint8Array): unknown {
  const [body, stands] = deserialize(bytes) as [unknown, Stand[]];
  return stands.length === 0 ? body : restore(body, new Set(stands), new Map());
}

function standIn(value: unknown, known: Map<object, unknown>, stands: Stand[]): unknown {
  if (typeof value === "symbol") throw refused("a symbol");
  if (typeof value !== "function" && (typeof value !== "object" || value === null)) return value;
  if (known.has(value)) return known.get(value);
  const inner = (part: unknown): unknown => standIn(part, known, stands);
  const remember = <T extends object>(twin: T): T => {
    known.set(value, twin);
    return twin;
  };
  const stand = (kind: Stand["kind"], of: () => unknown): object => {
    const twin: Stand = remember({ kind, of: undefined });
    stands.push(twin);
    twin.of = of();
    return twin;
  };
  if (typeof value === "function") {
    const place = placeOf(value);
    if (place !== undefined) return stand("function", () => place);
    throw refused(`the function ${value.name || "(anonymous)"}`);
  }
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (Array.isArray(value)) {
    const twin = remember([] as unknown[]);
    for (const item of value) twin.push(inner(item));
    return twin;
  }
  if (prototype === Map.prototype) {
    const twin = remember(new Map());
    for (const [key, item] of value as Map<unknown, unknown>) twin.set(inner(key), inner(item));
    return twin;
  }
  if (prototype === Set.prototype) {
    const twin = remember(new Set());
    for (const item of value as Set<unknown>) twin.add(inner(item));
    return twin;
  }
  if (isNative(value)) return remember(value);
  if (prototype === null || prototype === Object.prototype) {
    const twin = remember({} as Record<string, unknown>);
    for (const [key, item] of Object.entries(value)) twin[key] = inner(item);
    return twin;
  }
  const handle = saveableOf(prototype);
  if (handle !== undefined) return stand("handle", () => [handle.name, inner(handle.save(value, home))]);
  const own = classes.of(prototype);
  if (own !== undefined) return stand("saveable", () => [inner(own.class), inner(own.save(value))]);
  const fields = (): unknown => inner(Object.fromEntries(Object.entries(value)));
  if (value instanceof Error) {
    const { name, message, stack, cause } = value;
    const type = placeOf(value.constructor) === undefined ? undefined : value.constructor;
    return stand("error", () => [inner(type), name, message, stack, inner(cause), fields()]);
  }
  if (placeOf(value.constructor) === undefined) throw refused(`an instance of ${value.constructor?.name}`);
  return stand("instance", () => [inner(value.constructor), fields(), inner(privatesOf(value))]);
}

function refused(what: string): UserError {
  return new UserError(
    `--plain --workers: ${what} cannot go to another process without being compiled; declare it at the top of a module of the program, and hand over as arguments what it needs, or leave --workers out`,
  );
}

function restore(value: unknown, stands: ReadonlySet<object>, known: Map<object, unknown>): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (known.has(value)) return known.get(value);
  const inner = (part: unknown): unknown => restore(part, stands, known);
  if (stands.has(value)) {
    const { kind, of } = value as Stand;
    return restoreStand(kind, of, inner, (twin) => void known.set(value, twin));
  }
  known.set(value, value);
  if (Array.isArray(value)) for (const [index, item] of value.entries()) value[index] = inner(item);
  else if (value instanceof Map) {
    const entries = [...value];
    value.clear();
    for (const [key, item] of entries) value.set(inner(key), inner(item));
  } else if (value instanceof Set) {
    const items = [...value];
    value.clear();
    for (const item of items) value.add(inner(item));
  } else if (!isNative(value)) {
    for (const [key, item] of Object.entries(value)) (value as Record<string, unknown>)[key] = inner(item);
  }
  return value;
}

function restoreStand(
  kind: Stand["kind"],
  of: unknown,
  inner: (part: unknown) => unknown,
  remember: (twin: unknown) => void,
): unknown {
  const parts = of as unknown[];
  switch (kind) {
    case "function": {
      const { module, name } = of as Place;
      const found = modules.get(module)?.()[name];
      remember(found);
      return found;
    }
    case "handle": {
      const twin = saveableNamed(parts[0] as string)!.load(inner(parts[1]), home);
      remember(twin);
      return twin;
    }
    case "saveable": {
      const type = inner(parts[0]) as abstract new () => object;
      const twin = classes.of(type.prototype as object)!.load(inner(parts[1]));
      remember(twin);
      return twin;
    }
    case "instance": {
      const type = inner(parts[0]) as abstract new () => object;
      const prototype = type.prototype as object;
      const privates = parts[2] as unknown[][] | undefined;
      const twin =
        privates === undefined
          ? (Object.create(prototype) as object)
          : blankInstance(prototype, Object.create);
      remember(twin);
      Object.assign(twin, inner(parts[1]));
      if (privates !== undefined) fillPrivates(twin, inner(privates) as unknown[][]);
      return twin;
    }
    case "error": {
      const [type, name, message, stack, cause, fields] = parts as [
        unknown,
        string,
        string,
        string,
        unknown,
        object,
      ];
      const twin = new Error(message);
      remember(twin);
      Object.setPrototypeOf(twin, ((inner(type) ?? errors.get(name) ?? Error) as typeof Error).prototype);
      const hidden = { name, stack, cause: inner(cause) };
      for (const [key, own] of Object.entries(hidden)) {
        if ((twin as unknown as Record<string, unknown>)[key] !== own)
          Object.defineProperty(twin, key, { value: own, configurable: true, writable: true });
      }
      return Object.assign(twin, inner(fields));
    }
  }
}

/** Those that every process knows. */
const errors = new Map<string, unknown>(
  [
    ...[EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError, AggregateError, UserError],
    ...[CancelledError, DeadlockError, InterruptedError, NotSaveableError, QueueClosedError, TimeoutError],
  ].map((type) => [type.name, type]),
);
