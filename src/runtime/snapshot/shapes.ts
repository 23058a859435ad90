/**
 * Objects of nothing but ordinary properties, and their shapes: what they are made of (tags.ts: `bases`) and their keys in order.
 * Most objects are such, so this is where the time of an encode goes.
 *
 * N1. No accessor runs: a property is looked at before its value is taken, which is in the same descriptor. Nothing faster is
 *     known that tells an accessor, or a property that is not writable, from an ordinary one (docs/internals/measurements.md).
 */
import { inspect } from "node:util";

export interface Shape {
  /** Given when it is written first; -1 before. */
  number: number;
  readonly base: number;
  /** Of a class: its number in the table of code. */
  readonly type: number;
  readonly keys: readonly string[];
  /** Some keys make an object what its prototype does not tell: it has to be looked at more closely. */
  readonly isSpecial: boolean;
}

const nearBits = 8;

/** The shapes of one snapshot: by a cheap sum of their keys, or by all of their text. */
export class Shapes {
  readonly #near = new Array<Shape | undefined>(1 << nearBits).fill(undefined);
  readonly #used: number[] = [];
  #far: Map<string, Shape> | undefined;

  clear(): void {
    for (let slot = this.#used.pop(); slot !== undefined; slot = this.#used.pop())
      this.#near[slot] = undefined;
    this.#far = undefined;
  }

  find(base: number, type: number, keys: readonly string[]): Shape {
    const slot = slotOf(base + type * 5, keys);
    const near = this.#near[slot];
    if (near !== undefined && near.base === base && near.type === type && sameKeys(near.keys, keys))
      return near;
    if (near === undefined) {
      const shape = makeShape(base, type, keys);
      this.#near[slot] = shape;
      this.#used.push(slot);
      return shape;
    }
    return this.#findFar(base, type, keys);
  }

  #findFar(base: number, type: number, keys: readonly string[]): Shape {
    this.#far ??= new Map();
    // Not joined by a mere separator: a key that holds it would make two lists look alike.
    const name = JSON.stringify([base, type, keys]);
    let shape = this.#far.get(name);
    if (shape === undefined) {
      shape = makeShape(base, type, keys);
      this.#far.set(name, shape);
    }
    return shape;
  }
}

function makeShape(base: number, type: number, keys: readonly string[]): Shape {
  const isSpecial = keys.includes("constructor") || (base === 0 && keys.includes("$up"));
  return { number: -1, base, type, keys, isSpecial };
}

function slotOf(base: number, keys: readonly string[]): number {
  const { length } = keys;
  if (length === 0) return base & ((1 << nearBits) - 1);
  const first = keys[0]!;
  const last = keys[length - 1]!;
  const sum =
    base + length * 7 + first.length * 31 + last.length * 3 + first.charCodeAt(0) * 17 + last.charCodeAt(0);
  return sum & ((1 << nearBits) - 1);
}

function sameKeys(one: readonly string[], other: readonly string[]): boolean {
  if (one.length !== other.length) return false;
  for (let at = 0; at < one.length; at++) if (one[at] !== other[at]) return false;
  return true;
}

const describe = Object.getOwnPropertyDescriptor;
const namesOf = Object.getOwnPropertyNames;
const symbolsOf = Object.getOwnPropertySymbols;
const { isExtensible } = Object;

/**
 * Puts the values of an object's properties into `values` from `from` on, and answers its keys; `undefined` if not all of them
 * are ordinary, or none may be added.
 */
export function ordinaryKeys(object: object, values: unknown[], from: number): readonly string[] | undefined {
  // Names and symbols apart: `Reflect.ownKeys` takes three times as long.
  const keys = namesOf(object);
  if (symbolsOf(object).length > 0 || !isExtensible(object)) return undefined;
  for (let at = 0; at < keys.length; at++) {
    const property = describe(object, keys[at]!);
    if (property?.writable !== true || !property.enumerable || !property.configurable) return undefined;
    values[from + at] = property.value;
  }
  return keys;
}

/** Whether an object has no properties of its own, and may get some. */
export function isBare(object: object): boolean {
  return namesOf(object).length === 0 && symbolsOf(object).length === 0 && isExtensible(object);
}

/** Above this length, keys of arrays are not listed: that makes a string of each index, which takes longer than the question to the engine. */
const listedMax = 24;
const inspection = {
  ...{ maxArrayLength: 0, depth: 0, showHidden: true, customInspect: false, getters: false },
  ...{ colors: false, compact: 3, breakLength: Number.POSITIVE_INFINITY },
};

/** Whether a property is as an assignment makes it. */
export function isOrdinary(holder: object, key: PropertyKey): boolean {
  const property = describe(holder, key);
  return property?.writable === true && property.enumerable === true && property.configurable === true;
}

/** Whether an array has no elements that `defineProperty` has made what an assignment does not. */
export function hasOrdinaryElements(list: readonly unknown[]): boolean {
  if (describe(list, "length")?.writable !== true) return false;
  for (let at = 0; at < list.length; at++)
    if (!isOrdinary(list, String(at)) && Object.hasOwn(list, at)) return false;
  return true;
}

const endOfView = /\[buffer\]: (?:\w+ \{[^{}]*\}|\[\w+\])(?:, parent: \[Getter\], offset: \[Getter\])? \]$/;

/** What a view has besides its elements. `mayHide`: also what is not enumerable, which takes longer to ask. */
export function keysOfView(view: ArrayBufferView, mayHide = false): PropertyKey[] {
  const { length = 0 } = view as { readonly length?: number };
  if (length > listedMax && symbolsOf(view).length === 0) {
    const text = inspect(view, { ...inspection, showHidden: mayHide });
    if (mayHide ? endOfView.test(text) : text.endsWith(`[ ... ${length} more items ]`)) return [];
  }
  return Reflect.ownKeys(view).filter((key) => typeof key === "symbol" || !isIndex(key));
}

function isIndex(key: string): boolean {
  return /^(?:0|[1-9]\d*)$/.test(key);
}

/** Whether an array has nothing but elements, most of them there. `mayDefine`: which may be other than ordinary. */
export function isOrdinaryArray(list: readonly unknown[], mayDefine = false): boolean {
  if (!Array.isArray(list) || !isExtensible(list) || (mayDefine && !hasOrdinaryElements(list))) return false;
  const { length } = list;
  if (length <= listedMax) {
    const keys = Reflect.ownKeys(list);
    // Indices come first: so "length" stands at `length` only if none is missing.
    return keys.length === length + 1 && keys[length] === "length";
  }
  if (symbolsOf(list).length > 0) return false;
  // The engine tells names without indices only to `inspect`. A text that is not as expected means that somebody has to look closer.
  if (inspect(list, inspection) !== `[ ... ${length} more items, [length]: ${length} ]`) return false;
  let missing = 0;
  for (let at = 0; at < length; at++) if (list[at] === undefined && !Object.hasOwn(list, at)) missing++;
  return missing * 2 <= length;
}
