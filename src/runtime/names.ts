/**
 * Names of functions and objects that do not belong to a task: what the realm and foreign modules provide. A name says
 * how its value is reached, so that another process finds the same thing.
 *
 * N1. Getters are never run to find a name, except those of the global object listed below.
 * N2. What makes code out of text (`eval`, the function constructors) has no name.
 */

import { asyncIterationIntrinsics } from "./async-iteration.ts";
import { iteratorIntrinsics } from "./collection-iterators.ts";
import { runtimeErrors } from "./errors.ts";
import { generatorIntrinsics } from "./generators.ts";
import { noteKnown } from "./known.ts";
import { DurablePromise } from "./promise.ts";
import { methodName, methodNamed } from "./saveable.ts";

/** Classes of compiled code under the names of native ones. Told to this file, since they need its names themselves. */
const ownGlobals: Record<string, object> = {};

export function nameGlobal(name: string, value: object): void {
  ownGlobals[name] = value;
}

const byValue = new WeakMap<object, string>();
const byName = new Map<string, object>();
let filled = false;

/** Global accessors that give one object for good, and cost nothing to ask. */
const globalAccessors = [
  ...[
    "Buffer",
    "DOMException",
    "AbortController",
    "AbortSignal",
    "TextEncoder",
    "TextDecoder",
    "atob",
    "btoa",
  ],
  ...["performance", "crypto", "process"],
];
/** Functions that make code out of text are one constructor for each kind of function, and `eval`. */
const functionKinds: readonly object[] = [() => {}, async () => {}, function* () {}, async function* () {}];
const nameless = new Set<unknown>([
  Object.getOwnPropertyDescriptor(globalThis, "eval")?.value,
  ...functionKinds.map((example) => example.constructor),
]);

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

function add(value: unknown, name: string): boolean {
  if (!isObject(value) || nameless.has(value) || byValue.has(value)) return false;
  byValue.set(value, name);
  byName.set(name, value);
  noteKnown(value);
  return true;
}

/** Own properties of `holder`, and theirs, to `depth` levels. */
function walk(holder: object, prefix: string, depth: number): void {
  const found: [object, string][] = [];
  for (const key of Reflect.ownKeys(holder)) {
    const property = Object.getOwnPropertyDescriptor(holder, key)!;
    const path = `${prefix}${typeof key === "symbol" ? `[${key.description ?? ""}]` : key}`;
    if (isObject(property.value) && add(property.value, `%${path}%`)) found.push([property.value, path]);
    if (property.get !== undefined) add(property.get, `%get ${path}%`);
    if (property.set !== undefined) add(property.set, `%set ${path}%`);
  }
  if (depth > 1) for (const [value, path] of found) walk(value, `${path}.`, depth - 1);
}

/** Objects that no property of the global object leads to. */
function hidden(): [string, object][] {
  const prototypeOf = (value: object): object => Object.getPrototypeOf(value) as object;
  const iterator = prototypeOf(prototypeOf([][Symbol.iterator]()));
  return [
    ["IteratorPrototype", iterator],
    ["ArrayIteratorPrototype", prototypeOf([][Symbol.iterator]())],
    ["MapIteratorPrototype", prototypeOf(new Map().entries())],
    ["SetIteratorPrototype", prototypeOf(new Set().values())],
    ["StringIteratorPrototype", prototypeOf(""[Symbol.iterator]())],
    ["RegExpStringIteratorPrototype", prototypeOf("".matchAll(/./g))],
    ["TypedArray", prototypeOf(Uint8Array)],
    ["Function.prototype", Function.prototype],
    ["AsyncFunction.prototype", prototypeOf(async () => {})],
    ["GeneratorFunction.prototype", prototypeOf(function* () {})],
    ["AsyncGeneratorFunction.prototype", prototypeOf(async function* () {})],
  ];
}

/** Methods that `process` inherits from EventEmitter: packages keep them. */
function addEmitterMethods(): void {
  const { process } = globalThis as { readonly process?: object };
  const prototype: unknown = process && Object.getPrototypeOf(Object.getPrototypeOf(process));
  if (!isObject(prototype)) return;
  for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(prototype)))
    if (typeof value === "function" && name !== "constructor") add(value, `%EventEmitter.prototype.${name}%`);
}

function fill(): void {
  filled = true;
  add(globalThis, "%globalThis%");
  for (const [name, value] of Object.entries({
    Promise: DurablePromise,
    ...ownGlobals,
    ...runtimeErrors,
  })) {
    add(value, `%continua.${name}%`);
    walk(value, `continua.${name}.`, 2);
  }
  const own = { ...generatorIntrinsics, ...iteratorIntrinsics, ...asyncIterationIntrinsics };
  for (const [name, value] of Object.entries(own)) {
    add(value, `%continua.${name}%`);
    if (name.endsWith("Function.prototype")) nameless.add(value.constructor);
    walk(value, `continua.${name}.`, 1);
  }
  for (const [name, value] of hidden()) add(value, `%${name}%`);
  walk(globalThis, "", 3);
  for (const [name, value] of hidden()) walk(value, `${name}.`, 2);
  addEmitterMethods();
  for (const name of globalAccessors) {
    const value: unknown = (globalThis as Record<string, unknown>)[name];
    if (add(value, `%${name}%`)) walk(value as object, `${name}.`, 2);
  }
}

/** A global behind any other accessor (`Headers`, `Blob`), which may be slow to ask: only when it is wanted. Asked once, Node puts it in its place. */
function lateGlobal(name: string): object | undefined {
  const property = Object.getOwnPropertyDescriptor(globalThis, name);
  const value: unknown =
    property?.get === undefined ? property?.value : Reflect.apply(property.get, globalThis, []);
  if (typeof value !== "function" || !add(value, `%${name}%`)) return undefined;
  walk(value, `${name}.`, 2);
  return value;
}

export function builtinName(value: object): string | undefined {
  if (!filled) fill();
  const known = byValue.get(value) ?? methodName(value);
  if (known !== undefined || typeof value !== "function" || value.name === "") return known;
  return lateGlobal(value.name) === value ? byValue.get(value) : undefined;
}

export function builtinByName(name: string): object | undefined {
  if (!filled) fill();
  const known = byName.get(name) ?? methodNamed(name);
  if (known !== undefined) return known;
  lateGlobal(/^%(\w+)/.exec(name)?.[1] ?? "");
  return byName.get(name);
}

/** All that have been given a name so far. */
export function builtins(): Iterable<object> {
  if (!filled) fill();
  return byName.values();
}

/** Names of the exports of foreign modules, and of what else belongs to the code of one program. */
export class ForeignNames {
  readonly #byValue = new WeakMap<object, string>();
  readonly #byName = new Map<string, object>();

  /** Namespaces by the name of their module. */
  constructor(modules: ReadonlyMap<string, Readonly<Record<string, unknown>>>) {
    // Before the program runs, which may replace what lists are iterated by.
    if (!filled) fill();
    for (const [module, namespace] of modules) {
      this.add(namespace, `${module}#*`);
      for (const name of Object.keys(namespace)) this.add(namespace[name], `${module}#${name}`);
    }
    for (const [module, namespace] of modules) {
      for (const name of Object.keys(namespace)) {
        const value = namespace[name];
        if (isObject(value)) this.#addProperties(value, `${module}#${name}`);
      }
    }
  }

  add(value: unknown, name: string): void {
    if (!isObject(value)) return;
    this.#byName.set(name, value);
    if (this.#byValue.has(value) || builtinName(value) !== undefined) return;
    this.#byValue.set(value, name);
    noteKnown(value);
  }

  #addProperties(holder: object, prefix: string): void {
    for (const key of Reflect.ownKeys(holder)) {
      if (typeof key === "symbol") continue;
      const property = Object.getOwnPropertyDescriptor(holder, key)!;
      if ("value" in property) this.add(property.value, `${prefix}.${key}`);
    }
  }

  nameOf(value: object): string | undefined {
    return this.#byValue.get(value);
  }

  valueOf(name: string): object | undefined {
    return this.#byName.get(name);
  }

  values(): Iterable<object> {
    return this.#byName.values();
  }
}
